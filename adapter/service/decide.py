"""Decide: from the claims projection to IGO or niet-IGO and the claim, and keep the decision when it says more."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from adapter import claims, selection
from adapter.model.decision import (
    Change,
    Decision,
    Inputs,
    Override,
    PhaseClaim,
    PhaseDecision,
    PhaseSelection,
    Selection,
    Standing,
)
from adapter.model.evidence import Evidence
from adapter.model.projection import ClaimsProjection
from adapter.model.sources import RecordKey
from adapter.model.wire import to_json
from adapter.service.payment.asked import asked_of
from adapter.service.payment.lines import line_of, outcome_of, write
from adapter.service.payment.packing import pack
from adapter.service.payment.persons import NOBODY, Persons, consequences, followed, persons_of
from adapter.service.rooms import Rooms
from adapter.store import StandingRow


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows from a projection, before it becomes a decision with an id."""

    selection: Selection
    phases: tuple[PhaseDecision, ...]
    overrides: tuple[Override, ...]

    @property
    def fingerprint(self) -> bytes:
        """Of status, stage and claims; not of the reasons."""
        return outcome_of(self.selection.status, self.selection.stage, self.phases)


def outcome(rooms: Rooms, projection: ClaimsProjection, persons: Persons = NOBODY) -> Outcome:
    """What rules, register, catalogue and persons make of a projection."""
    chosen, used = followed(selection.decide(projection, rooms.igo, rooms.rules), persons.overrides)
    advised = {c.phase: c for c in claims.advise(projection, chosen, rooms.igo, rooms.catalogue)}
    return Outcome(chosen, tuple(_together(s, advised[s.phase]) for s in chosen.phases), used)


class Decided(NamedTuple):
    """A decision, the projection it was made from, and what it asked of the rule tables (`payment.asked`)."""

    decision: Decision
    projection: ClaimsProjection
    asked: bytes


def decide(rooms: Rooms, projection: ClaimsProjection, at: datetime, persons: Persons | None = None) -> Decided:
    """The decision that follows from a projection; not kept anywhere yet. `persons`: from the store if not given."""
    if rooms.keeper is not None:
        rooms.keeper.look()
    if persons is None:
        found = persons_of(rooms.store, [projection.pregnancy], projection.known_at, projection.as_of)
        persons = found.get(projection.pregnancy, NOBODY)
    reached = outcome(rooms, projection, persons)
    decision = made_of(rooms, projection, reached, persons, at)
    return Decided(decision, projection, asked_of(rooms).write(reached.selection))


def made_of(rooms: Rooms, projection: ClaimsProjection, found: Outcome, persons: Persons, at: datetime) -> Decision:
    """The decision with everything that goes with an outcome."""
    chosen, phases = found.selection, found.phases
    return Decision(
        id=str(uuid.uuid4()),
        pregnancy=projection.pregnancy,
        as_of=projection.as_of,
        known_at=projection.known_at,
        decided_at=at,
        rule_set=chosen.rule_set,
        inputs=_inputs(rooms, projection),
        status=chosen.status,
        stage=chosen.stage,
        standing=_lowest([chosen.standing, *(p.standing for p in phases)]),
        phases=phases,
        outside_care=chosen.outside_care,
        missing=chosen.missing,
        overrides=found.overrides,
        warning=chosen.warning,
        consequences=consequences(phases, persons.claims),
    )


def keep(rooms: Rooms, decided: Decided, records: Collection[RecordKey] = (), *, restate: bool = False) -> Decision:
    """Keep a decision if it differs from the one that stands; otherwise that one goes on, for the day asked about.

    Decisions are append-only: a new one says which it replaces, what changed and why. With its projection and the
    records that went in, it stands in the worklist from then on; `restate`: also where the outcome is the same.
    """
    standing = rooms.store.latest_decision(decided.decision.pregnancy)
    kept, new = _compared(decided.decision, standing)
    with rooms.store.unit():
        if new:
            rooms.store.add_decisions([kept])
        if new or restate:
            rooms.store.keep_standing([_standing_row(rooms, decided._replace(decision=kept), records)])
    return kept


def keep_all(rooms: Rooms, given: Sequence[tuple[Decided, Collection[RecordKey]]]) -> list[Decision]:
    """`keep`, restating, for decisions of several pregnancies at once."""
    store = rooms.store
    made = [decided.decision for decided, _ in given]
    standing = {d.pregnancy: d for d in store.latest_decisions([d.pregnancy for d in made])} if made else {}
    compared = [_compared(decision, standing.get(decision.pregnancy)) for decision in made]
    kept = [decision for decision, _ in compared]
    with store.unit():
        store.add_decisions([decision for decision, new in compared if new])
        rows = zip(kept, given, strict=True)
        store.keep_standing([_standing_row(rooms, d._replace(decision=now), records) for now, (d, records) in rows])
    return kept


def _compared(decision: Decision, standing: Decision | None) -> tuple[Decision, bool]:
    """The decision to go on with, and whether it is new: one that says the same goes on, for the day asked about."""
    if standing is None:
        return decision, True
    if _says(standing) == _says(decision):
        return replace(standing, as_of=decision.as_of, known_at=decision.known_at), False
    changed = differences(standing, decision)
    return replace(decision, replaces=standing.id, changed=changed, because=why(standing, decision)), True


def _standing_row(rooms: Rooms, decided: Decided, records: Collection[RecordKey]) -> StandingRow:
    decision, projection, asked = decided
    line = write(line_of(decision, projection, rooms.igo))
    return StandingRow(decision.pregnancy, decision.id, line, pack(projection), tuple(records), asked=asked)


def why(before: Decision, after: Decision) -> tuple[str, ...]:
    """Why a decision differs from the one before it, in Dutch."""
    found: list[str] = []
    was, now = before.inputs, after.inputs
    if was.rules != now.rules:
        found.append("De regels zijn gewijzigd.")
    if was.register != now.register:
        found.append("Het register (leden, contracten of parameters) is gewijzigd.")
    if was.catalogue != now.catalogue:
        found.append("De catalogus van prestaties is gewijzigd.")
    if was.mappings != now.mappings:
        found.append("De vertaling van de gegevens van bronnen is gewijzigd.")
    old, new = {o.id for o in before.overrides}, {o.id for o in after.overrides}
    if new - old:
        found.append("Een persoon besloot anders dan de regels, en een tweede keurde dat goed.")
    if old - new:
        found.append("Het besluit van een persoon geldt niet meer: ingetrokken of verlopen.")
    found += _new_facts(before, after)
    return tuple(found) or ("De stand van de dag is een andere, of er is een declaratie geregistreerd.",)


_NAMED = 5


def _new_facts(before: Decision, after: Decision) -> list[str]:
    """The sources of what is new in the argument, by name and reference."""
    old, new = _evidence(before), _evidence(after)
    came = list(dict.fromkeys(f"{e.source}: {e.reference}" for e in new if e not in old))
    went = list(dict.fromkeys(f"{e.source}: {e.reference}" for e in old if e not in new))
    found = []
    if came:
        found.append(f"Nieuw in de onderbouwing: {_listed(came)}.")
    if went:
        found.append(f"Niet meer in de onderbouwing: {_listed(went)}.")
    if not found and before.inputs.hash != after.inputs.hash:
        found.append("De gegevens zijn gewijzigd, of een fase is begonnen of geëindigd.")
    return found


def _listed(items: list[str]) -> str:
    more = f" en nog {len(items) - _NAMED}" if len(items) > _NAMED else ""
    return ", ".join(items[:_NAMED]) + more


def _evidence(decision: Decision) -> dict[Evidence, None]:
    return {e: None for p in decision.phases for r in p.reasons for e in r.evidence}


def differences(before: Decision, after: Decision) -> tuple[Change, ...]:
    """What a controller needs to know of the change: status, stage, and per phase the status and the claim."""
    found = [_change("status", before.status, after.status), _change("stadium", before.stage, after.stage)]
    old = {p.phase: p for p in before.phases}
    for phase in after.phases:
        was = old[phase.phase]
        found.append(_change(f"{phase.phase}: status", was.status, phase.status))
        found.append(_change(f"{phase.phase}: prestatie", _prestatie(was), _prestatie(phase)))
        found.append(_change(f"{phase.phase}: bedrag", _amount(was), _amount(phase)))
    found.append(_change("regels", before.inputs.rules, after.inputs.rules))
    found.append(_change("register", before.inputs.register, after.inputs.register))
    found.append(_change("catalogus", before.inputs.catalogue, after.inputs.catalogue))
    changes = tuple(c for c in found if c)
    return changes or (Change("onderbouwing", None, "dezelfde uitkomst op andere gronden"),)


def _change(what: str, before: str | None, after: str | None) -> Change | None:
    return None if before == after else Change(what, before, after)


def _prestatie(phase: PhaseDecision) -> str | None:
    return phase.prestatie.id if phase.prestatie else None


def _amount(phase: PhaseDecision) -> str | None:
    return str(phase.claim.amount) if phase.claim and phase.claim.amount is not None else None


def _says(decision: Decision) -> bytes:
    """All that the decision says, without when and under which id it was made."""
    same = replace(
        decision,
        id="",
        as_of=decision.decided_at.date().min,
        known_at=decision.decided_at.min,
        decided_at=decision.decided_at.min,
        inputs=replace(decision.inputs, hash=""),
        replaces=None,
        changed=(),
        because=(),
    )
    return to_json(same)


def _inputs(rooms: Rooms, projection: ClaimsProjection) -> Inputs:
    versions = (rooms.igo.version, rooms.rules.version, rooms.catalogue.version, rooms.mappings_version)
    # The instant of asking is not an input: the same facts give the same hash whenever they are asked for.
    facts = to_json(replace(projection, known_at=projection.known_at.min))
    digest = hashlib.sha256(b"\0".join([facts, *(v.encode() for v in versions)])).hexdigest()
    return Inputs(digest, *versions)


def _together(chosen: PhaseSelection, advised: PhaseClaim) -> PhaseDecision:
    return PhaseDecision(
        phase=chosen.phase,
        state=chosen.state,
        regime=chosen.regime,
        status=chosen.status,
        stage=chosen.stage,
        standing=_lowest([chosen.standing, advised.standing]),
        prestatie=advised.prestatie,
        claim=advised.claim,
        not_to_claim=advised.not_to_claim,
        fallback=advised.fallback,
        reasons=(*chosen.reasons, *advised.reasons),
        igo_if=chosen.igo_if,
        forecast=advised.forecast,
    )


def _lowest(standings: list[Standing]) -> Standing:
    return "provisional" if "provisional" in standings else "verified"
