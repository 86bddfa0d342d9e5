"""The Chinese of the project has no finding, and the checker finds what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chinese.checker import Finding, findings, words
from tests.chinese.texts import Text, texts

pytest.importorskip("autocorrect_py")


def found(content: str, kind: str = "markdown") -> list[Finding]:
    return list(findings(Text("page.md", 1, kind, content)))


def test_the_chinese_of_the_project_has_no_finding() -> None:
    assert [finding for text in texts() for finding in findings(text)] == []


def test_all_kinds_of_files_are_read() -> None:
    names = {text.path for text in texts()}
    for name in (
        "README.zh-CN.md",
        "CONTRIBUTING.zh-CN.md",
        "docs/zh/index.md",
        "docs/_diagrams/zh/call.txt",
        "docs/_ext/wechatpay_site/labels.py",
        "examples/shop/web.py",
        "wechatpay_chain/bills/report/words.py",
        "wechatpay_chain/catalogue/explanations.tsv",
        "wechatpay_chain/gateway/console/static/zh.js",
        "wechatpay_chain/gateway/console/words.py",
    ):
        assert name in names


@pytest.mark.parametrize(
    "content",
    [
        "调用Native下单接口",
        "下单之后,查单。",
        "密钥;证书。",
        "如下(`chain`)",
        "见[文件](files.md)(上传)",
        "如下`code`:",
        "怎么办?",
    ],
)
def test_punctuation_and_spaces_are_checked(content: str) -> None:
    assert found(content)


@pytest.mark.parametrize(
    "content",
    [
        "密钥的口令。",
        "改造处理栈。",
        "启动网关。",
        "请求没有执行。",
        "应答的样子。",
    ],
)
def test_banned_words_are_found(content: str) -> None:
    (finding,) = found(f"第一行。\n\n{content}")
    assert finding.line == 3
    assert finding.wanted in {word.use for word in words()}


@pytest.mark.parametrize(
    "content",
    [
        "启动本地模拟网关，经过 API 网关访问。",
        "处理函数只执行一次。",
        "见[下单](native.md#native-下单)，`f(中文,1)` 原样发送。",
        "```python\nprint('a,b')  # 打印\n```",
        "```text\nPOST v3/pay/transactions/native (Native下单)\n```",
    ],
)
def test_what_is_right_stays(content: str) -> None:
    assert found(content) == []


def test_strings_of_programs_and_translations_are_read(tmp_path: Path) -> None:
    package = tmp_path / "wechatpay_chain"
    (package / "gateway" / "console" / "static").mkdir(parents=True)
    (package / "words.py").write_text(
        '"""文档字符串"""\nWORD = "启动网关"\n'
        'NAMED = "the operations of 收付通, for a platform and its merchants"\n'
    )
    (package / "gateway" / "console" / "static" / "zh.js").write_text('// 注释\n  a: "网关,",\n')
    (package / "wechatpay.po").write_text('msgid "a"\nmsgstr ""\n"第一,"\n"第二"\n')
    got = list(texts(tmp_path))
    assert [(text.path.rpartition("/")[2], text.line, text.content) for text in got] == [
        ("words.py", 2, "启动网关"),
        ("zh.js", 2, "网关,"),
        ("wechatpay.po", 2, "第一,第二"),
    ]
