"""What went wrong, told from texts and keys alone: no I/O, and nothing is sent."""
