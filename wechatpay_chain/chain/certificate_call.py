"""The call by which a client fetches WeChat Pay's platform certificates."""

from __future__ import annotations

from ..flow import Flow
from ..keys.certificates import PATH, self_verifier
from ..keys.platform_keys import PlatformKeys
from ..stack import Stacks
from ..utils.secret import Secret
from .options import Defaults, build

__all__ = ["certificates"]


def certificates(
    stacks: Stacks, defaults: Defaults, known: PlatformKeys, apiv3_key: Secret[bytes]
) -> Flow:
    """Fetch the platform certificates; nothing here keeps the client alive.

    Args:
        stacks: of the client.
        defaults: of the client.
        known: the keys that are known already.
        apiv3_key: opens the certificates.
    """
    stack = stacks["v3"].replace("verifier", self_verifier(apiv3_key, known))
    return stack.handler(build("GET", PATH, {}, defaults, v2=False))
