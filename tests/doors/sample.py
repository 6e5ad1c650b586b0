"""A small application made by hand, with real model objects: what the tests of the doors ask."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from adapter.model.carepath import (
    FACT_KEYS,
    Boundary,
    CareAct,
    CareMoment,
    CarePath,
    Child,
    Conflict,
    Disagreement,
    Fact,
    GestationalAge,
    Involved,
    LinkEvidence,
    LinkNote,
    PathSource,
    Phase,
    Referral,
    Responsibility,
    Window,
    Woman,
)
from adapter.model.decision import (
    Change,
    Claim,
    Decision,
    Fallback,
    FallbackPrestatie,
    Forecast,
    Inputs,
    MissingVariable,
    NotToClaim,
    OutsideCare,
    PhaseDecision,
    PrestatieChoice,
    Reason,
    RuleSetRef,
)
from adapter.model.evidence import Evidence, Organisation, OrganisationKind
from adapter.model.facts import ActKind, Outcome
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
from adapter.service.summary import Figures, PhaseLine, PregnancyPage, PregnancySummary
from doors.payment import SamplePayment

TODAY = date(2024, 7, 29)
NOW = datetime(2024, 7, 29, 7, 15, tzinfo=UTC)
BSN = "999911120"  # a test number that passes the 11-proef

GROEN = Organisation(
    "agb:08001234", "08001234", None, "Verloskundigenpraktijk 't Groen", OrganisationKind("verloskundigenpraktijk")
)
STAD = Organisation("agb:06010987", "06010987", "00001234", "Stadsziekenhuis", OrganisationKind("ziekenhuis"))
KRAAM = Organisation("agb:41001122", "41001122", None, "Kraamzorg De Lente", OrganisationKind("kraamzorg"))
ECHO = Organisation("agb:08050505", "08050505", None, "Echocentrum Zicht", OrganisationKind("echocentrum"))


def ev(source: str, reference: str, path: str = "", organisation: Organisation = GROEN) -> Evidence:
    return Evidence(source, reference, "1", path, organisation.agb)


def act(
    kind: ActKind, name: str, day: date, organisation: Organisation, state: str = "done", phase: str = "prenataal"
) -> CareAct:
    source = {GROEN: "vp-groen", STAD: "stadsziekenhuis", ECHO: "vp-groen", KRAAM: "kraam-lente"}[organisation]
    evidence = ev(source, f"Encounter/{kind.value}-{day:%m%d}", "period.start", organisation)
    return CareAct(kind, name, day, day, organisation, phase, state, evidence, "service_provider")


EDD = date(2024, 11, 15)
LMP = EDD - timedelta(days=280)


def week(weeks: int, days: int = 0) -> date:
    return LMP + timedelta(weeks=weeks, days=days)


FACTS = {key: Fact() for key in FACT_KEYS} | {
    "edd": Fact(
        EDD,
        "ultrasound",
        (ev("vp-groen", "Observation/edd-1", "valueDateTime"),),
        (Conflict(date(2024, 11, 19), (ev("stadsziekenhuis", "Observation/77", "valueDateTime", STAD),), "lmp"),),
    ),
    "lmp": Fact(LMP, None, (ev("vp-groen", "Observation/lmp-1", "valueDateTime"),)),
    "gravidity": Fact(2, None, (ev("vp-groen", "Observation/g", "valueQuantity.value"),)),
    "parity": Fact(1, None, (ev("vp-groen", "Observation/p", "valueQuantity.value"),)),
    "fetuses": Fact(2, None, (ev("vp-groen", "Observation/f", "valueQuantity.value"),)),
    "chorionicity": Fact("dichoriaal", None, (ev("stadsziekenhuis", "Observation/c", "valueCodeableConcept", STAD),)),
    "care_level": Fact("tweede_lijn", None, (ev("stadsziekenhuis", "Observation/l", "value", STAD),), (), "2e lijn"),
    "intended_place_of_birth": Fact("ziekenhuis", None, (ev("stadsziekenhuis", "Observation/i", "value", STAD),)),
    "insurer": Fact("1000", None, (ev("vp-groen", "Coverage/1", "payor"),)),
}

ACTS = (
    act(ActKind.INTAKE, "Intake", week(8, 2), GROEN),
    act(ActKind.LAB, "Eerste bloedonderzoek (PSIE)", week(8, 2), GROEN),
    act(ActKind.COUNSELING, "Counseling prenatale screening", week(9, 1), GROEN),
    act(ActKind.TERMIJNECHO, "Termijnecho", week(10, 5), ECHO),
    act(ActKind.NIPT, "NIPT", week(11), GROEN, "declined"),
    act(ActKind.SEO_1, "13 wekenecho", week(13, 2), ECHO),
    act(ActKind.CONSULT, "Controle", week(15, 3), GROEN),
    act(ActKind.CONSULT, "Consult gynaecoloog", week(17, 1), STAD),
    act(ActKind.GUO, "Geavanceerd ultrageluidonderzoek", week(19, 4), STAD),
    act(ActKind.SEO_2, "20 wekenecho", week(20, 0), ECHO),
    act(ActKind.CONSULT, "Controle", week(20, 3), STAD),
    act(ActKind.CONSULT, "Controle", week(23, 4), STAD),
    act(ActKind.ECHO, "Groei-echo", week(23, 4), STAD),
    act(ActKind.CONSULT, "Controle", week(27, 3), STAD, "planned"),
    act(ActKind.PRENATAAL_HUISBEZOEK_KRAAMZORG, "Intake kraamzorg", week(31), KRAAM, "planned"),
)

MOMENTS = tuple(
    CareMoment(
        id_, name, state, Window(week(*window[0]), week(*window[1])), tuple(a.evidence for a in ACTS if a.kind == kind)
    )
    for id_, name, state, window, kind in (
        ("intake", "Intake", "done", ((8,), (12, 6)), "intake"),
        ("termijnecho", "Termijnecho", "done", ((10,), (12, 6)), "termijnecho"),
        ("psie", "Eerste bloedonderzoek (PSIE)", "done", ((8,), (12, 6)), "lab"),
        ("nipt", "NIPT", "declined", ((10,), (20,)), "nipt"),
        ("seo_1", "13 wekenecho", "done", ((12, 3), (14, 3)), "seo_1"),
        ("seo_2", "20 wekenecho", "done", ((18,), (21,)), "seo_2"),
        ("kinkhoest", "Maternale kinkhoestvaccinatie", "unknown", ((22,), (24,)), "x"),
        ("casemanager", "Coördinerend zorgverlener benoemd", "gap", ((8,), (12,)), "x"),
        ("kraamzorg", "Intake kraamzorg", "upcoming", ((30,), (34, 6)), "x"),
        ("geboorteplan", "Geboorteplan", "upcoming", ((34,), (36,)), "x"),
    )
)

PATH = CarePath(
    pregnancy="zw-bakker-1",
    as_of=TODAY,
    known_at=NOW,
    woman=Woman("w-1", date(1991, 3, 14), "Sanne <b>Bakker</b> & De Vries"),
    state="ongoing",
    outcome=None,
    ended_on=None,
    gestational_age=GestationalAge(24, 3, "ultrasound"),
    facts=FACTS,
    phases=(
        Phase("prenataal", "running", Boundary(week(8, 2), evidence=(ACTS[0].evidence,)), Boundary()),
        Phase("nataal", "not_started", Boundary(), Boundary()),
        Phase("postnataal", "not_started", Boundary(), Boundary()),
    ),
    responsibility=(
        Responsibility(GROEN, week(8, 2), week(17, 1), (ev("vp-groen", "EpisodeOfCare/1", "period"),)),
        Responsibility(STAD, week(17, 1), None, (ev("vp-groen", "ReferralRequest/9", "authoredOn"),), "referral"),
    ),
    involved=(
        Involved(GROEN, 5, week(8, 2), week(15, 3), (ACTS[0].evidence,)),
        Involved(STAD, 6, week(17, 1), week(23, 4), (ACTS[7].evidence,)),
        Involved(ECHO, 3, week(10, 5), week(20), (ACTS[3].evidence,)),
        Involved(KRAAM, 0, None, None, (ev("vp-groen", "ReferralRequest/12", "recipient"),)),
    ),
    acts=ACTS,
    moments=MOMENTS,
    gaps=tuple(m for m in MOMENTS if m.state == "gap"),
    duplicates=(),
    conflicts=(
        Disagreement(
            "edd",
            "twee uitgerekende datums; gekozen is die op grond van de echo",
            (
                Conflict(EDD, (ev("vp-groen", "Observation/edd-1", "valueDateTime"),), "ultrasound"),
                Conflict(date(2024, 11, 19), (ev("stadsziekenhuis", "Observation/77", "valueDateTime", STAD),), "lmp"),
            ),
        ),
    ),
    referrals=(Referral("overdracht", week(17, 1), GROEN, STAD, "active", (ev("vp-groen", "ReferralRequest/9"),)),),
    children=(),
    sources=(
        PathSource("vp-groen", GROEN, SourceState.ANSWERED, NOW, 41, None),
        PathSource("stadsziekenhuis", STAD, SourceState.ANSWERED, NOW, 23, None),
        PathSource("kraam-lente", KRAAM, SourceState.FAILED, NOW, 0, "geen verbinding binnen 10 seconden"),
        PathSource(None, ECHO, SourceState.NOT_ASKED, None, 0, "genoemd in de gegevens, maar geen bron"),
    ),
    links=(
        LinkNote(
            "stadsziekenhuis",
            "EpisodeOfCare/8",
            "linked",
            "automatic",
            "Zelfde BSN, en de uitgerekende datums liggen vier dagen uit elkaar.",
            (LinkEvidence("zelfde BSN", 12.0), LinkEvidence("uitgerekende datum verschilt vier dagen", -0.5)),
        ),
    ),
)


def reason(outcome: str, text: str, standing: str = "provisional", cites: str = "NR/REG-2312, art. 4") -> Reason:
    return Reason("regular.member_care", outcome, text, cites, standing, (ev("vp-groen", "Encounter/1"),))


PRESTATIE = PrestatieChoice("geboortezorg-prenataal", "geboortezorg prenataal", None, "provisional")


def phase(name: str, state: str, status: str | None, **more: object) -> PhaseDecision:
    given = {
        "phase": name,
        "state": state,
        "regime": "selection-regular",
        "status": status,
        "stage": "voorlopig",
        "standing": "provisional",
        "prestatie": None,
        "claim": None,
        "not_to_claim": (),
        "fallback": (),
        "reasons": (),
        "igo_if": (),
        "forecast": None,
    } | more
    return PhaseDecision(**given)


DECISION = Decision(
    id="d-2",
    pregnancy=PATH.pregnancy,
    as_of=TODAY,
    known_at=NOW,
    decided_at=NOW,
    rule_set=RuleSetRef("selection-regular", "2023.1"),
    inputs=Inputs("4f1c", "a9b2", "77d0", "c3e1", "0b5a"),
    status="igo",
    stage="voorlopig",
    standing="provisional",
    phases=(
        phase(
            "prenataal",
            "running",
            "igo",
            prestatie=PRESTATIE,
            claim=Claim(
                "53000001",
                "1000",
                PRESTATIE.id,
                1,
                week(8, 2),
                None,
                123400,
                123400,
                False,
                ("de code van de prestatie is nog niet bekend", "de fase loopt nog"),
            ),
            not_to_claim=(NotToClaim("08001234", "volledige prenatale zorg", "zit in de integrale prestatie"),),
            reasons=(
                reason(
                    "met",
                    "De verantwoordelijke zorgaanbieder is lid van de IGO op de eerste dag van de fase.",
                    "verified",
                ),
                reason("met", "Er is een contract met verzekeraar 1000 dat deze fase dekt."),
                reason("unknown", "Of de kraamzorg lid is, is niet na te gaan: Kraamzorg De Lente antwoordde niet."),
            ),
            fallback=(Fallback("08001234", FallbackPrestatie("032", None, "volledige prenatale zorg", "provisional")),),
        ),
        phase(
            "nataal",
            "not_started",
            None,
            forecast=Forecast(
                "igo",
                PrestatieChoice("geboortezorg-nataal", "geboortezorg nataal", None, "provisional"),
                ("Het Stadsziekenhuis is verantwoordelijk en lid.",),
            ),
        ),
        phase(
            "postnataal",
            "not_started",
            None,
            forecast=Forecast("onbepaald", None, ("De kraamzorg antwoordde niet.",)),
            igo_if=("als de kraamzorgorganisatie lid van de IGO blijkt",),
        ),
    ),
    outside_care=(OutsideCare(ECHO, "prenataal", "termijnecho", (ACTS[3].evidence,), week(10, 5)),),
    missing=(MissingVariable("insurer", "de verzekeraar op de eerste dag van de natale fase", "nataal"),),
    replaces="d-1",
    changed=(Change("status", "onbepaald", "igo"),),
)
EARLIER = Decision(
    **{f: getattr(DECISION, f) for f in DECISION.__dataclass_fields__}
    | {
        "id": "d-1",
        "status": "onbepaald",
        "replaces": None,
        "changed": (),
        "decided_at": NOW - timedelta(days=20),
        "as_of": TODAY - timedelta(days=20),
    }
)


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
        return SimpleNamespace(offered=lambda ctx: False, require=lambda ctx: None)

    def watch(self, ctx, pregnancy):
        self.asked.append(("watch", ctx))
        self._known(pregnancy)

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

    def rulebook(self, on):
        return f"# Regels op {on}\n"

    def ready(self):
        return self.is_ready

    async def work(self):
        self.asked.append(("work",))

    async def aclose(self):
        self.closed = True


STU3, R4 = FhirVersion.STU3, FhirVersion.R4
CHILD = Child("c-1", NOW, 1, "female", None, True, ())
