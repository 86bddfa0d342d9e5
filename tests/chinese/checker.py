"""Finds what AutoCorrect would write otherwise, half-width punctuation, and banned words."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.chinese.texts import HAN, Text
from wechatpay_chain import catalogue

__all__ = ["Finding", "Word", "findings", "words"]

CODE = re.compile(r"^(`{3,}|~{3,}).*?^\1[ \t]*$", re.M | re.S)
INLINE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)|\]\([^()\s]*\)|https?://[\w./?=&%#:-]+", re.S)
HALF = re.compile(
    r"[\u4e00-\u9fff」）`*][,;:?!](?!\w)|[,;?!] ?[\u4e00-\u9fff](?<!\? [\u4e00-\u9fff])"
    r"|[\u4e00-\u9fff`]\((?!\))|[\u4e00-\u9fff] \([^()]*[\u4e00-\u9fff]"
)
"""What AutoCorrect leaves as it is: half-width punctuation beside Chinese."""


class Word(NamedTuple):
    """A translation that no Chinese engineer would write.

    Attributes:
        pattern: finds it.
        use: what to write.
    """

    pattern: re.Pattern[str]
    use: str


class Finding(NamedTuple):
    """What is wrong at a place.

    Attributes:
        path: of the file.
        line: in it, from 1.
        found: the text there.
        wanted: what to write.
    """

    path: str
    line: int
    found: str
    wanted: str


@cache
def words() -> tuple[Word, ...]:
    """The banned words, from `words.tsv`."""
    with (Path(__file__).parent / "words.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(Word(re.compile(row["pattern"]), row["use"]) for row in rows)


def findings(text: Text) -> Iterator[Finding]:
    """What is wrong in a text.

    Args:
        text: from `texts`.
    """
    content = CODE.sub(lambda match: _titles().sub("接口", match[0]), text.content)
    yield from _corrected(text, content)
    prose = content
    if text.kind == "markdown":
        prose = CODE.sub(lambda match: "\n" * match[0].count("\n"), prose)
    prose = INLINE.sub(lambda match: "`" + "\n" * match[0].count("\n"), prose)
    for number, line in enumerate(prose.split("\n"), text.line):
        if match := HALF.search(line):
            yield Finding(text.path, number, match[0], "full-width punctuation")
        for word in words():
            if match := word.pattern.search(line):
                yield Finding(text.path, number, match[0], word.use)


def _corrected(text: Text, content: str) -> Iterator[Finding]:
    import autocorrect_py

    name = "text.md" if text.kind == "markdown" else "text.txt"
    for line in autocorrect_py.lint_for(content, name).lines:
        yield Finding(text.path, text.line + line.line - 1, line.old.strip(), line.new.strip())


@cache
def _titles() -> re.Pattern[str]:
    """The official names with Latin in them, as blocks of code show them."""
    named = (*catalogue.operations(), *catalogue.webhooks())
    titles = {each.title for each in named if HAN.search(each.title)}
    mixed = (title for title in titles if re.search(r"[\x21-\x7e]", title))
    return re.compile("|".join(map(re.escape, sorted(mixed, key=len, reverse=True))))
