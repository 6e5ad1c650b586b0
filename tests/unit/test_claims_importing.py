"""Importing an official list: what it changes, and that rubbish is refused by file, line and column."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from adapter.claims import load_catalogue
from adapter.claims.importing import ListError, import_list, read_list
from adapter.rules import RuleError
from support.claims_world import MAPPINGS

HEAD = "lijst;code;naam;geldig_van;geldig_tot;id;fase\n"
GOOD = (
    HEAD
    + "069;TEST1;geboortezorg prenataal;2023-01-01;;;prenataal\n"
    + "069;TEST2;Geboorte, thuis;2023-01-01;;nataal-eerstelijn;\n"
)
"""The codes are made up, to test with: no real one is known here."""


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    for folder in ("catalogues", "rules"):
        shutil.copytree(MAPPINGS / folder, tmp_path / "mappings" / folder)
    return tmp_path / "mappings"


def given(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "lijst.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


class TestImport:
    def test_provisional_entries_become_verified_ones_that_hold_in_their_period(
        self, tmp_path: Path, mappings: Path
    ) -> None:
        report = import_list(given(tmp_path, GOOD), mappings, "cod367", write=True)
        made = load_catalogue(mappings)
        prenatal, birth = made.integral["geboortezorg-prenataal"], made.integral["nataal-eerstelijn"]
        assert (prenatal.choice(date(2024, 5, 1)).code, prenatal.choice(date(2024, 5, 1)).standing) == (
            "TEST1",
            "verified",
        )
        assert (prenatal.choice(date(2022, 5, 1)).code, prenatal.choice(date(2022, 5, 1)).standing) == (
            None,
            "provisional",
        )
        assert (birth.name, birth.standing, birth.phase) == ("Geboorte, thuis", "verified", "nataal")
        said = {(d.id, d.what): (d.before, d.after) for d in report.differences}
        assert said["geboortezorg-prenataal", "code"] == (None, "TEST1")
        assert said["nataal-eerstelijn", "naam"] == ("geboorte, eerste lijn", "Geboorte, thuis")
        assert said["nataal-eerstelijn", "grond"] == ("provisional", "verified")
        assert "nataal-sectio" in report.still_provisional and "nataal-eerstelijn" not in report.still_provisional
        assert report.catalogue_before != report.catalogue_after == made.version

    def test_comments_order_and_the_rest_stay(self, tmp_path: Path, mappings: Path) -> None:
        file = mappings / "catalogues" / "integraal.yaml"
        before = file.read_text("utf-8").splitlines()
        import_list(given(tmp_path, GOOD), mappings, "cod367", write=True)
        after = file.read_text("utf-8").splitlines()
        assert before[0] == after[0] and len(set(after) - set(before)) < 12
        assert list(load_catalogue(mappings).integral) == list(load_catalogue(MAPPINGS).integral)

    def test_the_same_list_again_changes_nothing(self, tmp_path: Path, mappings: Path) -> None:
        path = given(tmp_path, GOOD)
        import_list(path, mappings, "cod367", write=True)
        again = import_list(path, mappings, "cod367", write=True)
        assert again.differences == () and again.catalogue_before == again.catalogue_after

    def test_without_writing_nothing_changes(self, tmp_path: Path, mappings: Path) -> None:
        report = import_list(given(tmp_path, GOOD), mappings, "cod367", write=False)
        assert report.differences and load_catalogue(mappings).version == report.catalogue_before

    def test_a_code_of_members_holds_in_another_year_now(self, tmp_path: Path, mappings: Path) -> None:
        text = HEAD + "032;TEST9;volledige natale zorg;2024-01-01;2024-12-31;;\n"
        import_list(given(tmp_path, text), mappings, "cod367", write=True)
        natal = load_catalogue(mappings).mono["volledige-natale-zorg"]
        assert natal.on(date(2024, 6, 1)).code == "TEST9" and natal.on(date(2017, 6, 1)).code is None
        assert (natal.phases, natal.part_of) == (("nataal",), "volledige-verloskundige-zorg")

    def test_a_row_that_is_no_entry_is_told_and_left_out(self, tmp_path: Path, mappings: Path) -> None:
        text = HEAD + "069;TEST3;iets heel anders;2023-01-01;;;\n"
        report = import_list(given(tmp_path, text), mappings, "cod367", write=True)
        assert report.differences == () and "TEST3 iets heel anders (regel 2)" in report.unplaced[0]

    @pytest.mark.parametrize("source", ["verzonnen", "eigen-lezing"])
    def test_the_list_must_be_a_source_that_was_read(self, tmp_path: Path, mappings: Path, source: str) -> None:
        with pytest.raises(ListError, match=r"sources\.yaml"):
            import_list(given(tmp_path, GOOD), mappings, source, write=True)

    def test_a_catalogue_that_is_faulty_already_is_not_made_worse(self, tmp_path: Path, mappings: Path) -> None:
        file = mappings / "catalogues" / "integraal.yaml"
        file.write_text(file.read_text("utf-8") + "verzonnen: ja\n", "utf-8")
        with pytest.raises(RuleError, match="verzonnen"):
            import_list(given(tmp_path, GOOD), mappings, "cod367", write=True)


ROW = "069;TEST1;geboortezorg prenataal;2023-01-01;;;"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "lijst.csv:1: holds no rows"),
        (HEAD, "lijst.csv:1: holds no rows"),
        ("lijst;code;naam\n", "lijst.csv:1: geldig_van: this column is missing"),
        (HEAD.replace("fase", "kleur"), "lijst.csv:1: kleur: is no column"),
        (HEAD.replace("fase", "naam"), "lijst.csv:1: naam: stands twice"),
        (f"{HEAD}{ROW};x\n", "lijst.csv:2: has 8 cells, and the head 7"),
        (f"{HEAD}{ROW.replace('069', '070')}\n", "lijst.csv:2: lijst: is not one of 069"),
        (f"{HEAD}{ROW.replace('TEST1', '=1+1')}\n", "lijst.csv:2: code: is not a code"),
        (f"{HEAD}{ROW.replace('TEST1', '')}\n", "lijst.csv:2: code: is not a code"),
        (f"{HEAD}{ROW.replace('geboortezorg prenataal', 'x')}\n", "lijst.csv:2: naam: is not a name"),
        (f"{HEAD}{ROW.replace('2023-01-01', '1-1-2023')}\n", "lijst.csv:2: geldig_van: is not a date"),
        (f"{HEAD}{ROW.replace('2023-01-01;', '2023-01-01;2022-01-01')}\n", "lijst.csv:2: geldig_tot: lies before"),
        (f"{HEAD}{ROW}bevalling\n", "lijst.csv:2: fase: is not one of"),
        (f"{HEAD}{ROW}\n{ROW}\n", "lijst.csv:3: code: stands in line 2 too"),
        (f"{HEAD}032;TEST1;volledige natale zorg;2023-01-01;;;\n", "lijst.csv:2: geldig_tot: is missing"),
        ('lijst;code;naam;geldig_van\n069;"A;naam\n', "is not CSV"),
        (b"\xff\xfe\x00", "lijst.csv:1: is not UTF-8"),
    ],
)
def test_rubbish_is_refused_with_its_place(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(ListError) as caught:
        read_list(given(tmp_path, text))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("069;TEST1;naam;2023-01-01;;verzonnen;", "lijst.csv:2: id: is no entry"),
        ("069;TEST1;geboortezorg prenataal;2023-01-01;;;nataal", "lijst.csv:2: fase: entry geboortezorg-prenataal"),
        ("011;TEST1;naam;2023-01-01;2023-12-31;volledige-natale-zorg;", "lijst.csv:2: lijst: entry volledige-natale"),
    ],
)
def test_a_row_that_contradicts_the_catalogue_is_refused(tmp_path: Path, mappings: Path, row: str, said: str) -> None:
    with pytest.raises(ListError) as caught:
        import_list(given(tmp_path, f"{HEAD}{row}\n"), mappings, "cod367", write=True)
    assert said in str(caught.value)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ListError) as caught:
        read_list(given(tmp_path, f"{HEAD}1;;x;nooit;;;\n{ROW}\n2;;y;nooit;;;\n"))
    assert [f.line for f in caught.value.faults].count(2) == [f.line for f in caught.value.faults].count(4) > 3
