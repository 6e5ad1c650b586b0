"""Noodtoegang: a care provider opens what no ground opens, for one woman, for a short time, and says why.

Never for payment. It is kept with the session of a person; a system gets a sealed text to send along. Each beginning is
an event in the audit log, and so is everything seen under it (purpose ETREAT), for the log keeper and for the woman.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapter.access import Action, Actor, ActorKind, Context, Emergency, Entity, EventType, Identified, Opened, Resource
from adapter.access.redact import redact
from adapter.model.identifiers import Bsn
from adapter.model.sources import RecordKey
from adapter.service.guard import Guard
from adapter.service.links.pregnancies import PREGNANCY, Pregnancies
from adapter.service.rooms import Rooms

SHORTEST = 15
"""Characters that a reason has at least."""
LONGEST = 500
SUBTYPE = "noodtoegang"


class EmergencyError(ValueError):
    """Noodtoegang cannot be begun; the text says why, in Dutch, and repeats nothing that was given."""


class NobodyFoundError(LookupError):
    """No woman is known by what was given."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What was begun, with what was begun before and lasts. `sealed` is what a system sends along; `pregnancies` is
    what is opened now, and `until` when.
    """

    emergency: Emergency
    until: datetime
    sealed: str
    pregnancies: tuple[str, ...]


class Emergencies:
    """Begins noodtoegang, and knows it again. `lasting`: how long it lasts."""

    def __init__(self, rooms: Rooms, pregnancies: Pregnancies, lasting: timedelta = timedelta(minutes=60)) -> None:
        self._rooms = rooms
        self._guard = Guard(rooms)
        self._pregnancies = pregnancies
        self._lasting = lasting

    def require(self, ctx: Context) -> None:
        """Whether this identity may ask for it at all. Raises `DeniedError`."""
        self._guard.allowed(ctx, Action.EXECUTE, Resource.EMERGENCY)

    def offered(self, ctx: Context) -> bool:
        """Whether it is any use to this identity: to leave a button out."""
        may = self._guard.allows(ctx, Action.EXECUTE, Resource.EMERGENCY)
        return may and not ctx.everything and ctx.woman is None and ctx.actor.kind is not ActorKind.WOMAN

    def of(self, ctx: Context, woman: str) -> Opened | None:
        """What this identity has opened of a woman, while it lasts."""
        return ctx.emergency.of(woman, self._rooms.clock()) if ctx.emergency is not None else None

    def begin(self, ctx: Context, reason: str, *, bsn: Bsn | None = None, pregnancy: str | None = None) -> Begun:
        """Open all of one woman, by her BSN or by a pregnancy of hers that is seen in part.

        Raises `EmergencyError` (no reason; an identity that has no need of it), `NobodyFoundError`, `DeniedError`.
        """
        grant = self._guard.allowed(ctx, Action.EXECUTE, Resource.EMERGENCY)
        if ctx.everything or ctx.actor.kind is ActorKind.WOMAN or ctx.woman is not None:
            raise EmergencyError("Noodtoegang is voor een zorgverlener die zelf is ingelogd.")
        why = _reason(reason)
        women = self._women(bsn, pregnancy)
        if not women:
            self._guard.record(ctx, EventType.SEARCH, Action.EXECUTE, grant, subtype=SUBTYPE, refused="nobody found")
            raise NobodyFoundError("nobody is known by this")
        now = self._rooms.clock()
        until = now + self._lasting
        before = ctx.emergency.at(now) if ctx.emergency is not None else None
        others = [one for one in before.opened if one.woman not in women] if before is not None else []
        begun = Emergency((*others, *(Opened(woman, until, why) for woman in women)))
        under = replace(ctx, emergency=begun)
        for woman in women:
            self._guard.record(
                under,
                EventType.SEARCH,
                Action.EXECUTE,
                grant,
                [Entity("noodtoegang", f"tot {until.isoformat(timespec='seconds')}")],
                patient=woman,
                subtype=SUBTYPE,
                checks=("emergency",),
            )
        records = [r for woman in women for r in self._pregnancies.records_of(woman)]
        rows = self._rooms.store.links(PREGNANCY, within=records) if records else []
        opened = tuple(dict.fromkeys(r.target for r in rows if r.target))
        return Begun(begun, until, self._sealed(ctx, begun), opened)

    def hold(self, who: Identified, sealed: str) -> Identified:
        """The same identity with the noodtoegang that was begun for it; without, where the text is not theirs."""
        text = self._rooms.store.search.unseal(sealed)
        try:
            kind, actor, opened = json.loads(text) if text else ("", "", ())
            begun = Emergency(tuple(Opened(woman, datetime.fromisoformat(until), why) for woman, until, why in opened))
        except (ValueError, TypeError):
            return who
        lasting = begun.at(self._rooms.clock())
        if kind != SUBTYPE or actor != _whose(who.actor) or lasting is None:
            return who
        return replace(who, emergency=lasting)

    def _sealed(self, ctx: Context, begun: Emergency) -> str:
        opened = [(one.woman, one.until.isoformat(), one.reason) for one in begun.opened]
        said = [SUBTYPE, _whose(ctx.actor), opened]
        return self._rooms.store.search.seal(json.dumps(said).encode())

    def _women(self, bsn: Bsn | None, pregnancy: str | None) -> Sequence[str]:
        store = self._rooms.store
        records: list[RecordKey] = []
        if bsn is not None:
            records += [r for found in store.find([f"bsn:{bsn.value}"]).values() for r in found]
        if pregnancy is not None:
            rows = store.links(PREGNANCY, targets=[pregnancy])
            records += [RecordKey(r.source, r.woman) for r in rows if r.woman]
        return self._pregnancies.women_of(records)


def _whose(actor: Actor) -> list[str | None]:
    """To whom it was given: this person or system, asking for this organisation, through this system."""
    return [actor.id, actor.organisation, actor.client, actor.kind.value]


def _reason(text: str) -> str:
    reason = redact(" ".join(text.split()))[:LONGEST]
    if len(reason) < SHORTEST or not any(c.isalpha() for c in reason):
        raise EmergencyError(f"Schrijf op waarom noodtoegang nodig is, in ten minste {SHORTEST} tekens.")
    return reason
