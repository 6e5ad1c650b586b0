"""Who looked at the data of one woman, as she may read it herself: who, of which organisation, when, at what, and why.

Looks by the same person in one hour, for the same purpose at the same kind of data, are one line with a number. What
the program did by itself (linking, rebuilding) is nobody's look and stays in the log keeper's book. Attempts that were
refused are shown where the log knows that they were about her.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from adapter.access import Action, ActorKind, Context, Entity, EventType, Grant, Outcome, Purpose, Resource
from adapter.access.audit import EMERGENCY
from adapter.model.sources import RecordKey
from adapter.service.audit.lines import LogLine, LogQuestion
from adapter.service.audit.logbook import Logbook
from adapter.service.audit.words import PURPOSE, category, shown_identity
from adapter.service.guard import Guard
from adapter.service.rooms import Rooms

LINES = 2000
"""Lines of the log that one page is made of."""


class NotHerselfError(Exception):
    """Nobody is asked about: who asks is not a woman, and named none."""


@dataclass(frozen=True, slots=True)
class Look:
    """One line of the overview. `times`: how often, from `first` up to `last`. `why`: the purpose, in Dutch.

    `emergency`: the reason that was given for noodtoegang. `refused`: it was tried, and nothing was seen.
    """

    first: datetime
    last: datetime
    times: int
    who: str
    organisation: str
    roles: tuple[str, ...]
    category: str
    why: str
    purpose: str
    emergency: str | None = None
    refused: bool = False
    ground: tuple[str, ...] = ()
    herself: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """Who looked, newest first, as far back as `since`. `next`: give it as `before` for what came earlier."""

    woman: str
    looks: tuple[Look, ...]
    since: datetime | None
    organisations: tuple[tuple[str, int], ...]
    emergencies: int
    next: int | None = None


class Inzage:
    """Each method asks the policy (`DeniedError`) and leaves an audit event: this is a look as well."""

    def __init__(self, rooms: Rooms, logbook: Logbook) -> None:
        self._rooms = rooms
        self._guard = Guard(rooms)
        self._logbook = logbook

    def own(self, ctx: Context, before: int | None = None) -> Overview:
        """Of the woman who asks. Raises `NotHerselfError`, `DeniedError`."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.OWN_LOG)
        if ctx.actor.kind is not ActorKind.WOMAN or ctx.woman is None:
            raise NotHerselfError
        records = self._rooms.store.search.linked_to(ctx.woman)
        woman = self._rooms.store.search.woman_of(ctx.woman) or ""
        return self._overview(ctx, grant, woman, records, before)

    def _hers(self, woman: str, records: list[RecordKey]) -> tuple[str, ...]:
        """Her id, and those under which nothing but records of hers ever stood: where one of hers stood under the id of
        another woman for a while, what is in the log there is about that woman.
        """
        own, store = set(records), self._rooms.store
        ids = store.known_as(records, also=woman)
        return tuple(id for id in ids if id == woman or store.related.ever_under(id) <= own)

    def of(self, ctx: Context, woman: str, before: int | None = None) -> Overview:
        """Of a woman by our id of her, for the log keeper to hand over. Raises `DeniedError`."""
        grant = self._guard.allowed(ctx, Action.EXECUTE, Resource.AUDIT)
        return self._overview(ctx, grant, woman, self._logbook.records_of(woman), before)

    def _overview(
        self, ctx: Context, grant: Grant, woman: str, records: list[RecordKey], before: int | None
    ) -> Overview:
        ids = self._hers(woman, records)
        asked = LogQuestion(before=before)
        rows = self._rooms.store.audit_rows(asked.stored(ids), LINES + 1) if ids else []
        audit = self._rooms.audit
        event = audit.event(
            ctx,
            EventType.AUDIT_READ,
            Action.READ,
            self._rooms.clock(),
            patient=woman or None,
            entities=[Entity("own-log", "")],
            grant=grant,
        )
        audit.record(event)
        lines = [self._logbook.line(row) for row in rows[:LINES]]
        looks = tuple(gathered(lines))
        return Overview(
            woman,
            looks,
            lines[-1].event.recorded if lines else None,
            _counted(looks),
            sum(look.emergency is not None for look in looks),
            rows[LINES - 1].position if len(rows) > LINES else None,
        )


def gathered(lines: Iterable[LogLine]) -> list[Look]:
    """Looks, newest first, the same within an hour taken together."""
    found: dict[tuple[object, ...], Look] = {}
    for line in lines:
        event = line.event
        if not event.requestor or event.type in (EventType.LINK, EventType.START):
            continue
        look = _look(line)
        hour = event.recorded.replace(minute=0, second=0, microsecond=0)
        same = (hour, event.user, look.category, look.purpose, look.emergency, look.refused, look.ground)
        before = found.get(same)
        found[same] = look if before is None else _together(before, look)
    return list(found.values())


def _look(line: LogLine) -> Look:
    event = line.event
    system = event.kind is ActorKind.SYSTEM
    return Look(
        first=event.recorded,
        last=event.recorded,
        times=1,
        who=f"het systeem {event.user_name}" if system else event.user_name or event.user,
        organisation=line.organisation_name or shown_identity(event.organisation),
        roles=event.roles,
        category=category(event),
        why=PURPOSE.get(event.purpose_of_use, Purpose(event.purpose).dutch),
        purpose=event.purpose_of_use,
        emergency=event.emergency if event.purpose_of_use == EMERGENCY else None,
        refused=event.outcome is not Outcome.SUCCESS,
        ground=event.checks,
        herself=event.kind is ActorKind.WOMAN,
    )


def _together(a: Look, b: Look) -> Look:
    return Look(
        first=min(a.first, b.first),
        last=max(a.last, b.last),
        times=a.times + b.times,
        who=a.who,
        organisation=a.organisation,
        roles=a.roles,
        category=a.category,
        why=a.why,
        purpose=a.purpose,
        emergency=a.emergency,
        refused=a.refused,
        ground=a.ground,
        herself=a.herself,
    )


def _counted(looks: Iterable[Look]) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for look in looks:
        if not look.refused and not look.herself:
            name = look.organisation or look.who
            found[name] = found.get(name, 0) + look.times
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))
