"""Controls for tests: payments, time, faults and notifications."""
