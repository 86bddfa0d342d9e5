"""Complaints (消费者投诉)."""
