"""Basic helpers: errors, safe display of text, secrets, files."""
