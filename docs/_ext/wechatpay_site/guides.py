"""The guides as pages of the site: they are written to be read on GitHub too.

So a guide holds no toctree, and it links to files that are no pages. Both are put right here, when
Sphinx reads it; a guide that is added to the folder is found by itself.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["ROOT", "completed", "in_order", "rewritten"]

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"

PAGES = {
    ROOT / "README.md": DOCS / "reference" / "overview.md",
    ROOT / "README.zh-CN.md": DOCS / "reference" / "overview-zh.md",
    ROOT / "CHANGELOG.md": DOCS / "reference" / "changelog.md",
    ROOT / "CONTRIBUTING.md": DOCS / "reference" / "contributing.md",
    ROOT / "CONTRIBUTING.zh-CN.md": DOCS / "reference" / "contributing-zh.md",
    ROOT / "SECURITY.md": DOCS / "reference" / "security.md",
    ROOT / "wechatpay_chain" / "catalogue" / "README.md": DOCS / "reference" / "catalogue.md",
}
"""What is a page of the site and yet lies outside its folder, and the page that includes it."""

INCLUDE = re.compile(r"^```\{include\} (\S+)\n```$", re.M)
FENCED = re.compile(r"^(`{3,}|~{3,}).*?^\1[ \t]*$", re.M | re.S)
LINK = re.compile(
    r"(?P<code>`+)(?!`).*?(?<!`)(?P=code)(?!`)|\[(?P<text>[^\[\]]*)\]\((?P<to>[^()\s]+)\)"
)
LISTED = re.compile(r"\]\(([\w-]+)\.md\)")

CARDS = """\
::::{grid} 1 1 3 3
:gutter: 2

:::{grid-item-card} 接口 API
:link: reference/index
:link-type: doc
每个接口的参数、应答和六种写法。
Every operation: what to send, what comes back, six ways to call it.
:::

:::{grid-item-card} 通知 Notifications
:link: reference/notifications
:link-type: doc
微信支付推送的内容和接收的代码。
What WeChat Pay posts to you, and how to receive it.
:::

:::{grid-item-card} Python API
:link: api/index
:link-type: doc
类、函数和错误。
Classes, functions and errors.
:::
::::
"""


def completed(docname: str, text: str) -> tuple[str, set[Path]]:
    """A page's source for the site, and the other files that went into it.

    Args:
        docname: the page's name, without `.md`.
        text: as it stands in its file.
    """
    source = DOCS / f"{docname}.md"
    included: set[Path] = set()

    def insert(match: re.Match[str]) -> str:
        file = (source.parent / match[1]).resolve()
        included.add(file)
        return rewritten(file.read_text("utf-8"), file, source)

    text = INCLUDE.sub(insert, rewritten(text, source, source))
    if docname in ("index", "zh/index"):
        head, _, rest = text.partition("\n## ")[0].partition("\n\n|")
        cards = CARDS if docname == "index" else CARDS.replace(":link: ", ":link: /")
        text = f"{head}\n\n{cards}\n|{rest}"
    if docname == "index":
        text = f"{text}\n{_toctrees()}"
    return text, included


def rewritten(text: str, source: Path, page: Path) -> str:
    """Markdown whose relative links lead to pages of the site, or to files that it has.

    Args:
        text: Markdown.
        source: the file that it comes from, to which its links are relative.
        page: the page that it becomes a part of.
    """
    parts, end = [], 0
    for fence in FENCED.finditer(text):
        parts += [_linked(text[end : fence.start()], source, page), fence[0]]
        end = fence.end()
    return "".join([*parts, _linked(text[end:], source, page)])


def _linked(prose: str, source: Path, page: Path) -> str:
    def link(match: re.Match[str]) -> str:
        if match["code"]:
            return match[0]
        path, hash_, anchor = match["to"].partition("#")
        if not path or "://" in path or path.startswith("mailto:"):
            return match[0]
        target = (source.parent / path).resolve()
        target = PAGES.get(target, target)
        if not target.is_file():  # a folder, say: there is nothing to show, so no link
            return match["text"]
        there = os.path.relpath(target, page.parent)
        if not target.is_relative_to(DOCS):  # no page: the file itself, for download
            return f"[{match['text']}](<path:{there}>)"
        return f"[{match['text']}]({there}{hash_}{anchor})"

    return LINK.sub(link, prose)


def in_order(folder: Path) -> list[str]:
    """The guides of a folder: as its index lists them, then those that it does not list yet.

    Args:
        folder: with an `index.md`.
    """
    listed = LISTED.findall((folder / "index.md").read_text("utf-8"))
    found = sorted(path.stem for path in folder.glob("*.md") if path.stem != "index")
    known = [name for name in dict.fromkeys(listed) if name in found]
    return [*known, *(name for name in found if name not in known)]


def _toctrees() -> str:
    chinese = [*(f"zh/{name}" for name in in_order(DOCS / "zh")), "reference/contributing-zh"]
    project = [f"reference/{name}" for name in ("catalogue", "changelog", "security")]
    return "".join(
        (
            _toctree("接口 Reference", ["reference/index", "reference/notifications"]),
            _toctree("指南", ["概览 <reference/overview-zh>", "全部指南 <zh/index>", *chinese]),
            _toctree(
                "Guides",
                ["Overview <reference/overview>", *in_order(DOCS), "reference/contributing"],
            ),
            _toctree("Python", ["api/index", *project]),
        )
    )


def _toctree(caption: str, entries: list[str]) -> str:
    lines = "\n".join(entries)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{lines}\n```\n"
