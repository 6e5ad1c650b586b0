"""FHIR R4 (nl-core): the pregnancy is an Observation with members, contexts are contacts, names differ."""

from datetime import UTC, date, datetime

import pytest
from lxml import etree

import builders_facts as given
from adapter import facts, fhir
from adapter.model.sources import FhirVersion, Media, Received, RecordKey, StoredVersion
from builders_facts import WOMAN, concept, encounter, episode, observation, one, procedure, ref, the_act, values


def read(*resources, **more):
    return given.read(*resources, dialect="nl-core-r4", **more)


def pregnancy(*members, id="preg", **more):
    return observation("118185001", id=id, context=None, hasMember=[ref(f"Observation/{m}") for m in members], **more)


def part(code, id, **value):
    return observation(code, id=id, context=None, **value)


def test_the_members_belong_to_the_pregnancy_which_stands_in_as_dossier():
    found = read(
        pregnancy("g", "p", "e", effectivePeriod={"start": "2024-01-10"}),
        part("161732006", "g", valueInteger=2),
        part("364325004", "p", valueInteger=1),
        part("161714006", "e", valueDateTime="2024-08-08", method=concept("31541000146106")),
        part("21840007", "loose", valueDateTime="2023-10-25"),
    )
    (dossier,) = found.dossiers
    assert (dossier.reference, dossier.conditions, dossier.span.start) == (
        "Observation/preg",
        ("Observation/preg",),
        date(2024, 1, 10),
    )
    gravidity = one(found, "gravidity")
    assert (gravidity.value, gravidity.pregnancy, gravidity.dossier) == (2, "Observation/preg", "Observation/preg")
    assert one(found, "edd").basis == "ultrasound"
    assert (one(found, "lmp").pregnancy, one(found, "lmp").dossier) == (None, None)


def test_the_contact_binds_the_pregnancy_to_the_dossier():
    there = pregnancy("g", encounter=ref("Encounter/n1"))
    found = read(episode(), encounter("11429006"), there, part("161732006", "g", valueInteger=2))
    (dossier,) = found.dossiers
    assert (dossier.reference, dossier.conditions) == ("EpisodeOfCare/e1", ("Observation/preg",))
    assert one(found, "gravidity").dossier == "EpisodeOfCare/e1"


def test_an_observation_of_a_contact_belongs_to_the_contacts_dossier():
    found = read(episode(), encounter("11429006"),
                 observation("57036006", context=None, encounter=ref("Encounter/n1"),
                             valueQuantity={"value": 24, "code": "{w}"}))  # fmt: skip
    assert (one(found, "gestational_age").value, one(found, "gestational_age").dossier) == (168, "EpisodeOfCare/e1")


def test_the_standard_extension_for_the_episode_is_read():
    url = "http://hl7.org/fhir/StructureDefinition/workflow-episodeOfCare"
    extension = [given.ext(url, valueReference=ref("EpisodeOfCare/e1"))]
    found = read(episode(), observation("21840007", context=None, extension=extension, valueDateTime="2023-10-25"))
    assert one(found, "lmp").dossier == "EpisodeOfCare/e1"


def test_a_procedure_is_of_whom_it_was_done_on_behalf_of():
    practice = given.organisation("a", agb="08001234", kind="G3")
    done = procedure("133601000146101", context=None, performedPeriod={"start": "2024-01-16T11:00:00+01:00"},
                     performer=[{"actor": ref("Practitioner/x"), "onBehalfOf": ref("Organization/a")}])  # fmt: skip
    act = the_act(read(done, directory=(practice,)))
    assert (act.kind, act.organisation.agb, act.organisation_basis) == ("termijnecho", "08001234", "performer")


def test_a_service_request_is_a_referral_when_its_code_says_so():
    request = {"resourceType": "ServiceRequest", "id": "r", "status": "active", "intent": "order"}
    request |= {"subject": ref(WOMAN), "authoredOn": "2024-01-04", "code": concept("308292007")}
    request |= {"requester": ref("PractitionerRole/m"), "performer": [ref("Organization/b")]}
    directory = (
        given.organisation("a", agb="08001234"),
        given.organisation("b", ura="06020806"),
        given.role("m", "Organization/a"),
    )
    (referral,) = read(request, directory=directory).referrals
    assert (referral.kind, referral.sender.agb, referral.receiver.ura) == ("overdracht", "08001234", "06020806")
    assert read({**request, "code": concept("396550006")}).referrals == ()  # an order for a test
    assert read({**request, "status": "revoked"}).referrals == ()


def test_a_condition_says_by_codings_whether_it_counts():
    sick = {"resourceType": "Condition", "id": "c", "code": concept("34801009"), "subject": ref(WOMAN)}
    refuted = {"verificationStatus": {"coding": [{"code": "refuted"}]}}
    assert values(read(sick), "outcome") == ["ectopic"]
    assert values(read({**sick, **refuted}), "outcome") == []


def test_the_r4_null_flavor_is_no_value():
    nothing = concept(given.coding("UNK", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"))
    assert read(observation("366344009", valueCodeableConcept=nothing)).statements == ()


def test_birth_of_a_child():
    born = procedure("3950001", context=None, subject="Patient/kind", performedPeriod={"start": "2024-07-24T14:38:00Z"})
    found = read(born, given.patient("kind", birthDate="2024-07-24", multipleBirthInteger=1))
    assert one(found, "birth").value == datetime(2024, 7, 24, 14, 38, tzinfo=UTC)
    assert the_act(found).about == "Patient/kind"


def examples(*names):
    folder = given.nictiz_folder("examples", "nl-core-r4")
    return [folder / f"{name}.xml" for name in names]


def as_stored(path):
    body = path.read_bytes()
    root = etree.fromstring(body)
    kind, own = etree.QName(root).localname, root.find("{*}id").get("value")
    received = Received("zh", FhirVersion.R4, Media.XML, kind, own, None, body, None, None)
    return StoredVersion(received, 1, datetime(2024, 7, 29, tzinfo=UTC))


def test_the_nictiz_example_of_a_pregnancy_in_r4():
    names = ["nl-core-Pregnancy-01", "nl-core-Patient-01"]
    parts = ("DateLastMenstruation", "EstimatedDateOfDelivery", "Gravidity", "Parity", "PregnancyDuration")
    versions = [as_stored(p) for p in examples(*names, *(f"nl-core-Pregnancy.{p}-01" for p in parts))]
    key = RecordKey("zh", "Patient/nl-core-Patient-01")
    dialect = given.dialects().get("nl-core-r4")
    found = facts.read(key, versions, [], given.source_info("nl-core-r4", source="zh"), dialect)
    assert found.set_aside == ()
    assert [d.reference for d in found.dossiers] == ["Observation/nl-core-Pregnancy-01"]
    assert one(found, "edd").value == date(2015, 1, 8)
    assert one(found, "edd").basis == "ultrasound"
    assert one(found, "gravidity").value == 2
    assert one(found, "gestational_age").value == 168
    assert {s.pregnancy for s in found.statements} == {"Observation/nl-core-Pregnancy-01"}
    assert (found.woman.name.own, found.woman.name.prefix, found.woman.name.partner) == ("Putten", "van", "Giessen")
    assert found.woman.name.given == ("Johanna", "Petronella", "Maria")


@pytest.mark.parametrize("folder", ["nl-core-r4", "geboortezorg-stu3", "zib2017-stu3"])
def test_no_example_of_nictiz_defeats_the_reader(folder):
    version = FhirVersion.R4 if folder == "nl-core-r4" else FhirVersion.STU3
    dialect = "nl-core-r4" if version is FhirVersion.R4 else "nictiz-geboortezorg-stu3"
    for path in sorted(given.nictiz_folder("examples", folder).rglob("*.xml")):
        body = path.read_bytes().replace(b"${DATE, T, D, -413}", b"2023-06-12")
        try:
            resource = fhir.read(body, Media.XML, version)
        except fhir.FhirError:
            continue
        found = given.read({**resource, "id": resource.get("id", "x")}, dialect=dialect)
        assert found.set_aside == (), path.name
