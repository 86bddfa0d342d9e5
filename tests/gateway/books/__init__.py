"""The rules of `test_books.py`, a mixin for each product."""
