"""Runs a module with what Windows does not have taken away from Python.

    python -m tests.runtimes.without_posix MODULE [ARGUMENT]...

Functions, constants and modules are gone; no file is renamed, replaced or removed while it is open;
a file's lock is one of msvcrt's; event loops add no readers and handle no signals.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import runpy
import select
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

GONE: dict[Any, str] = {
    os: "fork forkpty register_at_fork fchmod fchown getuid geteuid getgid getegid getpgid killpg "
    "memfd_create mkfifo sendfile statvfs uname "
    "O_NOFOLLOW O_CLOEXEC O_NONBLOCK O_DIRECTORY",
    select: "poll epoll kqueue",
    signal: "SIGALRM SIGCHLD SIGHUP SIGKILL SIGPIPE SIGQUIT SIGUSR1 SIGUSR2 pthread_sigmask",
    socket: "SO_REUSEPORT MSG_DONTWAIT",
    time: "tzset clock_gettime",
}
GONE_MODULES = ("fcntl", "grp", "pwd", "readline", "resource", "termios")
DESCRIPTORS = Path("/proc/self/fd")


def take_away() -> None:
    for module, names in GONE.items():
        for name in names.split():
            if hasattr(module, name):
                delattr(module, name)
    for name in GONE_MODULES:
        sys.modules[name] = None  # type: ignore[assignment]
    selectors.DefaultSelector = selectors.SelectSelector  # type: ignore[misc,assignment]
    asyncio.set_event_loop_policy(WithoutReaders())
    for name, count in {"rename": 2, "replace": 2, "unlink": 1, "remove": 1}.items():
        setattr(os, name, unless_open(getattr(os, name), count))
    subprocess.Popen = None  # type: ignore[misc,assignment]
    lock_as_windows_does()


class Loop(asyncio.SelectorEventLoop):
    """As far as a program sees it, one of Windows' own."""

    def _missing(self, *_: Any) -> Any:
        raise NotImplementedError

    add_reader = add_writer = add_signal_handler = _missing


class WithoutReaders(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return Loop()


def unless_open(function: Callable[..., None], count: int) -> Callable[..., None]:
    """A function on paths that fails where this process has one of them open."""

    def checked(*arguments: Any, **options: Any) -> None:
        if not options:  # else the paths are relative to a directory, in which nothing is open
            found = {os.path.realpath(each) for each in arguments[:count]}
            if found & open_files():
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), arguments[0])
        function(*arguments, **options)

    return checked


def open_files() -> set[str]:
    found = set()
    for each in DESCRIPTORS.iterdir():
        with contextlib.suppress(OSError):  # the descriptor of this very listing
            found.add(str(each.readlink()))
    return found


def lock_as_windows_does() -> None:
    """Have the library lock files by a stand-in for msvcrt: a lock is a descriptor's, on bytes."""
    msvcrt: Any = types.ModuleType("msvcrt")
    msvcrt.LK_UNLCK, msvcrt.LK_LOCK, msvcrt.LK_NBLCK = 0, 1, 2

    def locking(handle: int, mode: int, count: int) -> None:
        kind = fcntl.F_UNLCK if mode == msvcrt.LK_UNLCK else fcntl.F_WRLCK
        at = os.lseek(handle, 0, os.SEEK_CUR)
        lock = struct.pack("hhqqi4x", kind, os.SEEK_SET, at, count, 0)
        try:
            fcntl.fcntl(handle, fcntl.F_OFD_SETLK, lock)
        except OSError:
            waited = mode == msvcrt.LK_LOCK  # for ten seconds, then this is raised
            number = errno.EDEADLOCK if waited else errno.EACCES
            raise OSError(number, os.strerror(number)) from None

    msvcrt.locking = locking
    sys.modules["msvcrt"] = msvcrt
    import wechatpay_chain.utils.private_files  # before the platform is another

    assert "wechatpay_chain.utils.file_lock" not in sys.modules
    platform, sys.platform = sys.platform, "win32"
    try:
        import wechatpay_chain.utils.file_lock
    finally:
        sys.platform = platform
    assert wechatpay_chain.utils.file_lock.msvcrt is msvcrt


if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    take_away()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
