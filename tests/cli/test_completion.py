"""TAB: what click's machinery offers here, and what a real bash makes of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from tests.cli.support import failed, lines, plain_environment, process
from wechatpay_chain import catalogue
from wechatpay_chain.cli.application import application
from wechatpay_chain.cli.completion import Bash, Zsh

VARIABLE = "_WECHATPAY_CHAIN_COMPLETE"


def offered(*words: str) -> list[str]:
    """What stands behind TAB after some words; the last is the one that is begun."""
    *before, incomplete = words
    complete = BashComplete(application, {}, "wechatpay-chain", VARIABLE)
    return [item.value for item in complete.get_completions(before, incomplete)]


def test_commands_and_options() -> None:
    assert offered("o") == ["openapi", "ops", "outbox"]
    assert offered("ops", "") == ["search", "show", "tree"]
    assert "--style" in offered("ops", "show", "--")
    assert offered("ops", "show", "--style", "") == ["attribute", "chain", "bracket"]
    assert offered("completion", "") == ["bash", "zsh", "fish"]


def test_methods() -> None:
    verbs = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    assert offered("ops", "show", "") == [*verbs, "v2/", "v3/"]
    assert offered("ops", "show", "p") == ["POST", "PUT", "PATCH"]
    assert offered("ops", "show", "GET", "") == ["v2/", "v3/"]


def test_paths_segment_by_segment() -> None:
    assert offered("ops", "show", "v3/offline") == ["v3/offlineface/", "v3/offlinefacemch/"]
    assert offered("ops", "show", "v3/offlineface/") == [
        "v3/offlineface/authinfo",
        "v3/offlineface/contracts/",
        "v3/offlineface/face-collections",
        "v3/offlineface/face-collections/",
        "v3/offlineface/repayment-url",
        "v3/offlineface/transactions",
        "v3/offlineface/transactions/",
    ]
    assert offered("ops", "show", "v3/offlineface/contracts/{") == [
        "v3/offlineface/contracts/{contract_id}"
    ]


def test_paths_of_one_method() -> None:
    assert offered("ops", "show", "get", "v3/offlineface/c") == ["v3/offlineface/contracts/"]
    assert offered("ops", "show", "GET", "v3/offlineface/contracts/") == [
        "v3/offlineface/contracts/{contract_id}"
    ]
    assert offered("ops", "show", "GET", "v3/certi") == ["v3/certificates"]
    assert offered("ops", "show", "POST", "v3/certi") == []


def test_a_leading_slash_and_values_stay() -> None:
    assert offered("ops", "show", "/v3/certi") == ["/v3/certificates"]
    assert offered("ops", "show", "v3/merchant-service/complaints-v2/42/neg") == [
        "v3/merchant-service/complaints-v2/42/negotiation-historys"
    ]


def test_all_products_are_offered() -> None:
    found = offered("ops", "show", "v3/")
    assert found == [f"{name}/" for name in catalogue.products() if name.startswith("v3/")]


@pytest.mark.parametrize(
    "words",
    [
        ("ops", "show", "GET", "v3/certificates", ""),
        ("ops", "show", "v3/certificates", ""),
        ("ops", "show", "nonsense/x"),
        ("ops", "show", "v3/nonsense/x"),
        ("ops", "show", "v4/"),
        ("ops", "tree", "v3/certificates"),
    ],
)
def test_nothing_is_offered(words: tuple[str, ...]) -> None:
    assert offered(*words) == []


def test_beginnings_for_the_tree() -> None:
    assert offered("ops", "tree", "v3/offlineface/") == [
        "v3/offlineface/contracts/",
        "v3/offlineface/face-collections/",
        "v3/offlineface/transactions/",
    ]


def test_products() -> None:
    assert offered("openapi", "v3/off") == ["v3/offlineface", "v3/offlinefacemch"]
    assert offered("openapi", "web") == ["webhooks/v2", "webhooks/v3"]


def test_events() -> None:
    assert offered("webhooks", "refund.") == ["REFUND.ABNORMAL", "REFUND.CLOSED", "REFUND.SUCCESS"]
    assert offered("webhooks", "--protocol", "v2", "TRANSACTION.") == [
        "TRANSACTION.FAIL",
        "TRANSACTION.SUCCESS",
    ]


def test_titles_stand_beside_paths() -> None:
    complete = ZshComplete(application, {}, "wechatpay-chain", VARIABLE)
    items = complete.get_completions(["ops", "show"], "v3/offlineface/a")
    assert [item.help for item in items] == ["POST 获取authinfo接口"]
    items = complete.get_completions(["ops", "show"], "v3/offlineface/con")
    assert [item.help for item in items] == ["2 operations"]


@pytest.mark.parametrize(("shell", "own"), [("bash", Bash), ("zsh", Zsh), ("fish", FishComplete)])
def test_a_script_for_each_shell(shell: str, own: type) -> None:
    script = "\n".join(lines("completion", shell))
    assert VARIABLE in script
    assert script.strip() == own(application, {}, "wechatpay-chain", VARIABLE).source().strip()
    by_variable = process(env=plain_environment(**{VARIABLE: f"{shell}_source"}))
    assert by_variable.stdout.decode().strip() == script.strip()


def test_no_script_for_other_shells() -> None:
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in failed("completion", "tcsh", code=2)


def test_the_scripts_set_no_space_behind_a_slash() -> None:
    assert "compopt -o nospace" in Bash.source_template
    assert "local -a going_on\n" in Zsh.source_template
    assert 'going_on+=("$key")' in Zsh.source_template
    assert "compadd -U -V unsorted -S ''" in Zsh.source_template


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("op", ["openapi", "ops"]),
        ("ops show POST v3/refund/dom", ["v3/refund/domestic/", "no-space"]),
        ("ops show v3/certi", ["v3/certificates"]),
        ("ops tree v3/offline", ["v3/offlineface/", "v3/offlinefacemch/"]),
        ("webhooks REFUND.SU", ["REFUND.SUCCESS"]),
    ],
)
def test_in_bash(typed: str, completed: list[str], tmp_path: Path) -> None:
    program = tmp_path / "wechatpay-chain"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wechatpay_chain "$@"\n')
    program.chmod(0o755)
    script = f"""
        compopt() {{ [[ $2 == nospace ]] && space=no-space; }}
        eval "$(wechatpay-chain completion bash)"
        COMP_WORDS=(wechatpay-chain {typed})
        COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
        _wechatpay_chain_completion wechatpay-chain
        printf '%s\\n' "${{COMPREPLY[@]}}" $space
        complete -p wechatpay-chain >/dev/null || echo not set up
    """
    path = f"{tmp_path}:{plain_environment()['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        capture_output=True,
        check=True,
        env=plain_environment(PATH=path),
    )
    assert done.stderr == b""
    assert done.stdout.decode().split() == completed


def test_completing_a_command_loads_neither_the_catalogue_nor_rich() -> None:
    code = f"""
import os, sys
os.environ.update({{"{VARIABLE}": "bash_complete", "COMP_WORDS": "x ops s", "COMP_CWORD": "2"}})
from wechatpay_chain.cli import main
try:
    main()
finally:
    print([name for name in sys.modules if name.startswith(("rich", "wechatpay_chain.catalogue"))])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.decode().split() == ["plain,search", "plain,show", "[]"]


def test_click_has_what_is_built_upon() -> None:
    assert isinstance(application, click.Group)
    assert "    return 0\n" in BashComplete.source_template


def test_calls_and_doctors() -> None:
    assert offered("call", "P") == ["POST", "PUT", "PATCH"]
    assert offered("call", "DELETE", "v3/offlineface/") == []
    assert offered("call", "GET", "v3/certif") == ["v3/certificates"]
    assert {"--json", "--dry-run", "--profile", "--yes"} <= set(offered("call", "--"))
    assert offered("doctor", "") == ["error", "explain"]
    assert offered("doctor", "error", "order_not") == ["ORDER_NOT_EXIST", "ORDER_NOT_READY"]
    assert offered("doctor", "error", "26851277") == ["268512771"]
    assert "--response" in offered("doctor", "explain", "--")
