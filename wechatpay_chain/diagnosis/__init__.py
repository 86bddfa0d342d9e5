"""Diagnoses failures from texts and keys, without I/O."""
