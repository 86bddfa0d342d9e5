"""One bill: applied for, downloaded, compared, kept, and not asked for again."""

from __future__ import annotations

import datetime
import gzip
import json
import os
from pathlib import Path

import pytest

from wechatpay_chain import (
    APIError,
    BillError,
    BillNotReady,
    ConfigurationError,
    Retry,
    TransportError,
    bills,
)
from wechatpay_chain.bills import BillFile
from wechatpay_chain.bills.downloading import unpacking

from .conftest import DAY, NOON
from .office import FILE, TEXT, packed, sha1

ONCE = Retry(attempts=1)
STEM = "trade-ALL-1900000109-2026-11-25"


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_bill_is_a_plain_file_with_a_record(office, download, tmp_path):
    seen = []
    file = download(
        office.client(), "2026-11-25", kind="trade", to=tmp_path / "bills", progress=seen.append
    )
    assert file == BillFile(
        path=tmp_path / "bills" / f"{STEM}.csv",
        kind="trade",
        date=DAY,
        type="ALL",
        mchid="1900000109",
        sha1=sha1(TEXT),
    )
    assert Path(file).read_bytes() == TEXT
    assert names(tmp_path / "bills") == [f"{STEM}.csv", f"{STEM}.json"]
    assert office.applications == [
        {"bill_date": "2026-11-25", "bill_type": "ALL", "tar_type": "GZIP"}
    ]
    assert json.loads((tmp_path / "bills" / f"{STEM}.json").read_text()) == {
        "version": 1,
        "kind": "trade",
        "api": "v3",
        "date": "2026-11-25",
        "type": "ALL",
        "mchid": "1900000109",
        "sub_mchid": "",
        "empty": False,
        "sha1": sha1(TEXT),
        "size": len(TEXT),
        "downloaded_at": "2026-11-26T12:00:00+08:00",
    }
    assert [each.state for each in seen if each.state != "downloading"] == ["started", "done"]
    last = [each for each in seen if each.state == "downloading"][-1]
    assert (last.received, last.size) == (len(packed(TEXT)), len(TEXT))
    assert (seen[-1].finished, seen[-1].total, seen[-1].name) == (1, 1, f"{STEM}.csv")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_bill_is_its_owners_alone(office, download, tmp_path):
    file = download(office.client(), DAY, to=tmp_path)
    assert file.path.stat().st_mode & 0o777 == 0o600
    file.path.chmod(0o640)
    again = download(office.client(), DAY, to=tmp_path, force=True)
    assert again.path.stat().st_mode & 0o777 == 0o640


def test_a_bill_at_hand_is_not_asked_for_again(office, download, tmp_path):
    first = download(office.client(), DAY, to=tmp_path)
    assert download(office.client(), DAY, to=tmp_path) == first
    assert len(office.applications) == 1
    assert download(office.client(), DAY, to=tmp_path, force=True) == first
    assert len(office.applications) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda csv, record: csv.unlink(),
        lambda csv, record: csv.write_bytes(TEXT[:-1]),
        lambda csv, record: csv.write_bytes(TEXT.replace(b"1", b"2")),
        lambda csv, record: record.unlink(),
        lambda csv, record: record.write_text("{"),
        lambda csv, record: record.write_text("[" * 50_000),
        lambda csv, record: record.write_bytes(b"\xff"),
        lambda csv, record: record.write_text("[]"),
        lambda csv, record: record.write_text(record.read_text().replace("25", "24")),
        lambda csv, record: record.write_text(record.read_text().replace("+08:00", "")),
        lambda csv, record: record.write_text(record.read_text().replace("false", "0")),
        lambda csv, record: record.write_text(record.read_text().replace("T12", "T09")),
    ],
)
def test_a_file_or_record_that_does_not_agree_is_downloaded_again(
    office, download, tmp_path, damage
):
    file = download(office.client(), DAY, to=tmp_path)
    damage(file.path, file.path.with_suffix(".json"))
    assert download(office.client(), DAY, to=tmp_path) == file
    assert len(office.applications) == 2
    assert file.path.read_bytes() == TEXT


def test_a_day_without_a_bill(office, download, tmp_path, clock):
    office.refused = lambda query, number: (400, "NO_STATEMENT_EXIST")
    file = download(office.client(), DAY, to=tmp_path)
    assert (file.empty, file.sha1, file.path.exists()) == (True, "", False)
    assert names(tmp_path) == [f"{STEM}.json"]
    assert download(office.client(), DAY, to=tmp_path).empty
    assert len(office.applications) == 2  # it may have been late
    clock.now = datetime.datetime(2026, 11, 28, tzinfo=clock.now.tzinfo)
    assert download(office.client(), DAY, to=tmp_path).empty
    assert download(office.client(), DAY, to=tmp_path).empty
    assert len(office.applications) == 3
    office.refused = lambda query, number: None
    assert not download(office.client(), DAY, to=tmp_path, force=True).empty


def test_an_empty_day_that_is_not_signed_is_not_believed(office, download, tmp_path):
    office.refused = lambda query, number: (400, "NO_STATEMENT_EXIST")
    office.signs_errors = False
    with pytest.raises(APIError) as caught:
        download(office.client(), DAY, to=tmp_path)
    assert not caught.value.verified
    assert names(tmp_path) == []


def test_before_ten_there_is_no_bill_yet(office, download, tmp_path, clock):
    clock.now = NOON.replace(hour=9, minute=59)
    office.refused = lambda query, number: (400, "NO_STATEMENT_EXIST")
    with pytest.raises(BillNotReady, match=r"2026-11-26 10:00 \(\+08:00\)") as caught:
        download(office.client(), DAY, to=tmp_path)
    assert caught.value.retry_at == NOON.replace(hour=10)
    assert caught.value.retryable
    assert names(tmp_path) == []


def test_a_bill_that_is_being_made_is_not_waited_for_by_itself(office, download, tmp_path, clock):
    office.refused = lambda query, number: (400, "STATEMENT_CREATING")
    with pytest.raises(BillNotReady) as caught:
        download(office.client(), DAY, to=tmp_path)
    assert caught.value.retry_at == NOON.replace(minute=30)
    assert clock.slept == []
    assert names(tmp_path) == []


def test_a_bill_that_is_being_made_can_be_waited_for(office, download, tmp_path, clock):
    seen = []
    office.refused = lambda query, number: (400, "STATEMENT_CREATING") if number < 8 else None
    wait = datetime.timedelta(hours=3)
    file = download(office.client(), DAY, to=tmp_path, wait=wait, progress=seen.append)
    assert file.path.read_bytes() == TEXT
    assert clock.slept == [60, 120, 240, 480, 960, 1800, 1800]
    assert [each.state for each in seen].count("waiting") == 7


def test_who_waits_holds_up_nobody(office, tmp_path, clock):
    office.refused = lambda query, number: (400, "STATEMENT_CREATING") if number < 3 else None
    client, raised = office.client(), []

    def ask_too(progress):
        if progress.state == "waiting":
            with pytest.raises(BillNotReady) as caught:
                bills.download(client, DAY, to=tmp_path)
            raised.append(caught.value)

    file = bills.download(client, DAY, to=tmp_path, wait=3600, progress=ask_too)
    assert file.path.read_bytes() == TEXT
    assert len(raised) == 1


def test_before_ten_it_is_waited_for_until_ten(office, download, tmp_path, clock):
    clock.now = NOON.replace(hour=9, minute=50)
    office.refused = lambda query, number: (400, "STATEMENT_CREATING") if number < 2 else None
    download(office.client(), DAY, to=tmp_path, wait=900)
    assert clock.slept == [600]


def test_it_is_not_waited_for_in_vain(office, download, tmp_path, clock):
    clock.now = NOON.replace(hour=2)
    office.refused = lambda query, number: (400, "STATEMENT_CREATING")
    with pytest.raises(BillNotReady):
        download(office.client(), DAY, to=tmp_path, wait=3600)
    assert clock.slept == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: content[:-20], "incomplete"),
        (lambda content: content[:1], "announced"),
        (lambda content: b"", "announced"),
        (lambda content: content[:30] + b"\0\0\0\0" + content[34:], "damaged"),
        (lambda content: content + b"more", "damaged"),
        (lambda content: packed(TEXT.replace(b"0.01", b"9.99")), "announced"),
        (lambda content: TEXT + b"\n", "announced"),
        (lambda content: b"<html>", "announced"),
    ],
)
def test_a_damaged_file_is_not_kept(office, download, tmp_path, change, words):
    office.sent = lambda number, content: change(content)
    with pytest.raises(BillError, match=words):
        download(office.client(), DAY, to=tmp_path)
    assert names(tmp_path) == []
    assert (len(office.applications), office.files) == (3, 3)


def test_a_damaged_file_is_applied_for_again(office, download, tmp_path, clock):
    office.sent = lambda number, content: content[:-9] if number < 3 else content
    file = download(office.client(), DAY, to=tmp_path)
    assert file.path.read_bytes() == TEXT
    assert len(office.applications) == 3
    assert len(clock.slept) == 2


def test_a_file_that_was_there_survives_a_damaged_one(office, download, tmp_path):
    file = download(office.client(), DAY, to=tmp_path)
    office.sent = lambda number, content: content[:-9]
    with pytest.raises(BillError):
        download(office.client(), DAY, to=tmp_path, force=True, retry=None)
    assert file.path.read_bytes() == TEXT
    assert download(office.client(), DAY, to=tmp_path) == file


def test_a_file_that_comes_unpacked_is_as_good(office, download, tmp_path):
    office.sent = lambda number, content: gzip.decompress(content)
    assert download(office.client(), DAY, to=tmp_path).path.read_bytes() == TEXT


def test_a_packed_file_may_have_several_members(office, download, tmp_path):
    office.sent = lambda number, content: packed(TEXT[:9]) + packed(b"") + packed(TEXT[9:])
    assert download(office.client(), DAY, to=tmp_path).path.read_bytes() == TEXT


def test_an_address_that_expired_is_applied_for_again(office, download, tmp_path):
    office.expired = {1, 2}
    assert download(office.client(), DAY, to=tmp_path).path.read_bytes() == TEXT
    assert len(office.applications) == 3


def test_an_address_that_is_always_expired(office, download, tmp_path):
    office.expired = {1, 2, 3}
    with pytest.raises(APIError, match="已过期"):
        download(office.client(), DAY, to=tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v3/billdownload/file?token=t0",
        "https://api.mch.weixin.qq.com.evil.example/v3/billdownload/file",
        "https://api.mch.weixin.qq.com@evil.example/v3/billdownload/file",
        "http://api.mch.weixin.qq.com/v3/billdownload/file?token=t0",
        "file:///etc/passwd",
        "v3/billdownload/file?token=t0",
        "//evil.example/",
        "",
        None,
        7,
    ],
)
def test_another_address_is_not_asked(office, download, tmp_path, url):
    office.told = lambda members: members.update(download_url=url)
    with pytest.raises(BillError, match="address|download_url"):
        download(office.client(), DAY, to=tmp_path, retry=ONCE)
    assert all(request.path != FILE for request in office.requests)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"hash_type": "SHA256"}, "only SHA1"),
        ({"hash_type": None}, "no hash_type"),
        ({"hash_value": "0"}, "expected 40 hexadecimal digits"),
        ({"hash_value": 7}, "no hash_value"),
        ({"hash_value": sha1(b"other")}, "announced"),
    ],
)
def test_a_digest_is_always_compared(office, download, tmp_path, members, words):
    office.told = lambda given: given.update(members)
    with pytest.raises(BillError, match=words):
        download(office.client(), DAY, to=tmp_path, retry=ONCE)
    assert names(tmp_path) == []


def test_a_digest_may_have_capitals(office, download, tmp_path):
    office.told = lambda given: given.update(hash_value=given["hash_value"].upper())
    assert download(office.client(), DAY, to=tmp_path).sha1 == sha1(TEXT)


def test_a_bomb_is_not_unpacked(office, download, tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "UNSUSPECTED", 1 << 20)
    office.contents = [b"`0,`0,`0\n" * 500_000]
    with pytest.raises(BillError, match="200 times"):
        download(office.client(), DAY, to=tmp_path, retry=None)
    assert names(tmp_path) == []


@pytest.mark.parametrize("content", [packed(b"`0,`0\n" * 500), b"`0,`0\n" * 500])
def test_a_bill_has_a_largest_size(office, download, tmp_path, content):
    office.sent = lambda number, _: content
    with pytest.raises(BillError, match="max_size=2999 bytes"):
        download(office.client(), DAY, to=tmp_path, retry=None, max_size=2999)
    assert names(tmp_path) == []


def test_errors_of_wechat_pay_are_raised_as_they_are(office, download, tmp_path):
    office.refused = lambda query, number: (403, "NO_AUTH")
    with pytest.raises(APIError) as caught:
        download(office.client(), DAY, to=tmp_path, sub_mchid="1900000209")
    assert caught.value.code == "NO_AUTH"
    assert len(office.applications) == 1


def test_a_part_file_of_a_killed_run_is_replaced(office, download, tmp_path):
    (tmp_path / f"{STEM}.csv.part").write_bytes(b"half")
    (tmp_path / f".{STEM}.lock").write_bytes(b"99999\n")
    (tmp_path / f".{STEM}.lock").chmod(0o600)
    (tmp_path / "notes.csv.part").write_bytes(b"somebody else's")
    file = download(office.client(), DAY, to=tmp_path)
    assert file.path.read_bytes() == TEXT
    assert names(tmp_path) == ["notes.csv.part", f"{STEM}.csv", f"{STEM}.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows makes no links without a privilege")
def test_a_link_under_a_bills_names_is_not_followed(office, download, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"precious")
    folder = tmp_path / "bills"
    folder.mkdir()
    for name in (f"{STEM}.csv", f"{STEM}.csv.part", f"{STEM}.json"):
        (folder / name).symlink_to(other)
    file = download(office.client(), DAY, to=folder)
    assert file.path.read_bytes() == TEXT
    assert not file.path.is_symlink()
    assert other.read_bytes() == b"precious"


def test_a_full_disk(office, download, tmp_path, monkeypatch):
    from wechatpay_chain.bills.downloading import record

    class Full:
        def __init__(self, file):
            self._file = file

        def write(self, data):
            raise OSError(28, "No space left on device")

        def __getattr__(self, name):
            return getattr(self._file, name)

    real = record.os.fdopen
    monkeypatch.setattr(record.os, "fdopen", lambda *args: Full(real(*args)))
    with pytest.raises(TransportError, match=f"{STEM}.csv: .*No space left on device"):
        download(office.client(), DAY, to=tmp_path)
    monkeypatch.undo()
    assert names(tmp_path) == []


def test_what_progress_raises_loses_no_bill(office, download, tmp_path, caplog):
    def broken(progress):
        raise RuntimeError("no bar")

    assert download(office.client(), DAY, to=tmp_path, progress=broken).path.exists()
    assert [record.getMessage() for record in caplog.records] == [
        "progress= raised RuntimeError: no bar; it is not called again"
    ]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_leaves_nothing(office, tmp_path, error):
    def interrupted():
        raise error

    office.written = interrupted
    with pytest.raises(error):
        bills.download(office.client(), DAY, to=tmp_path)
    assert names(tmp_path) == []


def test_a_folder_that_is_none(office, download, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for to in (tmp_path / "file", tmp_path / "file" / "bills", "a\0b", 7):
        with pytest.raises(ConfigurationError, match="to"):
            download(office.client(), DAY, to=to)
    assert office.requests == []


def test_a_folder_in_which_something_is_in_the_way(office, download, tmp_path):
    (tmp_path / f".{STEM}.lock").mkdir()
    with pytest.raises(ConfigurationError, match="cannot write to this folder"):
        download(office.client(), DAY, to=tmp_path)
    assert office.requests == []
    (tmp_path / f".{STEM}.lock").rmdir()
    (tmp_path / f"{STEM}.csv.part").mkdir()
    with pytest.raises(BillError, match="cannot be written"):
        download(office.client(), DAY, to=tmp_path)
    assert office.requests == []
    (tmp_path / f"{STEM}.csv.part").rmdir()
    (tmp_path / f"{STEM}.csv").mkdir()
    with pytest.raises(BillError, match="cannot be written"):
        download(office.client(), DAY, to=tmp_path)
    assert names(tmp_path) == [f"{STEM}.csv"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_that_cannot_be_written(office, download, tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ConfigurationError, match="cannot write to this folder"):
            download(office.client(), DAY, to=tmp_path)
    finally:
        tmp_path.chmod(0o700)
    assert office.requests == []
