"""What vendors make of the standard: each a few lines of data on top of a dialect, and no code."""

import shutil
from datetime import date

import pytest

from adapter import facts
from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.moments import UNBOUNDED
from adapter.model.sources import FhirVersion, RecordKey
from builders_facts import (
    LOINC,
    ROOT,
    WOMAN,
    coding,
    concept,
    encounter,
    episode,
    ext,
    measured,
    observation,
    organisation,
    patient,
    pregnancy,
    ref,
    source_info,
    stored,
    values,
)

BASE = (patient(), episode(), pregnancy())
OWN = "https://epd.example/codes"
PERI = "urn:oid:2.16.840.1.113883.2.4.4.13"  # value set PeriObservations 2.16.840.1.113883.2.4.11.136


def own(code, display=None):
    return concept(coding(code, OWN, display))


def statement(kind):
    return lambda found: [getattr(v, "display", v) for v in values(found, kind)]


def measure(kind):
    return lambda found: [m[:2] for m in measured(found, kind)]


VARIATIONS = {
    "codes swapped": (
        """
statements:
  gravidity: {codes: ["loinc|11977-6", "sct|364325004"]}
  parity: {codes: ["loinc|11996-6", "sct|161732006"]}
""",
        [observation(concept(coding("11977-6", LOINC)), valueQuantity={"value": 3})],
        statement("gravidity"),
        [3],
    ),
    "the code of an older data set": (
        """
systems: {peri: ["urn:oid:2.16.840.1.113883.2.4.4.13"]}
statements:
  edd_definitive: {codes: ["sct|147781000146105", "peri|EDDDef"]}
""",
        [observation(concept(coding("EDDDef", PERI)), valueDateTime="2024-08-08")],
        statement("edd"),
        [date(2024, 8, 8)],
    ),
    "a system of the vendor's own": (
        """
systems: {eigen: ["https://epd.example/codes"]}
measures:
  weight: {codes: ["loinc|29463-7", "eigen|GEW"]}
""",
        [observation(own("GEW"), valueQuantity={"value": 71.5, "unit": "kg"})],
        measure("weight"),
        [(71.5, "kg")],
    ),
    "a system written another way": (
        """
systems: {loinc: ["http://loinc.org", "https://loinc.org/", "LN"]}
""",
        [observation(concept(coding("29463-7", "LN")), valueQuantity={"value": 71.5, "unit": "kg"})],
        measure("weight"),
        [(71.5, "kg")],
    ),
    "text where a code belongs": (
        """
statements:
  intended_place_of_birth:
    value: ["value.ofType(CodeableConcept)", "value.ofType(string)"]
    texts: {thuis: [thuis, "eigen huis"], ziekenhuis: [zkh]}
""",
        [observation("142961000146102", valueString="Eigen huis")],
        statement("intended_place_of_birth"),
        ["thuis"],
    ),
    "a number with its unit as text": (
        "",
        [observation(concept(coding("29463-7", LOINC)), valueString="71,5 kg")],
        measure("weight"),
        [(71.5, "kg")],
    ),
    "both blood pressures in one text": (
        """
systems: {eigen: ["https://epd.example/codes"]}
measures:
  rr: {codes: ["eigen|RR"], split: [blood_pressure_systolic, blood_pressure_diastolic], source: the vendor's code list}
""",
        [observation(own("RR"), valueString="120/80")],
        lambda found: [(m.kind, m.value, m.original) for m in found.measured],
        [("blood_pressure_systolic", 120, "120/80"), ("blood_pressure_diastolic", 80, "120/80")],
    ),
    "a unit of the vendor's own": (
        """
units:
  "mm[Hg]": {"mm kwik": 1, "cm kwik": 10}
""",
        [observation(concept(coding("8480-6", LOINC)), valueQuantity={"value": 12.5, "unit": "cm kwik"})],
        measure("blood_pressure_systolic"),
        [(125, "mm[Hg]")],
    ),
    "a Dutch date as text": (
        """
date_formats: ["%d-%m-%Y"]
statements:
  lmp: {value: ["value.ofType(dateTime)", "value.ofType(string)"]}
""",
        [observation("21840007", valueString="25-10-2023")],
        statement("lmp"),
        [date(2023, 10, 25)],
    ),
    "weeks and days as text": (
        """
statements:
  gestational_age: {value: ["value.ofType(Quantity)", "value.ofType(string)"]}
""",
        [observation("57036006", valueString="10+3")],
        statement("gestational_age"),
        [73],
    ),
    "the value in a component": (
        """
statements:
  parity: {value: ["component.value.ofType(Quantity).value"]}
""",
        [observation("364325004", component=[{"code": concept("364325004"), "valueQuantity": {"value": 1}}])],
        statement("parity"),
        [1],
    ),
    "the value in an extension": (
        """
statements:
  parity: {value: ["extension('https://epd.example/pariteit').value.ofType(integer)"]}
""",
        [observation("364325004", extension=[ext("https://epd.example/pariteit", valueInteger=2)])],
        statement("parity"),
        [2],
    ),
    "hours of kraamzorg without a unit, under a code of the vendor's own": (
        """
systems: {eigen: ["https://epd.example/codes"]}
statements:
  kraamzorg_hours: {codes: ["eigen|KZU"]}
""",
        [observation(own("KZU"), valueQuantity={"value": 49})],
        statement("kraamzorg_hours"),
        [49],
    ),
    "a contact that only says in words what it was": (
        """
act_texts:
  intake: ["1e controle", intakegesprek]
""",
        [encounter(type=[{"text": "Intakegesprek"}])],
        lambda found: [a.kind for a in found.acts],
        ["intake"],
    ),
    "a status of the vendor's own": (
        """
states:
  Encounter: {definitief: done, vervallen: null}
""",
        [encounter("11429006", status="definitief"), encounter("11429006", id="n2", status="vervallen")],
        lambda found: [(a.evidence.reference, a.state) for a in found.acts],
        [("Encounter/n1", "done")],
    ),
    "the organisation of a dossier in an extension": (
        """
paths:
  EpisodeOfCare: {manager: ["extension('https://epd.example/praktijk').value.ofType(Reference)"]}
""",
        [
            episode(id="e2", extension=[ext("https://epd.example/praktijk", valueReference=ref("Organization/x"))]),
            organisation("x", agb="08001111", name="De Wilg"),
        ],
        lambda found: [d.organisation.agb for d in found.dossiers if d.reference == "EpisodeOfCare/e2"],
        ["08001111"],
    ),
    "a dossier of another type, a pregnancy by another code": (
        """
systems: {icpc: ["http://hl7.org/fhir/sid/icpc-1"], eigen: ["https://epd.example/codes"]}
dossier_types: ["sct|364320009", "eigen|ZW"]
pregnancy_codes: ["sct|118185001", "icpc|W78"]
""",
        [
            episode(id="e2", type=[own("ZW")], diagnosis=[{"condition": ref("Condition/c2")}]),
            pregnancy("c2", code=concept(coding("W78", "http://hl7.org/fhir/sid/icpc-1"))),
        ],
        lambda found: [d.conditions for d in found.dossiers if d.reference == "EpisodeOfCare/e2"],
        [("Condition/c2",)],
    ),
    "what an observation is about, where R4 has it": (
        """
paths:
  Observation: {focus: ["focus.reference"]}
""",
        [observation("364332008", context=None, valueString="400 ml", **{"focus": None})
         | {"focus": [ref("Condition/c1")]}],
        lambda found: [(m.pregnancy, m.dossier, m.value) for m in found.measured],
        [("Condition/c1", "EpisodeOfCare/e1", 400)],
    ),
    "a code that means something else here, taken away": (
        """
statements:
  labour_start_1x: null
""",
        [observation("439771001", focus="Procedure/x", valueDateTime="2024-01-01")],
        statement("labour_start"),
        [],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def dialects(tmp_path_factory):
    """The shipped dialects and beside them one file per variation: nothing else is added."""
    mappings = tmp_path_factory.mktemp("mappings")
    for name in ("dialects", "codes"):
        shutil.copytree(ROOT / "mappings" / name, mappings / name)
    for number, (lines, *_) in enumerate(VARIATIONS.values()):
        add(mappings, f"vendor-{number}", lines)
    add(mappings, "zwanenburg", ZWANENBURG)
    add(mappings, "zwanenburg-r4", ZWANENBURG_R4, base="nl-core-r4")
    return facts.load_dialects(mappings)


def add(mappings, name, lines, base="nictiz-geboortezorg-stu3"):
    head = f'id: {name}\nversion: "1"\nextends: {base}\nstanding: provisional\nsource: made up\n'
    (mappings / "dialects" / f"{name}.yaml").write_text(head + lines, encoding="utf-8")


def read(dialect, *resources):
    versions = [stored(resource, dialect.fhir) for resource in resources]
    return facts.read(RecordKey("vp", WOMAN), versions, (), source_info(dialect.id), dialect)


@pytest.mark.parametrize("name", VARIATIONS)
def test_a_variation_is_a_few_lines_of_data(dialects, name):
    lines, resources, look, expected = VARIATIONS[name]
    dialect = dialects.get(f"vendor-{[*VARIATIONS].index(name)}")
    known = {f"{r['resourceType']}/{r['id']}" for r in resources}
    base = [r for r in BASE if f"{r['resourceType']}/{r['id']}" not in known]
    assert list(look(read(dialect, *base, *resources))) == expected
    assert len(lines.strip().splitlines()) <= 6


def test_a_resource_without_a_version_is_known_by_ours():
    info = source_info()
    dialect = facts.load_dialects(ROOT / "mappings").get(info.dialect)
    weight = observation(concept(coding("29463-7", LOINC)), valueQuantity={"value": 70, "unit": "kg"})
    found = read(
        dialect, *BASE, weight, observation("21840007", id="o2", valueDateTime="2024-01-01", meta={"versionId": "7"})
    )
    assert [m.evidence.version for m in found.measured] == ["3"]
    assert [s.evidence.version for s in found.statements] == ["7"]


# A made-up vendor that gets nearly everything its own way.
ZWANENBURG = """
systems:
  zb: ["https://zwanenburg.example/cs", "ZB"]
dossier_types: ["zb|DOSSIER"]
pregnancy_codes: ["zb|ZWANGER"]
date_formats: ["%d-%m-%Y"]
statements:
  edd: {codes: ["zb|ATD"], value: ["value.ofType(string)"]}
  gravidity: {codes: ["zb|G"], value: ["value.ofType(string)"]}
  parity: {codes: ["zb|P"], value: ["value.ofType(string)"]}
  rhesus: {codes: ["zb|RHD"]}
measures:
  rr: {codes: ["zb|RR"], split: [blood_pressure_systolic, blood_pressure_diastolic], source: Zwanenburg codelijst 4}
  fundal_height: {codes: ["zb|FH"]}
  hb: {codes: ["zb|HB"]}
units:
  "mmol/L:hb": {"mmol per liter": 1}
screenings:
  nipt: {codes: ["zb|NIPT"]}
acts:
  consult: ["zb|C"]
act_texts:
  nacontrole: [nacontrole]
"""

ZWANENBURG_R4 = """
systems:
  zb: ["https://zwanenburg.example/cs"]
measures:
  fundal_height: {codes: ["zb|FH"]}
"""


def zb(code, system="https://zwanenburg.example/cs"):
    return concept(coding(code, system))


def test_a_made_up_vendor_takes_only_a_data_file(dialects):
    found = read(
        dialects.get("zwanenburg"),
        patient(),
        episode(type=[zb("DOSSIER")], period={"start": "2024-01-06"}),
        pregnancy(code=zb("ZWANGER"), context=ref("EpisodeOfCare/e1")),
        observation(zb("ATD"), id="o1", valueString="08-08-2024"),
        observation(zb("G", "ZB"), id="o2", valueString="2"),
        observation(zb("P"), id="o3", valueString="1"),
        observation(zb("RHD"), id="o4", valueString="neg"),
        observation(zb("RR"), id="o5", valueString="RR 118/72 mmHg"),
        observation(zb("FH"), id="o6", valueString="28"),
        observation(zb("HB"), id="o7", valueQuantity={"value": 7.2, "unit": "mmol per liter"}),
        observation(zb("NIPT"), id="o8", valueBoolean=False),
        encounter(type=[zb("C")], id="n1"),
        encounter(type=[{"text": "Nacontrole"}], id="n2"),
    )
    (dossier,) = found.dossiers
    assert (dossier.span.start, dossier.conditions) == (date(2024, 1, 6), ("Condition/c1",))
    assert dossier.span != UNBOUNDED
    assert {s.kind.value: s.value for s in found.statements} == {
        "edd": date(2024, 8, 8),
        "gravidity": 2,
        "parity": 1,
        "rhesus": "negatief",
    }
    assert [(m.kind, m.value, m.unit) for m in found.measured] == [
        ("blood_pressure_systolic", 118, "mm[Hg]"),
        ("blood_pressure_diastolic", 72, "mm[Hg]"),
        ("fundal_height", 28, "cm"),
        ("hb", 7.2, "mmol/L"),
    ]
    assert [(n.kind, n.state) for n in found.noted] == [("nipt", "declined")]
    assert sorted(a.kind for a in found.acts) == ["consult", "nacontrole"]
    assert (found.set_aside, found.problems) == ((), ())


def test_a_made_up_vendor_on_r4_too(dialects):
    dialect = dialects.get("zwanenburg-r4")
    height = {
        "resourceType": "Observation", "id": "o1", "status": "final", "code": zb("FH"), "subject": ref(WOMAN),
        "effectiveDateTime": "2024-05-01", "valueQuantity": {"value": 260, "unit": "mm"},
    }  # fmt: skip
    found = read(dialect, patient(), height)
    assert (dialect.fhir, measured(found, "fundal_height")) == (FhirVersion.R4, [(26, "cm", "260 mm")])
    assert found.measured[0].organisation == Organisation(
        "agb:08009999", "08009999", None, "De Bron", OrganisationKind.VERLOSKUNDIGENPRAKTIJK
    )
