"""The names of the gateway's faults, for the gateway and the command line.

They are in a separate module, because importing the gateway is too slow for shell completion.
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
