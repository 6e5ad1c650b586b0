"""Which pregnancies there are for one reader: those of which a dossier may be seen. Of others nothing tells."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime

from adapter.access import Context
from adapter.model.sources import RecordKey
from adapter.service.access.kinds import kinds_for
from adapter.service.access.lens import Lens
from adapter.service.access.reach import Reach
from adapter.service.links.pregnancies import PREGNANCY
from adapter.service.links.women import WOMAN
from adapter.service.port import UnknownPregnancyError
from adapter.service.rooms import Rooms

_KEPT = 50


class Visible:
    """Narrows pregnancies to what may be seen."""

    def __init__(self, rooms: Rooms, reach: Reach) -> None:
        self._rooms = rooms
        self.reach = reach
        self._lock = threading.Lock()
        self._kept: OrderedDict[object, tuple[object, dict[str, Lens]]] = OrderedDict()

    def lens(self, ctx: Context, pregnancy: str, known_at: datetime | None = None) -> Lens:
        """Through what to look at a pregnancy. Raises `UnknownPregnancyError`, also where it is not for this reader."""
        store = self._rooms.store
        rows = store.links(PREGNANCY, known_at, targets=[pregnancy])
        owners = store.links(WOMAN, known_at, records=[RecordKey(r.source, r.woman) for r in rows if r.woman])
        women = list(dict.fromkeys(r.target for r in owners if r.target))
        if not women:
            raise UnknownPregnancyError(pregnancy)
        lens = Lens(self.reach.records(ctx, women[0]), kinds_for(ctx), pregnancy)
        if not lens.dossiers(rows):
            raise UnknownPregnancyError(pregnancy)
        return lens

    def look(self, ctx: Context, pregnancy: str, known_at: datetime | None = None) -> Lens | None:
        """The same; None where nothing narrows who asks, and whether it exists is not looked at."""
        if not self.reach.narrows(ctx) and kinds_for(ctx).all:
            return None
        return self.lens(ctx, pregnancy, known_at)

    def of_woman(self, ctx: Context, woman: str) -> list[str]:
        """Her pregnancies."""
        return list(self._of([woman], ctx))

    def lenses(self, ctx: Context, known_at: datetime | None = None) -> dict[str, Lens] | None:
        """Every pregnancy that is there for this reader, and through what to look at it; None: all, and nothing."""
        if not self.reach.narrows(ctx):
            return None
        now = self._rooms.clock()
        emergency = ctx.emergency.at(now) if ctx.emergency is not None else None
        key = (self.reach.reader(ctx).identities, ctx.woman, ctx.actor.kind, emergency, ctx.scopes)
        stand = (self._rooms.store.positions(), self.reach.told(), now.date())
        with self._lock:
            kept = self._kept.get(key) if known_at is None else None
        if kept is not None and kept[0] == stand:
            return kept[1]
        found = self._of(sorted(self.reach.women(ctx) or ()), ctx, known_at)
        if known_at is None:
            with self._lock:
                self._kept[key] = (stand, found)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return found

    def _of(self, women: list[str], ctx: Context, known_at: datetime | None = None) -> dict[str, Lens]:
        seen = self.reach.several(ctx, women)
        whose = {record: one for one in seen for record in one.allowed}
        rows = self._rooms.store.links(PREGNANCY, known_at, within=list(whose)) if whose else []
        kinds = kinds_for(ctx)
        shown = (
            (r.target, one)
            for r in rows
            if r.target and (one := whose.get(RecordKey(r.source, r.woman or ""))) is not None
            if one.everything or one.shows_dossier(RecordKey(r.source, r.woman or ""), r.target)
        )
        found: dict[str, Lens] = {}
        for pregnancy, one in shown:
            found.setdefault(pregnancy, Lens(one, kinds, pregnancy))
        return found
