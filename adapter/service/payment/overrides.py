"""Overrides: a person decides otherwise than the rules, a second one approves, and it falls away by itself.

And claims that were made: registering them lets a later decision say what must happen to them. Both are append-only.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Literal

from adapter.access import Action, Context, Entity, EventType, Resource
from adapter.access.redact import redact
from adapter.model.carepath import PHASES, PhaseName
from adapter.model.decision import ClaimMade, Override
from adapter.model.moments import day_of
from adapter.model.wire import to_json
from adapter.service.guard import Guard
from adapter.service.payment.persons import NOBODY, Persons, Step, Verdict, persons_of
from adapter.service.payment.standing import Standing
from adapter.service.port import UnknownPregnancyError
from adapter.service.rooms import Rooms
from adapter.store import Note

LONGEST = timedelta(days=366)
"""An override lasts a year at most; one that is still needed then is decided anew."""

Decided = Literal["approved", "rejected", "withdrawn"]


class OverrideError(ValueError):
    """What is asked cannot be: the message says why, in Dutch."""


class FourEyesError(OverrideError):
    """The person who proposed an override cannot be the one who approves it."""


class Overrides:
    """What persons decide of phases, and which claims were made."""

    def __init__(self, rooms: Rooms, standing: Standing) -> None:
        self._rooms = rooms
        self._guard = Guard(rooms)
        self._standing = standing

    def of(self, ctx: Context, pregnancy: str) -> Persons:
        """Every override and registered claim of a pregnancy. Raises `UnknownPregnancyError`."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.DECISION)
        self._known(pregnancy)
        self._guard.record(ctx, EventType.READ, Action.READ, grant, [Entity("pregnancy", pregnancy)])
        return self._persons(pregnancy)

    def open(self, ctx: Context) -> list[Override]:
        """Every override that waits for a second person, oldest first."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.DECISION)
        now = self._rooms.clock()
        found = persons_of(self._rooms.store, None, now, day_of(now)).values()
        waiting = sorted((o for p in found for o in p.overrides if o.state == "proposed"), key=lambda o: o.proposed_at)
        self._guard.record(ctx, EventType.SEARCH, Action.EXECUTE, grant, [Entity("override", o.id) for o in waiting])
        return waiting

    def propose(
        self, ctx: Context, pregnancy: str, *, phase: str, status: str, reason: str, expires_on: date
    ) -> Override:
        """Propose that a phase is IGO or niet-IGO. It changes nothing until a second person approves it.

        Raises `OverrideError` (no such phase or status, no reason, an end that is past or over a year away, one that
        is open already), `UnknownPregnancyError`.
        """
        grant = self._guard.allowed(ctx, Action.CREATE, Resource.OVERRIDE)
        self._known(pregnancy)
        now = self._rooms.clock()
        today = day_of(now)
        named = _phase(phase)
        if status not in {"igo", "niet_igo"}:
            raise OverrideError("Kies igo of niet_igo.")
        text = redact(" ".join(reason.split()))[:1000]
        if len(text) < 10:
            raise OverrideError("Geef de reden, in ten minste tien tekens.")
        if not today <= expires_on <= today + LONGEST:
            raise OverrideError("Een besluit geldt van vandaag tot hoogstens een jaar later.")
        if any(o.phase == named and o.state == "proposed" for o in self._persons(pregnancy).overrides):
            raise OverrideError("Voor deze fase wacht al een voorstel op een tweede persoon.")
        proposed = Override(
            id=str(uuid.uuid4()),
            pregnancy=pregnancy,
            phase=named,
            status="igo" if status == "igo" else "niet_igo",
            reason=text if text.endswith(".") else f"{text}.",
            proposed_by=ctx.actor.id,
            proposed_at=now,
            expires_on=expires_on,
        )
        self._rooms.store.add_override(Note(proposed.id, pregnancy, now, to_json(Step(proposed))))
        entities = [Entity("pregnancy", pregnancy), Entity("override", proposed.id)]
        self._guard.record(ctx, EventType.DECIDE, Action.CREATE, grant, entities, subtype="override-proposed")
        return proposed

    def settle(self, ctx: Context, override: str, verdict: Decided, remark: str = "") -> Override:
        """Approve or reject a proposal, or withdraw an override. What follows is decided at once.

        Raises `FourEyesError` (who proposed it cannot approve it), `OverrideError` (not there, or not open any more).
        """
        grant = self._guard.allowed(ctx, Action.UPDATE, Resource.OVERRIDE)
        found = self._one(override)
        wanted = {"proposed"} if verdict != "withdrawn" else {"proposed", "in_force"}
        if found.state not in wanted:
            raise OverrideError("Dit voorstel is al afgehandeld, of het is verlopen.")
        entities = [Entity("pregnancy", found.pregnancy), Entity("override", found.id)]
        if verdict == "approved" and found.proposed_by == ctx.actor.id:
            self._guard.record(
                ctx, EventType.DENIED, Action.UPDATE, grant, entities, subtype="override-approved", refused="four-eyes"
            )
            raise FourEyesError("Wie een besluit voorstelt kan het niet zelf goedkeuren; vraag een tweede persoon.")
        said = Verdict(verdict, ctx.actor.id, redact(" ".join(remark.split()))[:1000] or None)
        now = self._rooms.clock()
        self._rooms.store.add_override(Note(found.id, found.pregnancy, now, to_json(Step(verdict=said))))
        self._guard.record(ctx, EventType.DECIDE, Action.UPDATE, grant, entities, subtype=f"override-{verdict}")
        self._standing.again(found.pregnancy)
        return self._one(override)

    def claimed(
        self, ctx: Context, pregnancy: str, *, phase: str, made_on: date | None = None, reference: str | None = None
    ) -> ClaimMade:
        """Register that the integral claim of a phase was made, as the decision that stands has it.

        Raises `OverrideError` where there is no claim to make, or it was registered already; `UnknownPregnancyError`.
        """
        grant = self._guard.allowed(ctx, Action.CREATE, Resource.CLAIM)
        self._known(pregnancy)
        now = self._rooms.clock()
        named = _phase(phase)
        decision = self._rooms.store.latest_decision(pregnancy)
        decided = next((p for p in decision.phases if p.phase == named), None) if decision else None
        if decision is None or decided is None or decided.claim is None:
            raise OverrideError("Voor deze fase is er geen integrale declaratie.")
        claim, day = decided.claim, made_on or day_of(now)
        if day > day_of(now):
            raise OverrideError("Een declaratie kan niet na vandaag gedaan zijn.")
        same = (named, claim.prestatie, claim.amount, claim.uzovi)
        last = {c.phase: c for c in self._persons(pregnancy).claims}.get(named)
        if last is not None and (last.phase, last.prestatie, last.amount, last.uzovi) == same:
            raise OverrideError("Deze declaratie is al geregistreerd.")
        made = ClaimMade(
            id=str(uuid.uuid4()),
            pregnancy=pregnancy,
            phase=named,
            decision=decision.id,
            prestatie=claim.prestatie,
            uzovi=claim.uzovi,
            amount=claim.amount,
            made_on=day,
            reference=redact(reference.strip())[:40] if reference and reference.strip() else None,
            by=ctx.actor.id,
            at=now,
        )
        self._rooms.store.add_claim_made(Note(made.id, pregnancy, now, to_json(made)))
        entities = [Entity("pregnancy", pregnancy), Entity("claim", made.id), Entity("decision", decision.id)]
        self._guard.record(ctx, EventType.DECIDE, Action.CREATE, grant, entities, subtype="claim-made")
        return made

    def _persons(self, pregnancy: str) -> Persons:
        now = self._rooms.clock()
        return persons_of(self._rooms.store, [pregnancy], now, day_of(now)).get(pregnancy, NOBODY)

    def _one(self, identifier: str) -> Override:
        now = self._rooms.clock()
        found = persons_of(self._rooms.store, None, now, day_of(now)).values()
        for override in (o for p in found for o in p.overrides if o.id == identifier):
            return override
        raise OverrideError("Dit voorstel bestaat niet.")

    def _known(self, pregnancy: str) -> None:
        if self._rooms.store.latest_decision(pregnancy) is None:
            raise UnknownPregnancyError(pregnancy)


def _phase(text: str) -> PhaseName:
    for phase in PHASES:
        if phase == text:
            return phase
    raise OverrideError("Kies de prenatale, natale of postnatale fase.")
