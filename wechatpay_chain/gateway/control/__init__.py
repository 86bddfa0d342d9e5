"""What a test controls: payments, time, faults, notifications."""
