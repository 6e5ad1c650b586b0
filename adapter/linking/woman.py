"""Are two records of the same woman?

A BSN decides, for and against. Without one, evidence is weighed: each piece has a weight (about how often a
chance agreement halves, in bits), and the sum decides. Automatic only where it is beyond doubt, proposed to
a person where it is likely, apart otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import DamerauLevenshtein

from adapter.linking.names import family_names, first_given, initials, own_family, plain
from adapter.model.carepath import LinkEvidence
from adapter.model.facts import Person
from adapter.model.moments import Moment, day_of

DECISIVE = 100.0
AUTOMATIC = 30.0
PROPOSED = 18.0

_BIRTH_DATE = 10.0
_BIRTH_DATE_DIFFERS = -12.0
_FAMILY = 9.0
_FAMILY_CLOSE = 5.0
_FAMILY_DIFFERS = -6.0
_GIVEN = 7.0
_GIVEN_CLOSE = 4.0
_INITIAL = 2.0
_GIVEN_DIFFERS = -8.0
_ADDRESS = 12.0
_POSTAL_CODE = 4.0
_ADDRESS_DIFFERS = -1.0
_IDENTIFIER = 6.0
_REFERENCE = 12.0
_PREGNANCY_DATES = 4.0


class Outcome(StrEnum):
    """What a comparison leads to."""

    LINKED = "linked"
    PROPOSED = "proposed"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of two records, with every piece of evidence and its weight."""

    outcome: Outcome
    score: float
    evidence: tuple[LinkEvidence, ...]

    @property
    def text(self) -> str:
        """The explanation in one Dutch sentence."""
        what = {
            Outcome.LINKED: "Zelfde vrouw",
            Outcome.PROPOSED: "Mogelijk dezelfde vrouw; een mens moet dit bevestigen",
            Outcome.APART: "Niet aantoonbaar dezelfde vrouw",
        }[self.outcome]
        parts = "; ".join(f"{e.what} ({e.weight:+.0f})" for e in self.evidence) or "geen gegevens om te vergelijken"
        return f"{what}: {parts}. Som {self.score:.0f}, drempel {AUTOMATIC:.0f}."


def tokens(person: Person, references: frozenset[str] = frozenset()) -> frozenset[str]:
    """What to look other records up by. The store keeps a keyed hash of each, never the text.

    `references` are resource ids unique enough to be worth looking for in other sources (see `foreign_references`).
    """
    found: set[str] = set()
    if person.bsn:
        found.add(f"bsn:{person.bsn.value}")
    if person.birth_date:
        day = day_of(person.birth_date).isoformat()
        found.update(f"name:{day}:{family}" for family in family_names(person.name))
        if given := first_given(person.name):
            found.add(f"given:{day}:{given}")
        if person.postal_code:
            found.add(f"place:{day}:{plain(person.postal_code)}")
    found.update(f"ref:{reference}" for reference in references)
    return frozenset(found)


def compare(a: Person, b: Person, *, shared_references: bool = False, agreeing_dates: bool = False) -> Comparison:
    """Weigh whether two records are of the same woman.

    `shared_references`: a resource of one record points to a resource of the other by a globally unique id.
    `agreeing_dates`: their pregnancies have due dates within 21 days; it only ever adds to other evidence.
    """
    if a.bsn and b.bsn:
        same = a.bsn == b.bsn
        what = "hetzelfde BSN" if same else "een ander BSN"
        weight = DECISIVE if same else -DECISIVE
        outcome = Outcome.LINKED if same else Outcome.APART
        return Comparison(outcome, weight, (LinkEvidence(what, weight, (a.evidence, b.evidence)),))
    personal = [e for e in (_birth_date(a, b), _family(a, b), _given(a, b), _address(a, b), _identifier(a, b)) if e]
    for_it = [e for e in personal if e.weight > 0]
    evidence = list(personal)
    if shared_references:
        evidence.append(LinkEvidence("verwijzing vanuit het ene dossier naar het andere", _REFERENCE))
    if agreeing_dates and for_it:
        evidence.append(LinkEvidence("uitgerekende data binnen 21 dagen van elkaar", _PREGNANCY_DATES))
    score = sum(e.weight for e in evidence)
    against = any(e.weight <= _FAMILY_DIFFERS for e in personal)
    if score >= AUTOMATIC and not against and for_it:
        outcome = Outcome.LINKED
    elif score >= PROPOSED or shared_references:
        outcome = Outcome.PROPOSED
    else:
        outcome = Outcome.APART
    return Comparison(outcome, score, tuple(evidence))


def _birth_date(a: Person, b: Person) -> LinkEvidence | None:
    if a.birth_date is None or b.birth_date is None:
        return None
    same = day_of(a.birth_date) == day_of(b.birth_date)
    if same:
        return _both("dezelfde geboortedatum", _BIRTH_DATE, a, b)
    if _swapped(a.birth_date, b.birth_date):
        return _both("geboortedatum met dag en maand verwisseld", 3.0, a, b)
    return _both("een andere geboortedatum", _BIRTH_DATE_DIFFERS, a, b)


def _swapped(a: Moment, b: Moment) -> bool:
    one, two = day_of(a), day_of(b)
    return one.year == two.year and one.month == two.day and one.day == two.month


def _family(a: Person, b: Person) -> LinkEvidence | None:
    ours, theirs = family_names(a.name), family_names(b.name)
    if not ours or not theirs:
        return None
    if ours & theirs:
        own = own_family(a.name) == own_family(b.name)
        return _both("dezelfde geslachtsnaam" if own else "naam en partnernaam komen overeen", _FAMILY, a, b)
    if any(DamerauLevenshtein.distance(x, y) <= 1 for x in ours for y in theirs):
        return _both("bijna dezelfde geslachtsnaam", _FAMILY_CLOSE, a, b)
    return _both("een andere geslachtsnaam", _FAMILY_DIFFERS, a, b)


def _given(a: Person, b: Person) -> LinkEvidence | None:
    one, two = first_given(a.name), first_given(b.name)
    if one and two:
        if one == two:
            return _both("dezelfde voornaam", _GIVEN, a, b)
        if DamerauLevenshtein.distance(one, two) <= 1:
            return _both("bijna dezelfde voornaam", _GIVEN_CLOSE, a, b)
        return _both("een andere voornaam", _GIVEN_DIFFERS, a, b)
    first, second = initials(a.name), initials(b.name)
    if first and second:
        same = first == second
        return _both("dezelfde voorletter" if same else "een andere voorletter", _INITIAL if same else -4.0, a, b)
    return None


def _address(a: Person, b: Person) -> LinkEvidence | None:
    if not a.postal_code or not b.postal_code:
        return None
    if plain(a.postal_code) != plain(b.postal_code):
        return _both("een ander adres", _ADDRESS_DIFFERS, a, b)
    if a.house_number and b.house_number and plain(a.house_number) == plain(b.house_number):
        return _both("hetzelfde adres", _ADDRESS, a, b)
    return _both("dezelfde postcode", _POSTAL_CODE, a, b)


def _identifier(a: Person, b: Person) -> LinkEvidence | None:
    if set(a.identifiers) & set(b.identifiers):
        return _both("hetzelfde nummer in een gedeeld stelsel", _IDENTIFIER, a, b)
    return None


def _both(what: str, weight: float, a: Person, b: Person) -> LinkEvidence:
    return LinkEvidence(what, weight, (a.evidence, b.evidence))
