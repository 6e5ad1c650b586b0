"""The early warning for a pregnancy that goes on: signs that care will be given outside the IGO, and what can be done.

A forecast: it decides nothing. Which signs count, how much, and what to do: `mappings/rules/vroegsignaal.yaml`.
"""

from __future__ import annotations

from datetime import date

from adapter.model.decision import EarlyWarning, Reason, Risk
from adapter.model.evidence import Evidence, Organisation, OrganisationKind
from adapter.model.facts import ReferralKind
from adapter.model.projection import ClaimsProjection, ProjectedReferral
from adapter.rules import RuleBook, Tested
from adapter.selection import words
from adapter.selection.finding import Finding
from adapter.selection.membership import Membership

_RISK: dict[str, Risk] = {"geen": "geen", "mogelijk": "mogelijk", "waarschijnlijk": "waarschijnlijk"}


def early_warning(projection: ClaimsProjection, membership: Membership, book: RuleBook) -> EarlyWarning | None:
    """The warning on the day asked about; None once the pregnancy is over, or where the rules have no such table."""
    if projection.outcome is not None or "vroegsignaal" not in book.tables:
        return None
    on = projection.as_of
    asking = book.asking("vroegsignaal", on)
    findings = {
        "verwijzing": _referral(projection, membership),
        "kraamzorg": _kraamzorg(projection, membership),
        "gewenste_plaats": _place(projection, membership),
        "verhuisd": _moved(projection),
    }
    outcome = asking.says(tuple([findings[asked.name].value for asked in asking.table.inputs]))
    told = [_reason(tested, findings[tested.input.name]) for tested in outcome.trace]
    advice = [t.input.advice[t.value] for t in outcome.trace if t.value in t.input.advice]
    return EarlyWarning(_RISK[outcome.value], (outcome.row.reason, *told), tuple(advice), outcome.standing)


def _reason(tested: Tested, finding: Finding) -> Reason:
    asked = tested.input
    return Reason(tested.rule, tested.verdict, finding.text, asked.citation, asked.standing, finding.evidence)


def _referral(projection: ClaimsProjection, membership: Membership) -> Finding:
    """A handing over counts before a consult; of two alike the latest."""
    outside = [r for r in projection.referrals if _leaves(r, membership, projection.as_of)]
    for kind, value, what in (
        (ReferralKind.OVERDRACHT, "overdracht_niet_lid", "overgedragen aan"),
        (None, "consult_niet_lid", "voor een consult verwezen naar"),
    ):
        for referral in reversed(outside):
            if referral.receiver is not None and kind in (None, referral.kind):
                day = f" op {words.on(referral.day)}" if referral.day else ""
                text = f"Zij is{day} {what} {words.name(referral.receiver)}, geen lid van de IGO."
                return Finding(value, text, referral.evidence)
    return Finding("geen", "Geen verwijzing naar een zorgaanbieder buiten de IGO bekend.")


def _leaves(referral: ProjectedReferral, membership: Membership, as_of: date) -> bool:
    day = referral.day or as_of
    return referral.receiver is not None and membership.between(referral.receiver, day, day) == "nee"


def _kraamzorg(projection: ClaimsProjection, membership: Membership) -> Finding:
    known, on = projection.kraamzorg, projection.as_of
    if known.organisations:
        names = words.listed([words.name(o) for o in known.organisations])
        answers = {membership.between(o, on, on) for o in known.organisations}
        if "ja" in answers:
            return Finding("lid", f"De kraamzorg is bij een lid van de IGO bekend ({names}).", known.evidence)
        if answers == {"nee"}:
            return Finding("niet_lid", f"De kraamzorg is bij {names}, geen lid van de IGO.", known.evidence)
        return Finding("onbekend", f"Of {names} lid is van de IGO, is niet te zeggen.", known.evidence)
    if known.declined:
        return Finding("afgezien", "Van kraamzorg is afgezien.", known.evidence)
    if known.requested:
        return Finding("aangevraagd", "Kraamzorg is aangevraagd; bij wie is niet bekend.", known.evidence)
    return Finding("onbekend", "Van de kraamzorg is nog niets bekend.", known.evidence)


def _place(projection: ClaimsProjection, membership: Membership) -> Finding:
    intended, on = projection.intended_place_of_birth, projection.as_of
    if intended in ("thuis", "geboortecentrum"):
        return Finding("binnen", "Zij wil niet in een ziekenhuis bevallen.")
    if intended != "ziekenhuis":
        return Finding("onbekend", "Waar zij wil bevallen, is niet bekend.")
    hospital, evidence = _hospital(projection)
    if hospital is None:
        return Finding("ziekenhuis_onbekend", "Zij wil in een ziekenhuis bevallen; in welk is niet bekend.")
    answer, who = membership.between(hospital, on, on), words.name(hospital)
    if answer == "ja":
        return Finding(
            "binnen", f"Zij wil in een ziekenhuis bevallen, en is bekend bij {who}, lid van de IGO.", evidence
        )
    if answer == "nee":
        text = f"Zij wil in een ziekenhuis bevallen, en is bekend bij {who}, geen lid van de IGO."
        return Finding("ziekenhuis_niet_lid", text, evidence)
    return Finding("ziekenhuis_onbekend", f"Of {who} lid is van de IGO, is niet te zeggen.", evidence)


def _hospital(projection: ClaimsProjection) -> tuple[Organisation | None, tuple[Evidence, ...]]:
    """The hospital that knew her last: it was handed her, was referred to, or gave care."""
    seen: list[tuple[date, Organisation, tuple[Evidence, ...]]] = []
    for referral in projection.referrals:
        if referral.receiver is not None:
            seen.append((referral.day or date.min, referral.receiver, referral.evidence))
    for act in projection.acts:
        seen.append((act.day or date.min, act.organisation, (act.evidence,)))
    hospitals = [s for s in seen if s[1].kind is OrganisationKind.ZIEKENHUIS]
    if not hospitals:
        return None, ()
    _, organisation, evidence = max(hospitals, key=lambda s: s[0])
    return organisation, evidence


def _moved(projection: ClaimsProjection) -> Finding:
    if projection.moved is None:
        return Finding("onbekend", "Niet bekend is of zij verhuisde.")
    return Finding("ja", "Zij is verhuisd.") if projection.moved else Finding("nee", "Zij verhuisde niet.")
