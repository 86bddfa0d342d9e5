"""The call that fetches WeChat Pay's platform certificates for a client."""

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
    """Fetch the platform certificates without keeping a reference to the client.

    Args:
        stacks: the client's stacks.
        defaults: the client's defaults.
        known: the platform keys known so far.
        apiv3_key: decrypts the certificates.
    """
    stack = stacks["v3"].replace("verifier", self_verifier(apiv3_key, known))
    return stack.handler(build("GET", PATH, {}, defaults, v2=False))
