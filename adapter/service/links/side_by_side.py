"""Two records or two dossiers side by side, as a person compares them. Of a BSN only whether it is there is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from adapter.access.redact import redact
from adapter.linking import DossierDates, dates_of
from adapter.linking.names import plain
from adapter.model.facts import Dossier, Person, SourceFacts
from adapter.model.moments import day_of
from adapter.service import dutch
from adapter.service.links.proposal import Row

Agreement = Literal["same", "differs", "unknown", "shown"]


def women(a: SourceFacts, b: SourceFacts) -> tuple[Row, ...]:
    """Who the two women are, as far as their sources say."""
    one, other = a.woman, b.woman
    return (
        _row("Naam", name(one), name(other), "shown"),
        _row("Voornamen", " ".join(one.name.given), " ".join(other.name.given)),
        _row("Eigen achternaam", one.name.own or one.name.family, other.name.own or other.name.family),
        _row("Naam van partner", one.name.partner, other.name.partner),
        _row("Geboortedatum", _born(one), _born(other)),
        _bsn(one, other),
        _row("Adres", _address(one), _address(other)),
        _numbers(one, other),
        _row("Uitgerekende datum", _dues(a), _dues(b), _agree_on_any(_due_days(a), _due_days(b))),
        _row("Zorg gegeven", _care(a), _care(b), "shown"),
    )


def dossiers(a: tuple[SourceFacts, str], b: tuple[SourceFacts, str]) -> tuple[Row, ...]:
    """When and where the two dossiers are. Each is given as the facts it stands in, and its reference."""
    one, other = _dates(*a), _dates(*b)
    first, second = _dossier(*a), _dossier(*b)
    return (
        _row(
            "Organisatie",
            first.organisation.name or first.organisation.id,
            second.organisation.name or second.organisation.id,
            "shown",
        ),
        _row("Uitgerekende datum", _due(one), _due(other), _agree(one.due, other.due)),
        _row("Einde zwangerschap", _day(one.ended), _day(other.ended)),
        _row("Dossier loopt", _span(one), _span(other), "shown"),
        _row("Groepsnummer", _group(one), _group(other)),
        _row("Zorg gegeven", _acts(*a), _acts(*b), "shown"),
    )


def _row(what: str, a: str | None, b: str | None, agreement: Agreement | None = None) -> Row:
    return Row(what, a or None, b or None, agreement or _agree(a and plain(a), b and plain(b)))


def _agree(a: object, b: object) -> Agreement:
    if not a or not b:
        return "unknown"
    return "same" if a == b else "differs"


def _agree_on_any(a: set[str], b: set[str]) -> Agreement:
    return "unknown" if not a or not b else "same" if a & b else "differs"


def name(person: Person) -> str | None:
    """Her name as the source writes it."""
    given = person.name
    family = given.family or given.own or ""
    prefix = None if given.prefix and family.startswith(given.prefix) else given.prefix
    made = " ".join(part for part in (*given.given, prefix, family) if part)
    return redact(given.text or made) or None


def _born(person: Person) -> str | None:
    return dutch.day(person.birth_date) if person.birth_date else None


def _bsn(a: Person, b: Person) -> Row:
    """Whether there is one, and whether they agree: never the number."""

    def words(person: Person) -> str | None:
        return "aanwezig" if person.bsn else "afgeschermd" if person.bsn_masked else None

    return Row("BSN", words(a), words(b), _agree(a.bsn, b.bsn))


def _address(person: Person) -> str | None:
    return " ".join(part for part in (person.postal_code, person.house_number) if part) or None


def _numbers(a: Person, b: Person) -> Row:
    """Other identifiers: only what both give in one system says anything."""
    ours, theirs = dict(a.identifiers), dict(b.identifiers)
    shared = sorted(ours.keys() & theirs.keys())
    agreement = _agree([ours[s] for s in shared], [theirs[s] for s in shared])

    def words(of: dict[str, str]) -> str | None:
        return redact(", ".join(of[s] for s in sorted(of))) or None

    return Row("Andere nummers", words(ours), words(theirs), agreement)


def _due_days(facts: SourceFacts) -> set[str]:
    return {dutch.day(d.due) for d in dates_of(facts) if d.due}


def _dues(facts: SourceFacts) -> str | None:
    days = sorted({d.due for d in dates_of(facts) if d.due})
    return ", ".join(dutch.day(day) for day in days) or None


def _care(facts: SourceFacts) -> str | None:
    days = sorted(day_of(a.when.start) for a in facts.acts if a.when and a.when.start and a.state == "done")
    return _counted(len(facts.acts), days)


def _acts(facts: SourceFacts, reference: str) -> str | None:
    acts = [a for a in facts.acts if a.dossier == reference]
    days = sorted(day_of(a.when.start) for a in acts if a.when and a.when.start and a.state == "done")
    return _counted(len(acts), days)


def _counted(number: int, days: Sequence[date]) -> str | None:
    if not number:
        return None
    what = "handeling" if number == 1 else "handelingen"
    span = f", {dutch.day(days[0])} – {dutch.day(days[-1])}" if days else ""
    return f"{number} {what}{span}"


def _dates(facts: SourceFacts, reference: str) -> DossierDates:
    return next(d for d in dates_of(facts) if d.key[1] == reference)


def _dossier(facts: SourceFacts, reference: str) -> Dossier:
    return next(d for d in facts.dossiers if d.reference == reference)


def _due(dates: DossierDates) -> str | None:
    if dates.due is None:
        return None
    basis = dutch.BASIS.get(dates.due_basis or "", "")
    return f"{dutch.day(dates.due)}{f' ({basis})' if basis else ''}"


def _day(day: date | None) -> str | None:
    return dutch.day(day) if day else None


def _span(dates: DossierDates) -> str | None:
    if dates.first is None and dates.last is None:
        return None
    return f"{dutch.day(dates.first)} – {dutch.day(dates.last)}"


def _group(dates: DossierDates) -> str | None:
    return redact(dates.group) if dates.group else None
