"""Tokens of the gateway are valid arguments of commands."""

import secrets

import pytest

from wechatpay_chain.gateway.simulation.tokens import random_token


def test_no_token_reads_as_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["-4P4s4xv", "--", "_ok-"])
    monkeypatch.setattr(secrets, "token_urlsafe", lambda size: next(drawn))
    assert random_token(6) == "_ok-"
