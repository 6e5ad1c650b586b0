"""`adapter check`: every fault in configuration, register and mappings is named, and nothing is opened."""

from __future__ import annotations

import shutil

import pytest
from typer.testing import CliRunner

from adapter.bootstrap import data_folder
from adapter.cli.app import app

CONFIG = """
[store]
url = "sqlite:///adapter.db"
[[source]]
id = "vp"
name = "Praktijk"
agb = "08001234"
kind = "files"
path = "vp"
dialect = "nl-core-r4"
[igo]
register = "igo.toml"
"""
REGISTER = """
[igo]
name = "IGO Voorbeeld"
agb = "53000001"
[[member]]
name = "Praktijk"
agb = "08001234"
discipline = "verloskunde"
from = 2017-01-01
[[member]]
name = "Ziekenhuis"
agb = "06001234"
discipline = "ziekenhuis"
from = 2017-01-01
[[member]]
name = "Kraamzorg"
agb = "33001234"
discipline = "kraamzorg"
from = 2017-01-01
[[contract]]
uzovi = ["1000"]
from = 2024-01-01
to = 2024-12-31
"""


@pytest.fixture
def check(tmp_path):
    (tmp_path / "vp").mkdir()

    def run(config: str = CONFIG, register: str | None = REGISTER):
        (tmp_path / "adapter.toml").write_text(config, "utf-8")
        if register is not None:
            (tmp_path / "igo.toml").write_text(register, "utf-8")
        result = CliRunner().invoke(app, ["check", "--config", str(tmp_path / "adapter.toml")])
        assert not (tmp_path / "adapter.db").exists()
        return result

    return run


def test_all_well(check):
    result = check()
    assert (result.exit_code, result.stdout) == (0, "errors: 0, warnings: 0\n")


def test_an_igo_that_misses_a_discipline_is_a_warning(check):
    result = check(register=REGISTER.replace('discipline = "kraamzorg"', 'discipline = "echoscopie"'))
    assert result.exit_code == 0
    assert "igo.toml: member: no member of discipline kraamzorg" in result.stdout
    assert "errors: 0, warnings: 1" in result.stdout


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('agb = "53000001"', ""), "igo.toml: igo.agb: this key is missing"),
        (('discipline = "verloskunde"', 'discipline = "tandheelkunde"'), "igo.toml: member.0: discipline"),
        (("from = 2017-01-01", 'from = "ooit"'), "igo.toml: member.0.from"),
        (("to = 2024-12-31", "to = 2023-12-31"), "igo.toml: contract.0"),
        (('name = "IGO Voorbeeld"', "name = "), "igo.toml: not valid TOML"),
    ],
)
def test_a_fault_in_the_register_names_file_and_key(check, change, expected):
    result = check(register=REGISTER.replace(*change))
    assert result.exit_code == 2
    assert expected in result.stdout


def test_a_register_that_is_not_there(check):
    result = check(register=None)
    assert result.exit_code == 2
    assert "igo.toml: this file does not exist (see [igo] register in your configuration)" in result.stdout


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('dialect = "nl-core-r4"', 'dialect = "frysk"'), "there is no dialect 'frysk'; there are"),
        (('path = "vp"', 'path = "elsewhere"'), "there is no file or folder"),
        (
            ('kind = "files"\npath = "vp"', 'base_url = "https://x/fhir"\nauth.method = "mtls"'),
            "auth method 'mtls' is not supported yet",
        ),
        (
            (
                'kind = "files"\npath = "vp"',
                'base_url = "https://x/fhir"\nauth = {method = "bearer", token_env = "NOT_SET_ANYWHERE"}',
            ),
            "vp: ",
        ),
        (('path = "vp"', 'path = "vp"\nwomen = "list"\nwomen_file = "women.txt"'), "women.txt"),
    ],
)
def test_a_source_that_cannot_work_is_named(check, change, expected):
    result = check(config=CONFIG.replace(*change))
    assert result.exit_code == 2
    assert expected in result.stdout


def test_a_woman_list_with_a_bad_bsn_names_the_line_not_the_number(check, tmp_path):
    (tmp_path / "women.txt").write_text("\n123456789\n", "utf-8")
    result = check(config=CONFIG.replace('path = "vp"', 'path = "vp"\nwomen = "list"\nwomen_file = "women.txt"'))
    assert result.exit_code == 2
    assert "women.txt: line 2" in result.stdout
    assert "123456789" not in result.stdout


def test_faults_of_all_files_are_named_together(check, tmp_path):
    mappings = tmp_path / "mappings"
    shutil.copytree(data_folder("mappings"), mappings)
    (mappings / "zorgpad" / "nederland.yaml").write_text("moments: [", "utf-8")
    dialect = mappings / "dialects" / "nl-core-r4.yaml"
    dialect.write_text(dialect.read_text("utf-8") + "\nunknown_key: 1\n", "utf-8")
    rules = mappings / "rules" / "selectie.yaml"
    rules.write_text(rules.read_text("utf-8").replace("outcome:", "outcoem:", 1).replace("then:", "dan:", 1), "utf-8")
    config = 'mappings = "mappings"\n' + CONFIG.replace('path = "vp"', 'path = "elsewhere"')
    result = check(config=config, register=REGISTER.replace('agb = "53000001"', 'agb = "x"'))
    assert result.exit_code == 2
    for expected in ("igo.agb", "nederland.yaml", "nl-core-r4.yaml", "selectie.yaml", "elsewhere"):
        assert expected in result.stdout
