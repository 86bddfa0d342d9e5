"""Suggestions: existing words that are similar to a missing one."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator

__all__ = ["nearest", "nearest_names"]

LATIN = re.compile(r"[a-z0-9]+")
CHINESE = re.compile(r"[\u3400-\u9fff]+")

COUNT = 3


def nearest(word: str, texts: Iterable[str]) -> list[str]:
    """Return the words in texts that are most similar to a word, the most frequent first.

    Chinese is written without spaces, so there every run of as many signs counts as a word; it is
    near if no other has more of its signs in their places, and half of them are.

    Args:
        word: in lower case.
        texts: the source of the words.
    """
    if CHINESE.search(word):
        runs = Counter(_runs(texts, len(word)))
        scored = [(_alike(run, word), frequency, run) for run, frequency in runs.items()]
        best = max(scored, default=(0, 0, ""))[0]
        near = sorted((score for score in scored if score[0] == best), reverse=True)
        return [run for _, _, run in near[:COUNT]] if best * 2 >= len(word) else []
    return difflib.get_close_matches(word, set(_words(texts)), n=COUNT, cutoff=0.7)


def _alike(one: str, other: str) -> int:
    return sum(map(str.__eq__, one, other))


def _words(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from LATIN.findall(text.lower())


def _runs(texts: Iterable[str], length: int) -> Iterator[str]:
    for text in texts:
        for run in CHINESE.findall(text):
            for start in range(len(run) - length + 1):
                yield run[start : start + length]


def nearest_names(name: str, names: Iterable[str]) -> list[str]:
    """Return the names that are most similar to a missing one; those that contain it come first.

    Args:
        name: in any case.
        names: those that exist.
    """
    by_key = {each.lower(): each for each in names}
    wanted = name.lower()
    containing = [key for key in by_key if wanted and wanted in key]
    near = difflib.get_close_matches(wanted, by_key, n=COUNT, cutoff=0.7)
    return [by_key[key] for key in dict.fromkeys([*containing[:COUNT], *near])][:COUNT]
