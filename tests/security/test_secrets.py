"""Secrets stay out of reprs, pickles and the local variables of tracebacks."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from wechatpay_chain.utils.secret import Secret, hide, reveal


@pytest.mark.parametrize("value", ["k3y", b"k3y", 123456])
def test_a_secret_shows_itself_to_nobody(value):
    secret = Secret(value)
    shown = (
        f"{secret} {secret!r} {secret!s} {secret:>5} {[secret]} {{'secret': {secret}}} %s" % secret
    )
    assert "k3y" not in shown
    assert "123456" not in shown
    assert repr(secret) == str(secret) == "***"
    assert secret.reveal() is value


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_not_pickled(protocol):
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps({"secret": Secret("k3y")}, protocol)


def test_a_copy_of_a_secret_is_itself():
    secret = Secret("k3y")
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret]) == [secret]


def test_secrets_compare_by_value():
    assert Secret("a") == Secret("a") != Secret("b")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != "a"
    assert Secret("a")
    assert not Secret("")


def test_hide_reaches_into_mappings():
    given = {"cert": Path("c.pem"), "key": "k3y", "deep": {"passphrase": b"p4ss"}, "none": None}
    hidden = hide(given)
    assert repr(hidden["cert"]) == repr(Path("c.pem"))
    assert repr({**hidden, "cert": 1}) == (
        "{'cert': 1, 'key': ***, 'deep': {'passphrase': ***}, 'none': None}"
    )
    assert hide(hidden) == hidden
    assert reveal(hidden) == given
