"""The contents of a cassette's file, and which of them were played."""

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
    """The cassette has no response for a request, and the request must not be sent.

    It derives from `AssertionError`, so code under test does not treat it as a failed call.
    """


class Recorded:
    """The contents of a cassette's file, and which of them were played.

    Args:
        path: the path of the file.
        content: the contents of the file, or None if it does not exist.
        matchers: the functions that compare requests.

    Attributes:
        interactions: requests, with their responses or errors.
        merchant: the merchant's IDs.
        texts: all texts in the file.
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
        """Return the first unplayed interaction of a request, and mark it as played.

        Args:
            asked: the request, without values that a cassette must not contain.
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
        """Return the error for a request without an interaction.

        Args:
            asked: the request, without values that a cassette must not contain.
            mode: the cassette's `record_mode`.
        """
        pairs = zip(self.interactions, self._played, strict=True)
        recorded = [(each["request"], done) for each, done in pairs]
        near = nearest(recorded, asked, self._matchers)
        listed = "".join(f"\n  {each}" for each in near) or _(" nothing.")
        return UnrecordedRequest(
            _(
                "{request} is not on the cassette {path}, and record_mode={mode!r} sends no "
                "requests. The cassette contains:{listed}\nRecord what is missing with "
                "record_mode='new_episodes', or everything again with 'all' "
                "(pytest --wechatpay-record=all)",
                request=shown(asked),
                path=self._path,
                mode=mode,
                listed=listed,
            )
        )

    @property
    def unplayed(self) -> list[str]:
        """The recorded requests that were not made again, one per line, without certificates.

        Whether a client fetches certificates depends on its keys.
        """
        pairs = zip(self.interactions, self._played, strict=True)
        return [
            shown(each["request"])
            for each, done in pairs
            if not done and each["request"]["path"] != CERTIFICATES
        ]

    def assert_all_played(self) -> None:
        """Fail unless all recorded requests were made again.

        Raises:
            AssertionError: some requests were not made; the message lists them.
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
        """Return the digest of a file in a response.

        Args:
            name: its name in the responses, such as `sha1-1`.
        """
        kind = name.partition("-")[0]
        for each in self.interactions:
            response = each.get("response", {})
            if response.get("digest") == name and kind in LENGTHS:
                return digest_of(response, kind)
        return "0" * LENGTHS.get(kind, 40)  # the file was not downloaded


def texts_in(value: Any) -> set[str]:
    """Return all texts in a cassette, and the segments of its paths."""
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
