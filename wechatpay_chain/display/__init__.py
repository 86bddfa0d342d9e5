"""What responses, notifications and bills look like in a terminal, a notebook and rich."""
