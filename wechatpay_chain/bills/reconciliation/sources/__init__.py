"""The merchant's orders and refunds, from wherever they are, checked as they are read."""
