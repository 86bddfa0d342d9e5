"""A local WeChat Pay to develop and test against.

    with Gateway() as gateway:
        wxpay = gateway.client()
        wxpay.v3.certificates.get()

It makes a merchant and a platform with fresh keys (`Gateway.add_merchant` makes more), checks
every request the way WeChat Pay does, reports exactly what was wrong, and signs its responses. A
request passes through `server.listener` (sockets), `server.inspection` (whose is it, and is its
signature right?), `server.parties` (may its merchant make it?), one function of `simulation`, which
has the state of that merchant alone, and `messages.responses` (signing).
"""

from .gateway import Gateway
from .merchant import Merchant
from .scenarios import ScenarioError
from .snapshots import Snapshot, SnapshotError
from .store.profile import SubMerchant

__all__ = ["Gateway", "Merchant", "ScenarioError", "Snapshot", "SnapshotError", "SubMerchant"]
