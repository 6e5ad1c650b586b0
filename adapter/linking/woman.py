"""Are two records of the same woman?

A BSN decides, for and against. Without one, evidence is weighed: each piece has a weight (about how often a
chance agreement halves, in bits), and the sum decides. Automatic only where it is beyond doubt, proposed to
a person where it is likely, apart otherwise. Beyond doubt asks, besides the sum, for the same day of birth (or day and
month changed places), the same given name in full, and nothing that contradicts it: twin sisters share all the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import DamerauLevenshtein

from adapter.linking.names import code, family_names, first_given, given_names, initials, own_family, whole_names
from adapter.linking.pregnancy import DUE_DATE_TOLERANCE
from adapter.linking.profile import Profile
from adapter.model.carepath import LinkEvidence
from adapter.model.facts import Person
from adapter.model.moments import day_of

DECISIVE = 100.0
AUTOMATIC = 30.0
PROPOSED = 18.0

_BIRTH_DATE = 10.0
_BIRTH_DATE_SWAPPED = 3.0
_BIRTH_DATE_CLOSE = -2.0
_BIRTH_DATE_DIFFERS = -12.0
_FAMILY = 9.0
_FAMILY_PART = 7.0
_FAMILY_CLOSE = 5.0
_FAMILY_DIFFERS = -6.0
_GIVEN = 7.0
_GIVEN_CLOSE = 4.0
_INITIAL = 2.0
_INITIAL_DIFFERS = -4.0
_GIVEN_DIFFERS = -8.0
_ADDRESS = 12.0
_POSTAL_CODE = 4.0
_ADDRESS_DIFFERS = -1.0
_IDENTIFIER = 6.0
_REFERENCE = 12.0
_PREGNANCY_DATES = 4.0

_LONG_ENOUGH = 4  # letters, for one typing mistake to leave a name recognisable
_LONG = 10  # for two


class Outcome(StrEnum):
    """What a comparison leads to."""

    LINKED = "linked"
    PROPOSED = "proposed"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of two records, with every piece of evidence and its weight.

    `by_bsn`: both have one, so that it decided. `contradicted`: who they are differs in a way that no typing mistake
    explains.
    """

    outcome: Outcome
    score: float
    evidence: tuple[LinkEvidence, ...]
    by_bsn: bool = False
    contradicted: bool = False

    @property
    def text(self) -> str:
        """The explanation in one Dutch sentence."""
        what = {
            Outcome.LINKED: "Zelfde vrouw",
            Outcome.PROPOSED: "Mogelijk dezelfde vrouw; een mens moet dit bevestigen",
            Outcome.APART: "Niet aantoonbaar dezelfde vrouw",
        }[self.outcome]
        return f"{what}: {self.parts}"

    @property
    def parts(self) -> str:
        """The evidence in words, with weights and sum."""
        parts = "; ".join(f"{e.what} ({e.weight:+.0f})" for e in self.evidence) or "geen gegevens om te vergelijken"
        return f"{parts}. Som {self.score:.0f}, drempel {AUTOMATIC:.0f}."


def weigh(a: Profile, b: Profile) -> Comparison:
    """Weigh whether two records are of the same woman."""
    shared = bool(a.offered & b.references or a.wanted & b.offered)
    agree = any(abs(x - y) <= DUE_DATE_TOLERANCE for x in a.due_dates for y in b.due_dates)
    return compare(a.person, b.person, shared_references=shared, agreeing_dates=agree)


def compare(a: Person, b: Person, *, shared_references: bool = False, agreeing_dates: bool = False) -> Comparison:
    """Weigh whether two records are of the same woman.

    `shared_references`: a resource of one record points to a resource of the other by a globally unique id.
    `agreeing_dates`: their pregnancies have due dates within 21 days; it only ever adds to other evidence.
    """
    if a.bsn and a.bsn == b.bsn and a.name == b.name and a.birth_date == b.birth_date:
        return _by_bsn(a, b, [])  # nothing here speaks against it
    born, family, given = _birth_date(a, b), _family(a, b), _given(a, b)
    if a.bsn and b.bsn:
        return _by_bsn(a, b, [e for e in (born, family, given) if e])
    personal = [e for e in (born, family, given, _address(a, b), _identifier(a, b)) if e]
    for_it = [e for e in personal if e.weight > 0]
    evidence = list(personal)
    if shared_references:
        evidence.append(LinkEvidence("verwijzing vanuit het ene dossier naar het andere", _REFERENCE))
    if agreeing_dates and for_it:
        evidence.append(LinkEvidence("uitgerekende data binnen 21 dagen van elkaar", _PREGNANCY_DATES))
    score = sum(e.weight for e in evidence)
    against = any(e.weight <= _FAMILY_DIFFERS for e in personal)
    certain = born is not None and born.weight > 0 and given is not None and given.weight == _GIVEN
    if score >= AUTOMATIC and certain and not against:
        outcome = Outcome.LINKED
    elif score >= PROPOSED or shared_references:
        outcome = Outcome.PROPOSED
    else:
        outcome = Outcome.APART
    return Comparison(outcome, score, tuple(evidence), contradicted=_contradicted(personal))


def _by_bsn(a: Person, b: Person, personal: list[LinkEvidence]) -> Comparison:
    """The BSN decides. One source that holds two quite different women under one BSN has made a mistake with it."""
    if a.bsn != b.bsn:
        other = _both("een ander BSN", -DECISIVE, a, b)
        return Comparison(Outcome.APART, -DECISIVE, (other,), by_bsn=True, contradicted=True)
    evidence = (_both("hetzelfde BSN", DECISIVE, a, b), *(e for e in personal if e.weight < 0))
    score = sum(e.weight for e in evidence)
    contradicted = _contradicted(personal)
    clash = a.source == b.source and contradicted
    return Comparison(Outcome.PROPOSED if clash else Outcome.LINKED, score, evidence, True, contradicted)


def _contradicted(personal: list[LinkEvidence]) -> bool:
    """Another given name in full (sisters, twin sisters), or another day of birth and another family name."""
    weights = [e.weight for e in personal]
    return _GIVEN_DIFFERS in weights or (_BIRTH_DATE_DIFFERS in weights and _FAMILY_DIFFERS in weights)


def _birth_date(a: Person, b: Person) -> LinkEvidence | None:
    if a.birth_date is None or b.birth_date is None:
        return None
    one, two = day_of(a.birth_date), day_of(b.birth_date)
    if one == two:
        return _both("dezelfde geboortedatum", _BIRTH_DATE, a, b)
    if one.year == two.year and one.month == two.day and one.day == two.month:
        return _both("geboortedatum met dag en maand verwisseld", _BIRTH_DATE_SWAPPED, a, b)
    if DamerauLevenshtein.distance(f"{one:%Y%m%d}", f"{two:%Y%m%d}") == 1:
        return _both("geboortedatum op één tikfout na gelijk", _BIRTH_DATE_CLOSE, a, b)
    return _both("een andere geboortedatum", _BIRTH_DATE_DIFFERS, a, b)


def _family(a: Person, b: Person) -> LinkEvidence | None:
    ours, theirs = whole_names(a.name), whole_names(b.name)
    if not ours or not theirs:
        return None
    if ours & theirs:
        own = own_family(a.name) == own_family(b.name)
        return _both("dezelfde geslachtsnaam" if own else "naam en partnernaam komen overeen", _FAMILY, a, b)
    if family_names(a.name) & family_names(b.name):
        return _both("een deel van de dubbele naam komt overeen", _FAMILY_PART, a, b)
    if any(_close(x, y) for x in family_names(a.name) for y in family_names(b.name)):
        return _both("bijna dezelfde geslachtsnaam", _FAMILY_CLOSE, a, b)
    return _both("een andere geslachtsnaam", _FAMILY_DIFFERS, a, b)


def _close(one: str, two: str) -> bool:
    """Whether a typing mistake explains the difference: one, in a long name two."""
    shortest = min(len(one), len(two))
    allowed = 2 if shortest >= _LONG else 1 if shortest >= _LONG_ENOUGH else 0
    return DamerauLevenshtein.distance(one, two, score_cutoff=allowed) <= allowed


def _given(a: Person, b: Person) -> LinkEvidence | None:
    one, two = first_given(a.name), first_given(b.name)
    if one and two:
        if one == two:
            return _both("dezelfde voornaam", _GIVEN, a, b)
        if set(given_names(a.name)) & set(given_names(b.name)):
            return _both("een van de voornamen komt overeen", _GIVEN_CLOSE, a, b)
        if DamerauLevenshtein.distance(one, two) <= 1:
            return _both("bijna dezelfde voornaam", _GIVEN_CLOSE, a, b)
        return _both("een andere voornaam", _GIVEN_DIFFERS, a, b)
    first, second = initials(a.name), initials(b.name)
    if first and second:
        if first == second:
            return _both("dezelfde voorletter", _INITIAL, a, b)
        return _both("een andere voorletter", _INITIAL_DIFFERS, a, b)
    return None


def _address(a: Person, b: Person) -> LinkEvidence | None:
    if not a.postal_code or not b.postal_code:
        return None
    if code(a.postal_code) != code(b.postal_code):
        return _both("een ander adres", _ADDRESS_DIFFERS, a, b)
    if a.house_number and b.house_number and code(a.house_number) == code(b.house_number):
        return _both("hetzelfde adres", _ADDRESS, a, b)
    return _both("dezelfde postcode", _POSTAL_CODE, a, b)


def _identifier(a: Person, b: Person) -> LinkEvidence | None:
    if set(a.identifiers) & set(b.identifiers):
        return _both("hetzelfde nummer in een gedeeld stelsel", _IDENTIFIER, a, b)
    return None


def _both(what: str, weight: float, a: Person, b: Person) -> LinkEvidence:
    return LinkEvidence(what, weight, (a.evidence, b.evidence))
