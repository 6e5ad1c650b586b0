"""A pregnancy that has everything: twins, a transfer, a conflict, a gap, a duplicate, a refusal, a silent source."""

from __future__ import annotations

from dataclasses import replace

from adapter.model.carepath import (
    CareMoment,
    CareProblem,
    Completeness,
    Conflict,
    Disagreement,
    Fact,
    LinkEvidence,
    LinkNote,
    Measurement,
    Screening,
    Window,
)
from adapter.model.facts import ActKind
from doors.sample_path import ACTS, ECHO, GROEN, KRAAM, MOMENTS, PATH, STAD, act, ev, week

SOURCES = {GROEN: "vp-groen", STAD: "stadsziekenhuis", ECHO: "vp-groen", KRAAM: "kraam-lente"}


def measured(kind, name, value, unit, at, who=GROEN, about=None, original=None):
    evidence = ev(SOURCES[who], f"Observation/{kind}-{at[0]}-{about or 0}", "valueQuantity.value", who)
    term = at[0] * 7 + at[1]
    return Measurement(kind, name, value, unit, original, week(*at), term, who, evidence, about)


VISITS = ((8, 2), (12, 0), (15, 3), (17, 1), (20, 3), (23, 4))


def at_visits(kind, name, unit, values):
    pairs = zip(VISITS, values, strict=True)
    return [measured(kind, name, v, unit, at, STAD if at[0] > 16 else GROEN) for at, v in pairs if v is not None]


MEASUREMENTS = (
    *at_visits("blood_pressure_systolic", "systolische bloeddruk", "mm[Hg]", (112, 115, 118, 124, 131, 142)),
    *at_visits("blood_pressure_diastolic", "diastolische bloeddruk", "mm[Hg]", (68, 70, 72, 78, 84, 91)),
    *at_visits("weight", "gewicht", "kg", (64.5, 65.2, 67, 68.4, 71.2, 74)),
    *at_visits("fundal_height", "fundushoogte", "cm", (None, None, 17, 19, 23, 27)),
    *at_visits("hb", "hemoglobine", "mmol/l", (8.1, None, 7.6, None, 7.0, 6.6)),
    *(
        measured("efw_percentile", "geschat gewicht (percentiel)", p, "%", at, STAD, fetus)
        for fetus, values in (("BodySite/a", (48, 45, 44)), ("BodySite/b", (40, 22, 8)))
        for at, p in zip(((19, 4), (21, 4), (23, 4)), values, strict=True)
    ),
    measured("glucose", "glucose nuchter", 4.9, "mmol/l", (8, 2), GROEN),
    measured("ferritine", "ferritine", None, None, (8, 2), GROEN, original="<5 ug/l"),
)
PROBLEMS = (
    CareProblem("allergy", "Penicilline", "6369005", "active", None, GROEN, ev("vp-groen", "AllergyIntolerance/1")),
    CareProblem(
        "disorder",
        "Zwangerschapshypertensie",
        "48194001",
        "active",
        week(23, 4),
        STAD,
        ev("stadsziekenhuis", "Condition/5"),
    ),
    CareProblem("alert", "Wil geen bloedproducten", None, "active", None, STAD, ev("stadsziekenhuis", "Flag/1")),
)
SCREENINGS = (
    Screening("psie", "Bloedonderzoek PSIE", "done", "geen bijzonderheden", week(8, 2), GROEN, ACTS[1].evidence),
    Screening("nipt", "NIPT", "declined", None, week(11), GROEN, ACTS[4].evidence),
    Screening("seo_1", "13 wekenecho", "done", "geen afwijkingen gezien", week(13, 2), ECHO, ACTS[5].evidence),
    Screening("seo_2", "20 wekenecho", "offered", None, week(18), STAD, ev("stadsziekenhuis", "Procedure/9")),
)
TWICE = (ev("vp-groen", "Procedure/seo2"), ev("stadsziekenhuis", "Procedure/seo2", "code", STAD))


def _moment(given: CareMoment) -> CareMoment:
    if given.moment == "termijnecho":
        return replace(given, timing="late")
    if given.moment == "seo_2":
        return replace(given, duplicates=TWICE)
    if given.moment == "nipt":
        return replace(given, why="Afgezien na counseling op 13-04-2024.")
    if given.moment == "kinkhoest":
        return replace(given, why="Wordt door de jeugdgezondheidszorg gegeven, die hier geen bron is.")
    return given


NOT_HERS = CareMoment(
    "anti_d", "Anti-D-profylaxe", "not_applicable", Window(week(30), week(31)), (), why="Rhesus D is positief."
)
FACTS = PATH.facts | {
    "blood_group": Fact("O", None, (ev("vp-groen", "Observation/abo", "valueCodeableConcept"),)),
    "rhesus": Fact("positief", None, (ev("vp-groen", "Observation/rhd", "valueCodeableConcept"),)),
    "irregular_antibodies": Fact(False, None, (ev("vp-groen", "Observation/iea", "valueCodeableConcept"),)),
    "risk_status": Fact("hoog_risico", None, (ev("stadsziekenhuis", "Observation/risk", "value", STAD),)),
}
DIFFICULT = replace(
    PATH,
    facts=FACTS,
    acts=(*ACTS, act(ActKind.CONSULT, "Controle (tweede lijn)", week(22, 3), STAD)),
    moments=(*(_moment(m) for m in MOMENTS), NOT_HERS),
    duplicates=(
        Disagreement(
            "seo_2",
            "Mogelijk dubbel: 20 wekenecho door Echocentrum Zicht en Stadsziekenhuis",
            (Conflict("28 jun 2024", TWICE[:1]), Conflict("2 jul 2024", TWICE[1:])),
        ),
    ),
    measurements=MEASUREMENTS,
    problems=PROBLEMS,
    screenings=SCREENINGS,
    completeness=Completeness(
        0.78, 2, 4, {k: "present" if f.value is not None else "unknown" for k, f in FACTS.items()}, 9, 8
    ),
    links=(
        *PATH.links,
        LinkNote(
            "kraam-lente",
            "EpisodeOfCare/3",
            "proposed",
            "automatic",
            "Zelfde geboortedatum en naam, geen BSN.",
            (
                LinkEvidence("zelfde geboortedatum", 4.5, (ev("kraam-lente", "Patient/4", "birthDate"),)),
                LinkEvidence("naam lijkt", 3.25),
                LinkEvidence("ander huisnummer", -2.0),
            ),
        ),
    ),
)
