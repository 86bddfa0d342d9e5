"""Displays a body as a tree: a branch for each member, with its description in the catalogue.

Bodies are external data, and may be deep, long, or full of control characters; this module limits
all of that. Encrypted members stay encrypted, and are marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..utils.money import fen_to_yuan
from ..utils.translation import _
from .amounts import CNY, amount, currency_of
from .layout import Branch, Line, Span
from .masking import HIDDEN, ciphertext_size, is_personal, shortened

if TYPE_CHECKING:
    from ..catalogue.schema import Member

__all__ = ["tree"]

MOST = 400
"""Maximum number of displayed members of a body."""
EACH = 50
"""Maximum number of displayed items of a list, or members of an object."""
DEEPEST = 12
NAME = 60
"""Maximum characters of a member's name."""
DIGITS = re.compile(r"\d+")
RSA = "RSAES-OAEP"
WORDS = {True: "true", False: "false", None: "null"}


def tree(value: Any, members: Sequence[Member], name: str, *, revealed: bool = False) -> Branch:
    """Return the tree of a parsed body.

    Args:
        value: an object or a list.
        members: the catalogue's members.
        name: the name of the tree's root.
        revealed: whether encrypted members and personal data are displayed as they are.
    """
    size = Span(f"  {_extent(value)}", "aside")
    return Branch((Span(name, "heading"), size), _Growing(revealed).below(value, members, 0))


class _Growing:
    """Tracks how much of a body may still be displayed."""

    def __init__(self, revealed: bool) -> None:
        self.left = MOST
        self.revealed = revealed

    def below(self, value: Any, members: Sequence[Member], depth: int) -> tuple[Branch, ...]:
        """Return the branches of an object's members, or of a list's items."""
        if not isinstance(value, dict | list):
            return ()
        if depth == DEEPEST:
            return (_remark(_("… {extent} below it", extent=_extent(value))),)
        found = list(self._branches(value, members, depth))
        more = len(value) - len(found)
        return (*found, _remark(_("… and {more:,} more", more=more))) if more else tuple(found)

    def _branches(self, value: Any, members: Sequence[Member], depth: int) -> Iterator[Branch]:
        beside = value if isinstance(value, dict) else {}
        pairs: Iterable[tuple[Any, Any]] = value.items() if beside else enumerate(value)
        for name, inner in islice(pairs, EACH):
            if not self.left:
                return
            self.left -= 1
            if isinstance(value, list):
                yield self._branch(f"[{name}]", inner, None, members, {}, depth)
            else:
                member = _find(members, name)
                below = member.members if member is not None else ()
                yield self._branch(str(name), inner, member, below, beside, depth)

    def _branch(
        self,
        name: str,
        value: Any,
        member: Member | None,
        below: Sequence[Member],
        beside: Mapping[str, Any],
        depth: int,
    ) -> Branch:
        start = Span(shortened(name, NAME), "name")
        title = _title(member)
        if isinstance(value, dict | list) and value:
            is_encrypted = member is not None and member.encrypted
            if not self.revealed and (is_encrypted or _is_personal(name, member)):
                hidden = _hidden(value)
                return Branch((start, Span("  "), Span(hidden, "secret"), *title))
            extent = Span(f"  {_extent(value)}", "aside")
            return Branch((start, extent, *title), self.below(value, below, depth + 1))
        masked = None if self.revealed else _masked(name, value, member, beside)
        shown = masked or _scalar(name, value, member, beside)
        return Branch((start, Span("  "), *shown, *title))


def _masked(name: str, value: Any, member: Member | None, beside: Mapping[str, Any]) -> Line | None:
    """Return what is displayed instead of a value; None if the value may be displayed."""
    if value is None or value == "" or isinstance(value, bool | dict | list):
        return None
    if how := _encryption(name, member, beside):
        return _encrypted(str(value), how)
    return (Span(HIDDEN, "secret"),) if _is_personal(name, member) else None


def _scalar(name: str, value: Any, member: Member | None, beside: Mapping[str, Any]) -> Line:
    """Return a value in displayable form."""
    if isinstance(value, dict | list):
        return (Span("{}" if isinstance(value, dict) else "[]", "literal"),)
    if value is None or isinstance(value, bool):
        return (Span(WORDS[value], "literal"),)
    if value == "":
        return (Span('""', "literal"),)
    fen = amount(name, value, member, beside)
    if fen is not None:
        return _money(fen, currency_of(name, beside))
    if isinstance(value, str):
        return (Span(shortened(value), "text"),)
    return (Span(shortened(str(value)), "number"),)


def _is_personal(name: str, member: Member | None) -> bool:
    return is_personal(name, member.title if member is not None else "")


def _encryption(name: str, member: Member | None, beside: Mapping[str, Any]) -> str:
    """Return the encryption of a member; AES ciphertexts name it in `algorithm`."""
    if member is not None and member.encrypted:
        return member.encrypted
    how = beside.get("algorithm") if name == "ciphertext" else None
    return how if isinstance(how, str) and how.startswith("AEAD_") else ""


def _encrypted(text: str, how: str) -> Line:
    """Return the length of a ciphertext; for a decrypted member, not even that."""
    size = ciphertext_size(text)
    if how != RSA:
        sealed = _("encrypted, {count:,} characters; decrypt with the APIv3 key", count=len(text))
        return (Span(sealed, "encrypted"),)
    if size is None:
        return (Span(HIDDEN, "secret"), Span("  " + _("was encrypted"), "aside"))
    sealed = _("encrypted, {size} bytes; decrypt with wxpay.decrypt(…)", size=size)
    return (Span(sealed, "encrypted"),)


def _money(fen: int, currency: str) -> Line:
    if currency != CNY:
        unit = _("{currency}, in its smallest unit", currency=shortened(currency, NAME))
        return (Span(f"{fen}", "number"), Span(f"  {unit}", "aside"))
    yuan = _("{amount} yuan", amount=fen_to_yuan(fen))
    return (Span(yuan, "number"), Span("  " + _("{amount} fen", amount=fen), "aside"))


def _hidden(value: Any) -> str:
    return f"{HIDDEN} ({_extent(value)})"


def _extent(value: Any) -> str:
    many = len(value) if isinstance(value, dict | list) else 0
    if isinstance(value, list):
        return _("1 item") if many == 1 else _("{many:,} items", many=many)
    return _("1 member") if many == 1 else _("{many:,} members", many=many)


def _title(member: Member | None) -> Line:
    return (Span(f"  {member.title}", "aside"),) if member is not None and member.title else ()


def _remark(words: str) -> Branch:
    return Branch((Span(words, "aside"),))


def _find(members: Sequence[Member], name: Any) -> Member | None:
    """Return a member by its name; `$n` and `$m` match numbers in numbered APIv2 names."""
    known = next((each for each in members if each.name == name), None)
    if known is None and isinstance(name, str) and DIGITS.search(name):
        counted = DIGITS.sub("$m", DIGITS.sub("$n", name, count=1))
        known = next((each for each in members if each.name == counted), None)
    return known
