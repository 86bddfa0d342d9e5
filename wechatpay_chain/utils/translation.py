"""Messages in the reader's language: English, or Chinese from a gettext catalogue.

`WECHATPAY_LANG` selects the language, else gettext's variables (LANGUAGE, LC_ALL, LC_MESSAGES,
LANG), in that order. The Chinese catalogue is `locale/zh/LC_MESSAGES`; it is loaded with the first
Chinese message. A translated message keeps its English text, which log records use, so that logs
stay in one language.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

__all__ = [
    "InEnglish",
    "Message",
    "N_",
    "_",
    "current",
    "english",
    "in_language",
    "joined",
    "language",
    "translated",
]

CHINESE = "zh"
ENGLISH = "en"
VARIABLE = "WECHATPAY_LANG"
VARIABLES = (VARIABLE, "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


_chosen: ContextVar[str] = ContextVar("language", default="")


class Catalogue(Protocol):
    """The part of gettext's translations that this module uses."""

    def gettext(self, message: str, /) -> str: ...


class Message(str):
    """A translated text with its English original.

    Attributes:
        english: the same message in English.
    """

    __slots__ = ("english",)

    english: str

    def __new__(cls, text: str, original: str) -> Message:
        message = super().__new__(cls, text)
        message.english = original
        return message

    def __str__(self) -> str:  # keeps the original, so that `str(error)` does as well
        return self

    def __reduce__(self) -> Any:
        return Message, ("".join(self), self.english)


def _(template: str, /, **values: object) -> str:
    """Return a message in the language of the process.

    Args:
        template: the English text, with a field in braces for each value (`str.format`).
        values: the values of the fields; a message or an error among them is also translated.
    """
    text = template.format(**values) if values else template
    catalogue = _catalogue(_chosen.get() or current())
    if catalogue is None or not template:
        return text
    translated = catalogue.gettext(template)
    if not values:
        return Message(translated, template)
    return Message(
        translated.format(**values),
        template.format(**{name: _english_value(value) for name, value in values.items()}),
    )


def N_(template: str, /) -> str:  # noqa: N802 - gettext's name for it
    """Mark a constant for translation; `_` translates it when it is displayed."""
    return template


@contextmanager
def in_language(wanted: str) -> Iterator[None]:
    """Return the messages of this block in a given language, in this thread or task.

    Args:
        wanted: `zh` or `en`.
    """
    token = _chosen.set(wanted)
    try:
        yield
    finally:
        _chosen.reset(token)


def translated(template: str, wanted: str, /, **values: object) -> str:
    """Return a message in a given language, for readers whose language is known.

    Args:
        template: the English text, as for `_`.
        wanted: `zh` or `en`.
        values: the values of the fields.
    """
    catalogue = _catalogue(wanted)
    text = catalogue.gettext(template) if catalogue and template else template
    return text.format(**values) if values else text


def joined(separator: str, parts: Iterable[str]) -> str:
    """Join several messages to one message."""
    texts = list(parts)
    whole = separator.join(texts)
    if not any(isinstance(text, Message) for text in texts):
        return whole
    return Message(whole, english(separator).join(english(text) for text in texts))


def english(text: object) -> str:
    """Return a message or an error in English, for log records and comparisons."""
    if isinstance(text, BaseException):
        text = text.args[0] if len(text.args) == 1 else str(text)
    return text.english if isinstance(text, Message) else str(text)


class InEnglish(logging.Filter):
    """A logging filter that converts messages and errors in a record's arguments to English."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Convert the arguments; see `logging.Filter.filter`."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                english(each) if isinstance(each, Message | BaseException) else each
                for each in record.args
            )
        return True


def language(environ: Mapping[str, str] | None = None) -> str:
    """Return the language of messages: `zh` or `en`.

    Args:
        environ: the environment variables; by default those of the process.
    """
    values = os.environ if environ is None else environ
    for name in VARIABLES:
        if value := values.get(name, "").strip():
            wanted = value.partition(":")[0].replace("_", "-").partition("-")[0]
            return CHINESE if wanted.lower() == CHINESE else ENGLISH
    return ENGLISH


@functools.cache
def current() -> str:
    """Return the language of this process, which is determined once, with the first message."""
    return language()


@functools.cache
def _catalogue(wanted: str) -> Catalogue | None:
    if wanted == ENGLISH:
        return None
    import gettext  # both are slow to import, and only Chinese needs them
    from importlib.resources import files

    path = files("wechatpay_chain").joinpath("locale", wanted, "LC_MESSAGES", "wechatpay_chain.mo")
    try:
        with path.open("rb") as file:
            return gettext.GNUTranslations(file)
    except Exception:  # noqa: BLE001 - missing or damaged: use English
        return None


def _english_value(value: object) -> object:
    return english(value) if isinstance(value, Message | BaseException) else value


for _name in ("wechatpay_chain", "wechatpay_chain.gateway"):
    logging.getLogger(_name).addFilter(InEnglish())
