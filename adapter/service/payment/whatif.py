"""What if: other rules, another register or catalogue over all that is stored, or over some of it, touching nothing.

Both sides are decided from the same stored projections: as things are, and with the draft. The difference is therefore
the draft's alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from adapter.access import Action, Context, Entity, EventType, Resource
from adapter.model.decision import PhaseDecision
from adapter.service.decide import Outcome, outcome
from adapter.service.guard import Guard
from adapter.service.payment import lines
from adapter.service.payment.asked import asked_of
from adapter.service.payment.packing import unpack
from adapter.service.payment.persons import NOBODY, persons_of
from adapter.service.payment.redecide import AT_ONCE, Opener, here, pool
from adapter.service.rooms import Rooms

_IN_PROCESS = 3000
NOBODY_KNOWN = "onbekend"


@dataclass(frozen=True, slots=True)
class Draft:
    """What to try. None: as it is. `rules`: a folder like `mappings/rules`; `register`: a file like `igo.toml`;
    `catalogues`: a folder like `mappings/catalogues`."""

    rules: Path | None = None
    register: Path | None = None
    catalogues: Path | None = None


@dataclass(frozen=True, slots=True)
class Population:
    """Which pregnancies: all, or those of an insurer, with a phase that ended from a day up to a day, or these."""

    insurer: str | None = None
    since: date | None = None
    until: date | None = None
    pregnancies: frozenset[str] = frozenset()

    def holds(self, line: lines.Line) -> bool:
        """Whether a pregnancy is one of them."""
        if self.pregnancies and line.pregnancy not in self.pregnancies:
            return False
        if self.insurer is not None and (line.insurer or NOBODY_KNOWN) != self.insurer:
            return False
        if self.since is None and self.until is None:
            return True
        first, last = self.since or date.min, self.until or date.max
        return any(p.end is not None and p.state == "ended" and first <= p.end <= last for p in line.phases)


@dataclass(frozen=True, slots=True)
class Side:
    """A phase as it is, or as it would be. Amount in eurocents; None: no claim, or no tariff agreed."""

    status: str | None
    stage: str
    prestatie: str | None
    amount: int | None


@dataclass(frozen=True, slots=True)
class PhaseShift:
    """One phase that becomes another. `why`: the row of the rules that would apply, in Dutch."""

    phase: str
    insurer: str | None
    before: Side
    after: Side
    why: str


@dataclass(frozen=True, slots=True)
class Shift:
    """One pregnancy whose outcome changes."""

    pregnancy: str
    before: str
    after: str
    phases: tuple[PhaseShift, ...]
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """Phases with one pair of outcomes, of one insurer; amounts are the sums of those that are known."""

    phase: str
    insurer: str
    before: str
    after: str
    count: int
    amount_before: int
    amount_after: int


@dataclass(frozen=True, slots=True)
class MemberTotal:
    """One member: pregnancies it gave care in, those that change, and the phases that become niet-IGO or IGO."""

    member: str
    pregnancies: int
    changed: int
    to_igo: int
    to_niet_igo: int
    fallback_before: int
    fallback_after: int


@dataclass(frozen=True, slots=True)
class TrialReport:
    """What would change. Nothing was kept."""

    looked_at: int
    unreadable: int
    versions_before: dict[str, str]
    versions_after: dict[str, str]
    changed: tuple[Shift, ...]
    totals: tuple[Total, ...]
    members: tuple[MemberTotal, ...]


@dataclass(slots=True)
class _Sums:
    looked_at: int = 0
    unreadable: int = 0
    changed: list[Shift] = field(default_factory=list)
    totals: dict[tuple[str, str, str, str], list[int]] = field(default_factory=dict)
    members: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, other: _Sums) -> None:
        self.looked_at += other.looked_at
        self.unreadable += other.unreadable
        self.changed += other.changed
        for key, (count, before, after) in other.totals.items():
            mine = self.totals.setdefault(key, [0, 0, 0])
            mine[0] += count
            mine[1] += before
            mine[2] += after
        for member, counts in other.members.items():
            self.members.setdefault(member, Counter()).update(counts)


class WhatIf:
    """Tries drafts."""

    def __init__(
        self,
        rooms: Rooms,
        drafted: Callable[[Draft], Rooms],
        opener: Callable[[Draft], Opener] | None = None,
        processes: int = 2,
    ) -> None:
        self._rooms = rooms
        self._guard = Guard(rooms)
        self._drafted = drafted
        self._opener = opener
        self._processes = processes

    def trial(self, ctx: Context, draft: Draft, population: Population | None = None) -> TrialReport:
        """Decide with the draft and without it. Raises `ConfigurationError` with every fault of the draft."""
        grant = self._guard.allowed(ctx, Action.EXECUTE, Resource.TRIAL)
        other = self._drafted(draft)
        sums = _Sums()
        for some in self._each(other, draft, population or Population()):
            sums.add(some)
        entities = [Entity("trial", "")] + [Entity("pregnancy", s.pregnancy) for s in sums.changed[:1000]]
        query = f"looked_at={sums.looked_at}&changed={len(sums.changed)}&rules={other.rules.version}"
        self._guard.record(ctx, EventType.DECIDE, Action.EXECUTE, grant, entities, query=query, subtype="trial")
        return _report(sums, _versions(self._rooms), _versions(other))

    def _each(self, other: Rooms, draft: Draft, population: Population) -> Iterator[_Sums]:
        ranges = self._rooms.store.standing_ranges(AT_ONCE)
        if self._opener is None or len(ranges) * AT_ONCE <= _IN_PROCESS or self._processes == 1:
            yield from (try_range(self._rooms, other, first, last, population) for first, last in ranges)
            return
        with pool(self._processes, self._opener(Draft()), self._opener(draft)) as executor:
            yield from executor.map(partial(_try_here, population=population), ranges)


def _try_here(task: tuple[int, int], population: Population) -> _Sums:
    now, other = here()
    return try_range(now, other, *task, population)


def try_range(rooms: Rooms, other: Rooms, first: int, last: int, population: Population) -> _Sums:
    """Both sides of the pregnancies between two positions."""
    store, sums, at = rooms.store, _Sums(), rooms.clock()
    ours, theirs = asked_of(rooms), asked_of(other)
    spoken = {n.pregnancy for n in store.override_notes()}
    for row in store.standings(first, last):
        try:
            line = lines.read(row.line or b"")
            if not population.holds(line):
                continue
            projection = unpack(row.projection or b"")
        except ValueError:
            sums.unreadable += 1
            continue
        persons = NOBODY
        if row.pregnancy in spoken:
            persons = persons_of(store, [row.pregnancy], at, projection.as_of).get(row.pregnancy, NOBODY)
        sums.looked_at += 1
        before = outcome(rooms, projection, persons)
        same = theirs.same(ours.write(before.selection))
        _compare(sums, line, before, before if same else outcome(other, projection, persons))
    return sums


def _compare(sums: _Sums, line: lines.Line, before: Outcome, after: Outcome) -> None:
    insurers = {p.phase: p.insurer for p in line.phases}
    shifts: list[PhaseShift] = []
    moved: Counter[str] = Counter()
    for was, now in zip(before.phases, after.phases, strict=True):
        old, new = _side(was), _side(now)
        insurer = insurers.get(was.phase)
        if old.status is not None or new.status is not None:
            key = (was.phase, insurer or NOBODY_KNOWN, old.status or "", new.status or "")
            total = sums.totals.setdefault(key, [0, 0, 0])
            total[0] += 1
            total[1] += old.amount or 0
            total[2] += new.amount or 0
        if old != new or was.fallback != now.fallback:
            why = now.reasons[0].text if now.reasons else ""
            shifts.append(PhaseShift(was.phase, insurer, old, new, why))
            if old.status != new.status and new.status in {"igo", "niet_igo"}:
                moved[f"to_{new.status}"] += 1
    for agb, name in line.members:
        mine = sums.members.setdefault(f"{name} ({agb})", Counter())
        mine["pregnancies"] += 1
        mine["changed"] += bool(shifts)
        mine.update(moved)
        mine["fallback_before"] += sum(f.agb == agb for p in before.phases for f in p.fallback)
        mine["fallback_after"] += sum(f.agb == agb for p in after.phases for f in p.fallback)
    if shifts:
        names = tuple(name for _, name in line.members)
        statuses = before.selection.status, after.selection.status
        sums.changed.append(Shift(line.pregnancy, *statuses, tuple(shifts), names))


def _side(phase: PhaseDecision) -> Side:
    claim = phase.claim
    prestatie = phase.prestatie.id if phase.prestatie else None
    return Side(phase.status, phase.stage, prestatie, claim.amount if claim else None)


def _versions(rooms: Rooms) -> dict[str, str]:
    return {"rules": rooms.rules.version, "register": rooms.igo.version, "catalogue": rooms.catalogue.version}


def _report(sums: _Sums, before: dict[str, str], after: dict[str, str]) -> TrialReport:
    keys = ("pregnancies", "changed", "to_igo", "to_niet_igo", "fallback_before", "fallback_after")
    return TrialReport(
        looked_at=sums.looked_at,
        unreadable=sums.unreadable,
        versions_before=before,
        versions_after=after,
        changed=tuple(sorted(sums.changed, key=lambda s: s.pregnancy)),
        totals=tuple(Total(*key, *numbers) for key, numbers in sorted(sums.totals.items())),
        members=tuple(MemberTotal(name, *(c[k] for k in keys)) for name, c in sorted(sums.members.items())),
    )
