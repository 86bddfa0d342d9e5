"""The layers of APIv3: JSON and its signature."""
