"""The list of pregnancies: one line each, from care path and decision."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date, datetime
from threading import Lock

from adapter.model.carepath import CarePath
from adapter.model.decision import Decision, PhaseDecision
from adapter.model.moments import day_of
from adapter.model.sources import SourceState
from adapter.service.decide import decide
from adapter.service.rooms import Rooms
from adapter.service.summary import PhaseLine, PregnancyPage, PregnancySummary
from adapter.service.views import Views

_KEPT = 5000


class Summaries:
    """Makes the lines of the list; remembers them as long as nothing changed in the store."""

    def __init__(self, rooms: Rooms, views: Views) -> None:
        self._rooms = rooms
        self._views = views
        self._lock = Lock()
        self._stamp: object = None
        self._kept: OrderedDict[tuple[str, date], PregnancySummary] = OrderedDict()

    def page(self, as_of: date, known_at: datetime | None, now: datetime, offset: int, limit: int) -> PregnancyPage:
        """A slice of the list for a day, by what was known at an instant."""
        ids = self._views.ids(known_at)
        chosen = ids[offset : offset + limit]
        if known_at is not None:
            return PregnancyPage(tuple(self._made(i, as_of, known_at, now) for i in chosen), len(ids))
        with self._lock:
            self._forget_if_changed()
            return PregnancyPage(tuple(self._one(i, as_of, now) for i in chosen), len(ids))

    def _forget_if_changed(self) -> None:
        counts = self._rooms.store.counts()
        stamp = (counts["versions"], counts["links"], counts["removed"], counts["answers"], counts["decisions"])
        if stamp != self._stamp:
            self._kept.clear()
            self._stamp = stamp

    def _one(self, pregnancy: str, as_of: date, now: datetime) -> PregnancySummary:
        key = (pregnancy, as_of)
        if key not in self._kept:
            self._kept[key] = self._made(pregnancy, as_of, None, now)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return self._kept[key]

    def _made(self, pregnancy: str, as_of: date, known_at: datetime | None, now: datetime) -> PregnancySummary:
        view = self._views.view(pregnancy, as_of, known_at, now)
        return summary(view.path, decide(self._rooms, view.projection, now))


def summary(path: CarePath, decision: Decision) -> PregnancySummary:
    """What the list shows of one pregnancy."""
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
        status=decision.status,
        stage=decision.stage,
        phases=tuple(_line(p) for p in decision.phases),
        missing=tuple(dict.fromkeys(m.why for m in decision.missing)),
        sources_missing=tuple(o.name or o.id for o in silent),
    )


def _line(phase: PhaseDecision) -> PhaseLine:
    name = phase.prestatie.name if phase.prestatie else None
    return PhaseLine(phase.phase, phase.state, phase.status, name, phase.standing)
