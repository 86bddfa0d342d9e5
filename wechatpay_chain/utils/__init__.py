"""Plain helpers at the ground: errors, text that is safe to show, secrets, files."""
