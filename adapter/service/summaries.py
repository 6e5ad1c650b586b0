"""The list of pregnancies: one line each, from care path and decision."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import date, datetime
from threading import Lock

from adapter.model.carepath import CarePath, Phase
from adapter.model.decision import Decision, PhaseDecision
from adapter.model.moments import day_of
from adapter.model.sources import SourceState
from adapter.service.access.lens import Lens
from adapter.service.decide import decide
from adapter.service.rooms import Rooms
from adapter.service.summary import PhaseLine, PregnancyPage, PregnancySummary
from adapter.service.views import Views

_KEPT = 5000

_Key = tuple[str, date, object]


class Summaries:
    """Makes the lines of the list; remembers them as long as nothing changed in the store."""

    def __init__(self, rooms: Rooms, views: Views) -> None:
        self._rooms = rooms
        self._views = views
        self._lock = Lock()
        self._stamp: object = None
        self._kept: OrderedDict[_Key, PregnancySummary] = OrderedDict()

    def page(self, as_of: date, known_at: datetime | None, now: datetime, offset: int, limit: int) -> PregnancyPage:
        """A slice of the list for a day, by what was known at an instant."""
        ids = self._views.ids(known_at)
        chosen = ids[offset : offset + limit]
        if known_at is not None:
            return PregnancyPage(tuple(self._made(i, as_of, known_at, now) for i in chosen), len(ids))
        with self._lock:
            self._forget_if_changed()
            return PregnancyPage(tuple(self._one(i, as_of, now) for i in chosen), len(ids))

    def narrowed(
        self,
        lenses: Mapping[str, Lens],
        as_of: date,
        known_at: datetime | None,
        now: datetime,
        offset: int,
        limit: int,
    ) -> PregnancyPage:
        """The same of the pregnancies that one reader may see, each through their lens; for care, so undecided."""
        chosen = list(lenses.items())[offset : offset + limit]
        made = [self._seen(pregnancy, lens, as_of, known_at, now) for pregnancy, lens in chosen]
        return PregnancyPage(tuple(made), len(lenses))

    def _seen(
        self, pregnancy: str, lens: Lens, as_of: date, known_at: datetime | None, now: datetime
    ) -> PregnancySummary:
        key = (pregnancy, as_of, lens.key)
        with self._lock:
            self._forget_if_changed()
            kept = self._kept.get(key) if known_at is None else None
        if kept is not None:
            return kept
        made = summary(self._views.view(pregnancy, as_of, known_at, now, lens).path, None)
        if known_at is None:
            with self._lock:
                self._keep(key, made)
        return made

    def _keep(self, key: _Key, made: PregnancySummary) -> None:
        self._kept[key] = made
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def _forget_if_changed(self) -> None:
        store = self._rooms.store
        stamp = (*store.positions(), *store.standing_stamp())
        if stamp != self._stamp:
            self._kept.clear()
            self._stamp = stamp

    def _one(self, pregnancy: str, as_of: date, now: datetime) -> PregnancySummary:
        key = (pregnancy, as_of, None)
        if key not in self._kept:
            self._keep(key, self._made(pregnancy, as_of, None, now))
        return self._kept[key]

    def _made(self, pregnancy: str, as_of: date, known_at: datetime | None, now: datetime) -> PregnancySummary:
        view = self._views.view(pregnancy, as_of, known_at, now)
        return summary(view.path, decide(self._rooms, view.projection, now).decision)


def summary(path: CarePath, decision: Decision | None) -> PregnancySummary:
    """What the list shows of one pregnancy; without a decision nothing of it."""
    edd = path.facts["edd"].value
    now = path.responsibility[-1] if path.responsibility else None
    silent = [s.organisation for s in path.sources if s.state is not SourceState.ANSWERED]
    return PregnancySummary(
        pregnancy=path.pregnancy,
        woman_name=path.woman.name,
        birth_date=path.woman.birth_date,
        state=path.state,
        outcome=path.outcome,
        ended_on=path.ended_on,
        gestational_age=path.gestational_age,
        edd=day_of(edd) if isinstance(edd, date) else None,
        organisations=tuple(i.organisation.name or i.organisation.id for i in path.involved),
        responsible=(now.organisation.name or now.organisation.id) if now else None,
        status=decision.status if decision else None,
        stage=decision.stage if decision else None,
        phases=tuple(_line(p) for p in decision.phases) if decision else tuple(map(_undecided, path.phases)),
        missing=tuple(dict.fromkeys(m.why for m in decision.missing)) if decision else (),
        sources_missing=tuple(o.name or o.id for o in silent),
    )


def _undecided(phase: Phase) -> PhaseLine:
    return PhaseLine(phase.phase, phase.state, None, None, "provisional")


def _line(phase: PhaseDecision) -> PhaseLine:
    name = phase.prestatie.name if phase.prestatie else None
    return PhaseLine(phase.phase, phase.state, phase.status, name, phase.standing)
