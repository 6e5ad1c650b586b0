"""The embedded server: private, durable, stopped with its owner, taken over when its owner was killed."""

from __future__ import annotations

import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from adapter.jobs import EmbeddedServerError, Job, Queue, embedded
from adapter.jobs import embedded as start

pytestmark = pytest.mark.integration


def answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


async def test_what_was_put_in_is_there_after_a_restart(tmp_path: Path) -> None:
    server = embedded(tmp_path / "jobs")
    try:
        async with Queue(server.url) as queue:
            await queue.publish([Job("pull", "vp-groen")])
    finally:
        server.stop()
    assert not answers(server.url)
    server.stop()
    again = embedded(tmp_path / "jobs")
    try:
        async with Queue(again.url) as queue:
            assert (await queue.depth()).waiting == 1
    finally:
        again.stop()


def test_it_stops_at_once_where_its_directory_is_gone(tmp_path: Path) -> None:
    server = embedded(tmp_path / "jobs")
    process = server._process
    assert process is not None
    shutil.rmtree(tmp_path / "jobs")
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 5, "asked politely it would be ten"
    assert process.poll() is not None


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    server = embedded(tmp_path / "jobs")
    try:
        folder = tmp_path / "jobs"
        for name, mode in ((".", 0o700), ("server.sock", 0o700), ("endpoint", 0o600)):
            assert stat.S_IMODE((folder / name).stat().st_mode) == mode, name
        with (
            pytest.raises(redis.AuthenticationError),
            redis.Redis(unix_socket_path=str(folder / "server.sock"), retry=Retry(NoBackoff(), 0)) as c,
        ):
            c.ping()
        assert "password" not in repr(server)
    finally:
        server.stop()


def test_a_second_process_uses_the_same_server(tmp_path: Path) -> None:
    first = embedded(tmp_path)
    try:
        second = start(tmp_path)
        assert second.url == first.url
        second.stop()
        assert answers(first.url)
    finally:
        first.stop()


CHILD = """
import sys, time
from pathlib import Path
from adapter.jobs import embedded
server = embedded(Path(sys.argv[1]))
print(server.url, flush=True)
sys.stdin.read()
"""


def child(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_it_stops_when_its_owner_ends(tmp_path: Path) -> None:
    with child(tmp_path) as owner:
        assert owner.stdout is not None
        url = owner.stdout.readline().strip()
        assert answers(url)
        owner.communicate()
    assert not answers(url)


def test_it_is_taken_over_when_its_owner_was_killed(tmp_path: Path) -> None:
    with child(tmp_path) as owner:
        assert owner.stdout is not None
        url = owner.stdout.readline().strip()
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    assert answers(url)
    heir = embedded(tmp_path)
    assert heir.url == url
    heir.stop()
    assert not answers(url)


def test_a_long_path_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    server = embedded(tmp_path / ("long" * 30) / 'with "quotes" and spaces')
    try:
        assert answers(server.url)
    finally:
        server.stop()


def test_a_binary_that_cannot_run_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "valkey-server"
    broken.write_text("#!/bin/sh\necho no such library\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(EmbeddedServerError, match=r"cannot run .*valkey-server: no such library; set \[jobs\] url"):
        embedded(tmp_path / "jobs")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(EmbeddedServerError, match="no server to embed"):
        embedded(tmp_path / "jobs")


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedServerError, match="cannot use the directory"):
        embedded(tmp_path / "file" / "jobs")
