"""With nothing but the package installed, a type checker knows every operation.

`passes/` must pass, and in `fails/` each line that ends with `# E` must be complained about, and
no other. `# E: mypy` is what mypy alone complains about.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .support import HERE, marked, mypy, pyright

pytest.importorskip("mypy", reason="the type checkers come with the dependency group check")
pytest.importorskip("pyright", reason="the type checkers come with the dependency group check")

CHECKERS = [mypy, pyright]


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: checker.__name__)
def test_what_is_right_passes(checker, tmp_path: Path) -> None:
    assert checker(HERE / "passes", tmp_path) == {}


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: checker.__name__)
def test_what_is_wrong_fails_at_its_line(checker, tmp_path: Path) -> None:
    assert set(checker(HERE / "fails", tmp_path)) == marked(HERE / "fails", checker.__name__)


def test_pyright_says_what_is_missing_and_what_was_expected(tmp_path: Path) -> None:
    messages = "".join(pyright(HERE / "fails", tmp_path).values())
    for part in (
        '"currency" is required in "RefundDomesticRefundsPostJSONAmount"',
        "\"Literal['TEACHER']\" is not assignable to type \"Literal['STUDENT']\"",
        '"mch_id" is an undefined item',
        'Attribute "transaction" is unknown',
    ):
        assert part in messages
    for part in ("AnyValue", "Lookup", "Nothing"):
        assert part not in messages


def test_mypy_names_the_member_that_is_wrong(tmp_path: Path) -> None:
    messages = "".join(mypy(HERE / "fails", tmp_path).values())
    for part in (
        'Missing key "currency" for TypedDict "RefundDomesticRefundsPostJSONAmount"',
        'Extra key "mch_id" for TypedDict',
        '(expression has type "int", TypedDict item "mchid" has type "str")',
    ):
        assert part in messages
    for part in ("AnyValue", "Lookup", "Nothing"):
        assert part not in messages
