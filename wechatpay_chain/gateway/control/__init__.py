"""Controls for tests: payments, time, faults, notifications."""
