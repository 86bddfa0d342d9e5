"""APIv3: adds the `Authorization` header, which covers exactly the bytes that are sent."""

from __future__ import annotations

from ...flow import Flow, Handler, Middleware
from ...keys.credential import Credential
from ...messages.request import Request
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _

__all__ = ["signer"]


def signer(credential: Credential | None) -> Middleware:
    """Sign every request.

    Args:
        credential: signs; None if the client has no key.
    """

    def sign(request: Request, handle: Handler) -> Flow:
        if credential is None:
            raise ConfigurationError(
                _(
                    "private_key and serial are missing: APIv3 signs with the merchant's "
                    "apiclient_key.pem and its certificate's serial number"
                )
            )
        if not credential.mchid:
            raise ConfigurationError(_("mchid is empty: APIv3 signs as a merchant"))
        if "Authorization" in request.headers:
            raise ConfigurationError(
                _(
                    "headers= contains Authorization, which the signer sets; to sign "
                    "differently, replace 'signer' in the stack"
                )
            )
        signed = yield from credential.authorizing(request)
        return (yield from handle(signed))

    return sign
