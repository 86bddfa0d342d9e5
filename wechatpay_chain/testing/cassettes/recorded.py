"""What a cassette's file has, and which of it was played."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...utils.translation import _
from .matching import Matcher, nearest, shown
from .playing import digest_of

__all__ = ["CERTIFICATES", "Recorded", "UnrecordedRequest", "texts_in"]

CERTIFICATES = "v3/certificates"
LENGTHS = {"md5": 32, "sha1": 40, "sha256": 64}


class UnrecordedRequest(AssertionError):
    """A request that the cassette has no response for, and that must not be sent.

    It is an `AssertionError`, so that no code under test takes it for a failed call.
    """


class Recorded:
    """What a cassette's file has, and which of it was played.

    Args:
        path: of the file.
        content: what the file has; None where it is missing.
        matchers: what a request and a recorded one are compared by.

    Attributes:
        interactions: requests, with their responses or errors.
        merchant: the numbers of the merchant.
        texts: all texts of the file.
    """

    def __init__(
        self, path: Path, content: Mapping[str, Any] | None, matchers: Mapping[str, Matcher]
    ) -> None:
        self._path = path
        self._matchers = matchers
        self.interactions: list[dict[str, Any]] = [] if content is None else content["interactions"]
        self.merchant: dict[str, str] = {} if content is None else content.get("merchant", {})
        self.texts = texts_in(self.interactions)
        self._played = [False] * len(self.interactions)

    def take(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """The first interaction of a request that was not played; it counts as played then.

        Args:
            asked: the request, without what a cassette must not have.
        """
        for place, each in enumerate(self.interactions):
            recorded = each["request"]
            if not self._played[place] and all(
                matches(recorded, asked) for matches in self._matchers.values()
            ):
                self._played[place] = True
                return each
        return None

    def rejection(self, asked: Mapping[str, Any], mode: str) -> UnrecordedRequest:
        """The error for a request that there is no interaction for.

        Args:
            asked: the request, without what a cassette must not have.
            mode: the cassette's `record_mode`.
        """
        pairs = zip(self.interactions, self._played, strict=True)
        recorded = [(each["request"], done) for each, done in pairs]
        near = nearest(recorded, asked, self._matchers)
        listed = "".join(f"\n  {each}" for each in near) or " nothing."
        return UnrecordedRequest(
            f"{shown(asked)} is not on the cassette {self._path}, and record_mode={mode!r} sends "
            f"nothing. It has{':' if near else ''}{listed}\n"
            "Record what is missing with record_mode='new_episodes', or everything anew with 'all' "
            "(pytest --wechatpay-record=all)"
        )

    @property
    def unplayed(self) -> list[str]:
        """The requests that were not made again, each on one line, without those for certificates.

        Whether a client fetches certificates depends on its keys.
        """
        pairs = zip(self.interactions, self._played, strict=True)
        return [
            shown(each["request"])
            for each, done in pairs
            if not done and each["request"]["path"] != CERTIFICATES
        ]

    def assert_all_played(self) -> None:
        """Fail unless all requests were made again.

        Raises:
            AssertionError: it lists those that were not.
        """
        left = self.unplayed
        if left:
            raise AssertionError(
                _(
                    "{count} of {count_2} requests of {path} were not made: {left}",
                    count=len(left),
                    count_2=len(self._played),
                    path=self._path,
                    left="; ".join(left),
                )
            )

    def digest(self, name: str) -> str:
        """The digest of a file that came with a response.

        Args:
            name: under which the responses have it: `sha1-1`, say.
        """
        kind = name.partition("-")[0]
        for each in self.interactions:
            response = each.get("response", {})
            if response.get("digest") == name and kind in LENGTHS:
                return digest_of(response, kind)
        return "0" * LENGTHS.get(kind, 40)  # the file was not downloaded


def texts_in(value: Any) -> set[str]:
    """All texts of a cassette, and the segments of its paths."""
    found: set[str] = set()
    rest = [value]
    while rest:
        each = rest.pop()
        if isinstance(each, str):
            found.add(each)
            found.update(each.split("/"))
        elif isinstance(each, dict):
            rest += each.values()
        elif isinstance(each, list):
            rest += each
    return found
