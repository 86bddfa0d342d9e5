"""`Cassette`: the exchanges of a test with WeChat Pay, recorded once and then played."""

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
"""Client arguments that are required only to call the real WeChat Pay."""


class Cassette:
    """The exchanges of a test with WeChat Pay, recorded once and then played.

    Use it in a `with` block, and create or attach clients there. The file is written at the end of
    the block if anything was recorded.

    Args:
        path: the path of the file, which ends in `.yaml` or `.json`.
        record_mode: `once` records if the file does not exist, and otherwise plays; `none` only
            plays; `new_episodes` or `new` plays, and records requests that the file lacks; `all`
            records everything again.
        match_on: the parts in which a request must equal a recorded one.
        keep: names of members to keep unchanged because they are neither secret nor personal.
        hide: names of further members to replace.
        hide_merchant: also replace merchant IDs and appids.

    Attributes:
        path: the path of the file.
        play_count: the number of played responses.

    Raises:
        ConfigurationError: an argument is invalid.
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
                    "record_mode={record_mode!r}: expected one of {record_modes}",
                    record_mode=record_mode,
                    record_modes=", ".join(RECORD_MODES),
                )
            )
        if isinstance(keep, str) or isinstance(hide, str):
            raise ConfigurationError(_("keep= and hide= must be field names, such as {'attach'}"))
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
            ConfigurationError: the file cannot be played, or does not exist and recording is
                disabled.
        """
        if self._open is not None:
            raise ConfigurationError(_("the cassette is already in use"))
        found = None if self._mode == "all" else files.read(self.path)
        if found is None and self._mode == "none":
            raise ConfigurationError(
                _(
                    "there is no cassette {path}, and record_mode='none' does not record. Record "
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
        """Detach the clients, and write the recorded exchanges."""
        clients, self._open = self._open, None
        if clients is not None:
            clients.close()
        if self._exchanges:
            self._write()

    @property
    def interactions(self) -> list[dict[str, Any]]:
        """The interactions read from the file."""
        return self._recorded.interactions

    @property
    def records(self) -> bool:
        """Whether requests may be sent to WeChat Pay."""
        return self._records

    def client(self, make: Callable[..., WeChatPay] | None = None, **arguments: Any) -> WeChatPay:
        """Create a client that uses this cassette until the end of the block.

        If requests may be sent, it is a real merchant's client. Otherwise it has test keys, and
        ignores those `arguments` that concern a merchant's keys or the network.

        Args:
            make: creates the merchant's client; by default `WeChatPay.from_env`.
            arguments: arguments of the client.

        Raises:
            ConfigurationError: the client cannot be created, or the block has ended.
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
        """Let a client use this cassette until the end of the block.

        Until then the client trusts the key that signs played responses, and shares no certificates
        with other processes.

        Args:
            client: a client of any merchant.

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
            raise ConfigurationError(_("{client!r} already uses a cassette", client=client))
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

    # Called by the transport.

    def play(self, request: Request, kit: Kit) -> Response | None:
        """Return the recorded response for a request, or None if the request must be sent.

        Raises:
            UnrecordedRequest: there is no response, and the request must not be sent.
            TransportError: the recorded outcome is this error.
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
        """Store an exchange, to be written at the end."""
        with self._lock:
            self._exchanges.append(Exchange(request, outcome, content, kit.mchid))
            self._secrets.append(hide(request.headers.get("Authorization", "")))

    # Called by tests.

    @property
    def unplayed(self) -> list[str]:
        """The recorded requests that were not made again, one per line.

        Requests for certificates are omitted: whether a client fetches them depends on its keys.
        """
        return self._recorded.unplayed

    @property
    def all_played(self) -> bool:
        """Whether all recorded requests were made again."""
        return not self.unplayed

    def assert_all_played(self) -> None:
        """Fail unless all recorded requests were made again.

        Raises:
            AssertionError: some requests were not made; the message lists them.
        """
        self._recorded.assert_all_played()

    def sent(self, method: str | None = None, path: str | None = None) -> list[SentRequest]:
        """Return the requests with a method and a path that clients have made, oldest first.

        Args:
            method: upper-case HTTP method, or None for any.
            path: the path as sent, an operation's template, or a pattern such as `v3/refund/*`;
                None for any.
        """
        return matching(self._sent, method, path)

    def sent_once(self, method: str | None = None, path: str | None = None) -> SentRequest:
        """Return the only request with a method and a path; see `sent`.

        Raises:
            AssertionError: there are none or several; the message lists the sent requests.
        """
        return only(self._sent, method, path)

    # Implementation.

    def _swaps(self, kit: Kit) -> dict[str, str]:
        """Return the client's own number, and the corresponding one in the cassette."""
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
                    "{path} was not written, because it would contain a key or a signature of "
                    "the client: check that keep= does not name such a field",
                    path=self.path,
                )
            )
        files.write(self.path, text)


class _Known(Placeholders):
    """Placeholders to match a request: a value that must not be in a cassette matches any value.

    A numbered placeholder comes from a response of the cassette and stays.
    """

    def __init__(self) -> None:
        super().__init__("", "")

    def of(self, name: str, value: str) -> str:
        """Return the value itself if it is a numbered placeholder."""
        del name
        return value if NUMBERED.fullmatch(value) else ANY


def _without_waiting(given: Any) -> Retry | None:
    """Return a policy with the same number of attempts and no waits."""
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
    """Return whether a secret occurs in a text, without storing it in a local variable."""
    return (
        secret.reveal().decode("latin-1")
        if isinstance(secret.reveal(), bytes)
        else str(secret.reveal())
    ) in text
