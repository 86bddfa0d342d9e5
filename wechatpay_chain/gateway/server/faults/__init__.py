"""Simulated faults between a client and WeChat Pay."""

from __future__ import annotations

from .fault import Fault, Faults
from .responses import PROBE, SKEW, Answering, apply_fault, fault_response, skewed_headers

__all__ = [
    "PROBE",
    "SKEW",
    "Answering",
    "Fault",
    "Faults",
    "apply_fault",
    "fault_response",
    "skewed_headers",
]
