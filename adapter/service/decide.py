"""Decide: from the claims projection to IGO or niet-IGO and the claim, and keep the decision when it says more."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from datetime import datetime

from adapter import claims, selection
from adapter.model.decision import Change, Decision, Inputs, PhaseClaim, PhaseDecision, PhaseSelection, Standing
from adapter.model.projection import ClaimsProjection
from adapter.model.wire import to_json
from adapter.service.rooms import Rooms


def decide(rooms: Rooms, projection: ClaimsProjection, at: datetime) -> Decision:
    """The decision that follows from a projection; not kept anywhere yet."""
    chosen = selection.decide(projection, rooms.igo, rooms.rules)
    advised = {c.phase: c for c in claims.advise(projection, chosen, rooms.igo, rooms.catalogue)}
    phases = tuple(_together(s, advised[s.phase]) for s in chosen.phases)
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
    )


def keep(rooms: Rooms, decision: Decision) -> Decision:
    """Keep a decision if it differs from the one that stands; otherwise that one goes on, for the day asked about.

    Decisions are append-only: a new one says which it replaces and what changed.
    """
    standing = rooms.store.latest_decision(decision.pregnancy)
    if standing is not None and _says(standing) == _says(decision):
        return replace(standing, as_of=decision.as_of, known_at=decision.known_at)
    if standing is not None:
        decision = replace(decision, replaces=standing.id, changed=differences(standing, decision))
    rooms.store.add_decision(decision)
    return decision


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
