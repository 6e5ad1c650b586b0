"""The truth about a pregnancy: what a perfect adapter would say of it on the reference day.

For the hand-picked situations people wrote it down; for generated pregnancies `expected` works it out from the plan.
It shares no code with the rules that it is there to test.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from adapter.model.carepath import PHASES, PhaseName, PhaseState
from adapter.model.decision import PhaseStatus, Stage, Status
from adapter.model.evidence import RESPONSIBLE_KINDS, OrganisationKind
from adapter.model.facts import ActKind, Outcome
from adapter.model.moments import day_of
from adapter.simulation.organisations import PARTICIPANTS
from adapter.simulation.plan import REFERENCE_DAY, Ending, Plan, gestation
from adapter.simulation.register import contracted

_OUT_OF_SCOPE = frozenset(
    {ActKind.GUO, ActKind.HIGH_CARE, ActKind.PRECONCEPTIE, ActKind.NEONATOLOGIE, ActKind.FERTILITEIT}
)
_REGULAR = date(2023, 1, 1)
_POSTNATAL_DAYS = 42
_BORN = frozenset({Outcome.BIRTH, Outcome.STILLBIRTH})


@dataclass(frozen=True, slots=True)
class PhaseTruth:
    """One phase. `status` and `prestatie` are None where the phase has not begun or does not exist.

    A `prestatie` of `?` is not asserted: what is known of the catalogue does not decide it.
    """

    state: PhaseState
    status: PhaseStatus | None = None
    prestatie: str | None = None
    stage: Stage = "voorlopig"


@dataclass(frozen=True, slots=True)
class OutsideTruth:
    """Care within the scope by an organisation outside the IGO."""

    by: str
    phase: PhaseName
    kind: str


@dataclass(frozen=True, slots=True)
class PregnancyTruth:
    """What is true of one pregnancy on the reference day."""

    state: str
    outcome: Outcome | None
    phases: dict[PhaseName, PhaseTruth]
    status: Status
    stage: Stage
    outside: tuple[OutsideTruth, ...] = ()


@dataclass(frozen=True, slots=True)
class _Bounds:
    start: date
    end: date | None  # None: runs on


def overall(phases: dict[PhaseName, PhaseTruth]) -> Status:
    """The status of the pregnancy from that of its phases."""
    found = {p.status for p in phases.values() if p.status is not None}
    if not found or "onbepaald" in found:
        return "onbepaald"
    if len(found) > 1:
        return "gemengd"
    return "igo" if "igo" in found else "niet_igo"


def _early(ending: Ending, plan: Plan) -> bool:
    if ending.outcome is Outcome.MATERNAL_DEATH:
        return True
    lost = ending.outcome is Outcome.MISCARRIAGE and day_of(ending.at) < gestation(plan.lmp, "16+0")
    return lost or ending.outcome is Outcome.ECTOPIC


def _first_care(plan: Plan) -> date:
    acts = [a.on for a in plan.acts if a.on >= plan.lmp and a.kind is not ActKind.PRECONCEPTIE]
    told = [c.start for c in plan.care if c.source] or [c.start for c in plan.care]  # care nobody wrote down is unseen
    return min(told + acts)


def _bounds(plan: Plan) -> dict[PhaseName, _Bounds | None]:
    """First and last day of each phase; None for a phase that does not (or not yet) exist."""
    start, ending = _first_care(plan), plan.ended()
    if ending is None:
        return {"prenataal": _Bounds(start, None), "nataal": None, "postnataal": None}
    if _early(ending, plan):
        return {"prenataal": _Bounds(start, day_of(ending.at)), "nataal": None, "postnataal": None}
    sectio = (ending.delivery or "").startswith("sectio")
    operation: datetime = ending.at - timedelta(minutes=25) if sectio else ending.at
    natal = day_of(ending.labour or operation)
    last = day_of((ending.placenta or ending.at) + timedelta(hours=2))
    after = day_of(ending.at) + timedelta(days=_POSTNATAL_DAYS)
    return {
        "prenataal": _Bounds(start, natal),
        "nataal": _Bounds(natal, last),
        "postnataal": _Bounds(last, after if after < REFERENCE_DAY else None),
    }


def _member(key: str, bounds: _Bounds) -> bool:
    return PARTICIPANTS[key].member_on(bounds.start) or PARTICIPANTS[key].member_on(
        min(bounds.end or REFERENCE_DAY, REFERENCE_DAY)
    )


def _responsible(plan: Plan, name: PhaseName, bounds: _Bounds) -> list[str]:
    """Who carries the responsibility for obstetric care in that phase, in order of time."""
    ending = plan.ended()
    if name == "nataal":
        return [ending.by] if ending is not None and ending.by is not None else []
    found = []
    for care in plan.care:
        if care.consult or PARTICIPANTS[care.by].kind not in RESPONSIBLE_KINDS:
            continue
        end = care.end or REFERENCE_DAY
        last = bounds.end or REFERENCE_DAY
        inside = care.start < last and end > bounds.start if name == "prenataal" else end > bounds.start
        if inside or (name == "prenataal" and care.start == bounds.start):
            found.append(care.by)
    return found


def _not_yet_members(plan: Plan, name: PhaseName, span: _Bounds) -> list[str]:
    """Who cared for her in this phase before it took part: under the experiment that is care outside the IGO."""
    responsible = _responsible(plan, name, span)
    return [
        care.by
        for care in plan.care
        if care.by in responsible and not care.consult and (care.end is None or care.end > span.start)
        and not PARTICIPANTS[care.by].member_on(max(care.start, span.start))
    ]  # fmt: skip


def _outside(plan: Plan, bounds: dict[PhaseName, _Bounds | None]) -> tuple[OutsideTruth, ...]:
    found: list[OutsideTruth] = []
    for name in PHASES:
        span = bounds[name]
        if span is None:
            continue
        for key in _responsible(plan, name, span):
            if not _member(key, span) and PARTICIPANTS[key].agb is not None:
                found.append(OutsideTruth(key, name, "verantwoordelijk"))
        if span.start < _REGULAR:
            found += [OutsideTruth(key, name, "verantwoordelijk") for key in _not_yet_members(plan, name, span)]
        for act in plan.acts:
            inside = span.start <= act.on and (span.end is None or act.on < span.end or name == "postnataal")
            if inside and act.kind not in _OUT_OF_SCOPE and not PARTICIPANTS[act.by].member_on(act.on):
                found.append(OutsideTruth(act.by, name, act.kind.value))
        for care in (
            c for c in plan.care if c.consult and span.start <= c.start and (not span.end or c.start < span.end)
        ):
            if not PARTICIPANTS[care.by].member_on(care.start):
                found.append(OutsideTruth(care.by, name, ActKind.CONSULT.value))
        kraam = plan.kraamzorg.by if plan.kraamzorg else None
        if name == "postnataal" and kraam is not None and not _member(kraam, span):
            found.append(OutsideTruth(kraam, name, ActKind.KRAAMZORG.value))
    return tuple(dict.fromkeys(found))


def _status(plan: Plan, name: PhaseName, span: _Bounds, outside: tuple[OutsideTruth, ...]) -> PhaseStatus:
    responsible = _responsible(plan, name, span)
    members = [key for key in responsible if _member(key, span)]
    kraam = plan.kraamzorg.by if plan.kraamzorg else None
    by_kraam = name == "postnataal" and kraam is not None and _member(kraam, span)
    contract = contracted(plan.insurance, span.start)
    if contract is False:
        return "niet_igo"
    silent = _silent_members(span.start, span.end or REFERENCE_DAY)
    if span.start >= _REGULAR and responsible and not members and not by_kraam:
        if any(PARTICIPANTS[key].agb is None for key in responsible):
            return "onbepaald"
        able = any(PARTICIPANTS[key].kind in RESPONSIBLE_KINDS for key in silent)
        return "onbepaald" if able else "niet_igo"
    if span.start < _REGULAR:
        here = [o for o in outside if o.phase == name]
        if any(PARTICIPANTS[o.by].third_line for o in here):
            return "onbepaald"
        if here:
            return "niet_igo"
        if any(
            not PARTICIPANTS[key].member_through(span.start, min(span.end or REFERENCE_DAY, REFERENCE_DAY))
            for key in _unasked(plan, span)
        ):
            return "onbepaald"  # who is a member can hide no care outside the IGO
    if contract is None or not (responsible or by_kraam):
        return "onbepaald"
    return "igo"


def _prestatie(plan: Plan, name: PhaseName, span: _Bounds) -> str:
    ending = plan.ended()
    responsible = _responsible(plan, name, span)
    whole = all(_member(key, span) for key in responsible)
    if name == "prenataal":
        lost = ending is not None and ending.outcome in (Outcome.MISCARRIAGE, Outcome.ECTOPIC) and _early(ending, plan)
        if lost and span.start < _REGULAR:
            return "begeleiding-tot-16-weken"
        late = any(c.start < span.start and not PARTICIPANTS[c.by].member_on(span.start) for c in plan.care)
        return "geboortezorg-prenataal" if whole and not late else "prenataal-deel"
    if name == "nataal" and ending is not None and ending.by is not None:
        if PARTICIPANTS[ending.by].kind is not OrganisationKind.ZIEKENHUIS:
            return "nataal-eerstelijn"
        return "nataal-sectio" if (ending.delivery or "").startswith("sectio") else "nataal-tweedelijn"
    kraam = plan.kraamzorg.by if plan.kraamzorg else None
    by_member = kraam is not None and _member(kraam, span)
    if by_member and not whole and any(_member(key, span) for key in responsible):
        return "?"  # an outsider was responsible for the first days only: the working catalogue does not say
    return "postnataal" if whole and by_member else "postnataal-deel"


def _unasked(plan: Plan, span: _Bounds) -> set[str]:
    """Care organisations without an EPD here: those that the data name, and members in the time of the phase."""
    held = [c for c in plan.care if c.source]
    named = {c.by for c in held} | {c.echo for c in held if c.echo and c.routine}
    named |= {a.by for a in plan.acts if a.source and a.on <= REFERENCE_DAY}
    named |= {key for r in plan.referrals if day_of(r.on) <= REFERENCE_DAY for key in (r.sender, r.receiver)}
    if plan.kraamzorg and plan.kraamzorg.by and plan.ended() is not None:
        named.add(plan.kraamzorg.by)
    last = min(span.end or REFERENCE_DAY, REFERENCE_DAY)
    return {key for key in named if not PARTICIPANTS[key].source} | _silent_members(span.start, last)


def _nameless(plan: Plan) -> bool:
    """Whether no source that knows her gives a good BSN: then the others cannot be asked for her."""
    holders = {c.source for c in plan.care if c.source}
    if plan.kraamzorg and plan.kraamzorg.by and PARTICIPANTS[plan.kraamzorg.by].source and plan.kraamzorg.intake:
        holders |= {plan.kraamzorg.by} if plan.kraamzorg.intake <= REFERENCE_DAY else set()
    return all(plan.quirk("no-bsn", s) or plan.quirk("wrong-bsn", s) for s in holders)


def _silent_members(first: date, last: date) -> set[str]:
    """Members without an EPD on any day between the two."""
    return {
        p.key
        for p in PARTICIPANTS.values()
        if not p.source and p.since is not None and p.since <= last and (p.until is None or first <= p.until)
    }


def expected(plan: Plan) -> PregnancyTruth:
    """Work the truth out from the plan, by the written decision rules."""
    ending, bounds = plan.ended(), _bounds(plan)
    outside = _outside(plan, bounds)
    phases: dict[PhaseName, PhaseTruth] = {}
    for name in PHASES:
        span = bounds[name]
        if span is None:
            phases[name] = PhaseTruth("not_started" if ending is None else "not_applicable")
            continue
        state: PhaseState = "running" if span.end is None else "ended"
        status = _status(plan, name, span, outside)
        prestatie = _prestatie(plan, name, span) if status == "igo" else None
        certain = state == "ended" and not _unasked(plan, span) and not _nameless(plan) and status != "onbepaald"
        if (name == "postnataal" and plan.kraamzorg is None) or (name == "nataal" and not (ending and ending.place)):
            certain = False  # who gave the kraamzorg, or where the birth was, is not known
        phases[name] = PhaseTruth(state, status, prestatie, "definitief" if certain else "voorlopig")
    for name, phase in phases.items():
        if phase.state == "not_applicable":  # as settled as the phase before it
            phases[name] = replace(phase, stage=phases["prenataal"].stage)
    begun = [p for p in phases.values() if p.state != "not_applicable"]
    stage: Stage = "definitief" if all(p.stage == "definitief" for p in begun) else "voorlopig"
    told = tuple(o for o in outside if not PARTICIPANTS[o.by].third_line)  # whether that was in scope, nobody can tell
    state_of_all = "ongoing" if ending is None else "ended"
    return PregnancyTruth(state_of_all, ending.outcome if ending else None, phases, overall(phases), stage, told)
