"""The two stacks that a client begins with."""

from __future__ import annotations

from ..flow import Middleware
from ..keys.credential import Credential
from ..keys.platform_keys import PlatformKeys
from ..stack import Stack, Stacks
from ..utils.secret import Secret
from .correlation import correlation
from .gate import gate
from .status import status
from .v2.encoder import v2_encoder
from .v2.result import result
from .v2.verifier import is_unsigned_v2, v2_verifier
from .v3.encoder import encoder
from .v3.signer import signer
from .v3.verifier import is_unsigned, verifier

__all__ = ["default_stacks"]


def default_stacks(
    mchid: str,
    secret: Secret[str],
    platform: PlatformKeys,
    credential: Credential | None,
    attempts: Middleware,
    answer_with: str | None = None,
) -> Stacks:
    """`v3` and `v2`, their layers outermost first.

    Args:
        mchid: the merchant number.
        secret: the APIv2 key; empty where the client was given none.
        platform: WeChat Pay's keys.
        credential: who signs APIv3's requests.
        attempts: the layer `retry`, the same for both.
        answer_with: the id of the key that APIv3's answers are to be signed with; by default what
            the encoder prefers.
    """
    return Stacks(
        {
            "v3": Stack(
                [
                    ("retry", attempts),
                    ("gate", gate(is_unsigned)),
                    ("correlation", correlation),
                    ("status", status),
                    ("verifier", verifier(platform)),
                    ("encoder", encoder(platform, answer_with)),
                    ("signer", signer(credential)),
                ]
            ),
            "v2": Stack(
                [
                    ("retry", attempts),
                    ("gate", gate(is_unsigned_v2)),
                    ("correlation", correlation),
                    ("result", result),
                    ("verifier", v2_verifier(secret)),
                    ("encoder", v2_encoder(mchid, secret)),
                ]
            ),
        }
    )
