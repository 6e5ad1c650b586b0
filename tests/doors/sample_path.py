"""One care path made by hand: a twin pregnancy of 24 weeks, handed over to the hospital, with one source silent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from adapter.model.carepath import (
    FACT_KEYS,
    Boundary,
    CareAct,
    CareMoment,
    CarePath,
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
from adapter.model.evidence import Evidence, Organisation, OrganisationKind
from adapter.model.facts import ActKind
from adapter.model.sources import (
    SourceState,
)

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
