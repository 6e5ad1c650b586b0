"""The children of this pregnancy. Two records become one child only where nothing else is possible."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from adapter.carepath.asof import Chosen
from adapter.carepath.merge import unique
from adapter.carepath.times import plausible
from adapter.model.carepath import Child, ChildRecord
from adapter.model.evidence import Evidence
from adapter.model.facts import Outcome, Person, Statement, StatementKind, called
from adapter.model.moments import Moment, day_of, instant_of, is_instant


@dataclass(frozen=True, slots=True)
class _Record:
    """One child as one source knows it: by its record, or only by what is said about it."""

    source: str
    reference: str
    person: Person | None
    birth: Moment | None
    still: bool
    evidence: tuple[Evidence, ...]

    @property
    def gender(self) -> str | None:
        return self.person.gender if self.person is not None else None

    @property
    def order(self) -> int | None:
        return self.person.birth_order if self.person is not None else None


def children_of(chosen: Chosen, as_of: date) -> tuple[Child, ...]:
    """One entry per child, in order of birth."""
    children = [_child(g, id, as_of) for id, g in _named(chosen)]
    return tuple(sorted(children, key=lambda c: (_order(c.birth), c.birth_order or 99, c.id)))


def child_ids(chosen: Chosen) -> dict[tuple[str, str], str]:
    """Source and reference of each record of a child to the id that the child has here."""
    return {(r.source, r.reference): id for id, group in _named(chosen) for r in group}


def _named(chosen: Chosen) -> list[tuple[str, list[_Record]]]:
    """The records of each child under its id: of the ids that they have, the one that comes first."""
    order = {key: place for place, key in enumerate(chosen.child_ids)}
    found: list[tuple[str, list[_Record]]] = []
    for group in _groups(chosen):
        keys = sorted((k for r in group if (k := (r.source, r.reference)) in order), key=order.__getitem__)
        taken = {id for id, _ in found}
        free = (id for k in keys if (id := chosen.child_ids[k]) not in taken)
        found.append((next(free, f"{group[0].source}:{group[0].reference}"), group))
    return found


def _groups(chosen: Chosen) -> list[list[_Record]]:
    """The records of each child, over the sources; those of the source that knows most children first."""
    groups: list[list[_Record]] = []
    by_source = _records(chosen)
    for source in sorted(by_source, key=lambda s: (-len(by_source[s]), s)):
        for record in by_source[source]:
            home = next((g for g in groups if _same(g[0], record, by_source)), None)
            if home is not None and all(r.source != source for r in home):
                home.append(record)
            else:
                groups.append([record])
    return groups


def _order(birth: Moment | None) -> float:
    return float("inf") if birth is None else instant_of(birth).timestamp()


def _records(chosen: Chosen) -> dict[str, list[_Record]]:
    said: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    still: set[tuple[str, str | None]] = set()
    for s in chosen.said(StatementKind.BIRTH):
        if s.about is not None:
            said[(s.evidence.source, s.about)].append(s)
    for s in chosen.said(StatementKind.OUTCOME):
        if str(s.value) == Outcome.STILLBIRTH:
            still.add((s.evidence.source, s.about))
    people = {(c.source, c.reference): c for c in chosen.children}
    result: dict[str, list[_Record]] = defaultdict(list)
    for key in sorted({*said, *people}):
        person, births = people.get(key), said.get(key, [])
        evidence = [s.evidence for s in births] + ([person.evidence] if person else [])
        result[key[0]].append(_Record(*key, person, _birth(person, births), key in still, unique(evidence)))
    return result


def _birth(person: Person | None, births: list[Statement]) -> Moment | None:
    found: list[Moment] = [s.value for s in births if isinstance(s.value, date)]
    if person is not None and person.birth_date is not None and plausible(person.birth_date):
        found.append(person.birth_date)
    return next((m for m in found if is_instant(m)), found[0] if found else None)


def _same(a: _Record, b: _Record, by_source: dict[str, list[_Record]]) -> bool:
    if a.source == b.source:
        return False
    numbers = [r.person.bsn for r in (a, b) if r.person is not None and r.person.bsn is not None]
    if len(numbers) == 2:
        return numbers[0] == numbers[1]
    if a.birth is None or b.birth is None or day_of(a.birth) != day_of(b.birth):
        return False
    if a.gender and b.gender and a.gender != b.gender:
        return False
    here, there = by_source[a.source], by_source[b.source]
    if len(here) == len(there) == 1:
        return True
    if a.order is not None and b.order is not None:
        return a.order == b.order
    if is_instant(a.birth) and a.birth == b.birth and _alone(a, here) and _alone(b, there):
        return True
    return len(here) == len(there) and bool(a.gender) and _only_of_sex(a, here) and _only_of_sex(b, there)


def _alone(record: _Record, all_here: list[_Record]) -> bool:
    return sum(r.birth == record.birth for r in all_here) == 1


def _only_of_sex(record: _Record, all_here: list[_Record]) -> bool:
    return sum(r.gender == record.gender or r.gender is None for r in all_here) == 1 and record.gender is not None


def _child(group: list[_Record], id: str, as_of: date) -> Child:
    births = [r.birth for r in group if r.birth is not None]
    people = [r.person for r in group if r.person is not None]
    return Child(
        id=id,
        birth=next((b for b in births if is_instant(b)), births[0] if births else None),
        birth_order=next((p.birth_order for p in people if p.birth_order is not None), None),
        gender=next((p.gender for p in people if p.gender), None),
        name=called(p.name for p in people),
        alive=_alive(group, people, as_of),
        evidence=unique(e for r in group for e in r.evidence),
        records=tuple(ChildRecord(r.source, r.reference) for r in group),
    )


def _alive(group: list[_Record], people: list[Person], as_of: date) -> bool | None:
    if any(r.still for r in group):
        return False
    said = [p.deceased for p in people if p.deceased is not None]
    if any(d is True or (isinstance(d, date) and plausible(d) and day_of(d) <= as_of) for d in said):
        return False
    return True if said else None
