"""Arbitrary facts for property tests, made from one seed: drawing each field apart would be far slower."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from adapter.carepath import PregnancyInput
from adapter.model.carepath import PathSource
from adapter.model.evidence import Evidence, Organisation
from adapter.model.facts import (
    Act,
    ActKind,
    Coded,
    Dossier,
    Person,
    ReferralKind,
    ReferralMade,
    SourceFacts,
    Statement,
    StatementKind,
)
from adapter.model.moments import Moment, Span
from adapter.model.sources import SourceState
from builders_carepath import BLIJE_EI, ECHO, ERASMUS, GROEN, OOSTER

START = date(2023, 6, 1)
DAYS = 600
_WORDS = ("birth", "stillbirth", "miscarriage", "ectopic", "termination", "maternal_death", "sectio", "thuis", "1000")
_STRANGE = (date.min, date.max, date(1900, 1, 1), datetime(9999, 12, 31, 23, 59, tzinfo=UTC))
_ORGANISATIONS = (GROEN, OOSTER, ERASMUS, BLIJE_EI, ECHO, Organisation("x:Organization/1"))
_DATED = {
    StatementKind.EDD,
    StatementKind.LMP,
    StatementKind.BIRTH,
    StatementKind.LABOUR_START,
    StatementKind.OPERATION_START,
    StatementKind.PLACENTA_BIRTH,
    StatementKind.END_OF_PREGNANCY,
}


class Anything:
    """Makes any facts; the same seed makes the same."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def one(self, options: Any) -> Any:
        return self.random.choice(tuple(options))

    def moment(self) -> Moment:
        chance = self.random.random()
        if chance < 0.03:
            return self.one(_STRANGE)
        if chance < 0.5:
            return START + timedelta(days=self.random.randint(0, DAYS))
        return datetime(2023, 6, 1, tzinfo=UTC) + timedelta(minutes=15 * self.random.randint(0, DAYS * 96))

    def maybe(self) -> Moment | None:
        return self.moment() if self.random.random() < 0.7 else None

    def span(self) -> Span:
        return Span(self.maybe(), self.maybe())

    def evidence(self, source: str, kind: str) -> Evidence:
        return Evidence(source, f"{kind}/{self.random.randint(0, 10**6)}", "1", "")

    def dossier_reference(self) -> str | None:
        return self.one([None, "E/1", "E/1", "E/2", "E/9"])

    def value(self, kind: StatementKind) -> Any:
        if kind in _DATED and self.random.random() < 0.9:
            return self.moment()
        return self.one([*_WORDS, True, False, Coded("1"), self.random.randint(-10, 400), 2.5, self.moment()])

    def statement(self, source: str) -> Statement:
        kind = self.one(StatementKind)
        return Statement(
            kind,
            self.value(kind),
            self.evidence(source, "O"),
            self.maybe(),
            self.one([None, "definitive", "ultrasound", "lmp", "odd"]),
            self.one([None, "Patient/a", "Patient/b"]),
            self.span() if self.random.random() < 0.3 else None,
            self.dossier_reference(),
        )

    def act(self, source: str) -> Act:
        return Act(
            self.one(ActKind),
            self.one(_ORGANISATIONS),
            "source",
            self.evidence(source, "A"),
            when=self.span() if self.random.random() < 0.8 else None,
            state=self.one(["done", "done", "planned", "declined", "in_progress", "unknown"]),
            dossier=self.dossier_reference(),
        )

    def referral(self, source: str) -> ReferralMade:
        parties = [None, *_ORGANISATIONS]
        evidence = self.evidence(source, "R")
        return ReferralMade(
            self.one(ReferralKind),
            self.maybe(),
            self.one(parties),
            self.one(parties),
            evidence,
            self.dossier_reference(),
        )

    def dossier(self, source: str, reference: str) -> Dossier:
        periods = tuple(self.random.choices(range(10), k=self.random.choice([0, 0, 1, 3])))
        status = self.one([None, "active", "finished"])
        organisation = self.one(_ORGANISATIONS)
        evidence = self.evidence(source, "E")
        return Dossier(reference, "P/w", evidence, organisation, True, self.span(), status, (), periods)

    def child(self, source: str, reference: str) -> Person:
        sex = self.one([None, "male", "female"])
        return Person(source, reference, self.evidence(source, "P"), birth_date=self.maybe(), gender=sex)

    def facts(self, source: str) -> SourceFacts:
        count = self.random.randint
        died = self.one([None, None, None, True, False, self.moment()])
        return SourceFacts(
            source,
            Person(source, "P/w", self.evidence(source, "P"), birth_date=self.maybe(), deceased=died),
            tuple(self.child(source, ref) for ref in self.random.sample(["Patient/a", "Patient/b"], count(0, 2))),
            tuple(self.dossier(source, ref) for ref in self.random.sample(["E/1", "E/2"], count(0, 2))),
            tuple(self.statement(source) for _ in range(count(0, 14))),
            tuple(self.act(source) for _ in range(count(0, 8))),
            tuple(self.referral(source) for _ in range(count(0, 3))),
        )

    def given(self) -> PregnancyInput:
        sources = self.random.sample(["vp", "zh", "kz"], self.random.randint(1, 3))
        found = tuple(self.facts(source) for source in sources)
        keys = [(f.source, d.reference) for f in found for d in f.dossiers]
        mine = frozenset(k for k in keys if self.random.random() < 0.7)
        states = tuple(PathSource(s, self.one(_ORGANISATIONS), self.one(SourceState), None, 0, None) for s in sources)
        return PregnancyInput("p", "w", found, mine, frozenset(keys) - mine, states)
