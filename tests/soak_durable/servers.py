"""A database server of the soak's own, which it kills and starts again."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

__all__ = ["KINDS", "Server", "started"]

KINDS = ("sqlite", "postgresql", "mariadb")


class Server(Protocol):
    """A database that processes connect to.

    Attributes:
        url: for SQLAlchemy's sync driver.
    """

    url: str

    def restart(self) -> None:
        """Kill it, and start it again with what it had committed."""
        ...


class SQLite:
    """A file; there is no server that could restart."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder}/shop.db?timeout=30"
        with sa.create_engine(self.url, poolclass=NullPool).connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")

    def restart(self) -> None:
        return


class Process(ABC):
    """A server process; `kill -9` is how it ends."""

    def __init__(self, folder: Path, port: int, url: str) -> None:
        self._folder, self._port, self.url = folder, port, url
        self._process = self._start()

    @abstractmethod
    def command(self) -> list[str]:
        """The program that serves, and its arguments."""

    def restart(self) -> None:
        self.kill()
        self._process = self._start()

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            self.command(),
            stdout=subprocess.DEVNULL,
            stderr=(self._folder / "server.log").open("ab"),
            start_new_session=True,
            **owner(),
        )
        deadline = time.monotonic() + 60
        while not self._responds():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._folder / "server.log").read_text()[-2000:])
            time.sleep(0.1)
        return process

    def _responds(self) -> bool:
        engine = sa.create_engine(self.url, poolclass=NullPool)
        try:
            with engine.connect():
                return True
        except sa.exc.OperationalError:
            return False


class PostgreSQL(Process):
    def __init__(self, folder: Path, port: int) -> None:
        self._binaries = max(Path("/usr/lib/postgresql").glob("*/bin"))
        self._data = folder / "data"
        subprocess.run(
            [self._binaries / "initdb", "-D", self._data, "-A", "trust", "-U", "postgres", "-N"],
            check=True,
            stdout=subprocess.DEVNULL,
            **owner(),
        )
        url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        super().__init__(folder, port, url)

    def command(self) -> list[str]:
        given = [f"port={self._port}", "listen_addresses=127.0.0.1", "max_connections=200"]
        given.append(f"unix_socket_directories={self._folder}")
        options = [word for each in given for word in ("-c", each)]
        (self._data / "postmaster.pid").unlink(missing_ok=True)  # of the one that was killed
        return [str(self._binaries / "postgres"), "-D", str(self._data), *options]


class MariaDB(Process):
    def __init__(self, folder: Path, port: int) -> None:
        self._data = folder / "data"
        subprocess.run(
            [
                "mariadb-install-db",
                "--no-defaults",
                f"--datadir={self._data}",
                "--auth-root-authentication-method=normal",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **owner(),
        )
        super().__init__(folder, port, f"mysql+pymysql://root@127.0.0.1:{port}/test")

    def command(self) -> list[str]:
        return [
            "mariadbd",
            "--no-defaults",
            f"--datadir={self._data}",
            f"--port={self._port}",
            "--bind-address=127.0.0.1",
            f"--socket={self._folder}/server.sock",
            f"--pid-file={self._folder}/server.pid",
            "--max-connections=200",
        ]


def owner() -> dict[str, str]:
    """Whom a server runs as: PostgreSQL does not run as root."""
    return {"user": "postgres"} if os.getuid() == 0 else {}


@contextlib.contextmanager
def started(kind: str) -> Iterator[Server]:
    """A server that runs until the end of the block, and leaves nothing."""
    folder = Path(tempfile.mkdtemp(prefix=f"soak-{kind}-"))
    if kind != "sqlite" and os.getuid() == 0:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    server: Server | None = None
    try:
        if kind == "sqlite":
            server = SQLite(folder)
        else:
            server = (PostgreSQL if kind == "postgresql" else MariaDB)(folder, free_port())
        yield server
    finally:
        if isinstance(server, Process):
            server.kill()
        shutil.rmtree(folder)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
