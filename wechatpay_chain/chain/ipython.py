"""Completion of chains in IPython and Jupyter, with and without jedi.

IPython does not evaluate an object with its own `__getattr__` for completion, and jedi completes
classes, not API paths. This matcher therefore follows a chain itself. It evaluates only names,
attributes, and strings in brackets or `chain()` on clients and chains; these have no side effects
until a verb is called. Inside the parentheses of a verb, it completes arguments and the members of
a body.

A client created in a notebook installs the matcher. `%load_ext wechatpay_chain.ipython` installs it
before that.
"""

from __future__ import annotations

import ast
import re
import sys
from typing import Any

from ..utils.exceptions import ConfigurationError
from .call_site import site
from .node import Chain
from .root import STARTS, ChainRoot

__all__ = ["install", "load_ipython_extension"]

SINCE = (8, 6)
"""The first IPython version that passes the cursor position to matchers."""
IDENTIFIER = "wechatpay_chain"
PRIORITY = 10
"""Higher than the priority of jedi, so that these completions replace jedi's."""

TEXT = r"""(?:"[^"\\\n]*"|'[^'\\\n]*')"""
STEP = rf"\.chain\({TEXT}\)|\.\w+|\[{TEXT}\]"
BEFORE_CURSOR = re.compile(
    rf"""(?<![\w.)\]"'])(?P<name>[^\W\d]\w*)(?P<steps>(?:{STEP})*)"""
    r"""(?:(?P<attribute>\.\w*)|\[["'](?P<key>[^"'\\\n]*))$"""
)
CALLED = re.compile(rf"""(?<![\w.)\]"'])(?P<name>[^\W\d]\w*)(?P<steps>(?:{STEP})*)$""")


def install() -> None:
    """Enable completion of chains in the running shell, if there is one."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is not None:
        load_ipython_extension(shell)


def load_ipython_extension(shell: Any) -> None:
    """Enable completion of chains in a shell; called by `%load_ext wechatpay_chain.ipython`.

    Args:
        shell: an IPython `InteractiveShell`.
    """
    matchers = getattr(getattr(shell, "Completer", None), "custom_matchers", None)
    modern = getattr(sys.modules.get("IPython"), "version_info", (0,))[:2] >= SINCE
    if matchers is None or not modern:
        return
    if not any(getattr(each, "matcher_identifier", "") == IDENTIFIER for each in matchers):
        matchers.append(_matcher(shell))


def _matcher(shell: Any) -> Any:
    """Return the matcher that IPython calls on each tab; see `IPython.core.completer`."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    def matcher(context: Any) -> dict[str, Any]:
        names = shell.user_ns
        fragment, kind, texts = _matches(context.text_until_cursor, names)
        if not texts:
            above = context.full_text.split("\n")[: context.cursor_line]
            text = "\n".join([*above, context.text_until_cursor])
            fragment, kind, texts = _in_call(text, names)
        found = [SimpleCompletion(text=text, type=kind) for text in texts]
        return {
            "completions": found,
            "matched_fragment": fragment,
            "suppress": bool(found),
            "ordered": True,
        }

    mark: Any = context_matcher(identifier=IDENTIFIER, priority=PRIORITY)
    return mark(matcher)


def _matches(text: str, names: dict[str, Any]) -> tuple[str, str, list[str]]:
    """Return the part of a line to replace, the kind of the completions, and the completions."""
    match = BEFORE_CURSOR.search(text)
    thing = _follow(names.get(match["name"]), match["steps"]) if match else None
    if match is None or thing is None:
        return "", "", []
    if match["key"] is not None:
        found = [key for key in thing._ipython_key_completions_() if key.startswith(match["key"])]
        return match["key"], "dict key", found
    fragment = match["attribute"]
    hidden = () if fragment.startswith(".__") else ("__",)
    found = [f".{name}" for name in dir(thing) if not name.startswith(hidden)]
    return fragment, "attribute", [name for name in found if name.startswith(fragment)]


def _in_call(text: str, names: dict[str, Any]) -> tuple[str, str, list[str]]:
    """Return the same for a cursor inside the parentheses of a verb."""
    place = site(text)
    match = CALLED.search(place.before) if place is not None else None
    thing = _follow(names.get(match["name"]), match["steps"]) if match else None
    if place is None or not isinstance(thing, Chain):
        return "", "", []
    from .keywords import candidates  # loads the catalogue

    _, _, parent, name = thing._place
    kind = "param" if place.kind == "argument" else "dict key"
    found = [each for each in candidates(parent, name, place) if each.startswith(place.typed)]
    return place.typed, kind, found


def _follow(thing: Any, steps: str) -> Any:
    """Return the client or chain that the steps lead to, or None if they lead to anything else."""
    for step in re.findall(STEP, steps):
        if not isinstance(thing, Chain | ChainRoot):
            return None
        try:
            if step.startswith("["):
                thing = thing[ast.literal_eval(step[1:-1])]
            elif step.endswith(")"):
                thing = thing.chain(ast.literal_eval(step.removeprefix(".chain(")[:-1]))
            elif hasattr(type(thing), step[1:]) and step[1:] not in STARTS:
                return None  # a property or method: completion must not run it
            else:
                thing = getattr(thing, step[1:])
        except (AttributeError, ConfigurationError):
            return None
    return thing if isinstance(thing, Chain | ChainRoot) else None
