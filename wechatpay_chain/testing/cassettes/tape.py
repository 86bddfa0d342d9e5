"""`Cassette`: the exchanges of a test with WeChat Pay, recorded once and played afterwards."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ...messages.request import UNSET, Request, TransportError, TransportTimeout
from ...messages.response import Response
from ...middleware.retry import Retry
from ...utils.exceptions import ConfigurationError
from ...utils.secret import Secret, hide
from ...utils.translation import _
from .. import own_keys
from ..sent import SentRequest, matching, only
from . import files
from .hiding.members import Rules
from .hiding.placeholders import NUMBERED, Placeholders
from .hiding.values import Digests
from .kit import Kit, certificate, merchant_certificate
from .matching import ANY, MATCH_ON, matchers
from .playing import certificates, played
from .recorded import CERTIFICATES, Recorded
from .recording import Exchange, Party, interactions, scrubber_for
from .requests import described, path_of
from .transport import CassetteTransport

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from ...client import WeChatPay

__all__ = ["RECORD_MODES", "Cassette", "RecordMode"]

RecordMode = Literal["once", "new_episodes", "new", "none", "all"]
RECORD_MODES = ("once", "new_episodes", "new", "none", "all")
OF_THE_MERCHANT = frozenset(
    {"mchid", "serial", "private_key", "certs", "apiv3_key", "secret", "merchant", "key_store"}
    | {"base_uri", "backup_base_uri", "proxy", "verify", "transport", "check_keys", "answer_with"}
)
"""The arguments of a client that only a client of WeChat Pay's own needs."""


class Cassette:
    """The exchanges of a test with WeChat Pay, recorded once and played afterwards.

    Use it in a `with` block, and make or attach clients in it. The file is written at the end of
    the block, if anything was recorded.

    Args:
        path: of the file, whose name ends in `.yaml` or `.json`.
        record_mode: `once` records where the file is missing, and else plays; `none` only plays;
            `new_episodes`, or `new`, plays, and records what the file lacks; `all` records
            everything anew.
        match_on: what a request and a recorded one must have in common.
        keep: names of members that stay as they are: they hold nothing secret or personal.
        hide: names of members to replace that would stay.
        hide_merchant: replace the numbers of merchants and apps too.

    Attributes:
        path: of the file.
        play_count: how many responses were played.

    Raises:
        ConfigurationError: an argument is not what it must be.
    """

    def __init__(
        self,
        path: str | Path,
        record_mode: RecordMode = "once",
        *,
        match_on: Sequence[str] = MATCH_ON,
        keep: Collection[str] = (),
        hide: Collection[str] = (),
        hide_merchant: bool = False,
    ) -> None:
        if record_mode not in RECORD_MODES:
            raise ConfigurationError(
                _(
                    "record_mode={record_mode!r}: one of {record_modes} is expected",
                    record_mode=record_mode,
                    record_modes=", ".join(RECORD_MODES),
                )
            )
        if isinstance(keep, str) or isinstance(hide, str):
            raise ConfigurationError(_("keep= and hide= take names of members, such as {'attach'}"))
        self.path = files.checked(Path(path))
        self.play_count = 0
        self._mode = "new_episodes" if record_mode == "new" else record_mode
        self._matchers = matchers(match_on)
        self._rules = Rules(keep, hide)
        self._hides_merchant = hide_merchant
        from threading import Lock

        self._lock = Lock()
        self._open: ExitStack | None = None
        self._recorded = Recorded(self.path, None, self._matchers)
        self._exchanges: list[Exchange] = []
        self._parties: dict[str, Party] = {}
        self._secrets: list[Secret[Any]] = []
        self._sent: list[SentRequest] = []
        self._plays = self._records = False

    def __enter__(self) -> Self:
        """Read the file.

        Raises:
            ConfigurationError: it is missing and nothing may be recorded, or cannot be played.
        """
        if self._open is not None:
            raise ConfigurationError(_("the cassette is in use already"))
        found = None if self._mode == "all" else files.read(self.path)
        if found is None and self._mode == "none":
            raise ConfigurationError(
                _(
                    "there is no cassette {path}, and record_mode='none' records nothing. Record "
                    "it with record_mode='once', or pytest --wechatpay-record=once",
                    path=self.path,
                )
            )
        self._plays = found is not None
        self._records = self._mode in ("all", "new_episodes") or found is None
        self._recorded = Recorded(self.path, found, self._matchers)
        self._exchanges, self._sent, self.play_count = [], [], 0
        self._open = ExitStack()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Detach the clients, and write what was recorded."""
        clients, self._open = self._open, None
        if clients is not None:
            clients.close()
        if self._exchanges:
            self._write()

    @property
    def interactions(self) -> list[dict[str, Any]]:
        """What the file has, as it was read."""
        return self._recorded.interactions

    @property
    def records(self) -> bool:
        """Whether requests may be sent to WeChat Pay."""
        return self._records

    def client(self, make: Callable[..., WeChatPay] | None = None, **arguments: Any) -> WeChatPay:
        """A client that uses this cassette until the end of the block.

        Where requests may be sent, it is a client of a real merchant; else it has keys for tests,
        and those of `arguments` that concern a merchant's keys or the network are left aside.

        Args:
            make: makes the client of the merchant; by default `WeChatPay.from_env`.
            arguments: of the client.

        Raises:
            ConfigurationError: the client cannot be made, or the block has ended.
        """
        from ...client import WeChatPay

        if self._records:
            client = (make or WeChatPay.from_env)(**arguments)
        else:
            pair = {"cert": merchant_certificate(), "key": own_keys.merchant_key()}
            own = {**own_keys.arguments(), "merchant": pair, **self._recorded.merchant}
            others = {name: each for name, each in arguments.items() if name not in OF_THE_MERCHANT}
            others["retry"] = _without_waiting(arguments.get("retry", UNSET))
            client = WeChatPay(**{**own, **others})
        self.attach(client)
        if self._open is not None:
            self._open.callback(client.close)
        return client

    def attach(self, client: WeChatPay) -> None:
        """Have a client use this cassette until the end of the block.

        Until then the client trusts the key that signs played responses, and shares no
        certificates with other processes.

        Args:
            client: of any merchant.

        Raises:
            ConfigurationError: the block has not begun, or has ended.
        """
        if self._open is None:
            raise ConfigurationError(
                _(
                    "the cassette {path} is not in use: attach clients within its with block",
                    path=self.path,
                )
            )
        appid = client.appid or ""
        self._parties.setdefault(client.mchid, Party(client.mchid, appid, client.decrypt))
        self._secrets += filter(None, (client._apiv3_key, client._secret))
        self._open.enter_context(self._attached(client))

    @contextmanager
    def _attached(self, client: WeChatPay) -> Iterator[None]:
        inner = client._transport
        if isinstance(inner, CassetteTransport):
            raise ConfigurationError(_("{client!r} uses a cassette already", client=client))
        client._transport = CassetteTransport(self, inner, Kit.of(client))
        trusted: AbstractContextManager[None] = nullcontext()
        if self._plays:
            from ...crypto.certificate import certificate_serial

            own = certificate()
            trusted = client.platform_keys.temporarily({certificate_serial(own): own})
        try:
            with trusted:
                yield
        finally:
            client._transport = inner

    # What the transport asks and tells.

    def play(self, request: Request, kit: Kit) -> Response | None:
        """The response that the cassette has for a request; None where it is to be sent.

        Raises:
            UnrecordedRequest: there is none, and it must not be sent.
            TransportError: that was recorded.
        """
        with self._lock:
            self._sent.append(_sent(request))
            if not self._plays:
                return None
            asked = self._described(request, kit)
            told: Mapping[str, Any] | None = self._recorded.take(asked)
            if told is None and path_of(request) == CERTIFICATES and request.method == "GET":
                told = {"response": certificates()}
            if told is None and not self._records:
                raise self._recorded.rejection(asked, self._mode)
            if told is None:
                return None
            self.play_count += 1
        if "error" in told:
            raise _failure(told["error"], request)
        back = {recorded: own for own, recorded in self._swaps(kit).items()}
        return played(told["response"], request, kit, self._recorded.digest, back)

    def record(
        self, request: Request, kit: Kit, outcome: Response | TransportError, content: bytes
    ) -> None:
        """Remember an exchange, which is written at the end."""
        with self._lock:
            self._exchanges.append(Exchange(request, outcome, content, kit.mchid))
            self._secrets.append(hide(request.headers.get("Authorization", "")))

    # What tests ask.

    @property
    def unplayed(self) -> list[str]:
        """The recorded requests that were not made again, each on one line.

        Those for certificates are left out: whether a client fetches them depends on its keys.
        """
        return self._recorded.unplayed

    @property
    def all_played(self) -> bool:
        """Whether all recorded requests were made again."""
        return not self.unplayed

    def assert_all_played(self) -> None:
        """Fail unless all recorded requests were made again.

        Raises:
            AssertionError: it lists those that were not.
        """
        self._recorded.assert_all_played()

    def sent(self, method: str | None = None, path: str | None = None) -> list[SentRequest]:
        """The requests of a method and a path that clients have made, the oldest first.

        Args:
            method: upper-case HTTP method; None is any.
            path: as it was sent, an operation's template, or a pattern such as `v3/refund/*`; None
                is any.
        """
        return matching(self._sent, method, path)

    def sent_once(self, method: str | None = None, path: str | None = None) -> SentRequest:
        """The one request of a method and a path; see `sent`.

        Raises:
            AssertionError: there is none, or there are several; it tells what was sent.
        """
        return only(self._sent, method, path)

    # How it is done.

    def _swaps(self, kit: Kit) -> dict[str, str]:
        """The client's own number, and the one that the cassette has instead."""
        recorded = self._recorded.merchant.get("mchid", kit.mchid)
        return {} if recorded == kit.mchid else {kit.mchid: recorded}

    def _described(self, request: Request, kit: Kit) -> dict[str, Any]:
        known = _Known()
        scrubber = scrubber_for(
            self._rules, known, self._swaps(kit), Digests(), hides_merchant=self._hides_merchant
        )
        return described(request, scrubber)

    def _write(self) -> None:
        placeholders, recorded = interactions(
            self._exchanges,
            self._parties,
            self._rules,
            self._recorded.texts,
            hides_merchant=self._hides_merchant,
        )
        first = next(iter(self._parties.values()))
        merchant = {"mchid": first.mchid, **({"appid": first.appid} if first.appid else {})}
        if self._hides_merchant:
            merchant = {name: placeholders.of(name, each) for name, each in merchant.items()}
        content = {
            "merchant": self._recorded.merchant or merchant,
            "interactions": [*self.interactions, *recorded],
        }
        text = files.text_of(self.path, content)
        if any(each and _contains(text, each) for each in self._secrets):
            raise ConfigurationError(
                _(
                    "{path} is not written: a key or a signature of the client would be in it. "
                    "Does keep= name a member that holds one?",
                    path=self.path,
                )
            )
        files.write(self.path, text)


class _Known(Placeholders):
    """Of a request that is to be matched: a value that must not be on a cassette may be any.

    One that has a number was read from a response of the cassette, and stays.
    """

    def __init__(self) -> None:
        super().__init__("", "")

    def of(self, name: str, value: str) -> str:
        """The value itself where it is a numbered placeholder."""
        del name
        return value if NUMBERED.fullmatch(value) else ANY


def _without_waiting(given: Any) -> Retry | None:
    """As many attempts as there were, with no pauses between them."""
    if given is None:
        return None
    attempts = given.attempts if isinstance(given, Retry) else Retry().attempts
    return Retry(attempts=attempts, initial=0, max=0)


def _failure(told: Mapping[str, Any], request: Request) -> TransportError:
    kind = TransportTimeout if told.get("kind") == "timeout" else TransportError
    message = str(told.get("message", "no response"))
    return kind(message, request, sent=told.get("sent"), permanent=bool(told.get("permanent")))


def _sent(request: Request) -> SentRequest:
    target = f"{request.operation}?{request.target.partition('?')[2]}"
    return SentRequest.of(request.method, target, request.headers, request.content or b"")


def _contains(text: str, secret: Secret[Any]) -> bool:
    """Whether a secret stands in a text; no local variable holds it."""
    return (
        secret.reveal().decode("latin-1")
        if isinstance(secret.reveal(), bytes)
        else str(secret.reveal())
    ) in text
