"""Metadata hook that builds a long description with links that work on the package index.

The index does not resolve relative links. With a repository address, links and images refer to the
repository. Without one, the text names the files in the source distribution, and images are
removed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
IMAGE = re.compile(r"^!\[([^\]\n]*)\]\((?![a-z]+:|#)([^)\s]+)\)\n\n?", re.MULTILINE)
LINK = re.compile(r"\[([^\]\n]*)\]\((?![a-z]+:|#)([^)\s]+)\)")
ONLY_LINKS = re.compile(rf"^{LINK.pattern}(?: · {LINK.pattern})*\n\n?", re.MULTILINE)


class DescriptionHook(MetadataHookInterface):
    """Sets `readme` and `urls`; the option `repository` is the address, or empty.

    The environment variable `WECHATPAY_CHAIN_REPOSITORY` takes precedence, for a fork.
    """

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the dynamic fields of pyproject.toml."""
        given = os.environ.get("WECHATPAY_CHAIN_REPOSITORY") or self.config.get("repository", "")
        repository = str(given).rstrip("/")
        text = Path(self.root, "README.md").read_text("utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": absolute(text, f"{repository}/blob/HEAD/" if repository else ""),
        }
        metadata["urls"] = {"WeChat Pay": "https://pay.weixin.qq.com/", **urls(repository)}


def urls(repository: str) -> dict[str, str]:
    """Return the project's URLs; empty without a repository.

    Args:
        repository: its address without a trailing slash, or empty.
    """
    if not repository:
        return {}
    return {
        "Source": repository,
        "Documentation": f"{repository}/blob/HEAD/docs/index.md",
        "Changelog": f"{repository}/blob/HEAD/CHANGELOG.md",
        "Issues": f"{repository}/issues",
    }


def absolute(markdown: str, base: str) -> str:
    """Return Markdown without relative links and images.

    Args:
        markdown: with links relative to the repository's root.
        base: the prefix for links; empty to name their targets in the text instead.
    """
    pieces, start = [], 0
    for fence in [*FENCE.finditer(markdown), None]:
        prose = markdown[start : fence.start() if fence else None]
        if base:
            prose = IMAGE.sub(rf"![\1]({base.replace('/blob/', '/raw/')}\2)\n\n", prose)
            pieces.append(LINK.sub(rf"[\1]({base}\2)", prose))
        else:
            pieces.append(LINK.sub(_named, ONLY_LINKS.sub("", IMAGE.sub("", prose))))
        if fence:
            pieces.append(fence[0])
            start = fence.end()
    return "".join(pieces)


def _named(link: re.Match[str]) -> str:
    return f"{link[1]} ({link[2].partition('#')[0]})"
