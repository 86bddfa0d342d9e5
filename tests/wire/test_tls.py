"""Who is trusted, which certificate is shown, and what happens where either is refused."""

from __future__ import annotations

import errno
import os
import ssl
import tempfile
from pathlib import Path

import pytest
import trustme

from tests.support import MCHID, pem
from wechatpay_chain import ConfigurationError, TransportError
from wechatpay_chain.transport import HTTPTransport
from wechatpay_chain.utils import private_files

from .responses import http, v2
from .server import Do, Server
from .transports import only_curl, only_default

PATH = "v3/certificates"


@pytest.fixture
def merchant(authority: trustme.CA) -> dict[str, bytes]:
    """A merchant's certificate that the server trusts, and its key."""
    issued = authority.issue_cert(f"{MCHID}.merchant.test", key_type=trustme.KeyType.RSA)
    return {
        "cert": issued.cert_chain_pems[0].bytes(),
        "key": issued.private_key_pem.bytes(),
    }


@pytest.fixture
def asking(authority: trustme.CA) -> ssl.SSLContext:
    """TLS settings of a server that asks for a client's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def trusting(context: ssl.SSLContext | None, bundle: str) -> ssl.SSLContext:
    made = context or ssl.create_default_context()
    made.load_verify_locations(bundle)
    return made


def test_an_authority_that_nobody_knows(call, secure, keys, raises):
    client = keys.client(base_uri=secure.url)
    with raises(TransportError, "TLS failed", "CERTIFICATE_VERIFY_FAILED", "verify="):
        call("post", PATH, client=client, json={})
    assert secure.requests == []


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("form", [str, Path, lambda _: False])
def test_an_authority_that_verify_names(call, secure, keys, signed, bundle, form):
    secure.respond(signed.json({"n": 1}))
    client = keys.client(base_uri=secure.url, verify=form(bundle))
    assert call("get", PATH, client=client).json() == {"n": 1}


@only_default
def test_a_context_that_trusts_the_authority(call, secure, keys, signed, bundle):
    secure.respond(signed.json({"n": 1}))
    client = keys.client(base_uri=secure.url, verify=trusting(None, bundle))
    assert call("get", PATH, client=client).json() == {"n": 1}


def test_the_authorities_of_the_system(call, secure, keys, signed, bundle, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", bundle)
    secure.respond(signed.json({"n": 1}))
    assert call("get", PATH, client=keys.client(base_uri=secure.url)).json() == {"n": 1}


NO_BUNDLES = {
    "blank": b"\n",
    "text": b"-----BEGIN CERT",
    "binary": bytes(range(256)),
    "a private key": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
}


@pytest.mark.parametrize("data", NO_BUNDLES.values(), ids=NO_BUNDLES.keys())
def test_a_bundle_without_a_certificate(call, secure, keys, raises, tmp_path, data):
    """It must not pass for "trust whom the system trusts"."""
    path = tmp_path / "ca.pem"
    path.write_bytes(data)
    with raises(ConfigurationError):
        call("get", PATH, client=keys.client(base_uri=secure.url, verify=path))


def test_a_bundle_that_is_empty(call, secure, keys, raises, tmp_path):
    (tmp_path / "ca.pem").touch()
    with raises(ConfigurationError):
        call("get", PATH, client=keys.client(base_uri=secure.url, verify=tmp_path / "ca.pem"))


@pytest.mark.parametrize("path", ["no/such/ca.pem", "."])
def test_a_bundle_that_cannot_be_read(keys, raises, path):
    with raises(ConfigurationError, "verify", "CA bundle"):
        keys.client(verify=path)


def test_a_certificate_for_another_host(call, secure, keys, raises, bundle):
    base_uri = secure.url.replace("127.0.0.1", "localhost")
    client = keys.client(base_uri=base_uri, verify=bundle)
    with raises(TransportError, "TLS failed", "localhost", "CERTIFICATE_VERIFY_FAILED"):
        call("post", PATH, client=client, json={})
    assert secure.requests == []


def test_a_server_that_does_not_speak_tls(call, server, keys, raises):
    server.greeting = [b"SSH-2.0-OpenSSH_9.6\r\n"]
    client = keys.client(base_uri=server.url.replace("http:", "https:"))
    with raises(TransportError, "WRONG_VERSION_NUMBER"):
        call("get", PATH, client=client)


def test_a_server_that_speaks_tls_only(call, secure, keys, raises):
    client = keys.client(base_uri=secure.url.replace("https:", "http:"))
    with raises(TransportError, "the connection broke"):
        call("get", PATH, client=client)


def test_an_answer_that_is_garbled_under_tls(call, secure, keys, raises, bundle):
    """By then the request has long been read, and perhaps carried out."""

    def garble(connection):
        os.write(connection.fileno(), b"\x17\x03\x03\x00\x20" + b"x" * 32)

    secure.respond(http(200, b"half", length=100), garble, Do.STALL)
    client = keys.client(base_uri=secure.url, verify=bundle)
    with raises(TransportError, "query before you send it again") as caught:
        call("post", PATH, client=client, json={})
    assert "Nothing was sent" not in str(caught.value)


@pytest.mark.parametrize("end", [Do.CLOSE, Do.RESET])
def test_an_answer_cut_off_under_tls(call, secure, keys, raises, bundle, end):
    secure.respond(http(200, b"half", length=100), end)
    client = keys.client(base_uri=secure.url, verify=bundle)
    with raises(TransportError, "query before you send it again"):
        call("post", PATH, client=client, json={})


def test_the_merchant_certificate_is_shown(call, asking, keys, merchant, bundle):
    with Server(asking) as server:
        server.respond(http(200, v2({"return_code": "SUCCESS", "result_code": "SUCCESS"})))
        client = keys.client(base_uri=server.url, verify=bundle, merchant=merchant)
        call("post", "v2/secapi/pay/refund", client=client, xml={"mch_id": MCHID}, security=True)
        (received,) = server.requests
    assert ("DNS", f"{MCHID}.merchant.test") in received.peer["subjectAltName"]


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_wants_a_certificate_and_gets_none(
    call, asking, keys, merchant, raises, bundle, newest
):
    asking.maximum_version = newest
    with Server(asking) as server:
        client = keys.client(base_uri=server.url, verify=bundle, merchant=merchant)
        with raises(TransportError, f"POST {server.url}secapi/pay/refund"):
            call("post", "v2/secapi/pay/refund", client=client, xml={"mch_id": MCHID})
        assert server.requests == []


def test_a_connection_with_the_certificate_serves_no_call_without(
    call, asking, keys, merchant, signed, bundle
):
    asking.verify_mode = ssl.CERT_OPTIONAL
    with Server(asking) as server:
        server.respond(signed.json({}))
        client = keys.client(base_uri=server.url, verify=bundle, merchant=merchant)
        for security in (True, False, True, False):
            call("get", PATH, client=client, security=security)
        assert [bool(received.peer) for received in server.requests] == [True, False, True, False]
        assert server.connections == 2


def test_a_proxy_is_not_shown_the_certificate(call, asking, keys, merchant, signed, bundle):
    asking.verify_mode = ssl.CERT_OPTIONAL
    with Server(asking) as proxy:
        proxy.respond(signed.json({}))
        client = keys.client(
            base_uri="http://gateway.invalid/",
            proxy=proxy.url.rstrip("/"),
            verify=bundle,
            merchant=merchant,
        )
        call("get", PATH, client=client, security=True)
        assert not proxy.requests[0].peer


@only_default
def test_the_merchant_key_never_lies_open_on_the_disk(
    call, asking, keys, merchant, signed, bundle, monkeypatch
):
    written = []
    load = ssl.SSLContext.load_cert_chain

    def spy(context, certfile, *arguments, **named):
        written.append(Path(certfile).read_bytes())
        return load(context, certfile, *arguments, **named)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", spy)
    with Server(asking) as server:
        server.respond(signed.json({}))
        client = keys.client(base_uri=server.url, verify=bundle, merchant=merchant)
        call("get", PATH, client=client, security=True)
    (file,) = written
    assert b"ENCRYPTED PRIVATE KEY" in file
    assert pem(keys.merchant) not in file


@pytest.fixture
def own_context(keys, merchant, bundle, tmp_path):
    """A context of the user's that holds the merchant's certificate."""
    context = ssl.create_default_context(cafile=bundle)
    file = tmp_path / "merchant.pem"
    file.write_bytes(merchant["cert"] + merchant["key"])
    context.load_cert_chain(file)
    return context


@only_default
def test_a_context_of_the_users_own_shows_its_certificate(call, asking, keys, signed, own_context):
    """It needs no `merchant`, and serves a transport that several clients share as well."""
    with Server(asking) as server:
        server.respond(signed.json({}))
        client = keys.client(base_uri=server.url, verify=own_context)
        call("get", PATH, client=client, security=True)
        sharing = keys.client(base_uri=server.url, transport=HTTPTransport(verify=own_context))
        call("get", PATH, client=sharing, security=True)
        for received in server.requests:
            assert ("DNS", f"{MCHID}.merchant.test") in received.peer["subjectAltName"]


@only_default
def test_a_context_and_a_certificate_are_one_too_many(call, keys, raises, merchant, own_context):
    client = keys.client(verify=own_context, merchant=merchant)
    with raises(ConfigurationError, "instead of merchant="):
        call("get", PATH, client=client, security=True)


def test_a_certificate_is_needed_one_way_or_another(call, keys, raises, bundle):
    client = keys.client(verify=bundle)
    with raises(ConfigurationError, "or an ssl.SSLContext with the certificate as"):
        call("get", PATH, client=client, security=True)


def forbid(monkeypatch, name):
    def forbidden(*_, **__):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, name, forbidden, raising=False)


def test_where_no_file_in_memory_can_be_opened(
    call, asking, keys, merchant, signed, bundle, monkeypatch
):
    """As in a sandbox, or on another system than Linux: a temporary folder serves."""
    forbid(monkeypatch, "memfd_create")
    with Server(asking) as server:
        server.respond(signed.json({}))
        client = keys.client(base_uri=server.url, verify=bundle, merchant=merchant)
        call("get", PATH, client=client, security=True)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system has no /proc")
def test_where_proc_is_not_mounted(tmp_path, monkeypatch):
    monkeypatch.setattr(private_files, "IN_MEMORY", "/nonexistent")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = len(list(Path("/proc/self/fd").iterdir()))
    with private_files.readable_file(b"x") as path:
        assert Path(path).read_bytes() == b"x"
        assert Path(path).is_relative_to(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@only_default
def test_where_no_file_can_be_written_at_all(call, keys, merchant, raises, bundle, monkeypatch):
    forbid(monkeypatch, "memfd_create")
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/nonexistent"])
    client = keys.client(base_uri="https://127.0.0.1:1/", verify=bundle, merchant=merchant)
    with raises(ConfigurationError, "Set TMPDIR to a folder"):
        call("get", PATH, client=client, security=True)


@only_curl
def test_libcurl_needs_no_file(call, asking, keys, merchant, signed, bundle, monkeypatch):
    forbid(monkeypatch, "memfd_create")
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/nonexistent"])
    monkeypatch.setattr(tempfile, "tempdir", None)
    with Server(asking) as server:
        server.respond(signed.json({}))
        client = keys.client(base_uri=server.url, verify=bundle, merchant=merchant)
        call("get", PATH, client=client, security=True)
        assert server.requests[0].peer
