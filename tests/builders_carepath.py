"""Small builders for tests of the care path: a woman, her dossiers, and what stands in them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from adapter.carepath import PathSettings, PregnancyInput, Zorgpad, build, load_zorgpad, project
from adapter.model.carepath import CarePath, PathSource
from adapter.model.evidence import Evidence, Organisation, OrganisationKind
from adapter.model.facts import (
    Act,
    ActKind,
    Dossier,
    Measured,
    Noted,
    Person,
    ReferralKind,
    ReferralMade,
    SourceFacts,
    Statement,
    StatementKind,
    Value,
)
from adapter.model.moments import Moment, Span
from adapter.model.projection import ClaimsProjection
from adapter.model.sources import SourceState

MAPPINGS = Path(__file__).parent.parent / "mappings"
KNOWN_AT = datetime(2026, 1, 1, tzinfo=UTC)

GROEN = Organisation("agb:08001234", "08001234", None, "'t Groen", OrganisationKind.VERLOSKUNDIGENPRAKTIJK)
OOSTER = Organisation("agb:08005678", "08005678", None, "Ooster", OrganisationKind.VERLOSKUNDIGENPRAKTIJK)
ERASMUS = Organisation("ura:06020806", None, "06020806", "Erasmus MC", OrganisationKind.ZIEKENHUIS)
BLIJE_EI = Organisation("agb:33112345", "33112345", None, "Het Blije Ei", OrganisationKind.KRAAMZORG)
ECHO = Organisation("agb:41000001", "41000001", None, "Echocentrum", OrganisationKind.ECHOCENTRUM)
HULP = Organisation("ura:12934730", None, "12934730", "Huisarts Hulp", OrganisationKind.HUISARTS)

_numbers = count(1)


@cache
def zorgpad() -> Zorgpad:
    return load_zorgpad(MAPPINGS)


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    """An instant in Dutch summer or winter time, written with its offset."""
    return datetime.fromisoformat(text)


@dataclass
class Source:
    """One source's record of the woman; filled by small calls, in the words of the dossier."""

    id: str
    organisation: Organisation
    woman: Person = field(init=False)
    dossiers: list[Dossier] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    referrals: list[ReferralMade] = field(default_factory=list)
    children: list[Person] = field(default_factory=list)
    measured: list[Measured] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.woman = Person(self.id, "Patient/woman", self.evidence("Patient/woman"))

    def evidence(self, reference: str | None = None) -> Evidence:
        return Evidence(self.id, reference or f"X/{next(_numbers)}", "1", "value", self.organisation.agb)

    def dossier(
        self,
        start: str | None = None,
        end: str | None = None,
        *,
        of: Organisation | None = None,
        reference: str = "EpisodeOfCare/1",
        status: str | None = None,
        periods: tuple[int, ...] = (),
        conditions: tuple[str, ...] = (),
    ) -> "Source":
        span = Span(day(start) if start else None, day(end) if end else None)
        state = status or ("finished" if end else "active")
        made = Dossier(
            reference,
            "Patient/woman",
            self.evidence(reference),
            of or self.organisation,
            True,
            span,
            state,
            conditions,
            periods,
        )
        self.dossiers.append(made)
        return self

    def says(self, kind: StatementKind, value: Value, on: Moment | None = None, **more: Any) -> "Source":
        more.setdefault("dossier", "EpisodeOfCare/1")
        self.statements.append(Statement(kind, value, self.evidence(), on, **more))
        return self

    def act(
        self, kind: ActKind, when: Moment | None = None, *, by: Organisation | None = None, **more: Any
    ) -> "Source":
        more.setdefault("dossier", "EpisodeOfCare/1")
        basis = more.pop("basis", "performer" if by else "source")
        end = more.pop("until", None)
        span = None if when is None else Span(when, end)
        self.acts.append(Act(kind, by or self.organisation, basis, self.evidence(), when=span, **more))
        return self

    def refers(
        self,
        sender: Organisation | None,
        receiver: Organisation | None,
        on: Moment | None,
        kind: ReferralKind = ReferralKind.OVERDRACHT,
        **more: Any,
    ) -> "Source":
        more.setdefault("dossier", "EpisodeOfCare/1")
        self.referrals.append(ReferralMade(kind, on, sender, receiver, self.evidence(), **more))
        return self

    def child(self, reference: str, born: Moment | None = None, **more: Any) -> "Source":
        self.children.append(Person(self.id, reference, self.evidence(reference), birth_date=born, **more))
        return self

    def measures(
        self, kind: str, value: float | None, on: Moment | None = None, unit: str | None = None, **more: Any
    ) -> "Source":
        more.setdefault("dossier", "EpisodeOfCare/1")
        original = more.pop("original", f"{value} {unit}")
        organisation = more.pop("by", self.organisation)
        self.measured.append(Measured(kind, kind, value, unit, original, organisation, self.evidence(), on, **more))
        return self

    def notes(self, kind: str, name: str, on: Moment | None = None, **more: Any) -> "Source":
        more.setdefault("dossier", "EpisodeOfCare/1")
        self.noted.append(Noted(kind, name, self.organisation, self.evidence(), at=on, **more))
        return self

    def facts(self) -> SourceFacts:
        return SourceFacts(
            self.id,
            self.woman,
            tuple(self.children),
            tuple(self.dossiers),
            tuple(self.statements),
            tuple(self.acts),
            tuple(self.referrals),
            measured=tuple(self.measured),
            noted=tuple(self.noted),
        )


def practice() -> Source:
    return Source("vp-groen", GROEN)


def hospital() -> Source:
    return Source("zh-erasmus", ERASMUS)


def kraamzorg() -> Source:
    return Source("kz-blije-ei", BLIJE_EI)


def given(
    *sources: Source,
    others: frozenset[tuple[str, str]] = frozenset(),
    states: dict[str, SourceState] | None = None,
    not_asked: tuple[Organisation, ...] = (),
) -> PregnancyInput:
    """All dossiers of these sources are this pregnancy, but those in `others`."""
    mine = frozenset((s.id, d.reference) for s in sources for d in s.dossiers) - others
    asked = [
        PathSource(s.id, s.organisation, (states or {}).get(s.id, SourceState.ANSWERED), KNOWN_AT, 1, None)
        for s in sources
    ]
    asked += [PathSource(None, o, SourceState.NOT_ASKED, None, 0, None) for o in not_asked]
    return PregnancyInput("p1", "w1", tuple(s.facts() for s in sources), mine, others, tuple(asked))


def path(*sources: Source, on: str, settings: PathSettings | None = None, **more: Any) -> CarePath:
    return build(given(*sources, **more), zorgpad(), settings or PathSettings(), day(on), KNOWN_AT)


def projection(*sources: Source, on: str, settings: PathSettings | None = None, **more: Any) -> ClaimsProjection:
    all_given = given(*sources, **more)
    chosen = settings or PathSettings()
    return project(all_given, build(all_given, zorgpad(), chosen, day(on), KNOWN_AT), chosen)
