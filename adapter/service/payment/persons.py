"""What persons decided of phases (overrides) and registered (claims that were made), read from their events."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from adapter.model.decision import (
    ClaimMade,
    Consequence,
    Override,
    PhaseDecision,
    PhaseSelection,
    Reason,
    Selection,
    Status,
)
from adapter.model.wire import from_json
from adapter.store import Note, Store

CITES = "besluit van een persoon, goedgekeurd door een tweede"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The second event of an override: who approved, rejected or withdrew it."""

    verdict: Literal["approved", "rejected", "withdrawn"]
    by: str
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One event as it is stored: the first holds the override, the others what came of it."""

    proposed: Override | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Persons:
    """What persons said of one pregnancy, as far as it was known at an instant."""

    overrides: tuple[Override, ...] = ()
    claims: tuple[ClaimMade, ...] = ()


NOBODY = Persons()


def persons_of(store: Store, pregnancies: Collection[str] | None, known_at: datetime, on: date) -> dict[str, Persons]:
    """By pregnancy, for those of which anybody said anything. `on`: the day on which an override must still count."""
    steps: dict[str, list[Note]] = {}
    for note in store.override_notes(pregnancies):
        if note.at <= known_at:
            steps.setdefault(note.id, []).append(note)
    overrides = [o for notes in steps.values() if (o := _override(notes, on)) is not None]
    claims = [from_json(ClaimMade, n.body) for n in store.claim_notes(pregnancies) if n.at <= known_at]
    return {
        p: Persons(tuple(o for o in overrides if o.pregnancy == p), tuple(c for c in claims if c.pregnancy == p))
        for p in {o.pregnancy for o in overrides} | {c.pregnancy for c in claims}
    }


def _override(notes: Iterable[Note], on: date) -> Override | None:
    found: Override | None = None
    for note in notes:
        step = from_json(Step, note.body)
        if step.proposed is not None:
            found = step.proposed
        elif found is not None and step.verdict is not None:
            states = {"approved": "in_force", "rejected": "rejected", "withdrawn": "withdrawn"}
            said = step.verdict
            found = replace(
                found,
                state=states[said.verdict],  # type: ignore[arg-type]
                decided_by=said.by,
                decided_at=note.at,
                remark=said.remark,
            )
    if found is not None and found.state in {"proposed", "in_force"} and on > found.expires_on:
        return replace(found, state="expired")
    return found


def followed(selection: Selection, overrides: Iterable[Override]) -> tuple[Selection, tuple[Override, ...]]:
    """The selection with what persons decided put in place, and the overrides that it follows.

    An override counts for a phase that has begun. It settles what the facts left open: once the phase has ended, its
    status is definitief, and what was missing for it is not asked any more.
    """
    latest = {o.phase: o for o in overrides if o.state == "in_force"}
    begun = {p.phase for p in selection.phases if p.status is not None}
    used = {phase: o for phase, o in latest.items() if phase in begun}
    if not used:
        return selection, ()
    phases = tuple(_put(p, used[p.phase]) if p.phase in used else p for p in selection.phases)
    counted = [p for p in phases if p.state != "not_applicable"]
    return replace(
        selection,
        phases=phases,
        status=_status(phases),
        stage="definitief" if all(p.stage == "definitief" for p in counted) else "voorlopig",
        missing=tuple(m for m in selection.missing if m.phase not in used),
    ), tuple(used.values())


def _put(phase: PhaseSelection, override: Override) -> PhaseSelection:
    text = (
        f"Een persoon ({override.proposed_by}) besloot anders dan de regels: {override.reason}"
        f" Goedgekeurd door {override.decided_by}; geldt tot en met {override.expires_on:%d-%m-%Y}."
    )
    reason = Reason(f"override/{override.id}", "met", text, CITES, "verified")
    return replace(
        phase,
        status=override.status,
        stage="definitief" if phase.state == "ended" else phase.stage,
        reasons=(reason, *phase.reasons),
        igo_if=(),
    )


def _status(phases: Iterable[PhaseSelection]) -> Status:
    found = {p.status for p in phases if p.status is not None}
    if not found or "onbepaald" in found:
        return "onbepaald"
    if found == {"igo"}:
        return "igo"
    return "niet_igo" if found == {"niet_igo"} else "gemengd"


def consequences(phases: Iterable[PhaseDecision], claims: Iterable[ClaimMade]) -> tuple[Consequence, ...]:
    """What these phases mean for the claims that were made; a claim that may stand is not in it."""
    by_name = {p.phase: p for p in phases}
    latest = {c.phase: c for c in claims}
    found = (_consequence(by_name[c.phase], c) for c in latest.values() if c.phase in by_name)
    return tuple(c for c in found if c is not None)


def _consequence(phase: PhaseDecision, made: ClaimMade) -> Consequence | None:
    what = f"De declaratie van {made.made_on:%d-%m-%Y} ({made.prestatie})"
    if phase.status == "niet_igo" or phase.state == "not_applicable":
        text = f"{what} moet worden gecrediteerd: deze fase is niet-IGO. De leden declareren zelf wat hierbij staat."
        return Consequence(made.id, made.phase, "credit", text)
    if phase.status != "igo":
        text = (
            f"{what} moet wachten: of deze fase IGO is, staat niet meer vast. Declareer of crediteer nog niets nieuws."
        )
        return Consequence(made.id, made.phase, "wait", text)
    claim = phase.claim
    if claim is None or claim.prestatie != made.prestatie:
        other = f"de prestatie is nu {claim.prestatie}" if claim else "er is geen prestatie meer te kiezen"
        return Consequence(
            made.id, made.phase, "correct", f"{what} klopt niet meer: {other}. Crediteer en declareer opnieuw."
        )
    if claim.uzovi != made.uzovi:
        text = f"{what} ging naar een andere verzekeraar dan nu bekend is. Crediteer en declareer bij de juiste."
        return Consequence(made.id, made.phase, "correct", text)
    if claim.amount != made.amount:
        text = f"{what} had een ander bedrag dan nu volgt. Crediteer en declareer opnieuw."
        return Consequence(made.id, made.phase, "correct", text)
    return None
