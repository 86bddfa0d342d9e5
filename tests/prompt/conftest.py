"""A real IPython shell, in which a client is at hand."""

from __future__ import annotations

import atexit
import os
from unittest import mock

import pytest

from wechatpay_chain import WeChatPay

pytest.importorskip("IPython")

from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


@pytest.fixture(scope="module")
def wxpay():
    return WeChatPay(mchid="1900000109")


@pytest.fixture(scope="module")
def shell(tmp_path_factory, wxpay):
    config = Config()
    config.HistoryManager.enabled = False
    with mock.patch.dict(os.environ, IPYTHONDIR=str(tmp_path_factory.mktemp("ipython"))):
        shell = InteractiveShell.instance(config=config)
        try:
            shell.user_ns.update(
                wxpay=WeChatPay(mchid="1900000109"),  # made in IPython, so it is completed there
                orders=wxpay.v3.pay.transactions,
                shops={"one": wxpay},
            )
            yield shell
        finally:
            shell.restore_sys_module_state()
            atexit.unregister(shell.atexit_operations)
            shell.atexit_operations()
            InteractiveShell.clear_instance()


@pytest.fixture(params=[True, False], ids=["jedi", "no jedi"])
def complete(request, shell):
    """From a line with the cursor at its end, to all lines that it can become."""
    shell.Completer.use_jedi = request.param

    def completions(line):
        with provisionalcompleter():
            found = list(shell.Completer.completions(line, len(line)))
        return [f"{line[: each.start]}{each.text}{line[each.end :]}" for each in found]

    return completions
