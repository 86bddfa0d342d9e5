"""The names of the faults that a gateway applies: for the gateway, and for the command line.

They stand apart from the gateway, because loading it takes longer than a completion may.
"""

from __future__ import annotations

__all__ = ["NAMES", "OF_NOTIFICATIONS", "OF_REQUESTS"]

OF_REQUESTS = (
    "status",
    "delay",
    "reset",
    "truncate",
    "bad_signature",
    "missing_headers",
    "expired",
    "unknown_serial",
    "wrong_body",
    "frequency_limit",
    "probe",
    "statement_creating",
    "no_statement",
    "system_error",
    "rate_limit",
    "maintenance",
    "refuse",
    "clock_skew",
)
OF_NOTIFICATIONS = (
    "notification_probe",
    "notification_twice",
    "notification_late",
    "notification_out_of_order",
    "notification_never",
    "notification_clock_skew",
)
NAMES = OF_REQUESTS + OF_NOTIFICATIONS
