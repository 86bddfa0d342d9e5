"""Signs with an HSM before and after a fork, in each process; `test_signer` runs it: MODULE PIN."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

from wechatpay_chain.keys.pkcs11 import PKCS11Signer
from wechatpay_chain.keys.pkcs11.module import module_at


def in_child(work: Callable[[], None]) -> None:
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told to the parent
            os.write(2, f"{error!r}\n".encode())
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def main(module: str, pin: str) -> None:
    used = PKCS11Signer(module, token="wechatpay", pin=pin, label="merchant")
    unused = PKCS11Signer(module, token="spare", pin=pin)
    signature = used.sign(b"x")
    parent = module_at(module)

    def sign() -> None:
        assert module_at(module) is not parent
        assert used.sign(b"x") == unused.sign(b"x") == signature
        assert asyncio.run(used.sign_async(b"x")) == signature

    def fork_again() -> None:
        sign()
        in_child(sign)
        sign()

    def stop_at_once() -> None:
        used.close()

    for work in (sign, fork_again, stop_at_once):
        in_child(work)
        assert used.sign(b"x") == signature
    print("signed", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
