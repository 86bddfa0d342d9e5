"""Stores fetched certificates in Redis, so that a fleet of machines fetches them once.

A sync or asyncio client of redis-py does the work; this module uses only its `get`, `set` and
`eval`. A command takes at most one second, whatever timeouts that client has: a Redis server that
hangs delays a call by a second at most once a minute.
"""

from __future__ import annotations

import inspect
import secrets
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from ..utils.exceptions import ConfigurationError
from ..utils.translation import _

__all__ = ["RedisKeyStore"]

SECONDS = 1.0
"""Maximum duration of a command, in seconds."""
HELD_AT_MOST = 30_000
"""Milliseconds after which Redis releases the lock of a dead process."""
KEPT = 60 * 86400
"""Seconds after which Redis deletes a document that is not renewed."""
RELEASE = """
if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end
return 0
"""


class RedisKeyStore:
    """Stores certificates in Redis, for all processes that use it.

    With a sync client of redis-py, it works in sync and async calls; async calls run the commands
    in a thread. With a client of `redis.asyncio`, it works only in async calls on the client's
    event loop; sync calls continue without the store.

    Args:
        redis: a `redis.Redis` or `redis.asyncio.Redis`, or a client of a cluster or Sentinel.
        prefix: the prefix of its keys in Redis.

    Raises:
        ConfigurationError: `redis` is not such a client, or `prefix` is not text.
    """

    def __init__(self, redis: Any, prefix: str = "wechatpay:certificates:") -> None:
        if not all(callable(getattr(redis, name, None)) for name in ("get", "set", "eval")):
            raise ConfigurationError(
                _(
                    "RedisKeyStore needs a client, such as redis.Redis(), not a {type}",
                    type=type(redis).__name__,
                )
            )
        if not isinstance(prefix, str):
            raise ConfigurationError(
                _("prefix is of type {type}; expected a str", type=type(prefix).__name__)
            )
        self._redis = redis
        self._prefix = prefix
        self._is_async = inspect.iscoroutinefunction(getattr(redis, "execute_command", None))

    def load(self, mchid: str) -> Any:
        """Return the document saved for a merchant."""
        return self._bounded(self._redis.get, self._name(mchid))

    def save(self, mchid: str, document: str) -> Any:
        """Save a document."""
        return self._bounded(self._redis.set, self._name(mchid), document, ex=KEPT)

    def acquire(self, mchid: str) -> Any:
        """Return a token, or None if another process has the lock; the lock expires after 30 s."""
        token = secrets.token_hex(16)
        command = self._bounded(self._redis.set, self._lock(mchid), token, nx=True, px=HELD_AT_MOST)
        if hasattr(command, "__await__"):
            return _token(command, token)
        return token if command else None

    def release(self, mchid: str, lock: str) -> Any:
        """Release the lock, unless another process has acquired it since."""
        return self._bounded(self._redis.eval, RELEASE, 1, self._lock(mchid), lock)

    def _name(self, mchid: str) -> str:
        return f"{self._prefix}{mchid}"

    def _lock(self, mchid: str) -> str:
        return f"{self._prefix}{mchid}:lock"

    def _bounded(self, command: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Run a command; on an event loop, return an awaitable.

        Raises:
            TimeoutError: the command takes too long.
        """
        if self._is_async:
            if not _has_loop():
                raise ConfigurationError(
                    _(
                        "its client is from redis.asyncio and can only serve async calls: pass a "
                        "redis.Redis"
                    )
                )
            return _awaited(lambda: command(*args, **options))
        future = _in_thread(lambda: command(*args, **options))
        if _has_loop():
            from asyncio import wrap_future

            return _awaited(lambda: wrap_future(future))
        try:
            return future.result(SECONDS)
        except TimeoutError:
            raise _too_slow() from None

    def __repr__(self) -> str:
        return f"<RedisKeyStore {self._prefix}>"


async def _token(command: Awaitable[Any], token: str) -> str | None:
    return token if await command else None


async def _awaited(make: Callable[[], Awaitable[Any]]) -> Any:
    import asyncio

    try:
        async with asyncio.timeout(SECONDS):
            return await make()
    except TimeoutError:
        raise _too_slow() from None


def _in_thread(work: Callable[[], Any]) -> Any:
    """Run a function in a thread that does not keep the program alive; returns a future."""
    from concurrent.futures import Future
    from threading import Thread

    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            outcome = work()
        except BaseException as error:  # noqa: BLE001 - raised by the future's result
            future.set_exception(error)
        else:
            future.set_result(outcome)

    Thread(target=run, name="wechatpay-key-store", daemon=True).start()
    return future


def _has_loop() -> bool:
    """Return whether an event loop runs in this thread."""
    asyncio = sys.modules.get("asyncio")  # a running loop has loaded it
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _too_slow() -> TimeoutError:
    return TimeoutError(_("Redis did not respond within {seconds:g} s", seconds=SECONDS))
