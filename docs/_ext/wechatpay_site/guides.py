"""The guides as pages of the site: they are written to be read on GitHub too.

So a guide holds no toctree, it links to files that are no pages, and to its twin in the other
language. All that is put right here, for one language at a time: both trees of the site have pages
of the same names. A guide that is added to the folder is found by itself.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

from .labels import CHINESE, ENGLISH, LANGUAGES, labels
from .names import FOLDER

__all__ = [
    "ENGLISH_ONLY",
    "ROOT",
    "is_english",
    "page",
    "rewritten",
    "sections",
    "sources",
    "write",
]

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"

PROJECT = {
    "overview": ("README.md", "README.zh-CN.md"),
    "contributing": ("CONTRIBUTING.md", "CONTRIBUTING.zh-CN.md"),
    "catalogue": ("wechatpay_chain/catalogue/README.md",) * 2,
    "changelog": ("CHANGELOG.md",) * 2,
    "security": ("SECURITY.md",) * 2,
}
"""Pages whose sources lie outside the folder of the guides, in English and in Chinese."""

ENGLISH_ONLY = frozenset({f"{FOLDER}/{name}" for name in ("catalogue", "changelog", "security")})
"""Pages that the Chinese tree shows in English, as it does those of the Python API."""

LISTS = {"index": "products", "notifications": "notifications"}
"""The lists of the catalogue, which are pages without a source."""

PYTHON = {
    "client": "客户端与链",
    "messages": "请求与应答",
    "errors": "异常",
    "notifications": "回调通知",
    "durable": "收件箱、发件箱与巡检",
    "stack": "中间件栈",
    "crypto": "加密与签名",
    "transport": "传输层",
    "catalogue": "接口目录",
    "gateway": "本地模拟网关",
    "bills": "账单",
    "generated-bills": "生成账单",
}
"""What the Chinese navigation calls the pages of the Python API."""

FENCED = re.compile(r"^(`{3,}|~{3,}).*?^\1[ \t]*$", re.M | re.S)
OTHER_LANGUAGE = re.compile(r"^\[(?:中文|English)\]\([^()\s]*\)(?: · )?", re.M)
LINK = re.compile(
    r"(?P<code>`+)(?!`).*?(?<!`)(?P=code)(?!`)"
    r"|(?P<image>!?)\[(?P<text>[^\[\]]*)\]\((?P<to>[^()\s]+)\)"
)
LISTED = re.compile(r"\]\(([\w-]+)\.md\)")
TREE_ENTRY = re.compile(r"^([\w-]+)$", re.M)


def sources(language: str) -> dict[str, Path]:
    """The file that each page of a tree is made of, by the page's name.

    Args:
        language: `en` or `zh`.
    """
    folder = DOCS if language == ENGLISH else DOCS / CHINESE
    place = LANGUAGES.index(language)
    found = {path.stem: path for path in sorted(folder.glob("*.md"))}
    found |= {f"api/{path.stem}": path for path in sorted((DOCS / "api").glob("*.md"))}
    return found | {f"{FOLDER}/{name}": ROOT / files[place] for name, files in PROJECT.items()}


def is_english(docname: str) -> bool:
    """Whether both trees have this page in English.

    Args:
        docname: the page's name.
    """
    return docname in ENGLISH_ONLY or docname.startswith("api/")


def write(language: str, folder: Path) -> None:
    """Write the sources of a tree, for Sphinx to read.

    Args:
        language: `en` or `zh`.
        folder: to write them to.
    """
    texts = {name: page(name, language, folder) for name in sources(language)}
    texts |= {f"{FOLDER}/{name}": _list(name, language) for name in LISTS}
    for name, text in texts.items():
        file = folder / f"{name}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.is_file() or file.read_text("utf-8") != text:  # else Sphinx need not read it
            file.write_text(text, "utf-8")


def page(docname: str, language: str, folder: Path) -> str:
    """A page's source for the site.

    Args:
        docname: the page's name.
        language: `en` or `zh`.
        folder: that it will lie in, to which links to files lead from.
    """
    source = sources(language)[docname]
    text = rewritten(OTHER_LANGUAGE.sub("", source.read_text("utf-8")), source, docname, folder)
    if docname == "index":
        head, mark, rest = text.partition("\n## ")
        text = f"{head}\n{_cards(language)}{mark}{rest}\n{_toctrees(language)}"
    if docname == "api/index" and language == CHINESE:
        head, fence, tree = text.partition("```{toctree}")
        text = f"{head}{fence}{TREE_ENTRY.sub(_python_entry, tree)}"
    return text


def _python_entry(match: re.Match[str]) -> str:
    return f"{PYTHON.get(match[1], match[1])} <{match[1]}>"


def _list(name: str, language: str) -> str:
    said = labels(language)
    key = "operations" if name == "index" else name
    return f"# {said[key]}\n\n{said[f'{key}_intro']}\n\n```{{catalogued}} {LISTS[name]}\n```\n"


def rewritten(text: str, source: Path, docname: str, folder: Path) -> str:
    """Markdown whose relative links lead to pages of the site, or to files that it has.

    Args:
        text: Markdown.
        source: the file that it comes from, to which its links are relative.
        docname: the page that it becomes.
        folder: that the page will lie in.
    """
    parts, end = [], 0
    for fence in FENCED.finditer(text):
        parts += [_linked(text[end : fence.start()], source, docname, folder), fence[0]]
        end = fence.end()
    return "".join([*parts, _linked(text[end:], source, docname, folder)])


@cache
def _pages() -> dict[Path, str]:
    """The page of each source, in either language: a link to a twin stays in its tree."""
    return {path: name for language in LANGUAGES for name, path in sources(language).items()}


def _linked(prose: str, source: Path, docname: str, folder: Path) -> str:
    there = (folder / docname).parent

    def link(match: re.Match[str]) -> str:
        if match["code"]:
            return match[0]
        path, hash_, anchor = match["to"].partition("#")
        if not path or "://" in path or path.startswith("mailto:"):
            return match[0]
        target = (source.parent / path).resolve()
        if name := _pages().get(target):
            to = os.path.relpath(f"{name}.md", Path(docname).parent)
            return f"[{match['text']}]({to}{hash_}{anchor})"
        if not target.is_file():  # a folder, say: there is nothing to show, so no link
            return match["text"]
        to = os.path.relpath(target, there)
        if match["image"]:
            return f"![{match['text']}]({to})"
        return f"[{match['text']}](<path:{to}>)"  # no page: the file itself, for download

    return LINK.sub(link, prose)


def sections(folder: Path) -> dict[str, list[str]]:
    """The guides of each section of a folder's index, by the section's heading.

    Args:
        folder: with an `index.md`.
    """
    _, *parts = re.split("^## ", (folder / "index.md").read_text("utf-8"), flags=re.M)
    return {
        heading: list(dict.fromkeys(LISTED.findall(rows)))
        for heading, _, rows in (part.partition("\n") for part in parts)
    }


def _cards(language: str) -> str:
    said = labels(language)
    pages = {
        "operations": f"{FOLDER}/index",
        "notifications": f"{FOLDER}/notifications",
        "python": "api/index",
    }
    cards = [
        f":::{{grid-item-card}} {said[key]}\n:link: {docname}\n:link-type: doc\n"
        f"{said[f'{key}_text']}\n:::\n"
        for key, docname in pages.items()
    ]
    return "\n".join(["::::{grid} 1 1 3 3\n:gutter: 2\n", *cards, "::::\n"])


def _toctrees(language: str) -> str:
    said = labels(language)

    def entry(key: str, docname: str) -> str:
        return f"{said[key]} <{docname}>"

    folder = DOCS if language == ENGLISH else DOCS / CHINESE
    reference = [
        entry("operations", f"{FOLDER}/index"),
        entry("notifications", f"{FOLDER}/notifications"),
        entry("python", "api/index"),
    ]
    guides = {said["guides"]: [entry("overview", f"{FOLDER}/overview")], **sections(folder)}
    project = [
        entry("contributing", f"{FOLDER}/contributing"),
        entry("catalogue_files", f"{FOLDER}/catalogue"),
        entry("changelog", f"{FOLDER}/changelog"),
        entry("security", f"{FOLDER}/security"),
    ]
    return "".join(
        (
            _toctree(said["reference"], reference),
            *(_toctree(caption, entries) for caption, entries in guides.items()),
            _toctree(said["project"], project),
        )
    )


def _toctree(caption: str, entries: list[str]) -> str:
    lines = "\n".join(entries)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{lines}\n```\n"
