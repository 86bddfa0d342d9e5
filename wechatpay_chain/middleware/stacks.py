"""The two default stacks of a client."""

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
    """Return the stacks `v3` and `v2`, with their layers outermost first.

    Args:
        mchid: the merchant ID.
        secret: the APIv2 key; empty if the client has none.
        platform: WeChat Pay's keys.
        credential: signs APIv3 requests.
        attempts: the layer `retry`, shared by both stacks.
        answer_with: the id of the key that WeChat Pay must use to sign APIv3 responses; by default
            the key that the encoder prefers.
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
