"""A small application made by hand, with real model objects: what the tests of the doors ask."""

from __future__ import annotations

import asyncio
from datetime import date
from types import SimpleNamespace

from adapter.model.carepath import (
    Child,
    GestationalAge,
)
from adapter.model.facts import Outcome
from adapter.model.sources import (
    FhirVersion,
    Media,
    Problem,
    Received,
    SourceReport,
    SourceState,
    StoredVersion,
)
from adapter.model.wire import to_json
from adapter.service.bounds import UNBOUND
from adapter.service.entrance import Demonstration, Entrance
from adapter.service.origin import Original, VersionNote, evidence_in, key_of
from adapter.service.planning.plan import line_of, plan
from adapter.service.port import UnknownPregnancyError
from adapter.service.rulebook import compose
from adapter.service.summary import Figures, PhaseLine, PregnancyPage, PregnancySummary
from doors.payment import SamplePayment
from doors.sample_decision import DECISION, EARLIER
from doors.sample_path import BSN, ECHO, EDD, GROEN, KRAAM, NOW, PATH, STAD, TODAY
from support.claims_world import MAPPINGS, an_igo, book, catalogue, with_care


def line(name: str, state: str, status: str | None, prestatie: str | None = None) -> PhaseLine:
    return PhaseLine(name, state, status, prestatie, "provisional")


OPEN = (
    line("prenataal", "running", "igo", "geboortezorg prenataal"),
    line("nataal", "not_started", None),
    line("postnataal", "not_started", None),
)
SUMMARIES = (
    PregnancySummary(
        "zw-bakker-1",
        PATH.woman.name,
        date(1991, 3, 14),
        "ongoing",
        None,
        None,
        GestationalAge(24, 3, "ultrasound"),
        EDD,
        (GROEN.name, STAD.name, ECHO.name),
        STAD.name,
        "igo",
        "voorlopig",
        OPEN,
        (),
        (KRAAM.name, ECHO.name),
    ),
    PregnancySummary(
        "zw-jansen-1",
        "Fatima Jansen",
        date(1988, 11, 2),
        "ended",
        Outcome.BIRTH,
        date(2024, 5, 20),
        GestationalAge(39, 5, "definitive"),
        date(2024, 5, 22),
        (GROEN.name, KRAAM.name),
        GROEN.name,
        "igo",
        "definitief",
        (
            line("prenataal", "ended", "igo", "geboortezorg prenataal"),
            line("nataal", "ended", "igo", "geboortezorg nataal"),
            line("postnataal", "ended", "igo", "geboortezorg postnataal"),
        ),
    ),
    PregnancySummary(
        "zw-mulder-2",
        "Eva Mulder",
        date(1995, 6, 30),
        "ended",
        Outcome.BIRTH,
        date(2024, 6, 11),
        GestationalAge(38, 0, "definitive"),
        date(2024, 6, 25),
        (GROEN.name, STAD.name, KRAAM.name),
        STAD.name,
        "gemengd",
        "definitief",
        (
            line("prenataal", "ended", "igo", "geboortezorg prenataal"),
            line("nataal", "ended", "niet_igo"),
            line("postnataal", "ended", "igo", "geboortezorg postnataal"),
        ),
    ),
    PregnancySummary(
        "zw-yilmaz-1",
        "Elif Yılmaz",
        date(1993, 1, 5),
        "ongoing",
        None,
        None,
        None,
        None,
        (STAD.name,),
        None,
        "onbepaald",
        "voorlopig",
        (
            line("prenataal", "running", "onbepaald"),
            line("nataal", "not_started", None),
            line("postnataal", "not_started", None),
        ),
        ("insurer", "edd"),
        (KRAAM.name,),
    ),
    PregnancySummary(
        "zw-visser-1",
        "Noor Visser",
        date(1990, 9, 9),
        "ended",
        Outcome.MISCARRIAGE,
        date(2024, 4, 2),
        GestationalAge(10, 1, "lmp"),
        date(2024, 10, 28),
        (STAD.name,),
        STAD.name,
        "niet_igo",
        "definitief",
        (
            line("prenataal", "ended", "niet_igo"),
            line("nataal", "not_applicable", None),
            line("postnataal", "not_applicable", None),
        ),
    ),
)

REPORTS = [
    SourceReport(
        "vp-groen",
        GROEN,
        SourceState.ANSWERED,
        NOW,
        412,
        12,
        1,
        (
            Problem(
                "vp-groen",
                "Observation/bad",
                "geen geldige datum in effectiveDateTime",
                "herstel bij de bron; de rest is verwerkt",
                "warning",
            ),
        ),
    ),
    SourceReport("stadsziekenhuis", STAD, SourceState.ANSWERED, NOW, 230, 0, 0),
    SourceReport(
        "kraam-lente",
        KRAAM,
        SourceState.FAILED,
        NOW,
        0,
        0,
        0,
        (Problem("kraam-lente", "GET /metadata", "geen verbinding binnen 10 seconden", "controleer base_url"),),
    ),
]

PATIENT = b'{"resourceType":"Patient","id":"p1","active":true,   "birthDate":"1991-03-14"}'


ORIGINAL = (
    b'{"resourceType":"TYPE","id":"ID","valueDateTime":"2024-11-15","valueQuantity":{"value":1.50,"unit":"kg"},'
    b'"subject":{"identifier":{"system":"http://fhir.nl/fhir/NamingSystem/bsn","value":"999911120"}},'
    b'"period":{"start":"2024-04-05"},"note":[{"text":"BSN 999911120 stond in de tekst <b>"}]}'
)


class SampleApplication:
    """Answers the port from memory, and remembers who asked what."""

    def __init__(self) -> None:
        self.asked: list[tuple] = []
        self.reported = list(REPORTS)
        self.closed = False
        self.is_ready = True
        self.payment = SamplePayment()
        self.frame_ancestors: tuple[str, ...] = ()
        self.entrance: Entrance = Demonstration()
        self.bounds = UNBOUND
        self.origins = self.changes = self.planning = self
        self.path = PATH
        self.made = DECISION
        self.stand = 1

    async def go_round(self):
        await asyncio.Event().wait()

    async def pull(self, sources=None, bsns=None):
        self.asked.append(("pull", sources, bsns))
        return [r for r in self.reported if sources is None or r.source in sources]

    def pregnancies(self, ctx, *, as_of, known_at, offset, limit):
        self.asked.append(("pregnancies", ctx, as_of, known_at))
        return PregnancyPage(SUMMARIES[offset : offset + limit], len(SUMMARIES))

    def care_path(self, ctx, pregnancy, *, as_of=None, known_at=None):
        self.asked.append(("care_path", ctx, as_of, known_at))
        self._known(pregnancy)
        return self.path

    def care_path_json(self, ctx, pregnancy, *, as_of=None, known_at=None):
        return to_json(self.care_path(ctx, pregnancy, as_of=as_of, known_at=known_at))

    def decision(self, ctx, pregnancy, *, as_of=None, known_at=None):
        self.asked.append(("decision", ctx, as_of, known_at))
        self._known(pregnancy)
        return self.made

    def variables(self, ctx, pregnancy, *, as_of=None, known_at=None):
        self.asked.append(("variables", ctx, as_of, known_at))
        self._known(pregnancy)
        return with_care(2024, pregnancy=pregnancy)

    def decisions(self, ctx, pregnancy):
        self.asked.append(("decisions", ctx))
        self._known(pregnancy)
        return [DECISION, EARLIER]

    def _known(self, pregnancy):
        if pregnancy not in {s.pregnancy for s in SUMMARIES}:
            raise UnknownPregnancyError(pregnancy)

    def plan(self, ctx, *, as_of=None, known_at=None):
        self.asked.append(("plan", ctx, as_of, known_at))
        return plan([line_of(self.path)], as_of or TODAY, known_at or NOW)

    def find(self, ctx, bsn):
        self.asked.append(("find", ctx))
        return [PATH.pregnancy] if bsn.value == BSN else []

    def resource(self, ctx, version, reference):
        self.asked.append(("resource", ctx, version, reference))
        if reference != "Patient/p1":
            return None
        received = Received("vp-groen", version, Media.JSON, "Patient", "p1", "3", PATIENT, "Patient/p1", "Patient/p1")
        return StoredVersion(received, 1, NOW)

    def originals(self, ctx, pregnancy, keys, *, as_of=None, known_at=None):
        self.asked.append(("originals", ctx, as_of, known_at))
        self._known(pregnancy)
        held = {key_of(e): e for e in evidence_in(self.path)}
        return [self._original(held[key]) for key in keys if key in held]

    def _original(self, evidence):
        kind, _, identifier = evidence.reference.partition("/")
        body = ORIGINAL.replace(b"TYPE", kind.encode()).replace(b"ID", identifier.encode())
        given = Received(
            evidence.source, STU3, Media.JSON, kind, identifier, evidence.version, body, "Patient/p1", None
        )
        return Original(evidence, evidence.source, StoredVersion(given, 1, NOW), (VersionNote(evidence.version, NOW),))

    @property
    def emergencies(self):
        return SimpleNamespace(offered=lambda ctx: False, require=lambda ctx: None, of=lambda ctx, woman: None)

    def watch(self, ctx, pregnancy):
        self.asked.append(("watch", ctx))
        self._known(pregnancy)

    def narrowed(self, ctx, pregnancy):
        return None

    def anything(self):
        return str(self.stand)

    def of(self, pregnancy, only=None):
        return f"{pregnancy}-{self.stand}"

    def sources(self):
        return [report.source for report in self.reported]

    def reports(self, ctx=None):
        return self.reported

    def figures(self):
        return Figures(resources=642, set_aside=1, pregnancies=5, decisions={"igo": 2, "gemengd": 1}, queue_depth=0)

    def check(self):
        return []

    def rulebook(self, ctx, on=None, against=None, rule=None):
        self.asked.append(("rulebook", ctx, on, against))
        return compose(book(), on or TODAY, MAPPINGS, catalogue(), an_igo(), against, rule)

    def rehearse(self):
        """Nothing to make ready."""

    def ready(self):
        return self.is_ready

    async def work(self):
        self.asked.append(("work",))

    async def aclose(self):
        self.closed = True


STU3, R4 = FhirVersion.STU3, FhirVersion.R4
CHILD = Child("c-1", NOW, 1, "female", None, True, ())
