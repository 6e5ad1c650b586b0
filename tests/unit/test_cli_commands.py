"""The command line: what goes where, and with which exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from adapter import bootstrap
from adapter.cli import app as commands
from adapter.cli.app import app
from adapter.model import wire
from adapter.model.sources import Problem, SourceState
from adapter.service.port import ConfigurationError
from doors import sample as SAMPLE


@pytest.fixture
def application(monkeypatch):
    made = SAMPLE.SampleApplication()
    monkeypatch.setattr(bootstrap, "open_application", lambda config=None: made)
    return made


@pytest.fixture
def all_well(application):
    application.reported = [r for r in SAMPLE.REPORTS if r.source == "stadsziekenhuis"]
    return application


def adapter(*arguments: str, given: str | None = None):
    return CliRunner().invoke(app, list(arguments), input=given)


def test_run_once_prints_one_json_document_in_the_published_shape(all_well):
    result = adapter("run", "--once", "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert set(document) == {"sources", "pregnancies", "problems"}
    assert document["pregnancies"][0] == {
        "care_path": wire.to_data(SAMPLE.PATH),
        "decision": wire.to_data(SAMPLE.DECISION),
    }
    assert len(document["pregnancies"]) == 5
    assert document["sources"][0]["state"] == "answered"


def test_run_once_prints_a_table_with_what_was_decided(all_well):
    result = adapter("run", "--once")
    for expected in ("24+3", "miskraam", "niet-IGO", "geboortezorg nataal", "zw-bakker-1", "Uitgerekende datum"):
        assert expected in result.stdout


def test_a_failed_source_is_status_1_and_its_problem_goes_to_standard_error(application):
    result = adapter("run", "--once", "--json")
    assert result.exit_code == 1
    assert [p["source"] for p in json.loads(result.stdout)["problems"]] == ["vp-groen", "kraam-lente"]
    assert "geen verbinding binnen 10 seconden (controleer base_url)" in result.stderr


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 0),
        ({"state": SourceState.REFUSED}, 1),
        ({"invalid": 1}, 1),
        ({"problems": (Problem("x", "search", "not offered", severity="warning"),)}, 0),
    ],
)
def test_the_exit_status_says_whether_every_source_answered_well(all_well, change, status):
    all_well.reported = [replace(all_well.reported[0], **change)]
    assert adapter("pull").exit_code == status


def test_the_application_is_closed_whatever_happens(application):
    assert adapter("show", "nobody").exit_code == 2
    assert application.closed


def test_show_prints_the_care_path(application):
    assert json.loads(adapter("show", "zw-bakker-1", "--json").stdout) == wire.to_data(SAMPLE.PATH)
    text = adapter("show", "zw-bakker-1").stdout
    for expected in ("termijn 24+3", "ONVOLLEDIG", "vp-groen Observation/edd-1", "Stadsziekenhuis", "19 nov 2024"):
        assert expected in text


def test_an_unknown_pregnancy_is_wrong_usage_in_one_line(application):
    result = adapter("show", "nobody")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1


def test_decide_gives_every_reason(application):
    assert len(json.loads(adapter("decide", "--json").stdout)["decisions"]) == 5
    text = adapter("decide").stdout
    for expected in ("IGO (voorlopig, eigen lezing)", "NR/REG-2312, art. 4", "geverifieerd", "wordt IGO als"):
        assert expected in text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("decide", "--as-of", "gisteren"), "--as-of"),
        (("decide", "--known-at", "2024-07-29"), "--known-at"),
        (("rulebook", "--on", "2024"), "--on"),
        (("run", "--config", "nowhere.toml"), "nowhere.toml"),
        (("check", "--config", "nowhere.toml"), "nowhere.toml"),
        (("pull", "--source", "nothing"), "nothing"),
        (("run", "--host", "0.0.0.0"), "127.0.0.1"),
        (("dance",), "dance"),
    ],
)
def test_wrong_usage_is_status_2_and_says_what_is_wrong(application, arguments, expected):
    result = adapter(*arguments)
    assert result.exit_code == 2
    assert expected in result.stderr
    assert "Traceback" not in result.stderr


def test_day_and_instant_reach_the_application(application):
    adapter("show", "zw-bakker-1", "--as-of", "2024-07-01", "--known-at", "2024-07-01T12:00:00Z")
    assert [str(given) for given in application.asked[-1][2:]] == ["2024-07-01", "2024-07-01 12:00:00+00:00"]


def test_bsns_come_from_standard_input_and_are_never_repeated(all_well):
    result = adapter("pull", "--bsn-stdin", "--source", "stadsziekenhuis", given=f"{SAMPLE.BSN}\n\n111222333\n")
    assert result.exit_code == 0
    _, sources, bsns = all_well.asked[-1]
    assert (sources, [b.value for b in bsns]) == (["stadsziekenhuis"], [SAMPLE.BSN, "111222333"])
    assert SAMPLE.BSN not in result.output


def test_a_bad_bsn_is_named_by_its_line(all_well):
    result = adapter("pull", "--bsn-stdin", given=f"{SAMPLE.BSN}\n123456789\n")
    assert result.exit_code == 2
    assert "line 2" in result.stderr
    assert "123456789" not in result.output


def test_configuration_faults_are_listed_and_are_status_2(monkeypatch):
    def broken(config=None):
        raise ConfigurationError(
            [Problem(None, "adapter.toml: source.dialect", "no such dialect"), Problem(None, "igo.toml", "no agb")]
        )

    monkeypatch.setattr(bootstrap, "open_application", broken)
    result = adapter("run", "--once")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "error: adapter.toml: source.dialect: no such dialect",
        "error: igo.toml: no agb",
    ]


def test_an_unexpected_error_is_one_line_without_what_it_held(application, monkeypatch, capsys):
    async def broken(**_):
        raise RuntimeError(f"about {SAMPLE.BSN}")

    monkeypatch.setattr(application, "pull", broken)
    monkeypatch.setattr(sys, "argv", ["adapter", "run", "--once"])
    with pytest.raises(SystemExit) as ended:
        commands.main()
    assert ended.value.code == 1
    heard = capsys.readouterr()
    assert "RuntimeError" in heard.err
    assert SAMPLE.BSN not in heard.err + heard.out


def test_rulebook_writes_markdown_to_a_folder(tmp_path):
    result = adapter("rulebook", "--on", "2024-07-29", "--out", str(tmp_path / "book"))
    assert result.exit_code == 0
    assert (tmp_path / "book" / "rulebook-2024-07-29.md").read_text("utf-8").startswith("#")


def test_a_folder_that_cannot_be_written_to_is_wrong_usage(tmp_path):
    (tmp_path / "file").write_text("")
    result = adapter("rulebook", "--out", str(tmp_path / "file" / "book"))
    assert result.exit_code == 2
    assert "--out" in result.stderr


@pytest.mark.parametrize("command", [("run", "--once"), ("decide",), ("show", "zw-bakker-1")])
def test_no_control_sequence_of_a_source_reaches_the_terminal(all_well, monkeypatch, command):
    evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eKwaad"
    path = replace(all_well.care_path(None, "zw-bakker-1"), woman=replace(SAMPLE.PATH.woman, name=evil))
    page = all_well.pregnancies(None, as_of=None, known_at=None, offset=0, limit=200)
    items = tuple(replace(item, woman_name=evil, organisations=(evil,)) for item in page.items)
    monkeypatch.setattr(all_well, "care_path", lambda *_, **__: path)
    monkeypatch.setattr(all_well, "pregnancies", lambda *_, **__: replace(page, items=items))
    all_well.reported = [
        replace(r, problems=(Problem("x", evil, evil, severity="warning"),)) for r in all_well.reported
    ]
    result = adapter(*command)
    assert result.exit_code == 0
    assert not {"\x1b", "\x9b", "\x07", "\u202e"} & set(result.stdout + result.stderr)


def test_help_is_quick_because_nothing_heavy_is_imported():
    code = (
        "import sys, adapter.cli; print([m for m in ('fhir', 'sqlalchemy', 'fastapi', 'uvicorn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_python_m_adapter_is_the_same_command():
    done = subprocess.run([sys.executable, "-m", "adapter", "--help"], capture_output=True, text=True, check=True)
    assert "rulebook" in done.stdout


def test_show_tells_what_the_decision_knows(all_well):
    """Beside the care path, or alone: the dossier that goes with the rulebook has no name and no clinical value."""
    whole = adapter("show", "zw-bakker-1")
    alone = adapter("show", "zw-bakker-1", "--payment")
    assert SAMPLE.PATH.woman.name in whole.stdout and SAMPLE.PATH.woman.name not in alone.stdout
    assert alone.stdout in whole.stdout
    for title in ("Organisaties", "Fasen", "Verantwoordelijk", "Zorg", "Verzekering", "Kraamzorg", "Bronnen"):
        assert f"\n{title}\n" in alone.stdout
    assert "UZOVI 1000, verzekerd, van" in alone.stdout
    assert adapter("show", "zw-bakker-1", "--payment", "--json").stdout.startswith('{"pregnancy":"zw-bakker-1"')


def test_rulebook_names_what_differs_from_another_day():
    said = adapter("rulebook", "--on", "2026-06-01", "--against", "2021-06-01")
    assert said.exit_code == 0 and "## Verschillen met 2021-06-01" in said.stdout
    assert adapter("rulebook", "--against", "lang geleden").exit_code == 2
