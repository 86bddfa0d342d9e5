"""`llms.txt` and `llms-full.txt`: the English guides for language models, as a list and as a whole.

Source: https://llmstxt.org (a title, a summary in a quotation, lists of links with a remark each)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["full", "listed"]

ROW = re.compile(r"^\| \[(?P<title>[^\]]+)\]\((?P<name>[\w-]+)\.md\) \| (?P<question>.*) \|$", re.M)
NAVIGATION = re.compile(r"^\[中文\].*\n\n", re.M)
SUMMARY = (
    "A Python client for WeChat Pay (微信支付), APIv2 and APIv3, sync and async: the path of an "
    "operation is written as code, requests are signed, responses are verified. With a catalogue "
    "of all operations, a local gateway for tests, an inbox and an outbox, and bills."
)


def listed(docs: Path) -> str:
    """The guides as a list of links.

    Args:
        docs: the folder of their sources.
    """
    rows = [f"- [{row['title']}]({row['name']}.html): {row['question']}" for row in _guides(docs)]
    more = [
        "- [All guides in one file](llms-full.txt)",
        "- [All operations](reference/index.html): what each takes and returns, and its errors",
    ]
    return "\n".join(
        [
            "# wechatpay-chain",
            "",
            f"> {SUMMARY}",
            "",
            "## Guides",
            "",
            *rows,
            "",
            "## More",
            "",
            *more,
            "",
        ]
    )


def full(docs: Path) -> str:
    """The guides as one Markdown document.

    Args:
        docs: the folder of their sources.
    """
    texts = [f"# wechatpay-chain\n\n> {SUMMARY}\n"]
    for row in _guides(docs):
        text = (docs / f"{row['name']}.md").read_text("utf-8")
        texts.append(NAVIGATION.sub("", text, count=1))
    return "\n".join(texts)


def _guides(docs: Path) -> Iterator[re.Match[str]]:
    """The guides, in the order of the index."""
    return ROW.finditer((docs / "index.md").read_text("utf-8"))
