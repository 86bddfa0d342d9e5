"""What is sent and signed, and what comes back."""
