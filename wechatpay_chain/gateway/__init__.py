"""A local simulation of WeChat Pay for development and tests.

    with Gateway() as gateway:
        wxpay = gateway.client()
        wxpay.v3.certificates.get()

A gateway generates keys for a merchant and for the platform. `Gateway.add_merchant` adds more
merchants. The gateway validates every request as WeChat Pay does, reports the exact error, and
signs its responses.

A request passes through these modules: `server.listener` reads it from a socket,
`server.inspection` finds its merchant and verifies its signature, `server.parties` checks the
merchant's permissions, one function of `simulation` processes it with the state of that merchant
only, and `messages.responses` signs the response.
"""

from .gateway import Gateway
from .merchant import Merchant
from .scenarios import ScenarioError
from .snapshots import Snapshot, SnapshotError
from .store.profile import SubMerchant

__all__ = ["Gateway", "Merchant", "ScenarioError", "Snapshot", "SnapshotError", "SubMerchant"]
