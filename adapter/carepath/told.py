"""Signals in the claims projection: care that no EPD of ours holds counts as care, with the signal as its evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from adapter.carepath.merge import by_evidence
from adapter.carepath.natures import NATAL, POSTNATAL
from adapter.model.carepath import PHASES, PhaseName
from adapter.model.evidence import Organisation
from adapter.model.facts import ActKind
from adapter.model.moments import day_of
from adapter.model.projection import ClaimsProjection, Kraamzorg, ProjectedAct
from adapter.model.signals import Signal

Join = Callable[[Organisation], Organisation]


def with_signals(projection: ClaimsProjection, signals: Sequence[Signal], join: Join) -> ClaimsProjection:
    """The projection with what insurers, members and the woman told; `join`: organisations as the register knows them.

    Care counts on its own day, whenever it was told. A signal that says of third-line care by an organisation that it
    was high care answers the question about that care, instead of adding another act.
    """
    told = [_joined(s, join) for s in signals if (s.day or s.reported_on) <= projection.as_of]
    if not told:
        return projection
    acts, rest = _named_high_care(projection.acts, told)
    acts += [_act(s, projection) for s in rest if s.about == "zorg"]
    acts.sort(key=lambda a: (a.day or date.max, a.kind.value, by_evidence(a.evidence)))
    return replace(
        projection,
        acts=tuple(acts),
        kraamzorg=_kraamzorg(projection.kraamzorg, told),
        practice_switch=True if any(s.about == "praktijkwissel" for s in told) else projection.practice_switch,
        moved=True if any(s.about == "verhuisd" for s in told) else projection.moved,
    )


def _joined(signal: Signal, join: Join) -> Signal:
    return signal if signal.organisation is None else replace(signal, organisation=join(signal.organisation))


def _named_high_care(acts: Sequence[ProjectedAct], told: Sequence[Signal]) -> tuple[list[ProjectedAct], list[Signal]]:
    found, rest = list(acts), []
    for signal in told:
        meant = list(_meant(found, signal)) if signal.kind is ActKind.HIGH_CARE else []
        for place in meant:
            found[place] = replace(found[place], kind=ActKind.HIGH_CARE, evidence=signal.evidence)
        if not meant:
            rest.append(signal)
    return found, rest


def _meant(acts: Sequence[ProjectedAct], signal: Signal) -> Iterator[int]:
    for place, act in enumerate(acts):
        theirs = signal.organisation is not None and act.organisation.id == signal.organisation.id
        if theirs and act.line == "derde_lijn" and signal.day in (None, act.day):
            yield place


def _act(signal: Signal, projection: ClaimsProjection) -> ProjectedAct:
    who = signal.organisation or Organisation(f"signaal:{signal.id}", name="een niet genoemde zorgaanbieder")
    phase = signal.phase or (_phase(signal.kind, signal.day, projection) if signal.day else None)
    return ProjectedAct(signal.kind, signal.day, phase, who, None, None, None, signal.evidence)


def _phase(kind: ActKind, day: date, projection: ClaimsProjection) -> PhaseName | None:
    """The phase in which the day falls; on a day that two phases share, the one that the kind of care belongs to."""
    possible = [
        p.phase
        for p in projection.phases
        if p.start is not None and day_of(p.start) <= day and (p.end is None or day <= day_of(p.end))
    ]
    natural: PhaseName = "nataal" if kind in NATAL else "postnataal" if kind in POSTNATAL else "prenataal"
    return natural if natural in possible else next((name for name in PHASES if name in possible), None)


def _kraamzorg(known: Kraamzorg, told: Sequence[Signal]) -> Kraamzorg:
    given = [s for s in told if s.kind is ActKind.KRAAMZORG and s.about == "zorg" and s.organisation is not None]
    declined = [s for s in told if s.about == "kraamzorg_afgezien"]
    if not given and not declined:
        return known
    organisations = {o.id: o for o in known.organisations}
    organisations |= {s.organisation.id: s.organisation for s in given if s.organisation is not None}
    return replace(
        known,
        organisations=tuple(organisations[i] for i in sorted(organisations)),
        declined=True if declined and not organisations else known.declined,
        evidence=(*known.evidence, *(s.evidence for s in (*given, *declined))),
    )
