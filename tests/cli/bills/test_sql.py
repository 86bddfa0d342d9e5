"""`bills sql`: the statements of a reconciliation, for each warehouse."""

from __future__ import annotations

import pytest
import sqlglot

from tests.cli.support import data, failed, run
from wechatpay_chain.bills.reconciliation.dialects import DIALECTS
from wechatpay_chain.cli.bills import sql


def test_the_command_has_all_dialects() -> None:
    assert sql.DIALECTS == DIALECTS


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_script_can_be_parsed(dialect: str) -> None:
    result = run("bills", "sql", "--dialect", dialect)
    assert result.exit_code == 0, result.output
    statements = [each for each in sqlglot.parse(result.stdout, dialect=dialect) if each]
    assert len(statements) > 10
    assert data("bills", "sql", "--dialect", dialect) == {"dialect": dialect, "sql": result.stdout}


def test_a_dialect_that_is_none() -> None:
    assert "duckdb" in failed("bills", "sql", "--dialect", "cobol", code=2)
