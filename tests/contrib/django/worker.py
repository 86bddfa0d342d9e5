"""A worker in a process of its own; in its handler it says so, and goes on when told.

python -m tests.contrib.django.worker URL FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.contrib.django import project
from tests.support import APIV3_KEY, MCHID, PUBLIC_KEY_ID
from wechatpay_chain import WeChatPay


def main(url: str, folder: Path) -> None:
    from django.db import connections

    from wechatpay_chain.contrib.django import DjangoDatabase
    from wechatpay_chain.durable import Inbox

    alias = project.add_database(url)
    certs = {PUBLIC_KEY_ID: folder / "pub_key.pem"}
    wxpay = WeChatPay(mchid=MCHID, certs=certs, apiv3_key=APIV3_KEY)
    inbox = Inbox(DjangoDatabase(alias), wxpay)

    @inbox.on("TRANSACTION.SUCCESS")
    def book(notice: Any, session: str) -> None:
        with connections[session].cursor() as cursor:
            cursor.execute("UPDATE shop_effect SET amount = amount + 1")
        sys.stdout.write("booked\n")
        sys.stdout.flush()
        sys.stdin.readline()

    sys.stdout.write(f"handled {inbox.run_once()}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
