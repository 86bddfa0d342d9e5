"""The catalogue as types of Python: what they are called."""
