"""`doctor explain`: files, keys, exit codes; the causes themselves are in tests/diagnosis."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.support import data, failed, lines, run
from tests.diagnosis import corpus
from tests.docs.support import ROOT
from tests.gateway.support import order
from tests.support import APIV3_KEY, MCHID, MERCHANT_SERIAL, PUBLIC_KEY_ID, SECRET, pem
from wechatpay_chain.diagnosis.findings import CAUSES
from wechatpay_chain.gateway import Gateway


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The keys of the corpus, as a profile."""
    directory = tmp_path_factory.mktemp("profile")
    (directory / "key.pem").write_bytes(pem(corpus.world().merchant))
    (directory / "pub.pem").write_bytes(pem(corpus.world().public.public_key()))
    path = directory / "shop.env"
    path.write_text(
        f"WECHATPAY_MCHID={MCHID}\nWECHATPAY_SERIAL={MERCHANT_SERIAL}\n"
        f"WECHATPAY_PRIVATE_KEY={directory / 'key.pem'}\n"
        f"WECHATPAY_PUBLIC_KEY_ID={PUBLIC_KEY_ID}\nWECHATPAY_PUBLIC_KEY={directory / 'pub.pem'}\n"
        f"WECHATPAY_SECRET={SECRET}\nWECHATPAY_APIV3_KEY={APIV3_KEY}\n"
    )
    return ("--profile", str(path))


def written(path: Path, kind: str) -> str:
    """A file with a case of the corpus."""
    case = next(case for case in corpus.broken(1) if case.kind == kind)
    path.write_bytes(case.content)
    return str(path)


@pytest.mark.parametrize("kind", ["path", "canonical_string", "wrong_key", "probe", "wrong_secret"])
def test_a_cause(kind: str, profile: tuple[str, str], tmp_path: Path) -> None:
    file = written(tmp_path / "request.txt", kind)
    result = run("doctor", "explain", "--request", file, *profile, "--json")
    assert result.exit_code == 1
    (part,) = json.loads(result.stdout)
    assert part["findings"][0]["cause"] == kind
    told = run("doctor", "explain", "--request", file, *profile)
    assert told.exit_code == 1
    assert f"cause  {part['findings'][0]['what']}" in told.stdout
    assert f"do     {part['findings'][0]['do']}" in told.stdout
    for secret in (SECRET, APIV3_KEY, "PRIVATE KEY"):
        assert secret not in result.output + told.output


def test_a_clock_that_is_told(profile: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "request.txt"
    path.write_bytes(corpus.right(0)[0].content)
    when = str(corpus.NOW + 4000)
    file = ("--request", str(path), *profile)
    assert lines("doctor", "explain", *file)[1].startswith("right")
    found = json.loads(run("doctor", "explain", *file, "--at", when, "--json").stdout)
    assert found[0]["findings"][0]["cause"] == "clock"
    assert "--at" in failed("doctor", "explain", *file, "--at", "noon", code=2)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture
def gateway(directory: Path) -> Iterator[Gateway]:
    with Gateway(data=directory) as gateway:
        yield gateway


def test_what_a_dry_run_shows_and_what_a_gateway_has_logged(
    gateway: Gateway, directory: Path, tmp_path: Path
) -> None:
    here = ("--gateway", str(directory))
    body = json.dumps(order(gateway, description="茶与咖啡"))
    call = ("call", "POST", "v3/pay/transactions/native", "--json", body, *here)
    for form in ("text", "json"):
        shown = run(*call, "--dry-run", "--reveal", "--output", form)
        (tmp_path / form).write_text(shown.stdout, "utf-8")
        (part,) = data("doctor", "explain", "--request", str(tmp_path / form), *here)
        assert [each["cause"] for each in part["findings"]] == ["none"]
    changed = (tmp_path / "text").read_text("utf-8").replace('"total":100', '"total": 100')
    (tmp_path / "changed").write_text(changed, "utf-8")
    result = run("doctor", "explain", "--request", str(tmp_path / "changed"), *here, "--json")
    assert json.loads(result.stdout)[0]["findings"][0]["cause"] == "reserialised_json"
    assert run(*call).exit_code == 0
    number = gateway.requests()[0]["number"]
    logged = run("gateway", "requests", str(number), "--gateway", gateway.base_uri, "--json")
    (tmp_path / "log.json").write_text(logged.stdout, "utf-8")
    parts = data("doctor", "explain", "--request", str(tmp_path / "log.json"), *here)
    assert [part["what"] for part in parts] == ["request", "response"]
    assert {each["cause"] for part in parts for each in part["findings"]} == {"none"}


def test_without_keys_it_says_which_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "request.txt"
    path.write_bytes(corpus.right(0)[0].content)
    result = run("doctor", "explain", "--request", str(path))
    assert result.exit_code == 1
    assert "the merchant's private key is not configured" in result.stdout


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"hello", "neither a request nor a status line"),
        (b"{", "is not JSON"),
        (None, "cannot be read"),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "request.txt"
    if content is not None:
        path.write_bytes(content)
    assert says in failed("doctor", "explain", "--request", str(path), code=2)


def test_a_file_is_needed() -> None:
    assert "--request FILE or --response FILE" in failed("doctor", "explain", code=2)


@pytest.mark.parametrize("language", ["", "zh"])
def test_every_cause_is_in_the_guide(language: str) -> None:
    text = (ROOT / "docs" / language / "troubleshooting.md").read_text("utf-8")
    assert [cause for cause in CAUSES if f"`{cause}`" not in text] == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("old", ["nothing", '"total":100', "茶"])
def test_what_curl_prints(gateway: Gateway, directory: Path, tmp_path: Path, old: str) -> None:
    here = ("--gateway", str(directory))
    body = json.dumps(order(gateway, description="茶与咖啡"))
    call = ("call", "POST", "v3/pay/transactions/native", "--json", body, *here)
    signed = json.loads(run(*call, "--dry-run", "--reveal", "--output", "json").stdout)
    sent = signed["body"].replace(old, '"total": 100' if "total" in old else "叶")
    fields = [f"{name}: {value}" for name, value in signed["headers"].items() if name != "Host"]
    headers = [word for field in fields for word in ("-H", field)]
    done = subprocess.run(
        ["curl", "-v", *headers, "--data-binary", sent, signed["url"]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=True,
    )
    log, content = tmp_path / "curl.log", tmp_path / "body.json"
    log.write_bytes(done.stdout)
    content.write_text(sent, "utf-8")
    expected = {"nothing": "none", '"total":100': "reserialised_json", "茶": "changed_byte"}[old]
    for more in ((), ("--body", str(content))):
        result = run("doctor", "explain", "--request", str(log), *more, *here, "--json")
        parts = json.loads(result.stdout)
        causes = [part["findings"][0]["cause"] for part in parts]
        if old == "nothing":  # an accepted request is not quoted by its answer
            assert causes == [("none" if more else "no_body"), "none"]
        else:
            assert causes == [expected]
