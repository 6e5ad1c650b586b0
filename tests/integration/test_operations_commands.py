"""`adapter audit` and `adapter keys` as an administrator runs them; and no secret stands in a configuration file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapter.access import SYSTEM, Action, AuditEvent, AuditLog, Context, EventType, Purpose
from adapter.bootstrap.keeping import keeping
from adapter.bootstrap.secrets import secrets_in
from adapter.cli.app import app
from adapter.model.wire import from_json

pytestmark = pytest.mark.integration

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ADAPTER_MASTER_KEY", "ADAPTER_MASTER_KEY_OLDER"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "adapter.toml"
    path.write_text('[store]\nurl = "sqlite:///a.db"\n[igo]\nregister = "igo.toml"\n', "utf-8")
    return path


def logged(config: Path, *ages: int) -> None:
    with keeping(config) as kept:
        log = AuditLog(kept.store)
        ctx = Context(SYSTEM, Purpose.HOPERAT)
        log.record(*(log.event(ctx, EventType.START, Action.EXECUTE, NOW - timedelta(days=age)) for age in ages))


def run(*arguments: str, config: Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*arguments, "--config", str(config)])
    return result.exit_code, result.output


def test_a_whole_log_and_its_head(config: Path) -> None:
    logged(config, 2, 1)
    status, head = run("audit", "head", config=config)
    assert (status, head[:2]) == (0, "2:")
    logged(config, 0)
    status, text = run("audit", "verify", "--head", head.strip(), config=config)
    assert (status, "whole: lines 1 to 3" in text) == (0, True)
    wrong = f"2:{'0' * 64}"
    assert run("audit", "verify", "--head", wrong, config=config)[0] == 1
    assert run("audit", "verify", "--head", "x", config=config)[0] == 2


def test_a_broken_line_is_named(config: Path) -> None:
    logged(config, 2, 1)
    with keeping(config) as kept, kept.store._ledger.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.exec_driver_sql("UPDATE audit SET recorded = recorded + 1 WHERE position = 2")
    status, text = run("audit", "verify", config=config)
    assert (status, "BROKEN at line 2: it was changed" in text) == (1, True)
    assert '"broken":2' in run("audit", "verify", "--json", config=config)[1]


def test_pruning_keeps_five_years_and_says_what_it_did(config: Path) -> None:
    logged(config, 2000, 1900, 1800, 1)
    with keeping(config) as kept:
        assert kept.prune(NOW) == 2
        assert kept.prune(NOW) == 0
        assert kept.store.prove_audit().first == 3
        last = from_json(AuditEvent, kept.store.audit(limit=1)[0])
    assert (last.type, last.query) == (EventType.REMOVE, "lines=2")
    assert run("audit", "prune", config=config)[0] == 0


def test_fewer_than_five_years_cannot_be_configured(config: Path) -> None:
    config.write_text(config.read_text() + '[access]\nissuer = "https://x.example"\n[access.limits]\nlog_years = 4\n')
    status, text = run("audit", "prune", config=config)
    assert (status, "log_years" in text) == (2, True)


def test_the_master_key_is_changed_by_commands(config: Path) -> None:
    logged(config, 1)
    file = config.parent / "a.key"
    before = file.read_text()
    status, text = run("keys", "status", config=config)
    assert (status, "in use: wraps 3 data keys" in text) == (0, True)
    assert "3 data keys wrapped under" in run("keys", "rotate", config=config)[1]
    assert len(file.read_text().splitlines()) == 2
    assert "older: wraps 0" in run("keys", "status", config=config)[1]
    assert "0 data keys" in run("keys", "rewrap", config=config)[1]
    assert "taken out" in run("keys", "drop", config=config)[1]
    assert before.strip() not in file.read_text()
    assert "every key is still needed" in run("keys", "drop", config=config)[1]
    assert run("audit", "verify", config=config)[0] == 0


def test_with_keys_in_the_environment_it_says_how(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADAPTER_MASTER_KEY", "ab" * 32)
    for command in ("rotate", "drop"):
        status, text = run("keys", command, config=config)
        assert (status, "ADAPTER_MASTER_KEY_OLDER" in text.replace("\n", " ")) == (2, True)
    monkeypatch.setenv("ADAPTER_MASTER_KEY", "cd" * 32)
    monkeypatch.setenv("ADAPTER_MASTER_KEY_OLDER", "ab" * 32)
    assert "3 data keys wrapped" in run("keys", "rewrap", config=config)[1]
    monkeypatch.delenv("ADAPTER_MASTER_KEY_OLDER")
    assert run("keys", "status", config=config)[0] == 0


SECRETS = [
    'url = "postgresql+psycopg://adapter:hunter2@db/adapter"',
    'url = "redis://:hunter2@redis:6379/0"',
    'url = "postgresql+psycopg://adapter@db/adapter?sslmode=require&password=hunter2"',
    'url = "postgresql+psycopg://adapter@db/adapter?sslpassword=hunter2"',
    'url = "redis://localhost:6379/0?pass%77ord=geheim"',
    'url = "unix:///run/redis.sock?Password=geheim"',
    'base_url = "https://epd.example/fhir?access_token=hunter2"',
    'client_secret = "kort"',
    'token = "x"',
    'wachtwoord = "geheim"',
    'note = "-----BEGIN EC PRIVATE KEY-----"',
    'note = "eyJhbGciOiJub25l.eyJzdWIiOiJ4In0."',
    'header = "Bearer abcdefghijkl"',
    'key_id = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
    'value = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="',
    'list = ["fine", "Basic dXNlcjpwYXNz"]',
]


@pytest.mark.parametrize("line", SECRETS)
def test_what_looks_like_a_secret_is_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    path = tmp_path / "adapter.toml"
    path.write_text(f"[part.inner]\n{line}\n", "utf-8")
    (problem,) = secrets_in(path)
    assert problem.where.startswith(f"{path}: part.inner.")
    assert "secrets do not stand in this file" in problem.what
    for secret in ("hunter2", "geheim", "eyJ", "9f86d081", "q83v", "dXNl"):
        assert secret not in f"{problem}"


@pytest.mark.parametrize(
    "line",
    [
        'url = "postgresql+psycopg://adapter@db.example.nl:5432/adapter"',
        'url = "redis://redis:6379/0"',
        'url = "postgresql+psycopg://adapter@db/adapter?sslmode=verify-full&passfile=/run/secrets/pgpass"',
        'url = "https://as.example/keys?token_endpoint=x"',
        'base_url = "https://epd.verloskundigenpraktijk-de-lange-naam.example/fhir/stu3"',
        'token_env = "EPD_GROEN_TOKEN"',
        'client_secret_file = "/run/secrets/oidc"',
        'name = "Verloskundig Samenwerkingsverband Noord-Kennemerland en omstreken"',
        'client_id = "5b0e8a57-7c57-4f3a-9f5e-5f8f6a2f1c01"',
        'token_url = "https://as.example/token"',
        'role_claim = "https://example.nl/claims/functie-in-de-organisatie"',
        'scopes = ["system/EpisodeOfCare.rs", "system/Observation.rs?category=laboratory"]',
        'id = "verloskundigenpraktijk-de-ooievaar-in-amsterdam"',
    ],
)
def test_what_belongs_there_is_left_alone(tmp_path: Path, line: str) -> None:
    path = tmp_path / "adapter.toml"
    path.write_text(line, "utf-8")
    assert secrets_in(path) == []


def test_check_refuses_a_secret(config: Path) -> None:
    config.write_text(config.read_text() + '[jobs]\nurl = "redis://:hunter2@localhost:6379/0"\n', "utf-8")
    status, text = run("check", config=config)
    assert (status, "jobs.url: this address holds a password" in text.replace("\n", " ")) == (2, True)
    assert "hunter2" not in text


def test_check_does_not_repeat_a_secret_where_the_name_of_a_variable_belongs(config: Path) -> None:
    token = "eyJhbGciOiJub25l.eyJzdWIiOiJ4In0."
    introspection = f'url = "https://as.example/introspect"\naudience = "adapter"\ntoken_env = "{token}"\n'
    source = '[[source]]\nid = "vp"\nname = "VP"\nura = "90000382"\ndialect = "nl-core-r4"\nbase_url = "https://vp.example/fhir"\n'
    source += f'[source.auth]\nmethod = "bearer"\ntoken_env = "{token}"\n'
    access = f'[access]\nissuer = "https://adapter.example"\n[access.introspection]\n{introspection}'
    config.write_text(config.read_text() + access + source, "utf-8")
    status, text = run("check", config=config)
    assert (status, text.replace("\n", " ").count("names no variable")) == (2, 2)
    assert "eyJ" not in text
