"""What is measured, written as FHIR: codes of the Nictiz value sets, in STU3 and R4 alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from adapter.model.moments import Moment
from adapter.simulation.codes import LOINC, UCUM, coding, concept
from adapter.simulation.course import Course, Reading
from adapter.simulation.writing import NICTIZ, JsonObject, extension

_NAMES = {
    "85354-9": "Bloeddruk panel waarvan alle leden optioneel in arterieel vaatstelsel",
    "8480-6": "Intravasculaire systolische bloeddruk [druk] in arterieel vaatstelsel",
    "8462-4": "Intravasculaire diastolische bloeddruk [druk] in arterieel vaatstelsel",
    "29463-7": "Lichaamsgewicht [massa]",
    "8302-2": "Lichaamslengte [lengte]",
    "8339-4": "Lichaamsgewicht^bij geboorte [massa] d.m.v. meting",
    "11881-0": "Uterus Fundal height Tape measure",
    "93846-4": "Hemoglobine [mol/volume] in veneus bloed",
    "11957-8": "Fetal Crown Rump length US",
    "11820-8": "Fetal Head Diameter.biparietal US",
    "9843-4": "Fronto-occipitale omtrek [afmeting] in hoofd",
    "11979-2": "Omtrek [afmeting] in abdomen^foetus d.m.v. echografische bepaling",
    "96125-0": "Fetal abdomen circumference percentile based on per estimated gestational age",
    "11963-6": "Fetal Femur diaphysis [Length] US",
    "11727-5": "Fetal Body weight estimated by US",
    "883-9": "AB0-bloedgroep [type] in bloed",
    "1305-2": "D Ag [aanwezigheid] in bloed",
    "1159-3": "Kleine c Ag [aanwezigheid] in erytrocyten",
    "29893-5": "HIV 1 As [aanwezigheid] in serum of plasma d.m.v. immunoassay",
    "58452-4": "Hepatitis B-virusoppervlakte Ag [eenheden/volume] in serum",
    "11597-2": "Treponema pallidum As [eenheden/volume] in serum",
    "9272-6": "1 minute Apgar Score",
    "9274-2": "5 minute Apgar Score",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """How a reading is coded: LOINC or SNOMED code, profile, unit as shown and its UCUM code."""

    code: str
    profile: str
    unit: str
    ucum: str

    @property
    def snomed(self) -> bool:
        """Whether the code is SNOMED CT; LOINC codes have a hyphen."""
        return "-" not in self.code


_FETUS = f"{NICTIZ}bc-FetusObservation"
KINDS = {
    "weight": Kind("29463-7", f"{NICTIZ}zib-BodyWeight", "kg", "kg"),
    "height": Kind("8302-2", f"{NICTIZ}zib-BodyHeight", "cm", "cm"),
    "fundal_height": Kind("11881-0", f"{NICTIZ}bc-MaternalObservation", "cm", "cm"),
    "fetal_heart_rate": Kind("249043002", f"{NICTIZ}bc-FetalHeartRate", "/min", "/min"),
    "hb": Kind("93846-4", f"{NICTIZ}zib-LaboratoryTestResult-Observation", "mmol/L", "mmol/L"),
    "crl": Kind("11957-8", _FETUS, "mm", "mm"),
    "bpd": Kind("11820-8", _FETUS, "mm", "mm"),
    "hc": Kind("9843-4", _FETUS, "mm", "mm"),
    "ac": Kind("11979-2", _FETUS, "mm", "mm"),
    "fl": Kind("11963-6", _FETUS, "mm", "mm"),
    "efw": Kind("11727-5", _FETUS, "g", "g"),
    "birth_weight": Kind("8339-4", f"{NICTIZ}zib-BodyWeight", "gram", "g"),
    "child_weight": Kind("29463-7", f"{NICTIZ}zib-BodyWeight", "gram", "g"),
    "apgar_1": Kind("9272-6", f"{NICTIZ}zib-ApgarScore", "", "1"),
    "apgar_5": Kind("9274-2", f"{NICTIZ}zib-ApgarScore", "", "1"),
    "blood_loss": Kind("364332008", f"{NICTIZ}bc-DeliveryObservation", "ml", "mL"),
}


@dataclass(frozen=True, slots=True)
class Written:
    """One Observation to be: its code, profile, moment, value and more, and which fetus it is about."""

    code: JsonObject
    profile: str
    at: Moment | None
    body: JsonObject
    fetus: int | None = None


@cache
def code_of(code: str) -> JsonObject:
    """The CodeableConcept of a code, whichever of both systems. Shared, not to be changed."""
    return concept(coding(code, LOINC, _NAMES.get(code))) if "-" in code else concept(code)


def quantity(value: float, unit: str, ucum: str) -> JsonObject:
    """A Quantity."""
    return {"value": value, **({"unit": unit} if unit else {}), "system": UCUM, "code": ucum}


def written(readings: Iterable[Reading]) -> Iterator[Written]:
    """The Observations of one visit: the two blood pressures are one, a percentile stands with what was measured."""
    systolic: Reading | None = None
    for reading in readings:
        if reading.kind == "systolic":
            systolic = reading
        elif reading.kind == "diastolic" and systolic is not None:
            yield _pressure(systolic, reading)
        elif reading.kind == "position":
            code = "6096002" if reading.value else "1209182005"  # value set Ligging: stuit, hoofd
            yield Written(code_of("249062004"), f"{NICTIZ}bc-MaternalObservation", reading.at,
                          {"valueCodeableConcept": concept(code)})  # fmt: skip
        else:
            yield _single(reading)


def _pressure(systolic: Reading, diastolic: Reading) -> Written:
    parts = [
        {"code": code_of(code), "valueQuantity": quantity(r.value, "mmHg", "mm[Hg]")}
        for code, r in (("8480-6", systolic), ("8462-4", diastolic))
    ]
    return Written(code_of("85354-9"), f"{NICTIZ}zib-BloodPressure", systolic.at, {"component": parts})


def _single(reading: Reading) -> Written:
    kind = KINDS[reading.kind]
    body: JsonObject = {"valueQuantity": quantity(reading.value, kind.unit, kind.ucum)}
    if reading.percentile is not None and reading.kind == "ac":
        body["component"] = [{"code": code_of("96125-0"), "valueQuantity": quantity(reading.percentile, "%", "%")}]
    elif reading.percentile is not None:
        url = f"{NICTIZ}bc-observation-percentile"
        body["interpretation"] = {
            "extension": [extension(url, valueQuantity=quantity(reading.percentile, "%", "%"))],
            "text": f"p{reading.percentile}",
        }
    return Written(code_of(kind.code), kind.profile, reading.at, body, reading.fetus)


def first_bloods(course: Course, at: Moment) -> Iterator[Written]:
    """PSIE: blood group, rhesus factors, antibodies, and the three infections; all without findings."""
    group = {"O": "58460004", "A": "112144000", "B": "112149005", "AB": "165743006"}[course.blood_group]
    rhesus = "165747007" if course.rhesus_positive else "165746003"
    small_c = concept("733120009") if course.rhesus_c_positive else {"text": "Rh c negatief"}
    units = quantity(0, "k[arb'U]/L", "k[arb'U]/L")
    tests: tuple[tuple[str, JsonObject], ...] = (
        ("883-9", {"valueCodeableConcept": concept(group)}),
        ("1305-2", {"valueCodeableConcept": concept(rhesus)}),
        ("1159-3", {"valueCodeableConcept": small_c}),
        ("312457003", {"valueBoolean": False}),
        ("29893-5", {"valueCodeableConcept": concept("165815009")}),
        ("58452-4", {"valueQuantity": units}),
        ("11597-2", {"valueQuantity": units}),
    )
    for code, value in tests:
        yield Written(code_of(code), f"{NICTIZ}zib-LaboratoryTestResult-Observation", at, value)


def of_newborn(course: Course, rank: int, at: Moment) -> Iterator[Written]:
    """Birth weight (with both LOINC codes, as Nictiz has it) and Apgar scores of one child."""
    weight = KINDS["birth_weight"]
    both = concept(*(coding(code, LOINC, _NAMES[code]) for code in ("8339-4", "29463-7")))
    grams = quantity(course.birth_weight(rank), weight.unit, weight.ucum)
    yield Written(both, weight.profile, at, {"valueQuantity": grams})
    for name, score in zip(("apgar_1", "apgar_5"), course.apgar(rank), strict=True):
        kind = KINDS[name]
        yield Written(code_of(kind.code), kind.profile, at, {"valueQuantity": quantity(score, kind.unit, kind.ucum)})


def of_kraam_day(course: Course, rank: int, day: int, at: Moment) -> Iterator[Written]:
    """The weight of a child on a day after its birth: down for three days, then up."""
    born = course.birth_weight(rank)
    change = -0.02 * day if day <= 3 else -0.06 + 0.012 * (day - 3)
    yield _single(Reading("child_weight", at, round(born * (1 + change) / 5) * 5))
