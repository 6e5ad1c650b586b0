"""The acts in order, who was involved, and the referrals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from adapter.carepath.asof import Chosen
from adapter.carepath.merge import by_evidence, unique
from adapter.carepath.natures import NAMES
from adapter.carepath.phases import Phases, phase_of
from adapter.carepath.times import seconds
from adapter.model.carepath import CareAct, Involved, Referral
from adapter.model.evidence import Evidence, Organisation
from adapter.model.facts import Act, ReferralMade
from adapter.model.moments import Moment, day_of, instant_of

GIVEN = frozenset({"done", "in_progress"})


def start_of(act: Act) -> Moment | None:
    """When the act was, if that is known."""
    return None if act.when is None else act.when.start or act.when.end


def care_acts(chosen: Chosen, phases: Phases) -> tuple[CareAct, ...]:
    """All acts in time; undated ones last."""
    return tuple(_care_act(a, phases) for a in sorted(chosen.acts, key=_in_time))


def _in_time(act: Act) -> tuple[date, float, str, tuple[str, str, str, str]]:
    at = start_of(act)
    if at is None:
        return (date.max, 0.0, act.kind.value, by_evidence(act.evidence))
    return (day_of(at), seconds(at), act.kind.value, by_evidence(act.evidence))


def _care_act(act: Act, phases: Phases) -> CareAct:
    at = start_of(act)
    display = act.code.display if act.code is not None else None
    return CareAct(
        kind=act.kind.value,
        name=display or NAMES[act.kind],
        day=None if at is None else day_of(at),
        at=at,
        organisation=act.organisation,
        phase=phase_of(act, phases),
        state=act.state,
        evidence=act.evidence,
        organisation_basis=act.organisation_basis,
        other_organisations=act.other_organisations,
    )


def involved(chosen: Chosen) -> tuple[Involved, ...]:
    """Every organisation that gave care or holds a dossier (then without acts), the first to act first."""
    acts: dict[str, list[Act]] = {}
    who: dict[str, Organisation] = {}
    for act in chosen.acts:
        if act.state in GIVEN:
            who.setdefault(act.organisation.id, act.organisation)
            acts.setdefault(act.organisation.id, []).append(act)
    dossiers: dict[str, list[Evidence]] = {}
    for dossier in chosen.dossiers:
        who.setdefault(dossier.organisation.id, dossier.organisation)
        dossiers.setdefault(dossier.organisation.id, []).append(dossier.evidence)
    rows = [_involved(who[i], acts.get(i, []), dossiers.get(i, ())) for i in who]
    return tuple(sorted(rows, key=lambda r: (r.from_ or date.max, r.organisation.id)))


def _involved(organisation: Organisation, acts: list[Act], dossiers: Iterable[Evidence]) -> Involved:
    starts = [day_of(at) for a in acts if (at := start_of(a)) is not None]
    ends = [day_of(end) for a in acts if a.when is not None and (end := a.when.end or a.when.start) is not None]
    evidence = unique(a.evidence for a in acts) if acts else unique(dossiers)
    return Involved(organisation, len(acts), min(starts, default=None), max([*starts, *ends], default=None), evidence)


def referrals(chosen: Chosen) -> tuple[Referral, ...]:
    """The referrals in time; the same one held by sender and receiver is shown once, with both as evidence."""
    groups: dict[tuple[object, ...], list[ReferralMade]] = {}
    for r in sorted(chosen.referrals, key=lambda r: by_evidence(r.evidence)):
        sender, receiver = r.sender.id if r.sender else None, r.receiver.id if r.receiver else None
        complete = r.at is not None and sender is not None and receiver is not None
        key = (r.kind, r.at and day_of(r.at), sender, receiver, r.state) if complete else (r.evidence,)
        groups.setdefault(key, []).append(r)
    rows = [
        Referral(g[0].kind.value, g[0].at, g[0].sender, g[0].receiver, g[0].state, unique(r.evidence for r in g))
        for g in groups.values()
    ]
    return tuple(sorted(rows, key=lambda r: (r.at is None, instant_of(r.at).timestamp() if r.at else 0.0)))
