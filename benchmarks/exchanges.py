"""CPU of one POST and its response over loopback, with nothing signed, by several means.

It shows what a transport takes of a call, and why the library has one of its own for sync calls.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from statistics import median
from urllib.parse import SplitResult, urlsplit

import h11
import pycurl
import urllib3

from wechatpay_chain import Request
from wechatpay_chain.messages.headers import Headers
from wechatpay_chain.transport import HTTPTransport
from wechatpay_chain.transport.curl import CurlTransport

from .floor import Floor
from .merchant import NATIVE, ORDER, Keys
from .racing import CALLS, race, ratio
from .report import Figure, heading, line
from .serving import serving

TARGET = f"/{NATIVE}"
OURS, URLOPEN = "wechatpay_chain", "urllib3's urlopen"
Exchange = Callable[[], int]
"""Sends the request, reads the response whole, and returns its status."""
Fields = dict[str, str]


def measure(quick: bool) -> list[Figure]:
    """Run the race.

    Args:
        quick: fewer rounds.
    """
    rounds = 5 if quick else 31
    keys = Keys.generate()
    heading(f"exchanges: one POST by itself, {rounds} rounds of {CALLS}, microseconds")
    with serving(keys) as base, ExitStack() as stack:
        where = urlsplit(base)
        body, fields = Floor(keys).prepare("POST", TARGET, ORDER)
        runners = {
            name: stack.enter_context(contender(where, fields, body))
            for name, contender in CONTENDERS.items()
        }

        def run(name: str) -> None:
            exchange = runners[name]
            for _ in range(CALLS):
                if exchange() != 200:
                    raise RuntimeError(f"the server rejects what {name} sends")

        laps = race(list(runners), rounds, run)
    line("", "CPU", "wall", "CPU / urlopen")
    for name, lap in laps.items():
        cpu, wall = median(lap.cpu), median(lap.wall)
        line(f"  {name}", f"{cpu:.0f}", f"{wall:.0f}", f"{ratio(lap, laps[URLOPEN]):.3f}")
    return [Figure(f"CPU per exchange / {URLOPEN}", ratio(laps[OURS], laps[URLOPEN]), 0.50)]


@contextmanager
def bare_socket(where: SplitResult, fields: Fields, body: bytes) -> Iterator[Exchange]:
    lines = [f"POST {TARGET} HTTP/1.1", f"Host: {where.netloc}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    message = "\r\n".join([*lines, "", ""]).encode() + body
    with socket.create_connection((where.hostname, where.port), timeout=30) as sock:

        def exchange() -> int:
            sock.sendall(message)
            head, _, _ = sock.recv(65536).partition(b"\r\n\r\n")  # the server writes it at once
            return int(head[9:12])

        yield exchange


@contextmanager
def over_http_client(where: SplitResult, fields: Fields, body: bytes) -> Iterator[Exchange]:
    with closing(http.client.HTTPConnection(str(where.hostname), where.port, timeout=30)) as made:

        def exchange() -> int:
            made.request("POST", TARGET, body, fields)
            response = made.getresponse()
            response.read()
            return response.status

        yield exchange


@contextmanager
def over_h11(where: SplitResult, fields: Fields, body: bytes) -> Iterator[Exchange]:
    pairs = [("Host", where.netloc), ("Content-Length", str(len(body))), *fields.items()]
    with socket.create_connection((where.hostname, where.port), timeout=30) as sock:
        state = h11.Connection(h11.CLIENT)

        def exchange() -> int:
            request = h11.Request(method="POST", target=TARGET, headers=pairs)
            sent = [request, h11.Data(data=body), h11.EndOfMessage()]
            sock.sendall(b"".join(state.send(event) or b"" for event in sent))
            status = 0
            while not isinstance(event := state.next_event(), h11.EndOfMessage):
                if event is h11.NEED_DATA:
                    state.receive_data(sock.recv(65536))
                elif isinstance(event, h11.Response):
                    status = event.status_code
            state.start_next_cycle()
            return status

        yield exchange


@contextmanager
def over_urllib3_connection(where: SplitResult, fields: Fields, body: bytes) -> Iterator[Exchange]:
    with closing(
        urllib3.connection.HTTPConnection(str(where.hostname), where.port, timeout=30)
    ) as made:

        def exchange() -> int:
            made.request("POST", TARGET, body=body, headers=fields)
            response = made.getresponse()
            response.read()
            return response.status

        yield exchange


@contextmanager
def over_urlopen(where: SplitResult, fields: Fields, body: bytes) -> Iterator[Exchange]:
    timeout = urllib3.Timeout(connect=5, read=30)
    with urllib3.HTTPConnectionPool(str(where.hostname), where.port, timeout=timeout) as pool:
        yield lambda: pool.urlopen("POST", TARGET, body=body, headers=fields, retries=False).status


@contextmanager
def over_pycurl(where: SplitResult, fields: Fields, body: bytes) -> Iterator[Exchange]:
    with closing(pycurl.Curl()) as curl:
        curl.setopt(pycurl.URL, f"{where.scheme}://{where.netloc}{TARGET}")
        curl.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in fields.items()])
        curl.setopt(pycurl.POSTFIELDS, body)

        def exchange() -> int:
            curl.setopt(pycurl.WRITEDATA, io.BytesIO())
            curl.perform()
            return int(curl.getinfo(pycurl.RESPONSE_CODE))

        yield exchange


@contextmanager
def over_transport(
    transport: HTTPTransport | CurlTransport, where: SplitResult, fields: Fields, body: bytes
) -> Iterator[Exchange]:
    request = Request(
        "POST", f"{where.scheme}://{where.netloc}", TARGET, Headers(fields), content=body
    )
    with closing(transport):

        def exchange() -> int:
            response = transport.send(request)
            response.release(keep=True)
            return response.status_code

        yield exchange


CONTENDERS = {
    "a bare socket": bare_socket,
    "pycurl": over_pycurl,
    OURS: lambda *given: over_transport(HTTPTransport(), *given),
    f"{OURS}, over libcurl": lambda *given: over_transport(CurlTransport(), *given),
    "h11": over_h11,
    "http.client": over_http_client,
    "urllib3's HTTPConnection": over_urllib3_connection,
    URLOPEN: over_urlopen,
}
