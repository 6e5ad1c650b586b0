"""A child is linked to its mother by its record, never takes her number, and has an id of its own that stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from adapter.carepath import PathSettings, PregnancyInput, build
from adapter.linking import with_own_numbers
from adapter.model.carepath import Child
from adapter.model.evidence import Evidence
from adapter.model.facts import Person, SourceFacts
from adapter.model.identifiers import Bsn
from adapter.model.sources import FhirVersion, Media, Received, RecordKey
from adapter.service.links.children import Children, Held
from adapter.service.rooms import Rooms
from adapter.store import KeyRing, LinkRow, Store
from builders_carepath import BLIJE_EI, ERASMUS, GROEN, KNOWN_AT, Source, day, zorgpad

MOTHER, CHILD = Bsn("999911120"), Bsn("999990160")


def person(source: str, id_: str, bsn: Bsn | None, order: int | None = None) -> Person:
    reference = f"Patient/{id_}"
    return Person(source, reference, Evidence(source, reference, "1", ""), bsn=bsn, birth_order=order)


def test_a_child_has_no_number_that_any_source_knows_as_its_mothers() -> None:
    vp = SourceFacts("vp", person("vp", "w", MOTHER))
    kz = SourceFacts(
        "kz", person("kz", "w", None), children=(person("kz", "k1", MOTHER, 1), person("kz", "k2", CHILD, 2))
    )
    (_, mended) = with_own_numbers([vp, kz])
    assert [(c.reference, c.bsn, c.birth_order) for c in mended.children] == [
        ("Patient/k1", None, 1),
        ("Patient/k2", CHILD, 2),
    ]


def test_what_needs_no_mending_is_left_as_it_is() -> None:
    vp = SourceFacts("vp", person("vp", "w", MOTHER), children=(person("vp", "k", CHILD),))
    assert with_own_numbers([vp])[0] is vp


class Household:
    """One woman's children through time: a view as the service makes it, keeping the ids that come of it."""

    def __init__(self, store: Store) -> None:
        self.now = KNOWN_AT
        self.store = store
        self.children = Children(cast(Rooms, SimpleNamespace(store=store, clock=lambda: self.now)))

    def look(self, *sources: Source, hers: tuple[str, ...] = ("vp", "zh", "kz")) -> tuple[Child, ...]:
        """Her children as these sources tell now, a day later each time: rebuilt and kept, then looked at."""
        self.now += timedelta(days=1)
        facts = tuple(s.facts() for s in sources)
        held = self.children.held(facts, others=True)
        records = [RecordKey(source, "Patient/woman") for source in hers]
        self.store.add_links(self.children.settled(self._view(facts, held), records, held))
        return self._view(facts, self.children.held(facts))

    def _view(self, facts: tuple[SourceFacts, ...], held: Held) -> tuple[Child, ...]:
        dossiers = frozenset((f.source, d.reference) for f in facts for d in f.dossiers)
        given = PregnancyInput("p", "w", facts, dossiers, children=self.children.ids(facts, held))
        return build(given, zorgpad(), PathSettings(), day("2024-12-01"), self.now).children


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Household]:
    with Store.open(f"sqlite:///{tmp_path}/store.db", KeyRing(b"a" * 32)) as store:
        for source, child in (("vp", "a"), ("zh", "77"), ("kz", "k")):
            for reference in ("Patient/woman", f"Patient/{child}"):
                id_ = reference.removeprefix("Patient/")
                got = (source, FhirVersion.R4, Media.JSON, "Patient", id_, "1", b"{}", "Patient/woman", reference)
                store.append([Received(*got, None, f"{source} {id_}")], KNOWN_AT)
        yield Household(store)


BORN = date(2024, 8, 1)


def midwife(**more: Any) -> Source:
    return Source("vp", GROEN).dossier("2024-01-06").child("Patient/a", BORN, gender="female", **more)


def hospital(gender: str = "female", **more: Any) -> Source:
    return Source("zh", ERASMUS).dossier("2024-01-06").child("Patient/77", BORN, gender=gender, **more)


def kraamzorg(**more: Any) -> Source:
    return Source("kz", BLIJE_EI).dossier("2024-01-06").child("Patient/k", BORN, gender="female", **more)


def test_a_child_that_a_second_source_reports_keeps_its_id(house: Household) -> None:
    (first,) = house.look(kraamzorg())
    (second,) = house.look(kraamzorg(), hospital())
    (third,) = house.look(midwife(), hospital(), kraamzorg())  # a source that comes first in the alphabet, or sooner
    assert first.id == second.id == third.id
    assert "kz" not in first.id and "Patient" not in first.id
    assert {(r.source, r.reference) for r in third.records} == {
        ("vp", "Patient/a"),
        ("zh", "Patient/77"),
        ("kz", "Patient/k"),
    }
    (left,) = house.look(midwife())  # where the source that first told of it falls silent
    assert left.id == first.id


def test_the_id_is_there_before_it_is_kept(house: Household) -> None:
    facts = (midwife().facts(),)
    before = house.children.ids(facts, house.children.held(facts))
    (child,) = house.look(midwife())
    assert set(before.values()) == {child.id}


def test_a_bsn_that_comes_later_changes_nothing_in_who_it_is(house: Household) -> None:
    (before,) = house.look(midwife(), hospital())
    (after,) = house.look(midwife(bsn=CHILD), hospital(bsn=CHILD))
    assert before.id == after.id
    assert house.store.counts()["links"] == 2  # nothing to keep anew


def test_twins_have_an_id_each_whichever_order_they_are_sent_in(house: Household) -> None:
    def twins(source: Source, one: str, other: str) -> Source:
        return source.child(one, BORN, gender="female", birth_order=1).child(other, BORN, gender="male", birth_order=2)

    at_midwife = Source("vp", GROEN).dossier("2024-01-06")
    first, second = house.look(twins(at_midwife, "Patient/a", "Patient/b"))
    at_hospital = Source("zh", ERASMUS).dossier("2024-01-06")
    again = house.look(twins(Source("vp", GROEN).dossier("2024-01-06"), "Patient/a", "Patient/b"), at_hospital)
    later = house.look(
        twins(Source("vp", GROEN).dossier("2024-01-06"), "Patient/a", "Patient/b"),
        twins(Source("zh", ERASMUS).dossier("2024-01-06"), "Patient/2", "Patient/1"),
    )
    assert first.id != second.id
    assert [c.id for c in again] == [c.id for c in later] == [first.id, second.id]


def test_records_that_part_get_an_id_each_and_come_back_to_the_one_they_had(house: Household) -> None:
    (girl,) = house.look(midwife())
    (both,) = house.look(midwife(), hospital())
    parted = {c.records[0].source: c.id for c in house.look(midwife(), hospital(gender="male"))}
    assert parted["vp"] == girl.id == both.id
    assert parted["zh"] != girl.id
    (joined,) = house.look(midwife(), hospital())
    assert joined.id == girl.id
    again = {c.records[0].source: c.id for c in house.look(midwife(), hospital(gender="male"))}
    assert again == parted


def test_when_records_of_the_mother_part_the_id_stays_with_the_first(house: Household) -> None:
    (one,) = house.look(midwife(), hospital())
    (other,) = house.look(hospital(), hers=("zh",))  # a person split her off: another woman, another child
    (mine,) = house.look(midwife(), hers=("vp", "kz"))
    assert mine.id == one.id != other.id
    (again,) = house.look(midwife(), hospital())  # and that was undone
    assert again.id == one.id


def test_two_children_never_stand_under_one_id(house: Household) -> None:
    house.store.add_links(
        [
            LinkRow("child", source, reference, "same", "automatic", b'{"notes":[]}', KNOWN_AT)
            for source, reference in (("vp", "Patient/a"), ("zh", "Patient/77"))
        ]
    )
    seen = house.look(midwife(), hospital(gender="male"))
    assert len({c.id for c in seen}) == 2
    assert [c.id for c in house.look(midwife(), hospital(gender="male"))] == [c.id for c in seen]
