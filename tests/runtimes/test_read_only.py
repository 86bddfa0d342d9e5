"""A container whose file system is read-only: the merchant's certificate is shown all the same."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.gateway.support import paid_by_v2
from wechatpay_chain.gateway import Gateway

from .conftest import ROOT, Run

MOUNT = (
    'for each in / /tmp /var/tmp /dev/shm "$PWD"; do'
    ' mount -o remount,bind,ro "$each" 2>/dev/null || {'
    ' mount --bind "$each" "$each" && mount -o remount,bind,ro "$each"; } || exit; done; exec "$@"'
)
NAMESPACE = ("unshare", "--map-root-user", "--mount", "sh", "-c", MOUNT, "sh")
"""Runs a command with everything mounted read-only that a temporary file might be written to."""


def has_namespaces() -> bool:
    if shutil.which("unshare") is None:
        return False
    done = subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False, cwd=ROOT)
    return done.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no files in memory")
@pytest.mark.parametrize("how", ["mount", "hook"])
def test_a_refund_without_a_temporary_folder(gateway: Gateway, run: Run, how: str) -> None:
    if how == "mount" and not has_namespaces():
        pytest.skip("needs unshare, and the right to mount")
    with gateway.client() as client:
        number = paid_by_v2(gateway, client)["out_trade_no"]
        before = NAMESPACE if how == "mount" else ()
        done = run("read_only", number, how, before=before)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        refunds = client.v2.pay.refundquery.post(
            xml={
                "appid": gateway.identity.appid,
                "mch_id": gateway.identity.mchid,
                "out_trade_no": number,
            }
        )
        assert refunds.xml()["refund_count"] == "2"
