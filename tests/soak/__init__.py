"""Endurance: many calls under a storm of faults, counted."""
