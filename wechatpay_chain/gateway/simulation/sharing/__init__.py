"""分账: profit sharing."""
