"""The examples of the rulebook: small pregnancies as data, with the outcome that is expected, run on the real engine.

They stand in `mappings/rules/voorbeelden`. What an example leaves out is as in the plain pregnancy: from 2 January,
born on 1 June at home with a member, kraamzorg by a member, everybody answers, over in August.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from adapter import selection
from adapter.model.carepath import PHASES, PhaseName, PhaseState
from adapter.model.decision import Selection
from adapter.model.evidence import Evidence, Organisation, OrganisationKind
from adapter.model.facts import ActKind, Outcome
from adapter.model.identifiers import Agb
from adapter.model.moments import Moment, Span, day_of
from adapter.model.projection import (
    ClaimsProjection,
    Insurance,
    Kraamzorg,
    ProjectedAct,
    ProjectedPhase,
    ProjectedResponsibility,
    ProjectedSource,
)
from adapter.model.register import Contract, Igo, Member, Practitioner, RuleParameters
from adapter.model.sources import SourceState
from adapter.rules import RuleBook

_K = OrganisationKind
_ALWAYS = date(2015, 1, 1)


@dataclass(frozen=True, slots=True)
class Who:
    """An organisation of the examples. `discipline`: as a member of the IGO; None outside it."""

    name: str
    agb: str | None
    kind: OrganisationKind
    discipline: str | None = None

    @property
    def organisation(self) -> Organisation:
        """As the projection knows it."""
        return Organisation(
            f"agb:{self.agb}" if self.agb else f"bron:{self.name}", self.agb, None, self.name, self.kind
        )


WHO: dict[str, Who] = {
    "groen": Who("Verloskundigenpraktijk 't Groen", "08001234", _K.VERLOSKUNDIGENPRAKTIJK, "verloskunde"),
    "stad": Who("Stadsziekenhuis", "06001234", _K.ZIEKENHUIS, "ziekenhuis"),
    "wieg": Who("Kraamzorg De Wieg", "72001234", _K.KRAAMZORG, "kraamzorg"),
    "rood": Who("Verloskundigenpraktijk Rood", "08009999", _K.VERLOSKUNDIGENPRAKTIJK),
    "elders": Who("Ziekenhuis Elders", "06009999", _K.ZIEKENHUIS),
    "vreemd": Who("Kraamzorg Vreemd", "72009999", _K.KRAAMZORG),
    "naamloos": Who("Praktijk zonder AGB-code", None, _K.VERLOSKUNDIGENPRAKTIJK),
}
"""The region of the examples: three members, three outsiders, and one that cannot be told."""

PEOPLE: dict[str, tuple[str, str]] = {"anna": ("Anna", "08900001"), "bea": ("Bea", "08900002")}
"""Persons of the examples, with their own AGB codes; members only where an example says so."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an example must give for a phase: status, stage, and the rule that decides (or settles) it."""

    status: str
    stage: str
    rule: str


@dataclass(frozen=True, slots=True)
class Example:
    """One example. `told`: what of it differs from the plain pregnancy, as written."""

    id: str
    title: str
    projection: ClaimsProjection
    igo: Igo
    expected: dict[PhaseName, Expected]
    told: dict[str, Any] = field(default_factory=dict)

    def decided(self, book: RuleBook) -> Selection:
        """What the engine says of it."""
        return selection.decide(self.projection, self.igo, book)


class ExampleError(ValueError):
    """An example that cannot be read; the message names the file and the example."""


def load_examples(mappings: Path) -> list[Example]:
    """Every example, in the order of the files. Raises `ExampleError`."""
    found: list[Example] = []
    for path in sorted((mappings / "rules" / "voorbeelden").glob("*.yaml")):
        for given in yaml.safe_load(path.read_text("utf-8"))["voorbeelden"]:
            try:
                found.append(_example(given))
            except (KeyError, TypeError, ValueError) as error:
                raise ExampleError(f"{path.name}: {given.get('id', '?')}: {type(error).__name__} {error}") from error
    return found


_KEYS = {
    "id", "titel", "jaar", "peildag", "verloop", "verzekeraar", "contract", "zorg", "extra_zorg", "verantwoordelijk",
    "kraamzorg", "geboorteplaats", "zwijgt", "leden", "parameters", "verwacht", "zorgverleners",
}  # fmt: skip


def _example(given: dict[str, Any]) -> Example:
    if strange := set(given) - _KEYS:
        raise ValueError(f"there is no key {sorted(strange)[0]!r}")
    expected = {
        name: Expected(*(part.strip() for part in str(given["verwacht"][name]).split("/")))
        for name in PHASES
        if name in given["verwacht"]
    }
    told = {k: v for k, v in given.items() if k not in ("id", "titel", "verwacht")}
    return Example(given["id"], given["titel"], _projection(given), _igo(given), expected, told)


def _igo(given: dict[str, Any]) -> Igo:
    left = given.get("leden", {})
    members = tuple(
        Member(w.name, w.discipline, _day(given, left.get(key, {}).get("van")) or _ALWAYS,
               _day(given, left.get(key, {}).get("tot")), Agb(w.agb))
        for key, w in WHO.items()
        if w.discipline and w.agb
    )  # fmt: skip
    contract = given.get("contract", {"verzekeraars": ["1000"]})
    contracts: tuple[Contract, ...] = ()
    if contract != "geen":
        minimum = tuple(contract.get("minimum", ()))
        contracts = (Contract(tuple(contract["verzekeraars"]), _ALWAYS, minimum=minimum),)
    rules = RuleParameters(**given.get("parameters", {}))
    return Igo("IGO Voorbeeld", Agb("53000001"), members, contracts, rules, practitioners=tuple(_people(given)))


def _people(given: dict[str, Any]) -> Iterator[Practitioner]:
    for key, said in given.get("zorgverleners", {}).items():
        name, agb = PEOPLE[key]
        whose = WHO[said["voor"]].agb if "voor" in said else None
        since = _day(given, said.get("van")) or _ALWAYS
        yield Practitioner(name, Agb(agb), since, _day(given, said.get("tot")), Agb(whose) if whose else None)


def _day(given: dict[str, Any], text: Any) -> date | None:
    """`06-01` is a day of the year of the example; a whole date is itself."""
    if text is None or isinstance(text, date):
        return text
    return date.fromisoformat(f"{given['jaar']}-{text}" if len(str(text)) == 5 else str(text))


def _projection(given: dict[str, Any]) -> ClaimsProjection:
    year, course = int(given["jaar"]), given.get("verloop", "bevallen")
    start, born = date(year, 1, 2), datetime(year, 6, 1, 3, tzinfo=UTC)
    place = given.get("geboorteplaats", "thuis")
    plain = ClaimsProjection(
        pregnancy=str(given["id"]),
        as_of=_day(given, given.get("peildag")) or date(year, 12, 1),
        known_at=datetime(year, 12, 1, tzinfo=UTC),
        outcome=Outcome.BIRTH,
        ended_on=day_of(born),
        gestational_days_at_end=280,
        gestational_days=280,
        phases=_phases(start, born, born + timedelta(hours=5)),
        acts=_acts(given),
        responsibility=tuple(
            ProjectedResponsibility(
                WHO[r["wie"]].organisation, Span(_day(given, r.get("van")), _day(given, r.get("tot"))), ()
            )
            for r in given.get("verantwoordelijk", [{"wie": "groen", "van": "01-02"}])
        ),
        referrals=(),
        insurance=_insurance(given.get("verzekeraar", "1000")),
        kraamzorg=_kraamzorg(given.get("kraamzorg", "wieg")),
        place_of_birth=None if place == "onbekend" else place,
        intended_place_of_birth=None,
        birth_organisation=None if place == "onbekend" else WHO["groen"].organisation,
        delivery_type=None,
        children=None,
        practice_switch=None,
        moved=None,
        sources=tuple(
            ProjectedSource(
                key, w.organisation, SourceState.FAILED if key in given.get("zwijgt", ()) else SourceState.ANSWERED
            )
            for key, w in WHO.items()
            if w.discipline or key in given.get("zwijgt", ())
        ),
    )
    return _COURSES[course](plain, start)


def _phases(start: date, born: datetime, ended: datetime) -> tuple[ProjectedPhase, ...]:
    last = day_of(born) + timedelta(days=42)
    bounds: tuple[tuple[Moment, Moment], ...] = ((start, born), (born, ended), (ended, last))
    return tuple(
        ProjectedPhase(name, "ended", a, b, False, False, ()) for name, (a, b) in zip(PHASES, bounds, strict=True)
    )


def _with(
    given: ClaimsProjection, states: tuple[PhaseState, PhaseState, PhaseState], **changes: Any
) -> ClaimsProjection:
    """The same with phases in these states; one that has not begun, or does not apply, has no days."""
    bare = {"not_started", "not_applicable"}
    phases = tuple(
        replace(p, state=s, start=None if s in bare else p.start, end=None if s in bare or s == "running" else p.end)
        for p, s in zip(given.phases, states, strict=True)
    )
    return replace(given, phases=phases, birth_organisation=None, **changes)


def _ongoing(given: ClaimsProjection, start: date) -> ClaimsProjection:
    acts = tuple(a for a in given.acts if a.phase == "prenataal")
    nothing = {"outcome": None, "ended_on": None, "gestational_days_at_end": None, "place_of_birth": None}
    return _with(given, ("running", "not_started", "not_started"), acts=acts, **nothing)


def _lost(given: ClaimsProjection, start: date) -> ClaimsProjection:
    acts = tuple(a for a in given.acts if a.phase == "prenataal")
    day = date(start.year, 3, 1)
    lost = _with(
        given,
        ("ended", "not_applicable", "not_applicable"),
        acts=acts,
        outcome=Outcome.MISCARRIAGE,
        ended_on=day,
        gestational_days_at_end=70,
    )
    return replace(lost, phases=(replace(lost.phases[0], end=day), *lost.phases[1:]))


def _unknown(given: ClaimsProjection, start: date) -> ClaimsProjection:
    acts = tuple(a for a in given.acts if a.phase == "prenataal")
    lost = _with(given, ("ended", "ended", "ended"), acts=acts, outcome=Outcome.UNKNOWN, ended_on=None)
    phases = (replace(lost.phases[0], end=None), *(replace(p, start=None, end=None) for p in lost.phases[1:]))
    return replace(lost, phases=phases)


_COURSES: dict[str, Callable[[ClaimsProjection, date], ClaimsProjection]] = {
    "bevallen": lambda given, start: given,
    "lopend": _ongoing,
    "miskraam": _lost,
    "afloop onbekend": _unknown,
}

PLAIN_CARE = (
    {"dag": "01-02", "wie": "groen", "soort": "intake"},
    {"dag": "06-01", "wie": "groen", "soort": "bevalling"},
    {"dag": "06-02", "wie": "wieg", "soort": "kraamzorg"},
    {"dag": "06-04", "wie": "groen", "soort": "postnatale_zorg"},
)


def _acts(given: dict[str, Any]) -> tuple[ProjectedAct, ...]:
    rows = [*given.get("zorg", PLAIN_CARE), *given.get("extra_zorg", ())]
    return tuple(_act(given, row) for row in rows)


def _act(given: dict[str, Any], row: dict[str, Any]) -> ProjectedAct:
    day = _day(given, row.get("dag"))
    kind = ActKind(row["soort"])
    who = WHO[row["wie"]].organisation
    phase: PhaseName | None = None
    if day is not None:
        birth = date(int(given["jaar"]), 6, 1)
        natal = kind in (ActKind.BEVALLING, ActKind.SECTIO, ActKind.PARTUSASSISTENTIE, ActKind.GEBOORTE)
        phase = "prenataal" if day < birth else "nataal" if day == birth and natal else "postnataal"
    evidence = Evidence(row["wie"], "Encounter/1", "1", "period.start", who.agb)
    people = (PEOPLE[row["zorgverlener"]][1],) if "zorgverlener" in row else ()
    return ProjectedAct(kind, day, phase, who, row.get("discipline"), None, row.get("lijn"), evidence, people)


def _insurance(given: Any) -> tuple[Insurance, ...]:
    if given == "onbekend":
        return ()
    if given == "onverzekerd":
        return (Insurance(None, False, Span(None, None), ()),)
    return tuple(Insurance(str(u), True, Span(None, None), ()) for u in (given if isinstance(given, list) else [given]))


def _kraamzorg(given: str) -> Kraamzorg:
    if given in WHO:
        return Kraamzorg((WHO[given].organisation,), None, None, None, ())
    return Kraamzorg((), None, None, True if given == "afgezien" else None, ())
