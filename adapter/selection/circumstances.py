"""Questions that no table of this product asks, and that one of an IGO, an insurer or a year to come may.

Each answers from the claims projection alone; what is not known is "onbekend", and says which variable is missing.
"""

from __future__ import annotations

from adapter.model.facts import Outcome, ReferralKind
from adapter.selection import words
from adapter.selection.case import SIXTEEN_WEEKS, Case
from adapter.selection.finding import Finding

_LOST = frozenset({Outcome.MISCARRIAGE, Outcome.ECTOPIC, Outcome.TERMINATION})
_PLACES = frozenset({"thuis", "geboortecentrum", "ziekenhuis", "onderweg", "buitenland"})


def phase(case: Case) -> Finding:
    """`fase`: which phase this is."""
    return Finding(case.phase.phase, f"Dit is de {words.PHASE[case.phase.phase]}.")


def place(case: Case) -> Finding:
    """`geboorteplaats`: where the birth was; asked of the natal and the postnatal phase."""
    if case.phase.phase == "prenataal" or not case.begun:
        return Finding("nvt", "De plaats van de geboorte telt alleen in de natale en de postnatale fase.")
    known = case.projection.place_of_birth
    if known in _PLACES:
        return Finding(known, "De plaats van de geboorte is bekend.")
    why = "De plaats van de geboorte is niet bekend."
    return Finding("onbekend", why, (), case.lacks("place_of_birth", why))


def multiple(case: Case) -> Finding:
    """`meerling`: whether more than one child was born."""
    children = case.projection.children
    if children is None:
        why = "Het aantal geboren kinderen is niet bekend."
        return Finding("onbekend", why, (), case.lacks("children", why))
    return Finding("ja" if children > 1 else "nee", "Het aantal geboren kinderen is bekend.")


def practice_switch(case: Case) -> Finding:
    """`praktijkwissel`."""
    why = "Niet bekend is of zij van verloskundigenpraktijk wisselde."
    return _flag(
        case, "practice_switch", ("Zij wisselde van verloskundigenpraktijk.", "Er was geen praktijkwissel."), why
    )


def moved(case: Case) -> Finding:
    """`verhuisd`."""
    why = "Niet bekend is of zij tijdens de zwangerschap verhuisde."
    return _flag(case, "moved", ("Zij verhuisde tijdens de zwangerschap.", "Zij verhuisde niet."), why)


def _flag(case: Case, variable: str, told: tuple[str, str], why: str) -> Finding:
    value: bool | None = getattr(case.projection, variable)
    if value is None:
        return Finding("onbekend", why, (), case.lacks(variable, why))
    return Finding("ja", told[0]) if value else Finding("nee", told[1])


def ended_early(case: Case) -> Finding:
    """`einde_voor_16_weken`: whether the pregnancy ended before 16+0 (a border of the experiment)."""
    projection = case.projection
    if projection.outcome is None:
        return Finding("nvt", "De zwangerschap duurt nog.")
    days = projection.gestational_days_at_end
    if days is not None:
        return Finding("ja" if days < SIXTEEN_WEEKS else "nee", "Bekend is of de zwangerschap vóór 16 weken eindigde.")
    if projection.outcome is Outcome.ECTOPIC:
        return Finding("ja", "Bekend is dat de zwangerschap vóór 16 weken eindigde.")
    if projection.outcome in _LOST or projection.outcome is Outcome.UNKNOWN:
        why = "Niet bekend is of de zwangerschap vóór 16 weken eindigde."
        return Finding("onbekend", why, (), case.lacks("gestational_age", why))
    return Finding("nee", "Bekend is of de zwangerschap vóór 16 weken eindigde.")


def handed_over(case: Case) -> Finding:
    """`overdracht_buiten`: whether she was handed over to an organisation outside the IGO during the phase."""
    first, last = case.window.first, case.window.last
    for referral in case.projection.referrals:
        receiver, day = referral.receiver, referral.day
        if referral.kind is not ReferralKind.OVERDRACHT or receiver is None or day is None or not first <= day <= last:
            continue
        if case.membership.between(receiver, day, day) == "nee":
            text = f"Op {words.on(day)} is de zorg overgedragen aan {words.name(receiver)}, geen lid van de IGO."
            return Finding("ja", text, referral.evidence)
    return Finding("nee", "Er is geen overdracht aan een zorgaanbieder buiten de IGO bekend.")
