"""A faulty rule file is refused, with the file, the line, the row and what is wrong; all faults at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter import rules

SOURCES = """
sources:
  - {id: bron, title: Een bron, citation: Bron 1, url: , read: yes}
"""

TABLE = """
tables:
  - id: tabel
    title: Een tabel
    decides: iets
    version: "1"
    outcomes: [goed, fout]
    inputs:
      a:
        question: Is a zo?
        values: {ja: met, nee: not_met, onbekend: unknown}
        cites: bron
        standing: verified
    rows:
      - {id: een, when: {a: ja}, outcome: goed, text: a is zo, cites: [bron], standing: verified}
      - {id: twee, when: {a: [nee, onbekend]}, outcome: fout, text: a is niet zo, cites: [bron], standing: verified}
"""


def load(tmp_path: Path, table: str = TABLE, sources: str = SOURCES) -> rules.RuleBook:
    folder = tmp_path / "rules"
    folder.mkdir(exist_ok=True)
    (folder / "sources.yaml").write_text(sources, encoding="utf-8")
    (folder / "tabel.yaml").write_text(table, encoding="utf-8")
    return rules.load(tmp_path)


def faults(tmp_path: Path, table: str = TABLE, sources: str = SOURCES) -> str:
    with pytest.raises(rules.RuleError) as caught:
        load(tmp_path, table, sources)
    assert all(fault.file.startswith("rules") and str(fault) in str(caught.value) for fault in caught.value.faults)
    return str(caught.value)


def test_a_sound_file_loads(tmp_path: Path) -> None:
    book = load(tmp_path)
    assert [table.id for table in book.tables["iets"]] == ["tabel"]
    assert len(book.version) == 16


def test_the_version_follows_the_contents(tmp_path: Path) -> None:
    assert load(tmp_path).version != load(tmp_path, TABLE + "# gewijzigd\n").version


CASES = {
    "a hole": (
        "a: [nee, onbekend]",
        "a: nee",
        "rules/tabel.yaml:3: tabel: has no row for a=onbekend, altijd tot nader order",
    ),
    "two rows contradict": (
        "a: [nee, onbekend]",
        "a: [nee, ja, onbekend]",
        "overlaps row 'een' (fout against goed) for a=ja",
    ),
    "unknown value in a condition": (
        "{a: ja}",
        "{a: misschien}",
        "tabel.yaml:15: tabel/een: 'misschien' is no value of 'a'",
    ),
    "unknown input": ("{a: ja}", "{b: ja}", "tabel/een: condition on unknown input 'b'; the inputs are a"),
    "empty condition": ("{a: ja}", "{a: }", "tabel/een: condition on 'a' has no value"),
    "condition that is a mapping": ("{a: ja}", "{a: {ja: ja}}", "tabel/een: condition on 'a' has no value"),
    "when that is no mapping": ("when: {a: ja}", "when: ja", "tabel/een: 'when' must be a mapping"),
    "unknown outcome": ("outcome: goed", "outcome: beter", "tabel/een: outcome 'beter' is not one of goed, fout"),
    "no outcome": ("outcome: goed, ", "", "tabel/een: 'outcome' is missing"),
    "source not listed": (
        "cites: [bron]",
        "cites: [krant]",
        "tabel/een: cites 'krant', which is not listed in sources.yaml",
    ),
    "no source": (", cites: [bron]", "", "tabel/een: 'cites' is missing: everything names its source"),
    "cites that is a mapping": ("cites: [bron]", "cites: {bron: 1}", "'cites' must be a text or a list of texts"),
    "cites with a list in it": ("cites: [bron]", "cites: [[bron]]", "'cites' must hold texts only"),
    "unknown standing": (
        "cites: [bron], standing: verified",
        "cites: [bron], standing: zeker",
        "'standing' is 'zeker'",
    ),
    "no standing": ("cites: [bron], standing: verified", "cites: [bron]", "tabel/een: 'standing' is missing"),
    "unknown key": ("text: a is zo", "text: a is zo, tekst: x", "tabel/een: unknown key 'tekst'; known are"),
    "a row twice": ("id: twee", "id: een", "tabel/een: row id 'een' stands in this table twice"),
    "text that is a list": ("text: a is zo", "text: [a]", "tabel/een: 'text' must be one value"),
    "a day that is none": ("id: een,", "id: een, from: 2023-13-01,", "tabel/een: 'from' is '2023-13-01', not a day"),
    "ends before it starts": ("id: een,", "id: een, from: 2023-02-01, to: 2023-01-01,", "valid to 2023-01-01, before"),
    "verdict that is none": ("ja: met", "ja: vast", "tabel/a: value 'ja' must say met, not_met or unknown"),
    "input without values": (
        "values: {ja: met, nee: not_met, onbekend: unknown}",
        "values: {}",
        "tabel/a: 'values' is missing",
    ),
    "turn to no value": (
        "cites: bron",
        "turn: {soms: x}\n        cites: bron",
        "'turn', 'advice' or 'stays' names 'soms'",
    ),
    "no outcomes": ("outcomes: [goed, fout]", "outcomes: []", "tabel: 'outcomes' is missing"),
    "a gap in the validity of a row": (
        "id: een,",
        "id: een, from: 2023-01-01,",
        "has no row for a=ja, altijd t/m 2022-12-31",
    ),
    "a table that ends": (
        'version: "1"',
        'version: "1"\n    to: 2023-12-31',
        "nothing decides 'iets' after 2023-12-31",
    ),
    "a table that begins": (
        'version: "1"',
        'version: "1"\n    from: 2023-01-01',
        "nothing decides 'iets' before 2023-01-01",
    ),
    "a key twice": (
        "title: Een tabel",
        "title: Een\n    title: Twee",
        "rules/tabel.yaml:5: key 'title' stands here twice",
    ),
    "broken YAML": ("tables:", "tables: [", "rules/tabel.yaml:3: is not YAML"),
    "a list of texts": ("tables:", "tables: [x]\nrest:", "every entry of 'tables' must be a mapping"),
    "tables that is no list": ("tables:", "tables: x\nrest:", "'tables' must be a list"),
    "inputs that is no mapping": ("    inputs:", "    inputs:\n      b: x", "tabel: input 'b' must be a mapping"),
}


@pytest.mark.parametrize(("old", "new", "what"), CASES.values(), ids=CASES.keys())
def test_a_fault_is_named(tmp_path: Path, old: str, new: str, what: str) -> None:
    assert old in TABLE
    assert what in faults(tmp_path, TABLE.replace(old, new, 1))


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    told = faults(tmp_path, TABLE.replace("[bron]", "[krant]").replace("outcome: goed", "outcome: beter"))
    assert told.count("krant") == 2 and "beter" in told


@pytest.mark.parametrize("text", ["", "- a\n", "gewoon tekst"])
def test_a_file_that_is_no_mapping(tmp_path: Path, text: str) -> None:
    assert "must be a mapping of keys to values" in faults(tmp_path, text)


def test_many_holes_are_counted(tmp_path: Path) -> None:
    many = "{v1: met, v2: met, v3: met, v4: met, v5: met, ja: met, nee: met, onbekend: met}"
    told = faults(tmp_path, TABLE.replace("{ja: met, nee: not_met, onbekend: unknown}", many))
    assert told.count("has no row for") == 3 and "has more combinations without a row" in told


def test_a_table_without_rows(tmp_path: Path) -> None:
    assert "tabel: has no rows" in faults(tmp_path, TABLE[: TABLE.index("    rows:")])


def test_a_table_too_large_to_prove(tmp_path: Path) -> None:
    values = "[" + ", ".join(f"v{n}" for n in range(600)) + "]"
    inputs = "".join(
        f"      {name}: {{question: V, values: {values}, cites: bron, standing: verified}}\n" for name in ("a", "b")
    )
    start = TABLE.index("      a:\n")
    row = "      - {id: een, outcome: goed, text: altijd, cites: [bron], standing: verified}\n"
    assert "360000 combinations" in faults(tmp_path, TABLE[:start] + inputs + "    rows:\n" + row)


@pytest.mark.parametrize(
    ("valid", "what"),
    [("to: 2023-06-01", "t/m 2023-06-01, outside"), ("from: 2024-06-01", "2024-06-01 tot nader order, outside")],
)
def test_a_row_valid_outside_its_table(tmp_path: Path, valid: str, what: str) -> None:
    table = TABLE.replace('version: "1"', 'version: "1"\n    from: 2024-01-01\n    to: 2024-03-31')
    assert what in faults(tmp_path, table.replace("id: een,", f"id: een, {valid},"))


@pytest.mark.parametrize("valid", ["from: 2023-01-01, to: 2024-02-01", "from: 2024-02-01, to: 2025-01-01"])
def test_a_row_valid_partly_outside_its_table(tmp_path: Path, valid: str) -> None:
    table = TABLE.replace('version: "1"', 'version: "1"\n    from: 2024-01-01\n    to: 2024-03-31')
    assert "outside the table" in faults(tmp_path, table.replace("id: een,", f"id: een, {valid},"))


def two(first: str, second: str, second_id: str = "tabel2") -> str:
    one = TABLE.replace('version: "1"', f'version: "1"\n    {first}')
    other = TABLE.replace("tables:\n", "").replace('version: "1"', f'version: "1"\n    {second}')
    return one + other.replace("id: tabel\n", f"id: {second_id}\n").lstrip("\n")


def test_tables_follow_each_other_day_by_day(tmp_path: Path) -> None:
    book = load(tmp_path, two("to: 2022-12-31", "from: 2023-01-01"))
    assert [t.id for t in book.tables["iets"]] == ["tabel", "tabel2"]


def test_a_hole_between_tables(tmp_path: Path) -> None:
    assert "nothing decides 'iets' between 2022-12-30 and 2023-01-01" in faults(
        tmp_path, two("to: 2022-12-30", "from: 2023-01-01")
    )


def test_an_overlap_between_tables(tmp_path: Path) -> None:
    assert "an overlap" in faults(tmp_path, two("to: 2023-01-01", "from: 2023-01-01"))
    assert "an overlap" in faults(tmp_path, two("standing: verified", "from: 2023-01-01"))


def test_a_table_id_twice(tmp_path: Path) -> None:
    told = faults(tmp_path, two("to: 2022-12-31", "from: 2023-01-01", second_id="tabel"))
    assert "tabel: table id is also used in rules/tabel.yaml:3" in told


def test_a_row_may_take_over_from_another(tmp_path: Path) -> None:
    rest = "outcome: fout, text: a, cites: [bron], standing: verified, from: 2024-01-01"
    later = f"      - {{id: drie, when: {{a: ja}}, {rest}}}\n"
    table = TABLE.replace("id: een,", "id: een, to: 2023-12-31,") + later
    assert len(load(tmp_path, table).tables["iets"][0].segments) == 2


def test_the_standing_of_a_table_caps_its_rows(tmp_path: Path) -> None:
    table = load(tmp_path, TABLE.replace('version: "1"', 'version: "1"\n    standing: provisional')).tables["iets"][0]
    assert {row.standing for row in table.rows} | {i.standing for i in table.inputs} == {"provisional"}


@pytest.mark.parametrize(
    ("sources", "what"),
    [
        (SOURCES.replace("read: yes", "read: soms"), "bron: 'read' is 'soms', not yes or no"),
        (SOURCES.replace(", read: yes", ""), "bron: 'read' is missing"),
        (SOURCES + SOURCES.split("sources:\n")[1], "source 'bron' stands here twice"),
        (SOURCES.replace("sources:", "bronnen:"), "unknown key 'bronnen'"),
        ("[", "rules/sources.yaml:2: is not YAML"),
    ],
)
def test_faults_in_the_sources(tmp_path: Path, sources: str, what: str) -> None:
    assert what in faults(tmp_path, sources=sources)


def test_no_rules_at_all(tmp_path: Path) -> None:
    with pytest.raises(rules.RuleError, match="cannot be read"):
        rules.load(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    with pytest.raises(rules.RuleError, match="no rule tables found"):
        rules.load(tmp_path)


def test_a_row_valid_from_the_first_day_of_its_table_makes_no_extra_segment(tmp_path: Path) -> None:
    table = two("to: 2022-12-31", "from: 2023-01-01").replace("id: twee,", "id: twee, to: 2022-12-31,", 1)
    assert [len(t.segments) for t in load(tmp_path, table).tables["iets"]] == [1, 1]
    later = two("to: 2022-12-31", "from: 2023-01-01")
    place = later.rindex("id: twee,")
    later = later[:place] + "id: twee, from: 2023-01-01," + later[place + len("id: twee,") :]
    assert [len(t.segments) for t in load(tmp_path, later).tables["iets"]] == [1, 1]


def test_faults_in_the_list_of_variables(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    path = folder / "variables.yaml"
    for text, what in (
        ("[", "is not YAML"),
        ("variabelen: []\n", "unknown key 'variabelen'"),
        ("version: '1'\nstanding: x\nvariables:\n  - {id: a}\n", "a: give 'element'"),
        (
            "version: '1'\nstanding: x\nvariables:\n  - {id: a, element: b, origin: elders}\n",
            "a: origin must be one of",
        ),
        ("version: '1'\nstanding: x\nquestions: {d: {v: {values: [ja], uses: [b]}}}\n", "d/v: uses 'b', which is no"),
        ("version: '1'\nstanding: x\nquestions: {d: ja}\n", "the questions of 'd' must be a mapping"),
        ("version: '1'\nstanding: x\nquestions: {d: {v: ja}}\n", "question 'v' must be a mapping"),
    ):
        path.write_text(text, "utf-8")
        with pytest.raises(rules.RuleError) as caught:
            rules.load_variables(tmp_path)
        assert what in str(caught.value)
        (folder / "sources.yaml").write_text(SOURCES, "utf-8")
        (folder / "tabel.yaml").write_text(TABLE, "utf-8")
        with pytest.raises(rules.RuleError):
            rules.load(tmp_path)
