"""A throw-away PostgreSQL from the machine's own binaries: on loopback, in a temporary folder, gone with the tests."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from midwatch.store.database import Database
from midwatch.store.migrate import migrate

INSTALL = "no PostgreSQL binaries on this machine (on Debian: apt-get install postgresql)"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=150")
READY_S = 60
TEMPLATE = "midwatch_template"


class Server:
    """`empty` makes an empty database, `migrated` one that has the schema already. `kill` and `start` it as often as
    you like."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, command: list[str | Path], folder: Path) -> None:
        self.port = port
        self._process, self._command, self._folder = process, command, folder
        self._template = False

    def kill(self) -> None:
        """Without a word to anybody; what it had promised is on the disk."""
        self._process.kill()
        self._process.wait(READY_S)

    def start(self) -> None:
        """On the same port; its children of before may still be going."""
        for _ in range(50):
            self._process = _begin(self._command, self._folder, self.port)
            if _ready(self._process, self.port):
                return
            time.sleep(0.1)
        raise AssertionError(f"PostgreSQL does not start again: {(self._folder / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(3)  # SIGQUIT: at once, nothing of it is needed again
            self._process.wait(READY_S)

    def cut(self) -> None:
        """Every connection but this one."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = "
                "'midwatch'"
            )

    def url(self, name: str) -> str:
        return f"postgresql://midwatch@127.0.0.1:{self.port}/{name}"

    def empty(self, template: str = "template0") -> str:
        name = f"t{secrets.token_hex(6)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            make = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(make.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def migrated(self) -> str:
        """A copy of a database that was migrated once: a quarter of the time."""
        if not self._template:
            with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
            migrate(self.url(TEMPLATE))
            self._template = True
        return self.empty(TEMPLATE)

    def drop(self, url: str) -> None:
        name = url.rpartition("/")[2]
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def binaries() -> Path | None:
    """The newest installed version's."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: float(p.parts[-3]))
    if found:
        return found[-1].parent
    config = shutil.which("pg_config")
    if config is None:
        return None
    folder = Path(subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip())
    return folder if (folder / "postgres").exists() else None


@contextmanager
def running() -> Generator[Server]:
    """PostgreSQL refuses to run as root: then it runs as the user of its package."""
    found = binaries()
    if found is None:
        pytest.skip(INSTALL)
    folder = Path(tempfile.mkdtemp(prefix="midwatch-pg-"))
    command: list[str] = []
    if os.geteuid() == 0:
        user = _user()
        os.chown(folder, user.pw_uid, user.pw_gid)
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data = folder / "data"
    make = [
        *command,
        found / "initdb",
        "-D",
        data,
        "-A",
        "trust",
        "-U",
        "midwatch",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C",
    ]
    server = None
    try:
        subprocess.run(make, check=True, capture_output=True, cwd=folder)
        server = _start([*command, found / "postgres", "-D", data], folder)
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip(
            "PostgreSQL does not run as root and there is no user postgres (on Debian: apt-get install postgresql)"
        )


def _start(command: list[str | Path], folder: Path) -> Server:
    """Somebody else may take the free port before PostgreSQL does: then another one."""
    for _ in range(5):
        port = _free_port()
        process = _begin(command, folder, port)
        if _ready(process, port):
            return Server(process, port, command, folder)
    raise AssertionError(f"PostgreSQL does not start: {(folder / 'log').read_text()[-2000:]}")


def _begin(command: list[str | Path], folder: Path, port: int) -> subprocess.Popen[bytes]:
    settings = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *FAST]
    with (folder / "log").open("ab") as out:
        arguments = [*command, *(part for setting in settings for part in ("-c", setting))]
        return subprocess.Popen(arguments, stdout=out, stderr=out, cwd=folder, start_new_session=True)


def _ready(process: subprocess.Popen[bytes], port: int) -> bool:
    for _ in range(READY_S * 20):
        if process.poll() is not None:
            return False
        try:
            psycopg.connect(f"postgresql://midwatch@127.0.0.1:{port}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    process.kill()
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres() -> Generator[Server]:
    """One server for each worker of the tests, started when the first test asks for it."""
    with running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    """Of a database without a schema; for a file, of one that does not exist."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'midwatch.db'}"
        return
    server: Server = request.getfixturevalue("postgres")
    url = server.empty()
    yield url
    server.drop(url)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "migrated.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path) -> Generator[str]:
    """Of a database with the schema and without a row."""
    if request.param == "sqlite":
        shutil.copy(migrated_file, tmp_path / "midwatch.db")
        yield f"sqlite:///{tmp_path / 'midwatch.db'}"
        return
    server: Server = request.getfixturevalue("postgres")
    made = server.migrated()
    yield made
    server.drop(made)


@pytest.fixture
async def db(url: str) -> AsyncGenerator[Database]:
    with Database.open(url) as opened:
        yield opened
