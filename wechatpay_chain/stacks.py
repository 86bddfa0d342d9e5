"""The two stacks that a client begins with."""

from __future__ import annotations

from .credential import Credential, Platform
from .middleware.correlation import correlation
from .middleware.encoder import encoder
from .middleware.gate import gate
from .middleware.signer import signer
from .middleware.status import status
from .middleware.v2_encoder import v2_encoder
from .middleware.v2_result import result
from .middleware.v2_verifier import is_unsigned_v2, v2_verifier
from .middleware.verifier import is_unsigned, verifier
from .secret import Secret
from .stack import Stack, Stacks

__all__ = ["default_stacks"]


def default_stacks(
    mchid: str,
    secret: Secret[str],
    platform: Platform,
    credential: Credential | None,
    answer_with: str | None = None,
) -> Stacks:
    """`v3` and `v2`, their layers outermost first.

    Args:
        mchid: the merchant number.
        secret: the APIv2 key; empty where the client was given none.
        platform: WeChat Pay's keys.
        credential: who signs APIv3's requests.
        answer_with: the id of the key that APIv3's answers are to be signed with; by default what
            the encoder prefers.
    """
    return Stacks(
        {
            "v3": Stack(
                [
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
                    ("gate", gate(is_unsigned_v2)),
                    ("correlation", correlation),
                    ("result", result),
                    ("verifier", v2_verifier(secret)),
                    ("encoder", v2_encoder(mchid, secret)),
                ]
            ),
        }
    )
