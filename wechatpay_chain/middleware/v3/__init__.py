"""The layers for APIv3: JSON and its signature."""
