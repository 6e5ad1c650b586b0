"""Whose care an act is: the provider of the contact, the performer, the dossier, and in the end the source."""

import pytest

import builders_facts as given
from adapter.model.evidence import OrganisationKind
from builders_facts import concept, encounter, episode, organisation, performed_by, procedure, read, ref, role, the_act

PRACTICE = organisation("practice", agb="08001234", kind="G3", name="Wolkendroom")
HOSPITAL = organisation("hospital", ura="06020806", kind="V5", name="Erasmus MC")
KRAAMZORG = organisation("kraam", agb="33112345", kind="K4", name="Het Blije Ei")
KRAAM_ROLE = role("kraamrole", "Organization/kraam", specialty="151531000146108")
ALL = (PRACTICE, HOSPITAL, KRAAMZORG, KRAAM_ROLE)
BY_KRAAM = {"participant": [{"individual": performed_by("PractitionerRole/kraamrole")}]}


def whose(*resources):
    act = the_act(read(*resources, directory=ALL))
    return act.organisation.id, act.organisation_basis, [o.id for o in act.other_organisations]


def test_the_provider_of_the_contact_comes_first_and_contradictions_are_shown():
    contact = encounter("11429006", serviceProvider=ref("Organization/hospital"), **BY_KRAAM)
    dossier = episode(managing="Organization/practice")
    assert whose(contact, dossier) == ("ura:06020806", "service_provider", ["agb:33112345", "agb:08001234"])


def test_then_the_organisation_of_the_performers_role():
    found = whose(encounter("11429006", **BY_KRAAM), episode(managing="Organization/practice"))
    assert found == ("agb:33112345", "performer", ["agb:08001234"])


def test_then_the_organisation_that_manages_the_dossier():
    assert whose(encounter("11429006"), episode(managing="Organization/practice")) == (
        "agb:08001234",
        "managing_organisation",
        [],
    )


def test_then_the_source():
    assert whose(encounter("11429006"), episode()) == (given.OWN.id, "source", [])
    assert whose(procedure("396550006", context=None)) == (given.OWN.id, "source", [])


def test_a_procedure_in_a_contact_is_of_the_contacts_organisation():
    contact = encounter("11429006", serviceProvider=ref("Organization/hospital"))
    found = read(contact, procedure("396550006", context="Encounter/n1"), directory=ALL)
    assert {(a.kind, a.organisation.id) for a in found.acts} == {("consult", "ura:06020806"), ("lab", "ura:06020806")}
    assert all(a.dossier == "EpisodeOfCare/e1" for a in found.acts)


@pytest.mark.parametrize(
    "performer",
    [
        {"actor": ref("Organization/kraam")},
        {"actor": ref("PractitionerRole/kraamrole")},
        {"actor": performed_by("PractitionerRole/kraamrole")},
        {"actor": ref("Practitioner/x")},
        {"actor": ref("Practitioner/unknown"), "onBehalfOf": ref("Organization/kraam")},
    ],
)
def test_a_performer_is_traced_to_an_organisation_by_every_way_fhir_has(performer):
    assert whose(procedure("158101000146104", performer=[performer]))[:2] == ("agb:33112345", "performer")


def test_a_practitioner_who_works_in_two_places_says_nothing():
    elsewhere = role("elsewhere", "Organization/practice")
    act = the_act(read(procedure("1", performer=[{"actor": ref("Practitioner/x")}]), directory=(*ALL, elsewhere)))
    assert act.organisation_basis == "source"


def test_a_contact_without_a_type_is_what_its_organisation_gives():
    assert the_act(read(encounter(**BY_KRAAM), directory=ALL)).kind == "kraamzorg"
    hospital = encounter(serviceProvider=ref("Organization/hospital"))
    assert the_act(read(hospital, directory=ALL)).kind == "consult"
    unknown = encounter(serviceProvider=ref("Organization/nowhere"))
    assert the_act(read(unknown)).kind == "overig"
    assert the_act(read(unknown, dialect="nictiz-geboortezorg-stu3-kraamzorg")).kind == "kraamzorg"


def test_the_discipline_is_the_performers_role_else_the_kind_of_organisation():
    midwife = role("midwife", "Organization/hospital", "Practitioner/m", specialty="310188001")
    contact = encounter("11429006", participant=[{"individual": performed_by("PractitionerRole/midwife")}])
    assert the_act(read(contact, directory=(HOSPITAL, midwife))).discipline == "verloskunde"
    contact = encounter("11429006", serviceProvider=ref("Organization/hospital"))
    assert the_act(read(contact, directory=ALL)).discipline == "gynaecologie"


def named(resource):
    contact = encounter("11429006", serviceProvider=ref(f"Organization/{resource['id']}"))
    return the_act(read(contact, directory=(resource,))).organisation


@pytest.mark.parametrize(
    ("code", "kind"),
    [("G3", "verloskundigenpraktijk"), ("V4", "ziekenhuis"), ("V5", "ziekenhuis"), ("V6", "ziekenhuis"),
     ("K4", "kraamzorg"), ("B2", "echocentrum"), ("Z3", "huisarts"), ("L1", "laboratorium"), ("GC", "geboortecentrum"),
     ("J8", "overig")],
)  # fmt: skip
def test_the_kind_of_an_organisation_is_its_type(code, kind):
    assert named(organisation("o", agb="90012345", kind=code)).kind == kind


def test_the_type_goes_before_the_agb_code():
    # Nictiz' own dossier: a hospital whose AGB code starts with the two digits of midwives.
    assert named(organisation("o", agb="08767234", kind="V4")).kind is OrganisationKind.ZIEKENHUIS


def test_without_a_type_the_agb_code_tells_the_kind_where_that_is_known():
    assert named(organisation("o", agb="33112345")).kind is OrganisationKind.KRAAMZORG
    assert named(organisation("o", agb="77112345")).kind is OrganisationKind.ONBEKEND


def test_the_agb_specialism_tells_the_kind_too():
    midwives = organisation("o", agb="90012345")
    midwives["type"] = [concept(given.coding("0800", "urn:oid:2.16.840.1.113883.2.4.6.7"))]
    assert named(midwives).kind is OrganisationKind.VERLOSKUNDIGENPRAKTIJK


def test_a_ura_is_never_an_agb_code():
    found = named(organisation("o", ura="08001234"))
    assert (found.id, found.agb, found.ura) == ("ura:08001234", None, "08001234")
    assert found.kind is OrganisationKind.ONBEKEND


def test_identifiers_are_known_by_oid_as_well():
    oid = organisation("o")
    oid["identifier"] = [{"system": "urn:oid:2.16.840.1.113883.2.4.6.1", "value": " 08001234 "}]
    assert named(oid).id == "agb:08001234"


def test_an_organisation_the_source_never_sent_keeps_what_the_reference_says():
    contact = encounter("11429006", serviceProvider=ref("Organization/gone", display="Echo Zicht"))
    found = read(contact)
    assert the_act(found).organisation.id == "vp:Organization/gone"
    assert [o.name for o in found.organisations] == ["Echo Zicht"]


def test_a_reference_by_identifier_names_the_organisation():
    logical = {"identifier": {"system": given.AGB_SYSTEM, "value": "90012345"}, "display": "Echo Zicht"}
    assert the_act(read(encounter("11429006", serviceProvider=logical))).organisation.id == "agb:90012345"


def test_only_organisations_that_give_or_send_care_are_named():
    pharmacy = organisation("pharmacy", agb="1234567", kind="J8")
    found = read(given.patient(generalPractitioner=[ref("Organization/pharmacy")]), encounter("11429006"),
                 directory=(pharmacy,))  # fmt: skip
    assert found.organisations == ()
