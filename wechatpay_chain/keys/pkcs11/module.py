"""A PKCS#11 module in this process, and the single thread that calls it.

python-pkcs11 initializes a module for single-threaded use (`C_Initialize` without arguments), and
releases the GIL during calls. One thread therefore makes all calls in turn, and a waiting caller
can time out if the HSM hangs. After a fork, the child process must initialize the module again.
Source: OASIS PKCS #11 Specification v3.1, C_Initialize.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ...utils.display import printable
from ...utils.exceptions import ConfigurationError
from ...utils.secret import Secret
from ...utils.translation import _

if TYPE_CHECKING:
    from concurrent.futures import Future

    from pkcs11._pkcs11 import lib as Library  # noqa: N812

__all__ = ["Module", "module_at"]

T = TypeVar("T")


class Module:
    """The PKCS#11 library of an HSM vendor.

    Args:
        path: the path of the library.

    Attributes:
        rejected_pins: rejected PINs by token label.
    """

    def __init__(self, path: str) -> None:
        from queue import SimpleQueue
        from threading import Lock

        self.path = path
        self.rejected_pins: set[tuple[str, Secret[str] | None]] = set()
        self.library: Library | None = None
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[Library], Any]]] = SimpleQueue()
        self._lock = Lock()
        self._started = False

    def submit(self, work: Callable[[Library], T]) -> Future[T]:
        """Run a function in the module's thread.

        Args:
            work: called with the library, unless the future is cancelled before its turn.
        """
        from concurrent.futures import Future

        future: Future[T] = Future()
        self._queue.put((future, work))
        with self._lock:
            if not self._started:
                self._start()
        return future

    def _start(self) -> None:
        from threading import Thread

        # A daemon: a call that hangs in the HSM must not prevent the program from exiting.
        Thread(target=self._run, name="wechatpay-pkcs11", daemon=True).start()
        self._started = True

    def _run(self) -> None:
        while True:
            future, work = self._queue.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                outcome = work(self._loaded())
            except BaseException as error:  # noqa: BLE001 - raised by the future's result
                future.set_exception(error)
            else:
                future.set_result(outcome)
            del future, work

    def _loaded(self) -> Library:
        if self.library is None:
            import pkcs11

            inherited = _inherited(self.path)
            try:
                if inherited is None or inherited.library is None:
                    self.library = pkcs11.lib(self.path)
                else:
                    self.rejected_pins |= inherited.rejected_pins
                    self.library = _initialized_again(inherited.library)
            except pkcs11.PKCS11Error as error:
                raise ConfigurationError(
                    _(
                        "the PKCS#11 module {path} cannot be loaded: {error}",
                        path=printable(self.path),
                        error=error,
                    )
                ) from error
        elif not self.library.initialized:  # other code in this process has finalized it
            self.library.initialize()
        return self.library


_modules: dict[tuple[str, int], Module] = {}
"""Modules by path and process; PKCS#11 state is global, so a process initializes a module once."""


def module_at(path: str) -> Module:
    """Return this process's module; its thread loads the library on first use.

    Args:
        path: the path of the library.
    """
    here = (path, os.getpid())
    return _modules.get(here) or _modules.setdefault(here, Module(path))


def _inherited(path: str) -> Module | None:
    """Return the module that an ancestor process loaded before the fork."""
    earlier = [
        module
        for (name, process), module in _modules.items()
        if name == path and process != os.getpid() and module.library is not None
    ]
    return earlier[-1] if earlier else None


def _initialized_again(library: Library) -> Library:
    import pkcs11

    try:
        return type(library)(library.so)
    except pkcs11.PKCS11Error:  # it did not detect the fork and is still initialized
        library.reinitialize()
        return library
