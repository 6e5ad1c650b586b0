"""The configuration file and the environment: every key has a variable, and every fault is named without its value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapter.bootstrap.settings import AuthSettings, Settings, SourceSettings, load
from adapter.service.port import ConfigurationError

SECRET = "zeer-geheim"
TEXT = """
[store]
url = "sqlite:///var/adapter.db"
[serve]
port = 8081
[[source]]
id = "vp-groen"
name = "Praktijk 't Groen"
agb = "08001234"
base_url = "http://127.0.0.1:9001/fhir"
dialect = "nictiz-geboortezorg-stu3"
[[source]]
id = "vp"
name = "Praktijk"
ura = "00001234"
kind = "files"
path = "vp"
dialect = "nl-core-r4"
[igo]
register = "igo.toml"
"""


@pytest.fixture
def written(tmp_path):
    def write(text: str = TEXT) -> Path:
        path = tmp_path / "adapter.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def faults(path: Path, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigurationError) as found:
        load(path, environment or {})
    lines = [f"{p.source or '-'} | {p.where} | {p.what} | {p.advice}" for p in found.value.problems]
    assert SECRET not in "".join(lines) + str(found.value) + repr(found.value)
    return lines


def test_paths_are_relative_to_the_file(written, tmp_path):
    settings = load(written(), {})
    assert settings.store.url == f"sqlite:///{tmp_path}/var/adapter.db"
    assert settings.jobs.directory == tmp_path / "var/redis"
    assert settings.source[1].path == tmp_path / "vp"
    assert settings.igo.register_file == tmp_path / "igo.toml"


def test_without_a_section_the_defaults_hold(written):
    settings = load(written('[igo]\nregister = "igo.toml"'), {})
    assert (settings.jobs.url, settings.serve.host, settings.serve.port) == ("embedded", "127.0.0.1", 8080)


@pytest.mark.parametrize(
    ("variable", "value", "read"),
    [
        ("ADAPTER_STORE_URL", "postgresql+psycopg://a@h/d", lambda s: s.store.url),
        ("ADAPTER_STORE_KEY_FILE", "/keys/master", lambda s: str(s.store.key_file)),
        ("ADAPTER_JOBS_URL", "redis://h:6379/1", lambda s: s.jobs.url),
        ("ADAPTER_JOBS_DIRECTORY", "/var/lib/redis", lambda s: str(s.jobs.directory)),
        ("ADAPTER_SERVE_PORT", "9999", lambda s: str(s.serve.port)),
        ("ADAPTER_LOG_FORMAT", "json", lambda s: s.log.format),
        ("ADAPTER_IGO_REGISTER", "/etc/igo.toml", lambda s: str(s.igo.register_file)),
        ("ADAPTER_SIMULATION_DAYS_BACK", "3", lambda s: str(s.simulation.days_back)),
        ("ADAPTER_MAPPINGS", "/etc/mappings", lambda s: str(s.mappings)),
        ("ADAPTER_SOURCE_VP_GROEN_BASE_URL", "https://epd.example/fhir", lambda s: s.source[0].base_url),
        ("ADAPTER_SOURCE_VP_GROEN_TIMEOUT_SECONDS", "7.5", lambda s: str(s.source[0].timeout_seconds)),
        ("ADAPTER_SOURCE_VP_GROEN_AUTH_TOKEN_ENV", "GROEN_TOKEN", lambda s: s.source[0].auth.token_env),
        ("ADAPTER_SOURCE_VP_PATH", "/data/vp", lambda s: str(s.source[1].path)),
    ],
)
def test_a_variable_wins_from_the_file(written, variable, value, read):
    assert read(load(written(), {variable: value})) == value


def test_every_key_has_a_variable_that_is_known(written):
    """An unsound value is refused as a value; only a variable that belongs to no key is refused as such."""
    names = [f"ADAPTER_SOURCE_VP_{key.upper()}" for key in SourceSettings.model_fields if key != "auth"]
    names += [f"ADAPTER_SOURCE_VP_AUTH_{key.upper()}" for key in AuthSettings.model_fields]
    for section, field in Settings.model_fields.items():
        if section not in ("source", "mappings", "access"):
            keys = [f.alias or n for n, f in field.annotation.model_fields.items()]
            names += [f"ADAPTER_{section}_{key}".upper() for key in keys]
    assert len(names) > 25
    for name in names:
        try:
            load(written(), {name: "1"})
        except ConfigurationError as error:
            assert "no key" not in str(error) and "no source" not in str(error), name


def test_all_sources_as_one_document(written):
    source = {"id": "kz", "name": "K", "agb": "33001234", "kind": "files", "path": "kz", "dialect": "nl-core-r4"}
    settings = load(written(), {"ADAPTER_SOURCE": json.dumps([source]), "ADAPTER_SOURCE_KZ_NAME": "Kraamzorg"})
    assert [(s.id, s.name) for s in settings.source] == [("kz", "Kraamzorg")]


def test_empty_variables_and_those_of_others_do_nothing(written):
    assert load(written(), {"ADAPTER_STORE_URL": "", "ADAPTER_MASTER_KEY": "x", "PATH": "/bin"}) == load(written(), {})


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"ADAPTER_SERVE_PORT": "poort"}, "environment: ADAPTER_SERVE_PORT"),
        ({"ADAPTER_SERVE_PROT": "1"}, "environment: ADAPTER_SERVE_PROT | [serve] has no key prot; it has "),
        ({"ADAPTER_SERVE_FRAME_ANCESTORS": "https://a.nl/*"}, "environment: ADAPTER_SERVE_FRAME_ANCESTORS | give orig"),
        ({"ADAPTER_STORE_URL": f"mysql://u:{SECRET}@h/d"}, "environment: ADAPTER_STORE_URL | use sqlite:///path or"),
        ({"ADAPTER_JOBS_URL": f"amqp://u:{SECRET}@h"}, "environment: ADAPTER_JOBS_URL | use "),
        ({"ADAPTER_LOG_LEVEL": SECRET}, "environment: ADAPTER_LOG_LEVEL"),
        ({"ADAPTER_SOURCE": f"[{SECRET}"}, "environment: ADAPTER_SOURCE | not valid JSON at character 1"),
        ({"ADAPTER_SOURCE": f'"{SECRET}"'}, "environment: ADAPTER_SOURCE: source | this must be a list"),
        (
            {"ADAPTER_SOURCE": '[{"id": "kz", "dialect": "x"}]'},
            "kz | environment: ADAPTER_SOURCE: source.0.name | this key is missing",
        ),
        ({"ADAPTER_SOURCE_VP_GROEN_KIND": SECRET}, "vp-groen | environment: ADAPTER_SOURCE_VP_GROEN_KIND"),
        ({"ADAPTER_SOURCE_VP_GROEN_WHAT": SECRET}, "environment: ADAPTER_SOURCE_VP_GROEN_WHAT | there is no source"),
        ({"ADAPTER_SOURCE_NOBODY_NAME": SECRET}, "environment: ADAPTER_SOURCE_NOBODY_NAME | there is no source"),
    ],
)
def test_a_fault_in_the_environment_names_the_variable(written, environment, expected):
    [line] = faults(written(), environment)
    assert expected in line


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('[igo]\nregister = "igo.toml"', ""), "igo | this key is missing | add [igo] with register"),
        (('register = "igo.toml"', ""), "igo.register | this key is missing"),
        (("port = 8081", "port = 80810"), "serve.port"),
        (("port = 8081", "prot = 8081"), "serve.prot | there is no such key"),
        (("[serve]", "[server]"), "server | there is no such key"),
        (("sqlite:///var/adapter.db", f"oracle://{SECRET}"), "store.url | use sqlite"),
        (('id = "vp-groen"', 'id = "VP Groen"'), "source.0.id"),
        (('id = "vp-groen"', 'id = "vp"'), "(file) | two sources have the same id: vp"),
        (('agb = "08001234"', 'agb = "acht"'), "vp-groen | "),
        (('agb = "08001234"', ""), "give the agb and/or the ura"),
        (('base_url = "http://127.0.0.1:9001/fhir"', ""), "needs base_url"),
        (('path = "vp"', ""), "needs path"),
        (('kind = "files"', 'kind = "push"'), "a source of kind push is never asked: leave out path"),
        (('path = "vp"', 'path = "vp"\nwomen = "list"'), "needs women_file"),
        (('path = "vp"', 'path = "vp"\nauth = "geen"'), "source.1.auth | this must be a table"),
        (("[serve]\nport = 8081", "serve = 3"), "adapter.toml"),
    ],
)
def test_a_fault_in_the_file_names_file_and_key(written, change, expected):
    [line] = faults(written(TEXT.replace(*change)))
    assert expected in line
    assert "adapter.toml" in line


def test_all_faults_are_named_at_once(written):
    text = TEXT.replace("port = 8081", "port = 0").replace('name = "Praktijk"', "").replace("register", "registre")
    assert len(faults(written(text))) == 4


def test_one_table_for_the_sources_is_refused_with_advice(written):
    [line] = faults(written('[source]\nid = "vp"\n[igo]\nregister = "igo.toml"'))
    assert "write each source as a table of its own: [[source]]" in line


def test_bad_toml_is_named_by_its_line(written):
    [line] = faults(written("[store]\nurl = \n"))
    assert "adapter.toml | not valid TOML" in line
    assert "line 2" in line


def test_a_file_that_is_not_there_a_folder_and_no_text(tmp_path):
    assert "does not exist" in faults(tmp_path / "no.toml")[0]
    assert "folder" in faults(tmp_path)[0]
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    assert "not valid TOML" in faults(tmp_path / "binary.toml")[0]
