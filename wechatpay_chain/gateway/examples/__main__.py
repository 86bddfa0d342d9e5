"""Run the examples: `python -m wechatpay_chain.gateway.examples` (or `make demo`).

Starts a gateway on a free port of 127.0.0.1, makes every seed call in six styles and one rejected
call of each kind, runs a payment from its order to the bill, and finally sends a notification
twice, which is handled once.
"""

from __future__ import annotations

import sys

from ..gateway import Gateway
from .notified_twice import run_notified_twice
from .order_lifecycle import run_order_lifecycle
from .seed_calls import show_calls, show_rejections

__all__ = ["main"]


def main() -> int:
    """Run the examples; return 0 if all of them succeeded."""
    with Gateway() as gateway, gateway.client() as wxpay:
        print(f"A local WeChat Pay is listening on {gateway.base_uri}")
        failures = show_calls(wxpay, gateway)
        print("\n\nRejected calls, and how the errors read")
        failures += show_rejections(wxpay, gateway)
        print("\n\nA payment, from its order to the bill")
        failures += run_order_lifecycle(gateway, wxpay, sys.stdout, print)
        print("\n\nA notification that comes twice, and is handled once")
        failures += run_notified_twice(gateway, wxpay, print)
    print(f"\n{'All examples succeeded.' if not failures else f'{failures} failed.'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
