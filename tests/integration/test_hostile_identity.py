"""BSNs that are wrong, shared, doubled or mended later: nobody becomes somebody else, and what was said stays said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapter import bootstrap
from adapter.model.carepath import CarePath
from adapter.model.identifiers import Bsn
from support.dossiers import CARE, PAYMENT, Member, Source, configure

pytestmark = pytest.mark.integration

A, B = "999900006", "999900018"
AT = datetime(2024, 12, 1, 12, tzinfo=UTC)
Resource = dict[str, Any]
Pregnancy = frozenset[tuple[str, str]]


def patient(id_: str, *bsns: str, family: str = "Jansen", born: str = "1990-01-01", **more: Any) -> Resource:
    identifiers = [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": bsn} for bsn in bsns]
    name = [{"family": family, "given": ["An"]}]
    return {"resourceType": "Patient", "id": id_, "birthDate": born, "name": name, "identifier": identifiers, **more}


def dossier(id_: str, woman: str) -> Resource:
    return {
        "resourceType": "EpisodeOfCare",
        "id": id_,
        "status": "active",
        "type": [{"coding": [{"system": "http://snomed.info/sct", "code": "364320009"}]}],
        "patient": {"reference": f"Patient/{woman}"},
        "period": {"start": "2024-06-01"},
    }


@dataclass(frozen=True)
class Seen:
    """One run: the care path and number of decisions of each pregnancy, and who is found by which BSN."""

    paths: dict[Pregnancy, CarePath]
    decisions: dict[str, int]
    found: dict[str, list[str]]

    def by(self, *dossiers: str) -> CarePath:
        return next(p for d, p in self.paths.items() if {r.removeprefix("EpisodeOfCare/") for _, r in d} == {*dossiers})

    def together(self) -> set[frozenset[str]]:
        return {frozenset(r.removeprefix("EpisodeOfCare/") for _, r in d) for d in self.paths}


class Two:
    """Two sources on files; each `run` is an hour after the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hours = 0
        sources = [Source("vp", "08999901", folder / "vp"), Source("zh", "06999901", folder / "zh")]
        for name in ("vp", "zh"):
            (folder / name).mkdir()
        self.config = configure(folder, sources, [Member("VP", "08999901", "verloskunde")])

    def holds(self, source: str, *resources: Resource) -> None:
        (self.folder / source / "all.ndjson").write_text("\n".join(map(json.dumps, resources)), "utf-8")

    def run(self, bsns: Sequence[str] = (A, B)) -> Seen:
        self.hours += 1
        return asyncio.run(self._run(bsns))

    async def _run(self, bsns: Sequence[str]) -> Seen:
        application = bootstrap.open_application(self.config, clock=lambda: AT + timedelta(hours=self.hours))
        try:
            await application.pull()
            page = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=100)
            ids = [p.pregnancy for p in page.items]
            assert len(set(ids)) == len(ids)
            paths = {frozenset(application.dossiers(CARE, i)): application.care_path(CARE, i) for i in ids}
            decisions = {i: len(application.decisions(PAYMENT, i)) for i in ids}
            return Seen(paths, decisions, {b: application.find(CARE, Bsn(b)) for b in bsns})
        finally:
            await application.aclose()


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path)


MOTHER = {"link": [{"other": {"reference": "Patient/w"}, "type": "seealso"}]}


def test_a_child_under_its_mothers_bsn_stays_a_child(two: Two) -> None:
    two.holds("vp", patient("w", A), dossier("e", "w"), patient("c", A, family="Kind", born="2024-11-01", **MOTHER))
    two.holds("zh", patient("w2", A), dossier("e2", "w2"))
    seen = two.run()
    path = seen.by("e", "e2")
    assert len(seen.paths) == 1
    assert path.woman.birth_date is not None
    assert path.woman.birth_date.isoformat() == "1990-01-01"
    assert len(path.children) == 1


def test_a_childs_own_bsn_does_not_lead_to_its_mother(two: Two) -> None:
    two.holds("vp", patient("w", A), dossier("e", "w"), patient("c", B, family="Kind", born="2024-11-01", **MOTHER))
    two.holds("zh", patient("c2", B, family="Kind", born="2024-11-01"), dossier("e2", "c2"))
    seen = two.run()
    assert seen.together() == {frozenset({"e"}), frozenset({"e2"})}
    assert seen.found[A] == [seen.by("e").pregnancy]
    assert seen.found[B] == [seen.by("e2").pregnancy]


def test_a_number_that_is_no_bsn_links_nobody(two: Two) -> None:
    two.holds("vp", patient("w", "123456789"), dossier("e", "w"))
    two.holds("zh", patient("w2", "123456789", family="Ander", born="1985-05-05"), dossier("e2", "w2"))
    assert two.run().together() == {frozenset({"e"}), frozenset({"e2"})}


def test_two_women_under_one_bsn_at_one_source_stay_two_and_are_put_to_a_person(two: Two) -> None:
    other = patient("x", A, family="Pietersen", born="1985-05-05")
    two.holds("vp", patient("w", A), dossier("e", "w"), other, dossier("f", "x"))
    two.holds("zh", patient("w2", A), dossier("e2", "w2"))
    seen = two.run()
    ours, theirs = seen.by("e", "e2"), seen.by("f")
    assert ours.woman.id != theirs.woman.id
    for path in (ours, theirs):
        (note, *_) = [n for n in path.links if n.outcome == "proposed" and n.source == "vp"]
        assert {e.what for e in note.evidence} >= {"hetzelfde BSN", "een andere geboortedatum"}
    steady = two.run()
    assert {d: p.woman.id for d, p in steady.paths.items()} == {d: p.woman.id for d, p in seen.paths.items()}


def test_equal_women_without_a_bsn_are_never_linked(two: Two) -> None:
    two.holds("vp", patient("w"), dossier("e", "w"), patient("x"), dossier("f", "x"))
    two.holds("zh", patient("y"), dossier("g", "y"))
    seen = two.run()
    assert seen.together() == {frozenset({"e"}), frozenset({"f"}), frozenset({"g"})}
    assert "linked" not in {note.outcome for path in seen.paths.values() for note in path.links}


def test_a_bsn_that_is_corrected_takes_the_record_with_it_and_back_again(two: Two) -> None:
    two.holds("vp", patient("w", A), dossier("e", "w"))
    two.holds("zh", patient("w2", A), dossier("e2", "w2"))
    first = two.run()
    id_ = first.by("e", "e2").pregnancy
    made = first.decisions[id_]

    two.holds("vp", patient("w", B), dossier("e", "w"))
    apart = two.run()
    assert apart.together() == {frozenset({"e"}), frozenset({"e2"})}
    assert apart.by("e").woman.id != apart.by("e2").woman.id
    assert apart.found == {A: [apart.by("e2").pregnancy], B: [apart.by("e").pregnancy]}
    assert apart.by("e2").pregnancy == id_, "the record that changed moves; the other keeps its id"
    assert apart.decisions[id_] > made, "what was decided before stays in the history"

    steady = two.run()
    assert (steady.found, steady.decisions) == (apart.found, apart.decisions)

    two.holds("vp", patient("w", A), dossier("e", "w"))
    again = two.run()
    assert again.together() == {frozenset({"e", "e2"})}
    assert again.found == {A: [again.by("e", "e2").pregnancy], B: []}
