"""The Python types of the catalogue, and their names."""
