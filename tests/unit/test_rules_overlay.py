"""Rule files of an IGO and of an insurer over those of the product: merged, proved as a whole, faults named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from adapter import rules, selection
from adapter.bootstrap import settings
from adapter.bootstrap.checks import rule_files_of, rules_of
from adapter.service.port import ConfigurationError
from tests.support.claims_world import MAPPINGS, an_igo, decide, insured, pregnancy

SOURCE = "sources:\n  - {id: afspraak, title: Afspraak 2027, citation: Afspraak 2027, url: , read: yes}\n"

HYBRID = (
    SOURCE
    + """
overlay:
  - table: selection-regular
    version: "2023.1-hybride"
    inputs:
      fase:
        question: Welke fase is het?
        values: {prenataal: met, nataal: met, postnataal: not_met}
        cites: [afspraak]
        standing: provisional
    drop: [ROWS]
    rows:
      - id: postnataal-mono
        when: {fase: postnataal}
        outcome: niet_igo
        text: Met deze verzekeraar is de postnatale fase niet integraal.
        cites: [afspraak]
        standing: provisional
      - id: overig-igo
        when: {fase: [prenataal, nataal]}
        outcome: igo
        text: De andere fasen wel.
        cites: [afspraak]
        standing: provisional
"""
).replace("ROWS", ", ".join(r.id for r in rules.load(MAPPINGS).tables["selectie"][-1].rows))

NEXT_YEAR = (
    SOURCE
    + """
overlay:
  - {table: selection-regular, version: "2023.2", to: 2026-12-31}
tables:
  - id: selection-2027
    title: Regels van 2027
    decides: selectie
    version: "2027.1"
    from: 2027-01-01
    outcomes: [igo, niet_igo, onbepaald]
    rows:
      - {id: alles, outcome: igo, text: Alles is IGO., cites: [afspraak], standing: provisional}
"""
)


def overlay(folder: Path, text: str, name: str = "igo.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def faults(folder: Path, text: str) -> str:
    with pytest.raises(rules.RuleError) as caught:
        rules.load(MAPPINGS, [overlay(folder, text)])
    return str(caught.value)


def test_next_year_takes_only_data(tmp_path: Path) -> None:
    from datetime import date

    book = rules.load(MAPPINGS, [overlay(tmp_path, NEXT_YEAR)])
    assert book.table("selectie", date(2026, 12, 31)).version == "2023.2"
    said = selection.decide(pregnancy(2027), an_igo(), book)
    assert {p.regime for p in said.phases} == {"selection-2027"}
    assert book.version != rules.load(MAPPINGS).version


def test_rules_of_one_insurer_hold_for_women_insured_there_only(tmp_path: Path) -> None:
    book = rules.load(MAPPINGS, (), {"2000": [overlay(tmp_path, HYBRID)]})
    theirs = selection.decide(pregnancy(2024, insurance=(insured("2000"),)), an_igo(), book)
    assert [p.status for p in theirs.phases] == ["igo", "igo", "niet_igo"]
    assert theirs.rule_set.version == "2023.1-hybride"
    ours = selection.decide(pregnancy(2024), an_igo(), book)
    assert ours == decide(pregnancy(2024))
    assert book.version != rules.load(MAPPINGS).version


def test_an_overlay_of_the_igo_holds_for_every_insurer_too(tmp_path: Path) -> None:
    first, second = overlay(tmp_path, NEXT_YEAR), overlay(tmp_path, HYBRID, "verzekeraar.yaml")
    book = rules.load(MAPPINGS, [first], {"2000": [second]})
    assert "selection-2027" in {t.id for t in book.for_insurer("2000").tables["selectie"]}
    assert book.for_insurer(None) is book and book.for_insurer("1000") is book


def test_a_row_takes_the_place_of_the_row_with_its_id(tmp_path: Path) -> None:
    text = SOURCE + (
        "overlay:\n  - table: stadium\n    version: '2'\n    rows:\n"
        "      - {id: fase-loopt, when: {fase: lopend}, outcome: voorlopig, text: Anders gezegd., cites: [afspraak], "
        "standing: verified}\n"
    )
    book = rules.load(MAPPINGS, [overlay(tmp_path, text)])
    (table,) = book.tables["stadium"]
    (row,) = [r for r in table.rows if r.id == "fase-loopt"]
    assert (row.text, row.citation, row.file) == ("Anders gezegd.", "Afspraak 2027", f"{tmp_path.name}/igo.yaml")
    assert len(table.rows) == len(rules.load(MAPPINGS).tables["stadium"][0].rows)


ROW = "{id: x, when: {fase: lopend}, outcome: definitief, text: t, cites: [eigen-lezing], standing: provisional}"
CASES = {
    "no such table": ("overlay:\n  - {table: geen, version: '2'}\n", "igo.yaml:2: geen: changes table 'geen'"),
    "no version": ("overlay:\n  - {table: stadium, drop: [fase-loopt]}\n", "'version' is missing: a table that"),
    "no such row": ("overlay:\n  - {table: stadium, version: '2', drop: [geen]}\n", "drops row 'geen', which there is"),
    "a hole": (
        "overlay:\n  - {table: stadium, version: '2', drop: [fase-loopt]}\n",
        "stadium.yaml:3: stadium: has no row",
    ),
    "a contradiction": (
        f"overlay:\n  - table: stadium\n    version: '2'\n    rows:\n      - {ROW}\n",
        "igo.yaml:5: stadium/x: overlaps row 'fase-loopt' (definitief against voorlopig)",
    ),
    "an unknown source": (
        f"overlay:\n  - table: stadium\n    version: '2'\n    rows:\n      - {ROW.replace('eigen-lezing', 'wat')}\n",
        "stadium/x: cites 'wat', which is not listed",
    ),
    "an unknown key": ("overlay:\n  - {table: stadium, version: '2', rijen: []}\n", "unknown key 'rijen'"),
    "an unknown top key": ("regels: []\n", "unknown key 'regels'"),
    "no YAML": ("a: [", "is not YAML"),
    "a hole in time": (
        "overlay:\n  - {table: selection-regular, version: '2', to: 2026-12-31}\n",
        "nothing decides 'selectie' after 2026-12-31",
    ),
    "a question nobody answers": (
        "overlay:\n  - table: stadium\n    version: '2'\n    inputs:\n      kleur: "
        "{question: Kleur, values: {rood: met}, "
        "cites: [eigen-lezing], standing: provisional}\n",
        "asks 'kleur', which no variable answers; there are bronnen",
    ),
    "an answer that is never given": (
        "overlay:\n  - table: stadium\n    version: '2'\n    inputs:\n      uitkomst: "
        "{question: Vast, values: {bepaald: met, "
        "onbepaald: not_met, soms: met}, cites: [eigen-lezing], standing: provisional}\n",
        "'uitkomst' can never be 'soms'",
    ),
    "an answer without a value": (
        "overlay:\n  - table: selection-none\n    version: '2'\n    inputs:\n      verhuisd: "
        "{question: Vast, values: {ja: met}, cites: [eigen-lezing], standing: provisional}\n",
        "'verhuisd' can be 'nee', for which this table has no value",
    ),
    "rows that are no list": ("overlay:\n  - {table: stadium, version: '2', rows: x}\n", "'rows' must be a list"),
}


@pytest.mark.parametrize(("text", "what"), CASES.values(), ids=CASES.keys())
def test_a_faulty_overlay_is_refused_with_file_row_and_what_is_wrong(tmp_path: Path, text: str, what: str) -> None:
    assert what in faults(tmp_path, text)


def test_inputs_and_rows_may_be_added_to_a_table_without_any(tmp_path: Path) -> None:
    text = SOURCE + (
        "overlay:\n  - table: selection-none\n    version: '2'\n    drop: [nog-geen-integrale-bekostiging]\n"
        "    inputs:\n      verhuisd: {question: Verhuisd, values: {ja: met, nee: met, onbekend: met}, "
        "cites: [afspraak], standing: verified}\n"
        "    rows:\n      - {id: nieuw, outcome: niet_igo, text: t, cites: [afspraak], standing: verified}\n"
    )
    table = rules.load(MAPPINGS, [overlay(tmp_path, text)]).tables["selectie"][0]
    assert [i.name for i in table.inputs] == ["verhuisd"] and [r.id for r in table.rows] == ["nieuw"]


def test_a_table_without_rows_gets_them_from_an_overlay(tmp_path: Path) -> None:
    shutil.copytree(MAPPINGS / "rules", tmp_path / "rules")
    bare = "tables:\n  - {id: leeg, title: Leeg, decides: leeg, version: '1', outcomes: [goed]}\n"
    (tmp_path / "rules" / "leeg.yaml").write_text(bare, "utf-8")
    row = "{id: nieuw, outcome: goed, text: t, cites: [eigen-lezing], standing: provisional}"
    text = f"overlay:\n  - table: leeg\n    version: '2'\n    rows:\n      - {row}\n"
    book = rules.load(tmp_path, [overlay(tmp_path, text)])
    assert [r.id for r in book.tables["leeg"][0].rows] == ["nieuw"]


def configured(folder: Path, text: str) -> settings.Settings:
    (folder / "adapter.toml").write_text(f'[igo]\nregister = "igo.toml"\n{text}', "utf-8")
    return settings.load(folder / "adapter.toml", {})


def test_the_configuration_names_the_files(tmp_path: Path) -> None:
    first, second = overlay(tmp_path, NEXT_YEAR), overlay(tmp_path, HYBRID, "verzekeraar.yaml")
    given = configured(tmp_path, 'rules = ["igo.yaml"]\n[igo.insurer_rules]\n2000 = ["verzekeraar.yaml"]\n')
    book = rules_of(given)
    assert "selection-2027" in {t.id for t in book.tables["selectie"]} and set(book.variants) == {"2000"}
    assert {first, second} <= set(rule_files_of(given))


def test_one_file_may_come_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "adapter.toml").write_text('[igo]\nregister = "igo.toml"\n', "utf-8")
    given = settings.load(tmp_path / "adapter.toml", {"ADAPTER_IGO_RULES": "igo.yaml"})
    assert given.igo.rules == (tmp_path / "igo.yaml",)


def test_an_insurer_is_named_by_its_uzovi_code(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="insurer_rules"):
        configured(tmp_path, '[igo.insurer_rules]\n"zorg" = ["x.yaml"]\n')
