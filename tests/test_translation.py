"""Messages in Chinese: the catalogue is complete, and the language is the reader's."""

from __future__ import annotations

import ast
import copy
import importlib.util
import logging
import pickle
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

import wechatpay_chain
from wechatpay_chain import ConfigurationError, WeChatPay
from wechatpay_chain.errors import WeChatPayError
from wechatpay_chain.utils.translation import (
    Message,
    _,
    _catalogue,
    current,
    english,
    joined,
    language,
)

PACKAGE = Path(wechatpay_chain.__file__).parent
ROOT = PACKAGE.parent
ENGLISH = "retry=3: expected a Retry(attempts=3, …), or None for one attempt"
COMPILED = PACKAGE / "locale" / "zh" / "LC_MESSAGES" / "wechatpay_chain.mo"


@pytest.fixture
def chinese(monkeypatch):
    monkeypatch.setenv("WECHATPAY_LANG", "zh")
    current.cache_clear()
    yield
    current.cache_clear()


@pytest.fixture(scope="module")
def catalogues():
    """The catalogue in the repository, and what the code has."""
    pytest.importorskip("babel")
    place = ROOT / "stubs" / "translations.py"
    spec = importlib.util.spec_from_file_location("translations", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.read(PACKAGE / module.PATH), module.current(PACKAGE), module


def messages(catalogue):
    """The messages by their ids; one with a plural form has two ids and a tuple of texts."""
    return {message.id: message for message in catalogue if message.id}


def texts(value):
    return (value,) if isinstance(value, str) else value


def fields(text):
    return {
        field
        for each in texts(text)
        for _literal, field, _spec, _conversion in string.Formatter().parse(each)
        if field
    }


def test_every_message_is_translated(catalogues):
    written, current, _module = catalogues
    known = messages(written)
    missing = [
        each
        for each in messages(current)
        if each not in known or not all(texts(known[each].string))
    ]
    assert missing == [], "run `make messages`, and translate what is new"


def test_no_translation_is_left_of_a_message_that_is_gone(catalogues):
    written, current, _module = catalogues
    assert messages(written).keys() - messages(current).keys() == set()


def test_a_translation_has_no_field_that_its_message_lacks(catalogues):
    written, _current, _module = catalogues
    wrong = [
        message.id
        for message in messages(written).values()
        if "python-brace-format" in message.flags and fields(message.string) - fields(message.id)
    ]
    assert wrong == []


def test_a_translation_keeps_what_is_typed(catalogues):
    """Options, variables and names of commands are the same in both languages."""
    written, _current, _module = catalogues
    for message in messages(written).values():
        words = " ".join(texts(message.id)).split()
        options = {word for word in words if word.startswith("--") and word.isascii()}
        for option in {each.strip(".,:;()") for each in options}:
            assert option in " ".join(texts(message.string)), message.id


def test_the_compiled_catalogue_is_that_of_the_repository(catalogues, tmp_path):
    _written, _current, module = catalogues
    folder = tmp_path / module.PATH.parent
    folder.mkdir(parents=True)
    (folder / module.PATH.name).write_bytes((PACKAGE / module.PATH).read_bytes())
    module.compile_catalogue(tmp_path)
    assert (folder / "wechatpay_chain.mo").read_bytes() == COMPILED.read_bytes()


def raised():
    """Each text that the package raises without marking it."""
    for path in sorted(PACKAGE.rglob("*.py")):
        part = path.relative_to(PACKAGE).parts
        if part[0] in ("typed", "gateway") or part[:2] == ("cli", "mcp"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
                continue
            for argument in node.exc.args:
                text = ast.unparse(argument)
                if isinstance(argument, ast.Constant | ast.JoinedStr) and text.count(" ") > 2:
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}: {text[:80]}"


def test_what_is_raised_is_marked():
    assert list(raised()) == []


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "de_DE.UTF-8"}, "en"),
        ({"LANGUAGE": "zh_CN:en", "LANG": "de_DE.UTF-8"}, "zh"),
        ({"WECHATPAY_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"WECHATPAY_LANG": "zh-Hans", "LANG": "en_US.UTF-8"}, "zh"),
        ({"WECHATPAY_LANG": "ZH"}, "zh"),
        ({"WECHATPAY_LANG": " ", "LANG": "zh_TW.UTF-8"}, "zh"),
        ({"WECHATPAY_LANG": "zhx"}, "en"),
    ],
)
def test_the_language(environ, expected):
    assert language(environ) == expected


def test_an_exception_speaks_chinese(chinese):
    with pytest.raises(ConfigurationError) as caught:
        WeChatPay(mchid="1900000109", retry=3)
    assert str(caught.value) == "retry=3：应为 Retry(attempts=3, …)，或 None 表示只发送一次"
    assert english(caught.value) == ENGLISH


def test_an_exception_speaks_english():
    with pytest.raises(ConfigurationError) as caught:
        WeChatPay(mchid="1900000109", retry=3)
    assert str(caught.value) == ENGLISH
    assert type(caught.value.args[0]) is str


def test_an_error_keeps_its_english_text_when_it_travels(chinese):
    with pytest.raises(ConfigurationError) as caught:
        WeChatPay(mchid="1900000109", retry=3)
    for copied in (copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):
        assert str(copied).startswith("retry=3：应为")
        assert english(copied) == ENGLISH


def test_a_message_within_a_message(chinese):
    inner = ConfigurationError(_("secret is missing: APIv2 signs with the merchant's APIv2 key"))
    whole = _("will not sign the request: {error}", error=inner)
    assert whole == "拒绝为请求签名：缺少 secret：APIv2 使用商户的 APIv2 密钥签名"
    assert english(whole) == (
        "will not sign the request: secret is missing: APIv2 signs with the merchant's APIv2 key"
    )
    both = joined(_("; "), [whole, "plain"])
    assert isinstance(both, Message)
    assert english(both).endswith("APIv2 key; plain")


def test_braces_of_a_value_are_no_fields(chinese):
    assert _("{name} is missing", name="{x}") == "缺少 {x}"


def test_a_message_that_nobody_translated_is_english(chinese):
    assert _("what nobody wrote, {x}", x=1) == "what nobody wrote, 1"


def test_control_characters_are_escaped_in_both_languages(chinese):
    error = WeChatPayError(_("{name} is missing", name="\x1b[2J"))
    assert "\x1b" not in str(error)
    assert "\x1b" not in english(error)


def test_log_records_stay_english(chinese, caplog):
    error = ConfigurationError(_("{name} is missing", name="x"))
    with caplog.at_level(logging.INFO, "wechatpay_chain"):
        logging.getLogger("wechatpay_chain").info("told: %s, %s", error, error.args[0])
    assert caplog.messages == ["told: x is missing, x is missing"]


def run(*words, lang="zh"):
    return subprocess.run(
        [sys.executable, "-m", "wechatpay_chain", *words],
        capture_output=True,
        encoding="utf-8",
        env={"WECHATPAY_LANG": lang, "PYTHONUTF8": "1", "PATH": ""},
        check=False,
        cwd=ROOT,
    )


@pytest.mark.parametrize(
    "command",
    [
        *([], ["gateway"], ["gateway", "faults"], ["bills", "download"], ["ops", "show"]),
        *(["inbox"], ["doctor", "explain"]),
    ],
)
def test_help_in_chinese(command):
    pytest.importorskip("click")
    pytest.importorskip("rich")
    process = run(*command, "--help")
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("用法：")
    assert "显示本帮助后退出。" in process.stdout
    for words in ("Show ", "Inject ", " the ", " or "):
        assert words not in process.stdout, words
    assert re.search("[，、；。] [一-龥]", process.stdout) is None, "lines of Chinese are joined"


HELP_OF_ALL = """
import click
from click.testing import CliRunner
from wechatpay_chain.cli.application import application

def walk(command, *path):
    shown = CliRunner().invoke(application, [*path, "--help"], prog_name="wechatpay-chain")
    assert shown.exit_code == 0, path
    print(shown.output)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            walk(command.get_command(context, name), *path, name)

from wechatpay_chain.cli.usage import translate
translate(application)
walk(application)
"""


@pytest.mark.parametrize(
    "environ", [{"LANG": "zh_CN.UTF-8"}, {"LANG": "zh_TW.UTF-8"}, {"WECHATPAY_LANG": "zh-Hans"}]
)
def test_no_help_text_is_left_in_english(environ):
    """Usage lines, code and names in backquotes are the same in both languages."""
    pytest.importorskip("click")
    process = subprocess.run(
        [sys.executable, "-c", HELP_OF_ALL],
        capture_output=True,
        encoding="utf-8",
        env={**environ, "PYTHONUTF8": "1", "PATH": "", "COLUMNS": "200"},
        check=True,
        cwd=ROOT,
    )
    commands = process.stdout.count("用法：")
    assert commands > 100
    usage = ("用法：", "wechatpay-chain ", 'eval "$(')
    lines = [line for line in process.stdout.splitlines() if not line.strip().startswith(usage)]
    english = [
        line for line in lines if re.search("[a-z]{2,} [a-z]{2,} ", re.sub("`.*?`", "", line))
    ]
    assert english == []


def test_a_failure_of_the_command_line_in_chinese():
    pytest.importorskip("click")
    pytest.importorskip("rich")
    process = run("ops", "show", "v3/pay/transactions/nativ")
    assert process.returncode == 1
    assert "接口目录没有" in process.stderr
    assert process.stderr.startswith("错误：")
    assert "错误：没有选项 '--wrong'" in run("ops", "show", "--wrong").stderr
    assert "'tcsh'：应为 'bash', 'zsh', 'fish' 之一。" in run("completion", "tcsh").stderr
    assert "错误：选项 '--limit' 需要参数。" in run("ops", "search", "x", "--limit").stderr


def test_a_packed_program_without_the_catalogue_speaks_english():
    source = """
from pathlib import Path
import wechatpay_chain.utils.translation as translation
translation._catalogue.cache_clear()
import importlib.resources
importlib.resources.files = lambda name: Path("/nowhere")
from wechatpay_chain import WeChatPay
try:
    WeChatPay(mchid="1900000109", retry=3)
except ValueError as error:
    print(error)
"""
    process = subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        encoding="utf-8",
        env={"WECHATPAY_LANG": "zh", "PYTHONUTF8": "1"},
        check=True,
        cwd=ROOT,
    )
    assert process.stdout.strip() == ENGLISH


def test_a_damaged_catalogue_hides_no_error(chinese, monkeypatch, tmp_path):
    folder = tmp_path / "locale" / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "wechatpay_chain.mo").write_bytes(COMPILED.read_bytes()[:100])
    monkeypatch.setattr("importlib.resources.files", lambda _name: tmp_path)
    _catalogue.cache_clear()
    try:
        assert _("{name} is missing", name="x") == "x is missing"
    finally:
        _catalogue.cache_clear()
