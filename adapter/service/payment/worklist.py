"""The IGO worklist: every pregnancy with what was decided, what is missing and what it waits for; a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Lock
from typing import Literal

from adapter.access import Action, Context, Entity, EventType, Resource
from adapter.model.decision import Override
from adapter.model.moments import day_of
from adapter.service.guard import Guard
from adapter.service.payment.lines import Line, PhaseInLine
from adapter.service.payment.persons import persons_of
from adapter.service.payment.standing import Standing
from adapter.service.rooms import Rooms

STATUSES = ("igo", "niet_igo", "gemengd", "onbepaald")
STAGES = ("voorlopig", "definitief")
PHASES = ("prenataal", "nataal", "postnataal")
SORTS = ("aandacht", "dagen", "besluit", "fase", "verzekeraar", "risico")
MARKS = ("ontbreekt", "risico", "klaar", "besluit_persoon", "voorstel")
UNKNOWN_INSURER = "onbekend"
MOST = 500


@dataclass(frozen=True, slots=True)
class Choice:
    """What to see. Empty texts choose nothing; `mark` is one of `MARKS`; `member` an AGB code."""

    status: str = ""
    stage: str = ""
    phase: str = ""
    insurer: str = ""
    member: str = ""
    mark: str = ""
    sort: str = "aandacht"
    descending: bool = False

    @staticmethod
    def read(query: Mapping[str, str]) -> Choice:
        """From the query of an address; what makes no sense is left out."""

        def among(name: str, known: Iterable[str]) -> str:
            return query.get(name, "") if query.get(name, "") in known else ""

        return Choice(
            status=among("status", STATUSES),
            stage=among("stadium", STAGES),
            phase=among("fase", PHASES),
            insurer=_code(query.get("verzekeraar", "")),
            member=_code(query.get("lid", "")),
            mark=among("toon", MARKS),
            sort=among("volgorde", SORTS) or "aandacht",
            descending=query.get("aflopend", "") == "ja",
        )


def _code(text: str) -> str:
    return text if text == UNKNOWN_INSURER or (text.isascii() and text.isdigit() and len(text) <= 9) else ""


@dataclass(frozen=True, slots=True)
class WorkPhase:
    """One phase of a pregnancy in the worklist. Amount in eurocents."""

    phase: str
    state: str
    status: str | None
    stage: str
    prestatie: str | None
    amount: int | None
    ready: bool
    expected: str | None


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One pregnancy in the worklist. It names no woman and holds no clinical value.

    `days`: since the end of the phase that ended last; None while no phase has ended. `risk`: why it may break.
    `override`: in_force, proposed (waits for a second person) or None.
    """

    pregnancy: str
    as_of: date
    decided_at: datetime
    state: str
    status: str
    stage: str
    standing: str
    phase: str | None
    phase_state: str | None
    insurer: str | None
    days: int | None
    phases: tuple[WorkPhase, ...]
    missing: tuple[str, ...]
    risk: tuple[str, ...]
    outside: tuple[str, ...]
    members: tuple[str, ...]
    override: Literal["in_force", "proposed"] | None


@dataclass(frozen=True, slots=True)
class WorkPage:
    """A page of the worklist. `counts`: over all that was chosen, by status, stage, phase, insurer and mark."""

    items: tuple[WorkItem, ...]
    total: int
    all: int
    waiting: int
    counts: dict[str, dict[str, int]] = field(default_factory=dict)


class Worklist:
    """Reads lines, and remembers them as long as nothing changed in the store."""

    def __init__(self, rooms: Rooms, standing: Standing) -> None:
        self._rooms = rooms
        self._guard = Guard(rooms)
        self._standing = standing
        self._lock = Lock()
        self._stamp: object = None
        self._lines: list[Line] = []

    def page(self, ctx: Context, choice: Choice, offset: int = 0, limit: int = 50) -> WorkPage:
        """The chosen page."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.PREGNANCIES)
        self._guard.allowed(ctx, Action.READ, Resource.DECISION)
        found = self._page(choice, offset, min(limit, MOST))
        entities = [Entity("pregnancy", i.pregnancy) for i in found.items]
        self._guard.record(ctx, EventType.SEARCH, Action.EXECUTE, grant, entities, query=_asked(choice, offset, limit))
        return found

    def everything(self, ctx: Context, choice: Choice) -> tuple[WorkItem, ...]:
        """All that was chosen, to be taken out of here: that is an event of its own."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.PREGNANCIES)
        self._guard.allowed(ctx, Action.READ, Resource.DECISION)
        found = self._page(choice, 0, None)
        query = f"{_asked(choice, 0, found.total)}&rows={found.total}"
        self._guard.record(ctx, EventType.EXPORT, Action.READ, grant, [Entity("worklist", "")], query=query)
        return found.items

    def _page(self, choice: Choice, offset: int, limit: int | None) -> WorkPage:
        now = self._rooms.clock()
        today = day_of(now)
        persons = persons_of(self._rooms.store, None, now, today)
        states = {p: _override(said.overrides) for p, said in persons.items()}
        lines = self._current()
        chosen = [line for line in lines if _chosen(line, choice, states)]
        chosen.sort(key=lambda line: _order(line, choice.sort, today), reverse=choice.descending)
        cut = chosen[offset:] if limit is None else chosen[offset : offset + limit]
        items = tuple(_item(line, today, states.get(line.pregnancy)) for line in cut)
        waiting = sum(state == "proposed" for state in states.values())
        return WorkPage(items, len(chosen), len(lines), waiting, _counts(chosen, states))

    def _current(self) -> list[Line]:
        with self._lock:
            stamp = self._rooms.store.standing_stamp()
            if stamp != self._stamp:
                if self._standing.fill():
                    stamp = self._rooms.store.standing_stamp()
                self._lines, self._stamp = self._standing.lines(), stamp
            return self._lines


def _override(overrides: Iterable[Override]) -> Literal["in_force", "proposed"] | None:
    states = {o.state for o in overrides}
    return "proposed" if "proposed" in states else "in_force" if "in_force" in states else None


def _chosen(line: Line, choice: Choice, states: Mapping[str, str | None]) -> bool:
    if (choice.status and line.status != choice.status) or (choice.stage and line.stage != choice.stage):
        return False
    if choice.phase:
        now = line.now()
        if now is None or now.phase != choice.phase:
            return False
    if choice.insurer and (line.insurer or UNKNOWN_INSURER) != choice.insurer:
        return False
    if choice.member and choice.member not in {agb for agb, _ in line.members}:
        return False
    return not choice.mark or choice.mark in _marks(line, states.get(line.pregnancy))


def _marks(line: Line, state: str | None) -> set[str]:
    found = set()
    if line.missing:
        found.add("ontbreekt")
    if line.risk:
        found.add("risico")
    if any(p.ready for p in line.phases):
        found.add("klaar")
    if state == "proposed":
        found.add("voorstel")
    if state == "in_force" or line.overridden:
        found.add("besluit_persoon")
    return found


def _days(line: Line, today: date) -> int | None:
    ended = [p.end for p in line.phases if p.state == "ended" and p.end is not None and p.end <= today]
    return (today - max(ended)).days if ended else None


def _order(line: Line, sort: str, today: date) -> tuple[object, ...]:
    days = _days(line, today)
    if sort == "dagen":
        return (-1 if days is None else days, line.pregnancy)
    if sort == "besluit":
        return (STATUSES.index(line.status), line.pregnancy)
    if sort == "fase":
        now = line.now()
        return (PHASES.index(now.phase) if now else -1, line.pregnancy)
    if sort == "verzekeraar":
        return (line.insurer or "", line.pregnancy)
    if sort == "risico":
        return (not line.risk, line.pregnancy)
    return (_attention(line), -(days or 0), line.pregnancy)


def _attention(line: Line) -> int:
    """Undecided and over, then undecided, then what may break, then provisional and over, then the rest."""
    over = all(p.state in {"ended", "not_applicable"} for p in line.phases)
    if line.status == "onbepaald":
        return 0 if over else 1
    if line.risk:
        return 2
    if over and line.stage == "voorlopig":
        return 3
    return 5 if line.stage == "definitief" else 4


def _item(line: Line, today: date, state: Literal["in_force", "proposed"] | None) -> WorkItem:
    now = line.now()
    return WorkItem(
        pregnancy=line.pregnancy,
        as_of=line.as_of,
        decided_at=line.decided_at,
        state=line.state,
        status=line.status,
        stage=line.stage,
        standing=line.standing,
        phase=now.phase if now else None,
        phase_state=now.state if now else None,
        insurer=line.insurer,
        days=_days(line, today),
        phases=tuple(_phase(p) for p in line.phases),
        missing=tuple(why for _, why in line.missing),
        risk=line.risk,
        outside=line.outside,
        members=tuple(name for _, name in line.members),
        override=state,
    )


def _phase(phase: PhaseInLine) -> WorkPhase:
    return WorkPhase(
        phase.phase,
        phase.state,
        phase.status,
        phase.stage,
        phase.name,
        phase.amount,
        phase.ready,
        phase.expected,
    )


def _counts(lines: Iterable[Line], states: Mapping[str, str | None]) -> dict[str, dict[str, int]]:
    status, stage, phase, insurer, mark = (Counter[str]() for _ in range(5))
    for line in lines:
        status[line.status] += 1
        stage[line.stage] += 1
        now = line.now()
        if now is not None:
            phase[now.phase] += 1
        insurer[line.insurer or UNKNOWN_INSURER] += 1
        mark.update(_marks(line, states.get(line.pregnancy)))
    return {
        "status": {name: status[name] for name in STATUSES},
        "stage": {name: stage[name] for name in STAGES},
        "phase": {name: phase[name] for name in PHASES},
        "insurer": dict(sorted(insurer.items())),
        "mark": {name: mark[name] for name in MARKS},
    }


def _asked(choice: Choice, offset: int, limit: int) -> str:
    said = {
        "status": choice.status,
        "stage": choice.stage,
        "phase": choice.phase,
        "insurer": choice.insurer,
        "member": choice.member,
        "mark": choice.mark,
        "sort": choice.sort,
    }
    return "&".join([*(f"{k}={v}" for k, v in said.items() if v), f"offset={offset}", f"limit={limit}"])
