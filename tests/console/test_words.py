"""Everything that is said is said in both languages."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from wechatpay_chain.gateway import console
from wechatpay_chain.gateway.console.words import WORDS

STATIC = resources.files(console).joinpath("static")
SCRIPTS = {each.name: each.read_text("utf-8") for each in STATIC.iterdir() if "js" in each.name}
CODE = resources.files(console).joinpath("explanation.py").read_text("utf-8")
STEPS = "Authorization mchid serial_no timestamp nonce_str signature mch_id XML certificate sign"


def blocks(name):
    """The keys and values of `words` or `findings` in each language."""
    found = []
    for language in ("zh", "en"):
        text = SCRIPTS[f"{language}.js"].partition(f"const {name} = {{")[2].partition("\n};")[0]
        found.append(dict(re.findall(r'(?m)^  "?([\w-]+)"?: (.+),$', text)))
    return found


@pytest.mark.parametrize(("name", "least"), [("words", 60), ("findings", 12)])
def test_both_languages_have_the_same_words(name, least):
    chinese, english = blocks(name)
    assert len(chinese) > least
    assert chinese.keys() == english.keys()
    han = re.compile("[\u4e00-\u9fff]")
    assert [key for key, text in english.items() if han.search(text) and key != "other"] == []


@pytest.mark.parametrize("name", ["words", "findings"])
def test_both_languages_fill_in_the_same_values(name):
    chinese, english = blocks(name)
    for key, text in chinese.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), key


def test_the_scripts_say_nothing_without_words():
    known = blocks("words")[0].keys()
    used = {key for text in SCRIPTS.values() for key in re.findall(r'\bt\("([\w-]+)"', text)}
    assert len(used) > 80
    assert used - known == set()


def test_every_finding_has_words():
    known = blocks("findings")[0].keys()
    made = set(re.findall(r'"code": "(\w+)"', CODE)) | {"turned_away"}  # by an expression
    assert made == {"body_not_kept", "nonce_again", "nonce_used", "turned_away"}
    assert known == made | set(STEPS.split())


def test_the_pages_of_the_server_have_the_same_words():
    assert WORDS["zh"].keys() == WORDS["en"].keys()
    assert all(text for words in WORDS.values() for text in words.values())
