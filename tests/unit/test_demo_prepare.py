"""`adapter dev demo`: what it writes, keeps, and refuses."""

from __future__ import annotations

import socket
from datetime import date

import pytest
import typer

from adapter.bootstrap import load
from adapter.cli import demo


def test_a_region_is_kept_as_long_as_nothing_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "today", lambda: date(2026, 11, 22))  # the test may run through midnight
    folder = tmp_path / "demo"
    config = demo.prepare(folder, 0, 1)
    assert load(config, {}).simulation.days_back == 846
    kept = folder / "var" / "adapter.db"
    kept.parent.mkdir(exist_ok=True)
    kept.touch()
    assert demo.prepare(folder, 0, 1) == config
    assert kept.exists()
    demo.prepare(folder, 0, 2)
    assert not kept.exists()
    kept.parent.mkdir(exist_ok=True)
    kept.touch()
    monkeypatch.setattr(demo, "today", lambda: date(2026, 11, 23))
    demo.prepare(folder, 0, 2)
    assert not kept.exists()


@pytest.fixture
def no_epds(monkeypatch):
    monkeypatch.setattr(demo, "EPDS", ())


def test_a_folder_with_something_else_is_never_deleted(tmp_path, no_epds, capsys):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").touch()
    with pytest.raises(typer.Exit) as ended, demo.alone(tmp_path / "demo", None):
        pass
    assert ended.value.exit_code == 2
    assert "would be deleted" in capsys.readouterr().err


def test_a_second_demonstration_in_one_folder_is_refused(tmp_path, no_epds, capsys):
    with (
        demo.alone(tmp_path / "demo", None),
        pytest.raises(typer.Exit) as ended,
        demo.alone(tmp_path / "demo", None),
    ):
        pass
    assert ended.value.exit_code == 2
    assert "another demonstration runs" in capsys.readouterr().err


def test_a_port_in_use_is_said_before_anything_is_written(tmp_path, no_epds, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(typer.Exit) as ended, demo.alone(tmp_path / "demo", port):
            pass
    assert ended.value.exit_code == 2
    assert f"port {port} is in use" in capsys.readouterr().err
