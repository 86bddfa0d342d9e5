"""What the security tests share with those of the wire."""

from __future__ import annotations

from tests.wire.conftest import *  # noqa: F403
