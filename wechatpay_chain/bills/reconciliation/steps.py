"""The statements in order."""

from __future__ import annotations

from typing import NamedTuple

from . import classes, statements

__all__ = ["RESULTS", "STEPS", "Step"]


class Step(NamedTuple):
    """A named statement.

    Attributes:
        name: the name that later statements use.
        select: the statement.
        stored: whether its rows are stored; otherwise each use computes them again.
    """

    name: str
    select: str
    stored: bool = True


STEPS = (
    Step("scope", statements.SCOPE),
    Step("there", statements.events("trade"), stored=False),
    Step("here", statements.HERE, stored=False),
    Step("beside", statements.events("neighbours"), stored=False),
    Step("differing", statements.DIFFERING),
    Step("given_back", statements.GIVEN_BACK),
    Step("too_much", statements.TOO_MUCH),
    Step("suspects", statements.SUSPECTS),
    Step("there_rows", statements.THERE_ROWS),
    Step("here_rows", statements.HERE_ROWS),
    Step("there_ranked", statements.THERE_RANKED),
    Step("here_ranked", statements.HERE_RANKED),
    Step("left_there", statements.LEFT_THERE),
    Step("left_here", statements.LEFT_HERE),
    Step("near", classes.NEAR),
    Step("compared", classes.COMPARED),
    Step("judged", classes.JUDGED),
    Step("differences", classes.DIFFERENCES),
    Step("counts", classes.COUNTS),
    Step("hours", classes.HOURS),
)
"""Each step may use the inputs and the previous steps."""

RESULTS = ("differences", "counts", "hours")
"""The steps with the rows of the result."""
