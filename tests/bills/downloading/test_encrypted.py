"""Encrypted bills: opened with the merchant's key, checked by tag and digest, joined in order."""

from __future__ import annotations

import os

import pytest

from tests.security.test_frames import assert_hidden
from wechatpay_chain import BillError, ConfigurationError, DecryptionError
from wechatpay_chain.bills.downloading import unpacking
from wechatpay_chain.crypto import rsa
from wechatpay_chain.crypto.aes import GCMOpening, checked_key, gcm_encrypt

from .conftest import DAY
from .office import TEXT, sha1

SUB = {"kind": "sub_merchant_fund_flow", "sub_mchid": "1900000209"}
PARTS = [TEXT, os.urandom(200_000), b"", b"the end\n"]


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def changed(change):
    """What an application is told, with its list of parts changed."""

    def told(members):
        change(members["download_bill_list"])
        members["download_bill_count"] = len(members["download_bill_list"])

    return told


def test_a_sub_merchants_bill(office, download, tmp_path):
    file = download(office.client(), DAY, to=tmp_path, **SUB)
    assert file.path.read_bytes() == TEXT
    assert file.path.name == "sub_merchant_fund_flow-BASIC-1900000109-1900000209-2026-11-25.csv"
    assert (file.sub_mchid, file.type, file.sha1) == ("1900000209", "BASIC", sha1(TEXT))
    assert office.applications == [
        {
            "bill_date": "2026-11-25",
            "account_type": "BASIC",
            "sub_mchid": "1900000209",
            "tar_type": "GZIP",
            "algorithm": "AEAD_AES_256_GCM",
        }
    ]


def test_all_sub_merchants_of_a_platform(office, download, tmp_path):
    file = download(office.client(), DAY, kind="ecommerce_fund_flow", to=tmp_path)
    assert file.path.read_bytes() == TEXT
    assert office.applications[0]["account_type"] == "ALL"


def test_parts_are_joined_by_their_numbers(office, download, tmp_path):
    office.contents = PARTS
    office.told = lambda members: members["download_bill_list"].reverse()
    file = download(office.client(), DAY, to=tmp_path, **SUB)
    assert file.path.read_bytes() == b"".join(PARTS)
    assert file.sha1 == sha1(b"".join(PARTS))
    assert download(office.client(), DAY, to=tmp_path, **SUB) == file
    assert len(office.applications) == 1


def test_a_part_whose_address_expired_is_applied_for_again(office, download, tmp_path):
    office.contents = PARTS
    office.expired = {2, 3, 5}
    file = download(office.client(), DAY, to=tmp_path, **SUB)
    assert file.path.read_bytes() == b"".join(PARTS)
    assert (len(office.applications), office.files) == (4, 7)


def test_a_bill_that_is_made_anew_meanwhile_is_begun_anew(office, download, tmp_path):
    office.contents = PARTS
    office.expired = {3}

    def told(members):
        if len(office.applications) == 1:
            office.contents = [b"new\n", *PARTS[1:]]

    office.told = told
    file = download(office.client(), DAY, to=tmp_path, **SUB)
    assert file.path.read_bytes() == b"new\n" + b"".join(PARTS[1:])


def test_a_bill_that_is_always_made_anew_is_given_up(office, download, tmp_path):
    office.contents = [b"", TEXT]
    office.sent = lambda number, content: content if number % 2 else b""

    def told(members):
        office.contents = [b"%d\n" % len(office.applications), TEXT]

    office.told = told
    with pytest.raises(BillError, match="cannot be decrypted"):
        download(office.client(), DAY, to=tmp_path, **SUB)
    assert len(office.applications) == 3
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[:-1] + bytes([content[-1] ^ 1]),
        lambda content: bytes([content[0] ^ 1]) + content[1:],
        lambda content: content[:-1],
        lambda content: content + b"\0",
        lambda content: content[:15],
        lambda content: b"",
        lambda content: TEXT,
    ],
    ids=["tag", "first byte", "cut", "longer", "no tag", "empty", "plain"],
)
def test_a_changed_ciphertext_is_not_kept(office, download, tmp_path, change):
    office.sent = lambda number, content: change(content)
    with pytest.raises(BillError, match="cannot be decrypted|damaged|incomplete|announced"):
        download(office.client(), DAY, to=tmp_path, **SUB)
    assert names(tmp_path) == []
    assert office.files == 3


def test_unverified_plaintext_never_has_the_bills_name(office, download, tmp_path):
    office.contents = [os.urandom(500_000)]
    seen = set()
    office.written = lambda: seen.update(names(tmp_path))
    download(office.client(), DAY, to=tmp_path, **SUB)
    assert {name.rpartition(".")[2] for name in seen} == {"part", "lock"}


def test_swapped_files_are_noticed(office, download, tmp_path):
    office.contents = [b"first\n", b"second\n"]

    def swap(parts):
        parts[0]["download_url"], parts[1]["download_url"] = (
            parts[1]["download_url"],
            parts[0]["download_url"],
        )

    office.told = changed(swap)
    with pytest.raises(BillError):
        download(office.client(), DAY, to=tmp_path, retry=None, **SUB)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda parts: parts.pop(0), r"bill_sequence \[2, 3, 4\]: expected each of 1 to 3"),
        (lambda parts: parts.append(parts[0]), "expected each of 1 to 5 once"),
        (
            lambda parts: parts[0].update(bill_sequence=0),
            "the parts of the bill have bill_sequence",
        ),
        (lambda parts: parts[0].update(bill_sequence="1"), "no bill_sequence"),
        (lambda parts: parts[0].update(bill_sequence=True), "no bill_sequence"),
        (lambda parts: parts[0].pop("encrypt_key"), "no encrypt_key"),
        (lambda parts: parts[0].pop("nonce"), "no nonce"),
        (lambda parts: parts[0].update(nonce="7"), "nonce has 1 characters"),
        (lambda parts: parts[0].update(hash_type="SM3"), "only SHA1"),
        (lambda parts: parts[2].update(hash_value="x"), "expected 40 hexadecimal digits"),
    ],
)
def test_a_list_of_parts_that_cannot_be(office, download, tmp_path, change, words):
    office.contents = PARTS
    office.told = changed(change)
    with pytest.raises(BillError, match=words):
        download(office.client(), DAY, to=tmp_path, **SUB)
    assert office.files == 0
    assert names(tmp_path) == []


def test_a_count_that_is_not_that_of_the_list(office, download, tmp_path):
    office.told = lambda members: members.update(download_bill_count=2)
    with pytest.raises(BillError, match="lists 1 parts of the bill, but its .* is 2"):
        download(office.client(), DAY, to=tmp_path, **SUB)


def test_a_list_without_parts_is_an_empty_bill(office, download, tmp_path):
    office.told = lambda members: (members.clear(), members.update(download_bill_count=0))
    assert download(office.client(), DAY, to=tmp_path, **SUB).empty


def test_a_key_for_another_merchant(office, download, tmp_path):
    def told(parts):
        other = rsa.encrypt("0" * 32, office.keys.platform.public_key())
        parts[0].update(encrypt_key=other)

    office.told = changed(told)
    with pytest.raises(DecryptionError, match="other than this merchant's"):
        download(office.client(), DAY, to=tmp_path, **SUB)
    assert names(tmp_path) == []


def test_a_key_of_another_size(office, download, tmp_path):
    short = rsa.encrypt("0" * 16, office.keys.merchant.public_key())
    office.told = changed(lambda parts: parts[0].update(encrypt_key=short))
    with pytest.raises(BillError, match="has 16 bytes: expected 32"):
        download(office.client(), DAY, to=tmp_path, retry=None, **SUB)


@pytest.mark.parametrize("by", ["key", "signer"])
def test_no_frame_shows_the_key_of_a_bill(office, download, tmp_path, by):
    key = "s3cretKeyOfABill"
    short = rsa.encrypt(key, office.keys.merchant.public_key())
    office.told = changed(lambda parts: parts[0].update(encrypt_key=short))
    client = office.client(private_key=vault(office)) if by == "signer" else office.client()
    with pytest.raises(BillError) as caught:
        download(client, DAY, to=tmp_path, retry=None, **SUB)
    assert_hidden(caught.value, key)


def vault(office):
    """A signer with the merchant's key."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    from wechatpay_chain.crypto.rsa import OAEP

    class Vault:
        def sign(self, message):
            return office.keys.merchant.sign(message, padding.PKCS1v15(), hashes.SHA256())

        def decrypt(self, ciphertext):
            return office.keys.merchant.decrypt(ciphertext, OAEP)

        async def decrypt_async(self, ciphertext):
            return self.decrypt(ciphertext)

    return Vault()


def test_a_signer_decrypts_the_key(office, download, tmp_path):
    client = office.client(private_key=vault(office))
    assert download(client, DAY, to=tmp_path, **SUB).path.read_bytes() == TEXT


def test_an_encrypted_bomb_is_not_unpacked(office, download, tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "UNSUSPECTED", 1 << 20)
    office.contents = [b"\0" * (8 << 20)]
    with pytest.raises(BillError, match="200 times"):
        download(office.client(), DAY, to=tmp_path, retry=None, **SUB)
    assert names(tmp_path) == []


@pytest.mark.parametrize("step", [1, 7, 16, 100])
def test_a_stream_opens_as_a_whole_does(step):
    import base64

    key = checked_key("k" * 32)
    sealed = base64.b64decode(gcm_encrypt("账单 " * 9, key, "n" * 12))
    opening = GCMOpening(key, "n" * 12)
    plain = b"".join(opening.update(sealed[at : at + step]) for at in range(0, len(sealed), step))
    assert plain.decode() == "账单 " * 9
    assert opening.is_genuine()


def test_a_nonce_that_is_none():
    with pytest.raises(ConfigurationError, match="characters; expected 12"):
        GCMOpening(checked_key("k" * 32), "7")
