"""Measured values: units brought over, the original kept, who was measured, nothing lost."""

from datetime import date
from xml.etree import ElementTree

import orjson
import pytest

from adapter import fhir
from adapter.model.sources import FhirVersion
from builders_facts import (
    LOINC,
    NICTIZ_EXT,
    SCT,
    UCUM,
    case,
    coding,
    concept,
    dialects,
    episode,
    ext,
    measured,
    nictiz_folder,
    observation,
    patient,
    pregnancy,
    procedure,
    read,
    ref,
)

BASE = (patient(), episode(), pregnancy())
CHILD = "Patient/kind"


def quantity(value, unit=None, code=None):
    return {"value": value, **({"unit": unit} if unit else {}), **({"system": UCUM, "code": code} if code else {})}


def loinc(code, **value):
    return observation(concept(coding(code, LOINC)), effectiveDateTime="2024-03-01", **value)


def blood_pressure(high, low, unit="mm[Hg]"):
    parts = [
        {"code": concept(coding(code, LOINC)), "valueQuantity": quantity(value, unit, unit)}
        for code, value in (("8480-6", high), ("8462-4", low))
    ]
    return loinc("85354-9", component=parts)


def test_a_blood_pressure_is_two_values_of_one_observation():
    found = read(*BASE, blood_pressure(118, 74))
    assert [(m.kind, m.value, m.unit, m.original, m.evidence.path) for m in found.measured] == [
        ("blood_pressure_systolic", 118, "mm[Hg]", "118 mm[Hg]", "component[0].valueQuantity"),
        ("blood_pressure_diastolic", 74, "mm[Hg]", "74 mm[Hg]", "component[1].valueQuantity"),
    ]
    assert {(m.at, m.dossier, m.about, m.organisation.agb) for m in found.measured} == {
        (date(2024, 3, 1), "EpisodeOfCare/e1", None, "08009999")
    }


@pytest.mark.parametrize(
    ("code", "sent", "value", "unit"),
    [
        ("29463-7", quantity(68.5, "kg", "kg"), 68.5, "kg"),
        ("29463-7", quantity(68500, "gram", "g"), 68.5, "kg"),
        ("29463-7", quantity(71, "kilogram"), 71, "kg"),
        ("11881-0", quantity(28, "cm", "cm"), 28, "cm"),
        ("11881-0", quantity(281, "mm", "mm"), 28.1, "cm"),
        ("93846-4", quantity(7.1, "mmol/L", "mmol/L"), 7.1, "mmol/L"),
        ("93846-4", quantity(11.5, "g/dL", "g/dL"), 7.137, "mmol/L"),
        ("93846-4", quantity(115, "g/l"), 7.137, "mmol/L"),
        ("11979-2", quantity(15.1, "cm", "cm"), 151, "mm"),
        ("11727-5", quantity(1.25, "kg", "kg"), 1250, "g"),
        ("8310-5", quantity(36.8, "°C", "Cel"), 36.8, "Cel"),
        ("11881-0", quantity(28), 28, "cm"),  # without a unit, where the number can be no other
    ],
)
def test_a_value_is_brought_to_the_unit_of_its_kind(code, sent, value, unit):
    (m,) = read(*BASE, loinc(code, valueQuantity=sent)).measured
    assert (m.value, m.unit) == (value, unit)


@pytest.mark.parametrize(
    ("code", "sent", "shown"),
    [
        ("11727-5", quantity(320, "mm", "mm"), "320 mm"),  # a weight in millimetres: gz-ize-kwa-casus1
        ("93846-4", quantity(112), "112"),  # no unit, and no number that an Hb in mmol/L can be
        ("11881-0", quantity(3, "vingers"), "3 vingers"),
        ("93846-4", {"value": 5, "comparator": "<", "unit": "furlong"}, "<5 furlong"),
        ("93846-4", {"value": 5, "comparator": "<", "unit": "mmol/L"}, "<5 mmol/L"),
    ],
)
def test_a_unit_that_cannot_be_brought_over_is_shown_as_sent(code, sent, shown):
    (m,) = read(*BASE, loinc(code, valueQuantity=sent)).measured
    assert (m.value, m.original) == (None, shown)


def test_the_weight_is_hers_or_the_childs_and_the_first_weight_is_that_at_birth():
    hers = loinc("29463-7", valueQuantity=quantity(70, "kg", "kg"), id="o1")
    at_birth = observation(
        concept(coding("29463-7", LOINC), coding("8339-4", LOINC)),
        id="o2",
        subject=CHILD,
        valueQuantity=quantity(3415, "gram", "g"),
    )
    later = loinc("29463-7", valueQuantity=quantity(3.3, "kg", "kg"), id="o3", subject=CHILD)
    found = read(*BASE, patient("kind"), hers, at_birth, later)
    assert {(m.kind, m.value, m.unit, m.about) for m in found.measured} == {
        ("weight", 70, "kg", None),
        ("birth_weight", 3415, "g", CHILD),
        ("child_weight", 3300, "g", CHILD),
    }


def test_the_heart_beats_of_woman_fetus_and_child_are_three_things():
    fetus = {"resourceType": "BodySite", "id": "a", "patient": ref("Patient/anna")}
    beats = concept(coding("8867-4", LOINC))
    rate = quantity(140, "/min", "/min")
    found = read(
        *BASE,
        fetus,
        patient("kind"),
        observation(beats, id="o1", valueQuantity=rate),
        observation(beats, id="o2", focus="BodySite/a", valueQuantity=rate),
        observation(beats, id="o3", subject=CHILD, valueQuantity=rate),
        observation(concept("249043002"), id="o4", valueQuantity=quantity(120, "min", "min")),
    )
    assert [(m.kind, m.about) for m in found.measured] == [
        ("pulse", None),
        ("fetal_heart_rate", "BodySite/a"),
        ("child_heart_rate", CHILD),
        ("fetal_heart_rate", None),
    ]


def test_percentiles_as_component_and_as_extension_of_the_interpretation():
    url = f"{NICTIZ_EXT}bc-observation-percentile"
    weight = loinc(
        "11727-5",
        valueQuantity=quantity(1800, "g", "g"),
        interpretation={"extension": [ext(url, valueQuantity=quantity(34, "%", "%"))]},
    )
    percentile = {"code": concept(coding("96125-0", LOINC)), "valueQuantity": quantity(12, "%", "%")}
    belly = loinc("11979-2", id="o2", valueQuantity=quantity(261, "mm", "mm"), component=[percentile])
    found = read(*BASE, weight, belly)
    assert measured(found, "efw_percentile") == [(34, "%", "p34")]
    assert measured(found, "ac_percentile") == [(12, "%", "12 %")]
    assert measured(found, "efw") == [(1800, "g", "1800 g")]


def test_what_is_coded_or_in_words_is_shown_by_what_it_says():
    lie = observation(concept("249062004"), valueCodeableConcept=concept(coding("6096002", display="stuitligging")))
    sleep = observation("404950004", id="o2", subject=CHILD, valueString="Rommelig")
    family = observation("423340009", id="o3", comment="Stabiele gezinssituatie")
    found = read(*BASE, patient("kind"), lie, sleep, family)
    assert [(m.name, m.value, m.original) for m in found.measured] == [
        ("Ligging van het kind", None, "stuitligging"),
        ("Slaap van het kind", None, "Rommelig"),
        ("Gezinssituatie", None, "Stabiele gezinssituatie"),
    ]


def test_a_code_that_nobody_knows_is_kept_under_the_name_that_the_source_gives_it():
    own = coding("ZW-17", "https://epd.example/codes", "Navelhoogte in vingers")
    expression = coding("364589006:363698007=818983003", display="geboortegewicht van abdomen")
    lab = observation(
        concept(coding("2345-7", LOINC, "Glucose")),
        id="o3",
        category=[concept("49581000146104")],
        valueQuantity=quantity(4.9, "mmol/L", "mmol/L"),
    )
    found = read(
        *BASE,
        observation(concept(own), valueQuantity=quantity(3, "vingers")),
        observation(concept(expression), id="o2", valueString="fors"),
        lab,
        observation({"text": "Opmerking"}, id="o4", valueBoolean=True),
    )
    assert [(m.kind, m.name, m.value, m.unit, m.original) for m in found.measured] == [
        ("overig", "Navelhoogte in vingers", 3, "vingers", "3 vingers"),
        ("overig", "geboortegewicht van abdomen", None, None, "fors"),
        ("lab", "Glucose", 4.9, "mmol/L", "4.9 mmol/L"),
        ("overig", "Opmerking", None, None, "ja"),
    ]


def test_what_may_not_count_or_says_nothing_is_not_measured():
    wrong = observation(
        concept(coding("29463-7", LOINC)), valueQuantity=quantity(7, "kg", "kg"), status="entered-in-error"
    )
    absent = loinc(
        "29463-7", id="o2", dataAbsentReason=concept(coding("unknown", "http://hl7.org/fhir/data-absent-reason"))
    )
    due = observation("161714006", id="o3", valueDateTime="2024-08-08")
    assert read(*BASE, wrong, absent, due).measured == ()


def test_blood_group_and_rhesus_are_facts_and_the_unknown_code_stays_as_sent():
    found = read(
        *BASE,
        observation(concept(coding("883-9", LOINC)), valueCodeableConcept=concept("112144000")),
        observation(concept(coding("1305-2", LOINC)), id="o2", valueCodeableConcept={"text": "Rh D negatief"}),
        observation(
            concept(coding("1159-3", LOINC)),
            id="o3",
            valueCodeableConcept=concept(coding("999", display="c zwak positief")),
        ),
        observation("312457003", id="o4", valueBoolean=True),
        observation("312457003", id="o5", valueCodeableConcept=concept("405844003")),
    )
    said = {(s.kind.value, getattr(s.value, "display", s.value)) for s in found.statements}
    assert said == {
        ("blood_group", "A"),
        ("rhesus", "negatief"),
        ("rhesus_c", "c zwak positief"),
        ("irregular_antibodies", "aanwezig"),
        ("irregular_antibodies", "anti-Kell"),
    }


def noted(found):
    return [(n.kind, n.name, n.state, n.result, n.about) for n in found.noted]


def test_disorders_allergies_and_alerts():
    condition = {
        "resourceType": "Condition",
        "subject": ref("Patient/anna"),
        "context": ref("EpisodeOfCare/e1"),
        "clinicalStatus": "active",
        "onsetDateTime": "2024-02-01",
    }
    hypertension = coding("48194001", display="zwangerschapshypertensie")
    found = read(
        *BASE,
        {**condition, "id": "d1", "category": [concept("173300003")], "code": concept(hypertension)},
        {**condition, "id": "d2", "category": [concept("362973001")], "code": {"text": "fluxus"}},
        {**condition, "id": "d3", "code": concept("195967001"), "verificationStatus": "refuted"},
        {"resourceType": "AllergyIntolerance", "id": "a1", "clinicalStatus": "active", "code": {"text": "Penicilline"},
         "patient": ref("Patient/anna")},
        {"resourceType": "Flag", "id": "f1", "status": "active", "code": {"text": "MRSA"},
         "subject": ref("Patient/anna")},
    )  # fmt: skip
    assert noted(found) == [
        ("disorder", "zwangerschapshypertensie", "active", None, None),
        ("complication", "fluxus", "active", None, None),
        ("allergy", "Penicilline", "active", None, None),
        ("alert", "MRSA", "active", None, None),
    ]
    assert found.noted[0].at == date(2024, 2, 1)


def test_screenings_offered_declined_and_done_with_their_result():
    report = {"resourceType": "DiagnosticReport", "id": "r1", "status": "final", "code": concept("143701000146108"),
              "subject": ref("Patient/anna"), "context": ref("EpisodeOfCare/e1"),
              "conclusion": "Geen bijzonderheden"}  # fmt: skip
    no_hiv = concept(coding("165815009", display="niet aangetoond"))
    found = read(
        *BASE,
        patient("kind"),
        report,
        observation(concept(coding("29893-5", LOINC)), valueCodeableConcept=no_hiv),
        observation(concept(coding("58452-4", LOINC)), id="o2", valueQuantity=quantity(0, "IU/L")),
        observation("7751000146103", id="o3", valueBoolean=False),
        observation("77262006", id="o4", subject=CHILD, valueBoolean=True),
        procedure("39343008", status="completed", notDone=True),
        procedure("143691000146108", id="p2", status="preparation"),
    )  # fmt: skip
    assert sorted(noted(found)) == [
        ("heel_prick", "Hielprik", "done", None, CHILD),
        ("hepatitis_b", "Hepatitis B", "done", "0 IU/L", None),
        ("hiv", "Hiv", "done", "niet aangetoond", None),
        ("nipt", "NIPT", "declined", None, None),
        ("pertussis_vaccination", "Kinkhoestvaccinatie", "declined", None, None),
        ("seo_1", "13-wekenecho", "offered", None, None),
        ("seo_2", "20-wekenecho", "done", "Geen bijzonderheden", None),
    ]
    assert found.measured == ()


SILENT = {
    "160611000146102", "160621000146107", "168089007", "271692001", "289251005", "364351002",
}  # fmt: skip
"""Codes of Observations that give a dataAbsentReason (or nothing at all) in place of a value: gz-izv-kwa-casus2."""

PANEL = {"65147003"}
"""Vrouw2-Kaart3-1elijn: the twin pregnancy without value; its members hold the number of fetuses and the type."""

ONLY_SHOWN = {
    "112697007", "12658000",  # operations in her history
    "114961000146100",  # episiotomy
    "236960006",  # sweeping of membranes
    "243140006",  # ventilation of the newborn
    "410175003",  # dietary advice
    "445283009",  # leaflets given
    "51597003",  # vaginal examination
    "698350008:370131001=133933007", "698350008:{370131001=133933007}",  # vitamin K: post-coordinated
}  # fmt: skip
"""Procedures of which no rule, gap or phase depends: acts of kind `overig`, shown by their display."""


def clinical(name):
    for path in sorted(nictiz_folder("cases", name).glob("*.json")):
        if path.name != "_bundle.json":
            resource = orjson.loads(path.read_bytes())
            if resource["resourceType"] in ("Observation", "Condition", "Procedure", "DiagnosticReport"):
                yield f"{resource['resourceType']}/{resource['id']}", resource


def codes(resource):
    return {c["code"] for c in resource["code"]["coding"]}


NAMES = [
    "gz-izb-kwa-1-V1_actieve_zwschap", "gz-izb-kwa-2-V1_vorige_zwschap", "gz-izb-kwa-3A-V2_meerling_1elijn",
    "gz-izb-kwa-3B-V2_meerling_2elijn", "gz-ize-kwa-casus1", "gz-izk-kwa-casus1", "gz-izv-kwa-casus1",
    "gz-izv-kwa-casus2", "Vrouw1-Kaart1", "Vrouw1-Kaart2", "Vrouw2-Kaart3-1elijn", "Vrouw2-Kaart3-2elijn",
    "Vrouw3-GeenData",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_value_of_the_nictiz_dossiers_is_lost(name):
    found = case(name)
    items = (*found.statements, *found.acts, *found.measured, *found.noted)
    taken = {i.evidence.reference for i in items} | {c for d in found.dossiers for c in d.conditions}
    left = [
        (reference, sorted(codes(resource)))
        for reference, resource in clinical(name)
        if reference not in taken
        and resource["resourceType"] != "DiagnosticReport"  # the same scan as a Procedure: told once
        and not codes(resource) & (SILENT | PANEL)
    ]
    assert left == []
    assert {m.kind for m in found.measured} & {"overig", "lab"} == set()
    assert {a.code.code for a in found.acts if a.kind == "overig" and a.code} <= ONLY_SHOWN


@pytest.mark.parametrize("name", NAMES)
def test_every_quantity_of_the_nictiz_dossiers_is_a_number_in_its_unit(name):
    unusable = [(m.kind, m.original) for m in case(name).measured if m.value is None and m.unit is not None]
    assert unusable == ([("efw", "320 mm")] if name == "gz-ize-kwa-casus1" else [])


XML = {"f": "http://hl7.org/fhir"}


def listed(pattern):
    """The SNOMED and LOINC codes of value sets of the Nictiz standard, by file name."""
    for path in sorted(nictiz_folder("conformance", "geboortezorg-stu3", "ValueSets").glob(pattern)):
        for include in ElementTree.parse(path).getroot().iterfind(".//f:include", XML):
            system = include.find("f:system", XML)
            for one in include.iterfind("f:concept/f:code", XML):
                if system.get("value") in (SCT, LOINC):
                    yield system.get("value"), one.get("value")


def statement_rules():
    codes_read = dialects().get("nictiz-geboortezorg-stu3").codes["Observation"]
    return {rule.name: rule for rules in codes_read.values() for rule in rules}


@pytest.mark.parametrize("dialect", ["nictiz-geboortezorg-stu3", "nl-core-r4"])
def test_every_code_of_an_observation_in_the_standard_is_read(dialect):
    of = dialects().get(dialect)
    read_as = {*of.measures, *of.codes["Observation"], *of.screenings, *of.acts["Observation"]}
    codes_listed = set(listed("bc-*Observation-code*"))
    assert len(codes_listed) > 90
    assert codes_listed - read_as == set()


@pytest.mark.parametrize("pattern", ["ContactSoort*"])
def test_every_kind_of_contact_in_the_standard_is_an_act(pattern):
    assert set(listed(pattern)) - set(dialects().get("nictiz-geboortezorg-stu3").acts["Encounter"]) == set()


@pytest.mark.parametrize(
    ("words", "pattern"),
    [
        ("delivery_type", "TypePartus22*"),
        ("place_of_birth", "WerkelijkePlaatsBaring*"),
        ("intended_place_of_birth", "VoorgenomenPlaatsBaring*"),
        ("care_level", "Echelon*"),
        ("chorionicity", "TweelingzwangerschapType*"),
        ("irregular_antibodies", "BloodGroupAntibodies*"),
    ],
)
def test_every_value_in_the_standard_has_a_word(words, pattern):
    rules = statement_rules()
    assert set(listed(pattern)) - set(rules[words].words.words) == set()


def test_the_method_of_a_due_date_gives_its_basis():
    rules = statement_rules()
    for pattern in ("BepalingsMethodeCodelijst*", "A_terme_datum_obv_23*"):
        assert set(listed(pattern)) - set(rules["edd"].basis_words.words) == set()


def test_every_code_that_a_profile_of_an_observation_prescribes_is_read():
    of = dialects().get("nictiz-geboortezorg-stu3")
    read_as = {*of.measures, *of.codes["Observation"], *of.screenings, *of.acts["Observation"]}
    prescribed = set()
    for path in nictiz_folder("conformance", "geboortezorg-stu3").glob("bc-*.xml"):
        root = ElementTree.parse(path).getroot()
        kind = root.find("f:type", XML)
        if kind is not None and kind.get("value") == "Observation":
            for element in root.iterfind(".//f:element", XML):
                if element.find("f:path", XML).get("value").endswith("code.coding"):
                    prescribed |= {
                        (one.find("f:system", XML).get("value"), one.find("f:code", XML).get("value"))
                        for name in ("patternCoding", "fixedCoding")
                        for one in element.iterfind(f"f:{name}", XML)
                    }
    assert len(prescribed) > 60
    assert prescribed - read_as == set()


def r4_example(name):
    path = nictiz_folder("examples", "nl-core-r4") / f"{name}.xml"
    return orjson.loads(fhir.to_json(fhir.from_xml(path.read_bytes(), FhirVersion.R4)))


def test_the_nictiz_examples_in_r4_are_read():
    names = ("BloodPressure-01", "HeadCircumference-01", "ApgarScore-5Minute-01",
             "LaboratoryTestResult-LaboratoryTest-05", "AllergyIntolerance-01", "AllergyIntolerance-02",
             "Alert-01", "Alert-01-Condition-01")  # fmt: skip
    found = read(patient(), *(r4_example(f"nl-core-{name}") for name in names), dialect="nl-core-r4")
    values = {(m.kind, m.value, m.unit) for m in found.measured if m.value is not None}
    assert {
        ("blood_pressure_systolic", 125, "mm[Hg]"),
        ("blood_pressure_diastolic", 75, "mm[Hg]"),
        ("blood_pressure_mean", 100, "mm[Hg]"),
        ("head_circumference", 41, "cm"),
        ("apgar_5", 8, "1"),
        ("hb", 11.5, "mmol/L"),
    } <= values
    assert found.set_aside == ()
    assert [(n.kind, n.name) for n in found.noted] == [
        ("allergy", "Penicilline"),
        ("alert", "zwangerschap"),  # in words of the Condition that the Flag is about
        ("disorder", "zwangerschap"),
    ]
