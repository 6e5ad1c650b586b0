"""Generated women: the same seed gives the same bytes, nobody shares a BSN, every pregnancy has its truth."""

from __future__ import annotations

import time
import tomllib
from itertools import islice
from pathlib import Path

import orjson
import pytest

from adapter.model.carepath import PHASES
from adapter.simulation import Rates, generate, situations, write_region
from adapter.simulation.organisations import SOURCES, VP
from adapter.simulation.people import bsns
from adapter.simulation.plan import REFERENCE_DAY
from adapter.simulation.truth import overall


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_region(tmp_path / name, women=20, seed=seed)
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert content(tmp_path / "a") != content(tmp_path / "c")


def test_no_two_women_share_a_bsn() -> None:
    picked = [s.woman.bsn.value for s in situations()]
    generated = [case.woman.bsn.value for case in generate(1, 400).cases()]
    assert len({*picked, *generated}) == len(picked) + len(generated)


def test_there_are_test_bsns_for_fifty_thousand_women() -> None:
    numbers = [b.value for b in islice(bsns(), 50_100)]
    assert len(set(numbers)) == len(numbers)
    assert all(number.startswith("999") for number in numbers)
    assert all(number.startswith("9999") for number in numbers[:9_000])


def test_every_generated_pregnancy_has_a_truth_and_a_dossier() -> None:
    for case in generate(2, 150).cases():
        written = case.written()
        assert len(written.dossiers) == len(case.pregnancies)
        for pregnancy, dossiers in zip(case.pregnancies, written.dossiers, strict=True):
            assert dossiers
            assert tuple(pregnancy.truth.phases) == PHASES
            assert pregnancy.truth.status == overall(pregnancy.truth.phases)
            assert pregnancy.plan.lmp < REFERENCE_DAY


def test_women_come_one_by_one_and_a_prefix_does_not_depend_on_how_many_are_asked_for() -> None:
    few = [case.written().holdings for case in generate(9, 5).cases()]
    first_of_many = [case.written().holdings for case in islice(generate(9, 50_000).cases(), 5)]
    assert few == first_of_many


def test_five_hundred_women_take_seconds() -> None:
    start = time.process_time()
    women = sum(1 for case in generate(4, 500).cases() if case.written().holdings)
    assert women == 500
    assert time.process_time() - start < 15  # about one on an idle core; room for a slow machine


@pytest.mark.parametrize(
    ("rates", "quirk"),
    [(Rates(no_bsn=1.0), "no-bsn"), (Rates(typo=1.0), "typo-name"), (Rates(married_name=1.0), "married-name")],
)
def test_rates_are_parameters(rates: Rates, quirk: str) -> None:
    cases = [c for c in generate(1, 30, rates).cases() if c.woman.partner is not None]
    assert cases
    assert all(p.plan.quirk(quirk, VP) for case in cases for p in case.pregnancies)


def test_twins_are_a_parameter() -> None:
    born = [p.plan for c in generate(1, 40, Rates(twins=1.0, miscarriage=0.0)).cases() for p in c.pregnancies]
    assert all(plan.fetuses == 2 for plan in born if not plan.key.endswith("-0"))


def test_a_region_is_written_with_everything_to_run_it(tmp_path: Path) -> None:
    write_region(tmp_path, women=3, seed=1)
    register = tomllib.loads((tmp_path / "igo.toml").read_text(encoding="utf-8"))
    assert register["igo"]["agb"].startswith("53")
    assert {m["discipline"] for m in register["member"]} == {"verloskunde", "ziekenhuis", "kraamzorg", "echoscopie"}
    insurers = {u for c in register["contract"] for u in c["uzovi"]}
    assert insurers == {"1000", "2000"}
    for name, kind in (("adapter.toml", "files"), ("adapter-fhir.toml", "fhir")):
        config = tomllib.loads((tmp_path / name).read_text(encoding="utf-8"))
        assert [s["id"] for s in config["source"]] == [s.id for s in SOURCES]
        assert {s["kind"] for s in config["source"]} == {kind}
    truth = orjson.loads((tmp_path / "truth.json").read_bytes())
    assert len(truth["women"]) == len(situations()) + 3
    for source in SOURCES:
        lines = (tmp_path / source.id / "dossiers.ndjson").read_bytes().splitlines()
        assert all(orjson.loads(line)["resourceType"] for line in lines)
        assert (tmp_path / source.id / "directory.ndjson").stat().st_size > 0
