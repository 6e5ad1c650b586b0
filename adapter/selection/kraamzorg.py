"""Whether the kraamzorg organisation is a member, or that nobody knows, or that she declined it."""

from __future__ import annotations

from adapter.model.evidence import Evidence, Organisation
from adapter.model.facts import ActKind
from adapter.selection import words
from adapter.selection.case import Case
from adapter.selection.finding import Finding


def kraamzorg_member(case: Case) -> Finding:
    """`kraamzorg_lid`: only asked of the postnatal phase."""
    if case.phase.phase != "postnataal":
        return Finding("nvt", "De kraamzorgorganisatie telt alleen in de postnatale fase.")
    known = case.projection.kraamzorg
    organisations, evidence = _organisations(case)
    if organisations:
        return _of(case, organisations, evidence)
    if known.declined:
        return Finding("afgezien", "Van kraamzorg is afgezien.", known.evidence)
    why = "Niet bekend is welke organisatie de kraamzorg geeft, of dat ervan is afgezien."
    return Finding("onbekend", why, known.evidence, case.lacks("kraamzorg", why))


def _organisations(case: Case) -> tuple[list[Organisation], tuple[Evidence, ...]]:
    known = case.projection.kraamzorg
    given = [a for a in case.projection.acts if a.kind is ActKind.KRAAMZORG and a.phase == "postnataal"]
    unique = {o.id: o for o in (*known.organisations, *(a.organisation for a in given))}
    return list(unique.values()), (*known.evidence, *(a.evidence for a in given))


def _of(case: Case, organisations: list[Organisation], evidence: tuple[Evidence, ...]) -> Finding:
    answers = {o.id: case.membership.between(o, case.window.first, case.window.last) for o in organisations}
    for organisation in organisations:
        if answers[organisation.id] == "ja":
            return Finding("ja", f"{words.name(organisation)} geeft de kraamzorg en is lid van de IGO.", evidence)
    names = words.listed([words.name(o) for o in organisations])
    if "onbekend" in answers.values():
        why = f"Of {names} lid is van de IGO, is niet te zeggen: de AGB-code of URA om te vergelijken ontbreekt."
        return Finding("onbekend", why, evidence, case.lacks("member", why))
    return Finding("nee", f"{names} geeft de kraamzorg en is geen lid van de IGO.", evidence)
