"""Starts the database servers that Home Assistant's recorder knows, for the time of a test run.

Each runs in a temporary folder of its own, as a user without rights, and cannot be reached from another machine.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

PATIENCE = 60.0
_UNPRIVILEGED = ("nobody", "nogroup")


class NotHere(Exception):
    """A server cannot be started on this machine; the message says why."""


@dataclass
class Server:
    """A database server. `start` and `stop` keep its files. `end`: the signal that ends it, whoever is connected."""

    name: str
    folder: Path
    command: Sequence[str]
    root: URL
    end: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, cwd=self.folder, **_user())
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.run("SELECT 1")
            except SQLAlchemyError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise NotHere(f"{self.name} does not start: {self._log()}") from None
                time.sleep(0.05)
            else:
                return

    def stop(self, *, at_once: bool = False) -> None:
        """Shut down, or let it die as in a power cut."""
        if self.process is None:
            return
        if at_once:
            self.process.kill()
        else:
            self.process.send_signal(self.end)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE)
        self.process = None

    def run(self, *statements: str, database: str | None = None) -> list[tuple[object, ...]]:
        """Run statements, each in its own transaction, and return the rows of the last."""
        url = self.root.set(database=database) if database else self.root
        engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        rows: list[tuple[object, ...]] = []
        try:
            with engine.connect() as connection:
                for statement in statements:
                    result = connection.execute(text(statement))
                    rows = [tuple(row) for row in result] if result.returns_rows else []
        finally:
            engine.dispose()
        return rows

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """Give an empty database for a while, as the address that Home Assistant is configured with."""
        self.run(f"CREATE DATABASE {name}" + (" CHARACTER SET utf8mb4" if self.name == "MariaDB" else ""))
        try:
            yield self.root.set(database=name).render_as_string(hide_password=False)
        finally:
            with suppress(SQLAlchemyError):  # a test may have ended the server
                self.run(f"DROP DATABASE {name}" + ("" if self.name == "MariaDB" else " WITH (FORCE)"))

    def _log(self) -> str:
        lines = (self.folder / "log").read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it says nothing")


@contextmanager
def mariadb() -> Iterator[Server]:
    """Start a MariaDB server. Raises `NotHere`."""
    program, install = _find("mariadbd", "mysqld"), _find("mariadb-install-db", "mysql_install_db")
    with _folder() as folder:
        data, port = folder / "data", _free_port()
        _run(
            [
                install,
                "--no-defaults",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ]
        )
        command = [program, "--no-defaults", f"--datadir={data}", f"--socket={folder / 'socket'}"]
        # The driver speaks through Python's own sockets, of which tests may use only those of this machine
        command += ["--bind-address=127.0.0.1", f"--port={port}"]
        command += ["--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=2", "--innodb-fast-shutdown=1"]
        root = URL.create("mysql+pymysql", "root", host="127.0.0.1", port=port, query={"charset": "utf8mb4"})
        yield from _serve(Server("MariaDB", folder, command, root))


@contextmanager
def postgresql() -> Iterator[Server]:
    """Start a PostgreSQL server. Raises `NotHere`."""
    program, install = _find("postgres"), _find("initdb")
    with _folder() as folder:
        data = folder / "data"
        _run([install, "-D", str(data), "-U", "hunches", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"])
        command = [program, "-D", str(data), "-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
        root = URL.create("postgresql", "hunches", database="postgres", query={"host": str(folder)})
        yield from _serve(Server("PostgreSQL", folder, command, root, signal.SIGINT))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _serve(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _find(*names: str) -> str:
    debian = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    places = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", *debian))
    for name in names:
        if found := shutil.which(name, path=places):
            return found
    raise NotHere(f"{names[0]} is not installed (script/_servers installs it on Debian)")


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder that a user without rights may use; pytest's own are closed, and too deep for a socket."""
    with tempfile.TemporaryDirectory(prefix="hunches-") as name:
        if os.geteuid() == 0:
            shutil.chown(name, *_UNPRIVILEGED)
        yield Path(name)


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd="/", **_user())
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).split("\n") if line.strip()] or ["it says nothing"]
        raise NotHere(f"{Path(command[0]).name} failed: {lines[-1]}")


def _user() -> dict[str, str]:
    """Return how a process is started: these servers refuse to run as root."""
    return dict(zip(("user", "group"), _UNPRIVILEGED, strict=True)) if os.geteuid() == 0 else {}
