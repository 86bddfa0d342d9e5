"""Messages in the reader's language: English, or Chinese by a gettext catalogue.

`WECHATPAY_LANG` chooses the language, else the variables that gettext reads (LANGUAGE, LC_ALL,
LC_MESSAGES, LANG), in that order. The Chinese catalogue is `locale/zh/LC_MESSAGES`; it is loaded
with the first message in Chinese. A translated message keeps its English text, which log records
use: they stay in one language.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

__all__ = ["InEnglish", "Message", "N_", "_", "current", "english", "joined", "language"]

CHINESE = "zh"
ENGLISH = "en"
VARIABLE = "WECHATPAY_LANG"
VARIABLES = (VARIABLE, "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


class Catalogue(Protocol):
    """What this module uses of gettext's translations."""

    def gettext(self, message: str, /) -> str: ...


class Message(str):
    """A translated text, with its English original.

    Attributes:
        english: the same message in English.
    """

    __slots__ = ("english",)

    english: str

    def __new__(cls, text: str, original: str) -> Message:
        message = super().__new__(cls, text)
        message.english = original
        return message

    def __str__(self) -> str:  # `str` keeps the original too, so `str(error)` does
        return self

    def __reduce__(self) -> Any:
        return Message, ("".join(self), self.english)


def _(template: str, /, **values: object) -> str:
    """A message in the language of the process.

    Args:
        template: the English text, with a field in braces for each value (`str.format`).
        values: what the fields stand for; a message or an error among them is translated too.
    """
    text = template.format(**values) if values else template
    catalogue = _catalogue(current())
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
    """Mark a constant for translation; `_` translates it where it is shown."""
    return template


def joined(separator: str, parts: Iterable[str]) -> str:
    """Messages one after another, as one message."""
    texts = list(parts)
    whole = separator.join(texts)
    if not any(isinstance(text, Message) for text in texts):
        return whole
    return Message(whole, english(separator).join(english(text) for text in texts))


def english(text: object) -> str:
    """A message or an error in English, for log records and comparisons."""
    if isinstance(text, BaseException):
        text = text.args[0] if len(text.args) == 1 else str(text)
    return text.english if isinstance(text, Message) else str(text)


class InEnglish(logging.Filter):
    """A filter of a logger: messages and errors among a record's arguments become English."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Exchange them; see `logging.Filter.filter`."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                english(each) if isinstance(each, Message | BaseException) else each
                for each in record.args
            )
        return True


def language(environ: Mapping[str, str] | None = None) -> str:
    """The language of messages: `zh` or `en`.

    Args:
        environ: where the variables are read from; the process's own by default.
    """
    values = os.environ if environ is None else environ
    for name in VARIABLES:
        if value := values.get(name, "").strip():
            wanted = value.partition(":")[0].replace("_", "-").partition("-")[0]
            return CHINESE if wanted.lower() == CHINESE else ENGLISH
    return ENGLISH


@functools.cache
def current() -> str:
    """The language of this process, read once, with the first message."""
    return language()


@functools.cache
def _catalogue(wanted: str) -> Catalogue | None:
    if wanted == ENGLISH:
        return None
    import gettext  # both are slow to import, and needed for Chinese alone
    from importlib.resources import files

    path = files("wechatpay_chain").joinpath("locale", wanted, "LC_MESSAGES", "wechatpay_chain.mo")
    try:
        with path.open("rb") as file:
            return gettext.GNUTranslations(file)
    except Exception:  # noqa: BLE001 - lost or damaged by whatever packed the program: English will do
        return None


def _english_value(value: object) -> object:
    return english(value) if isinstance(value, Message | BaseException) else value


for _name in ("wechatpay_chain", "wechatpay_chain.gateway"):
    logging.getLogger(_name).addFilter(InEnglish())
