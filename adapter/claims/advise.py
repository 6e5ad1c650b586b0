"""What to claim for each phase: integrally, not beside it, or instead of it."""

from __future__ import annotations

from adapter.claims.catalogue import Catalogue
from adapter.claims.choosing import choose
from adapter.claims.integral import contract_of, integral_claim
from adapter.claims.mono import Own, bring_together, own_prestaties
from adapter.claims.participants import participants
from adapter.model.decision import Fallback, Forecast, NotToClaim, PhaseClaim, PhaseSelection, Selection
from adapter.model.projection import ClaimsProjection
from adapter.model.register import Igo
from adapter.rules import lowest

INSIDE = "valt binnen de integrale prestatie"


def advise(
    projection: ClaimsProjection, selection: Selection, igo: Igo, catalogue: Catalogue
) -> tuple[PhaseClaim, ...]:
    """The claim advice of a pregnancy, one for each phase, in their order.

    igo: the claim and what members must not claim beside it. niet_igo: what each member claims itself. onbepaald: no
    claim yet. A phase not begun: a forecast. A phase that does not apply: nothing.
    """
    owns: dict[str, tuple[Own, ...]] = {
        phase.phase: own_prestaties(projection, phase, participants(projection, phase, igo), catalogue)
        for phase in selection.phases
        if phase.status == "niet_igo"
    }
    alone = bring_together(owns, catalogue) if owns else {}
    return tuple(_phase(projection, phase, igo, catalogue, alone.get(phase.phase, ())) for phase in selection.phases)


def _phase(
    projection: ClaimsProjection, phase: PhaseSelection, igo: Igo, catalogue: Catalogue, alone: tuple[Own, ...]
) -> PhaseClaim:
    if phase.expected is not None:
        return _forecast(projection, phase, igo, catalogue)
    if phase.status == "igo":
        return _integral(projection, phase, igo, catalogue)
    contract = contract_of(phase, igo, projection.as_of) if alone else None
    fallback: tuple[Fallback, ...] = tuple(own.fallback(contract) for own in alone)
    standing = lowest(phase.standing, *(f.prestatie.standing for f in fallback))
    return PhaseClaim(phase.phase, None, None, (), fallback, None, standing)


def _integral(projection: ClaimsProjection, phase: PhaseSelection, igo: Igo, catalogue: Catalogue) -> PhaseClaim:
    present = participants(projection, phase, igo)
    chosen = choose(projection, phase, igo, catalogue, present)
    day = phase.regime_day or projection.as_of
    choice = chosen.prestatie.choice(day) if chosen.prestatie is not None else None
    beside = tuple(
        NotToClaim(own.agb, own.prestatie.name, INSIDE) for own in own_prestaties(projection, phase, present, catalogue)
    )
    return PhaseClaim(
        phase=phase.phase,
        prestatie=choice,
        claim=integral_claim(projection, phase, igo, chosen),
        not_to_claim=beside,
        fallback=(),
        forecast=None,
        standing=lowest(phase.standing, chosen.standing, choice.standing if choice else "provisional"),
        reasons=chosen.reasons,
    )


def _forecast(projection: ClaimsProjection, phase: PhaseSelection, igo: Igo, catalogue: Catalogue) -> PhaseClaim:
    """What the phase would become. The prestatie is a guess by what is known now, so it is only named if it is igo."""
    prestatie = choose(projection, phase, igo, catalogue).prestatie if phase.expected == "igo" else None
    choice = prestatie.choice(phase.regime_day or projection.as_of) if prestatie is not None else None
    texts = tuple(reason.text for reason in phase.reasons)
    forecast = Forecast(phase.expected or "onbepaald", choice, texts)
    return PhaseClaim(phase.phase, None, None, (), (), forecast, phase.standing)
