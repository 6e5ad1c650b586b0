"""What a region changes in the zorgpad: what comes of it, and how a fault is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapter.carepath import PathSettings, Zorgpad, ZorgpadError, build, load_zorgpad
from adapter.cli.app import app
from adapter.model.facts import ActKind as A
from adapter.model.facts import StatementKind as K
from builders_carepath import KNOWN_AT, MAPPINGS, day, given, practice, zorgpad

HEAD = 'region: Oost\nversion: "3"\nreason: vastgesteld door het VSV\nmoments:\n'
CHANGE = "  - change: termijnecho\n    window: { from: '9+0', to: '13+6' }\n    reason: eerder en later\n"
ADD = """  - add: avond
    name: voorlichtingsavond
    window: { from: "20+0", to: "30+0" }
    need: expected
    for: { who: alleen wie nog niet heeft gebaard, all: [{ fact: parity, at_most: 0 }] }
    detect: { kinds: [counseling], when: from_start }
    source: afspraak
    reason: nulliparae
"""
DETECT = "    detect: { kinds: [counseling], when: from_start }\n"
INTAKE = "  - change: intake\n    reason: x\n"


def laid(tmp_path: Path, entries: str, head: str = HEAD) -> Zorgpad:
    file = tmp_path / "oost.yaml"
    file.write_text(head + entries, "utf-8")
    return load_zorgpad(MAPPINGS, file)


def faults(tmp_path: Path, entries: str, head: str = HEAD) -> list[str]:
    with pytest.raises(ZorgpadError) as raised:
        laid(tmp_path, entries, head)
    return [fault.removeprefix(str(tmp_path / "oost.yaml")) for fault in raised.value.faults]


def test_only_what_a_region_writes_is_changed(tmp_path: Path) -> None:
    before = next(m for m in zorgpad().moments if m.id == "termijnecho")
    after = next(m for m in laid(tmp_path, CHANGE).moments if m.id == "termijnecho")
    assert (after.first, after.last) == (63, 97)
    assert (after.ways, after.by, after.need, after.once) == (before.ways, before.by, before.need, before.once)
    assert after.source == before.source
    assert after.changed == "regio Oost, versie 3: eerder en later"


def test_a_changed_window_is_provisional_unless_the_region_says_otherwise(tmp_path: Path) -> None:
    standing = {m.id: m.standing for m in laid(tmp_path, CHANGE + "    standing: verified\n").moments}
    assert standing["termijnecho"] == "verified"
    assert next(m for m in laid(tmp_path, CHANGE).moments if m.id == "termijnecho").standing == "provisional"
    assert next(m for m in zorgpad().moments if m.id == "termijnecho").standing == "verified"


def test_a_moment_can_be_added_and_dropped(tmp_path: Path) -> None:
    found = laid(tmp_path, ADD + "  - drop: vitaliteitsecho\n    reason: wordt niet gepland\n")
    ids = [m.id for m in found.moments]
    assert ids[-1] == "avond"
    assert "vitaliteitsecho" not in ids
    assert len(ids) == len(zorgpad().moments)


def test_the_version_follows_the_region_and_says_which(tmp_path: Path) -> None:
    found = laid(tmp_path, CHANGE)
    assert found.region is not None
    assert (found.region.name, found.region.version) == ("Oost", "3")
    assert found.version != zorgpad().version
    assert zorgpad().region is None


def test_a_care_path_has_the_regions_moments_with_their_reason(tmp_path: Path) -> None:
    def state(parity: int) -> tuple[str, str | None]:
        source = practice().dossier("2024-01-06").says(K.EDD, day("2024-08-08"), day("2024-01-06"), basis="definitive")
        source.says(K.PARITY, parity, day("2024-01-06")).act(A.CONSULT, day("2024-01-06"))
        view = build(given(source), laid(tmp_path, ADD), PathSettings(), day("2024-06-20"), KNOWN_AT)
        found = next(m for m in view.moments if m.moment == "avond")
        assert found.source == "afspraak; regio Oost, versie 3: nulliparae"
        return found.state, found.why

    assert state(0) == ("gap", None)
    assert state(1) == ("not_applicable", "Alleen wie nog niet heeft gebaard; de pariteit is 1.")


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ("  - change: termijnechoo\n    reason: x\n", ":5: moment termijnechoo: there is no such moment to change"),
        ("  - change: termijnecho\n    need: habit\n", ":5: moment termijnecho: reason is missing"),
        (CHANGE + CHANGE, ":8: moment termijnecho: this moment stands here twice"),
        (ADD.replace("add: avond", "add: intake"), ":5: moment intake: the zorgpad has this moment already"),
        (ADD.replace("need: expected", "need: soms"), ":8: moment avond: need: 'soms' is not one of expected, choice"),
        (ADD.replace('"20+0"', '"20+8"'), ":7: moment avond: from: '20+8' is not weeks+days, such as 12+3"),
        (ADD.replace("parity", "pariteit"), ":9: moment avond: fact: 'pariteit' is not one of edd"),
        (ADD.replace("at_most", "hoogstens"), ":9: moment avond: there is no key 'hoogstens' here"),
        (ADD.replace("at_most: 0", "at_most: nul"), ":9: moment avond: at_most: 'nul' is not a whole number"),
        (ADD.replace("[counseling]", "[praten]"), ":10: moment avond: kinds: 'praten' is not one of anticonceptie"),
        (ADD.replace("when: from_start", "when: ooit"), ":10: moment avond: when: 'ooit' is not one of any"),
        (ADD.replace("    source: afspraak\n", ""), ":5: moment avond: source is missing"),
        (ADD.replace(DETECT, ""), ":5: moment avond: need expected: "),
        ("  - reason: zomaar\n", ":5: give one of change, add, drop"),
        (INTAKE.replace("change", "drop") + "    window: { from: '1+0' }\n", ":7: moment intake: there is no key"),
        (INTAKE + "    by: verloskundig\n", ":7: moment intake: by: a list such as [a, b]"),
        (INTAKE + "    window: { from: '9+0', to: '8+0' }\n", ":7: moment intake: window: from"),
        (INTAKE + "    once: { exempt: [altijd] }\n", ":7: moment intake: exempt: 'altijd'"),
        (INTAKE.replace("intake", "kraamzorg") + "    window: { days_after_birth: [9, 2] }\n", ":7: moment kraamzorg"),
        (INTAKE.replace("intake", "controles") + "    rhythm: { slack_days: 3, steps: [] }\n", ":7: moment controles"),
        (INTAKE + "    reason: y\n", ":7: key 'reason' stands here twice"),
        ("  - change: hielprik\n    reason: x\n    party:\n", ":5: moment hielprik: need elsewhere: party is missing"),
    ],
)  # fmt: skip
def test_a_fault_has_its_line_and_what_is_wrong(tmp_path: Path, entries: str, fault: str) -> None:
    found = faults(tmp_path, entries)
    assert [f for f in found if f.startswith(fault)], found


def test_all_faults_are_named_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = faults(tmp_path, ADD.replace("expected", "soms").replace("parity", "pariteit").replace("afspraak", ""))
    assert [f.split(":")[1] for f in found] == sorted(f.split(":")[1] for f in found)
    assert len(found) >= 3


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        (HEAD.replace("region: Oost\n", ""), "region is missing"),
        (HEAD.replace("reason: vastgesteld door het VSV\n", ""), "reason is missing"),
        (HEAD.replace("moments:", "momenten:"), "moments: none is changed, added or dropped"),
        ("[1, 2]\n", "is not YAML"),
    ],
)
def test_the_head_of_the_file_is_complete(tmp_path: Path, head: str, fault: str) -> None:
    assert any(fault in f for f in faults(tmp_path, CHANGE, head))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ZorgpadError, match=r"weg\.yaml: cannot be read"):
        load_zorgpad(MAPPINGS, tmp_path / "weg.yaml")


def test_the_example_that_comes_with_the_product_is_without_fault() -> None:
    found = load_zorgpad(MAPPINGS, MAPPINGS / "zorgpad" / "voorbeeld-regio.yaml")
    assert {"voorlichting_eerste_kind", "consult_tweede_lijn_meerling"} <= {m.id for m in found.moments}


def test_adapter_check_reads_the_file_that_the_configuration_names(tmp_path: Path) -> None:
    (tmp_path / "vp").mkdir()
    (tmp_path / "oost.yaml").write_text(HEAD + "  - change: nergens\n    reason: x\n", "utf-8")
    (tmp_path / "igo.toml").write_text('[igo]\nname = "IGO"\nagb = "53000001"\n', "utf-8")
    (tmp_path / "adapter.toml").write_text('[zorgpad]\noverlay = "oost.yaml"\n[igo]\nregister = "igo.toml"\n', "utf-8")
    result = CliRunner().invoke(app, ["check", "--config", str(tmp_path / "adapter.toml")])
    said = " ".join((result.output + getattr(result, "stderr", "")).split())
    assert result.exit_code == 2
    assert "oost.yaml:5: moment nergens: there is no such moment to change" in said.replace("- ", "-")
