"""The traps found in real Dutch birth care data (Nictiz dossiers), one by one."""

from datetime import UTC, date, datetime

import pytest

import builders_facts as given
from adapter.facts import directory_references
from adapter.model.facts import Coded
from adapter.model.sources import FhirVersion
from builders_facts import (
    LOINC,
    coding,
    concept,
    encounter,
    episode,
    observation,
    one,
    patient,
    pregnancy,
    procedure,
    read,
    ref,
    stored,
    the_act,
    values,
)


def test_two_due_dates_in_one_dossier_both_stand():
    found = read(
        observation("161714006", id="a", valueDateTime="2024-08-08"),
        observation("147781000146105", id="b", valueDateTime="2024-07-31"),
    )
    assert values(found, "edd") == [date(2024, 8, 8), date(2024, 7, 31)]


def test_a_vendor_that_swaps_codes_is_put_right_in_its_dialect_and_nowhere_else():
    https = "https://snomed.info/sct"
    resources = (
        observation(concept(coding("161732006", https)), id="a", valueQuantity={"value": 1}),
        observation(concept(coding("364325004", https)), id="b", valueQuantity={"value": 3}),
        observation(concept(coding("161714006", https)), id="c", valueDateTime="2024-07-31"),
    )
    found = read(*resources, dialect="vendor-swapped-codes-stu3")
    assert (one(found, "gravidity").value, one(found, "parity").value) == (3, 1)
    assert one(found, "edd").basis == "definitive"
    assert read(*resources).statements == ()  # in the standard's dialect that system is not SNOMED CT


def test_the_code_that_matters_may_stand_at_any_position():
    code = concept(coding("8665-2", LOINC), "21840007")
    assert values(read(observation(code, valueDateTime="2023-10-25")), "lmp") == [date(2023, 10, 25)]
    code = concept(coding("local", "urn:local"), "21840007")
    assert values(read(observation(code, valueDateTime="2023-10-25")), "lmp") == [date(2023, 10, 25)]


def test_snomed_by_its_oid_is_snomed():
    code = concept(coding("21840007", "urn:oid:2.16.840.1.113883.6.96"))
    assert values(read(observation(code, valueDateTime="2023-10-25")), "lmp") == [date(2023, 10, 25)]


def test_a_code_without_a_system_is_not_guessed():
    code = {"coding": [{"code": "21840007"}]}
    assert read(observation(code, valueDateTime="2023-10-25")).statements == ()


@pytest.mark.parametrize("code", ["160621000146107", "161714006", "65147003", "364336006"])
def test_a_code_without_a_value_says_nothing(code):
    assert read(observation(code)).statements == ()
    assert read(observation(code, dataAbsentReason=concept("unknown"))).statements == ()


def test_how_labour_started_is_not_when():
    manner = observation("160611000146102", valueCodeableConcept=concept("84457005"), effectiveDateTime="2023-12-17")
    assert read(manner).statements == ()
    old = observation("249120008", valueCodeableConcept=concept("84457005"), effectiveDateTime="2023-12-17")
    assert read(old).statements == ()


def test_the_old_code_of_the_place_of_birth_is_read():
    assert values(read(observation("169812000", valueCodeableConcept=concept("169813005"))), "place_of_birth") == [
        "thuis"
    ]


def test_the_old_code_of_the_start_of_labour_counts_only_about_the_delivery():
    delivery = procedure("236973005", id="d")
    start = "2024-04-09T08:00:00+02:00"
    about = observation("439771001", focus="Procedure/d", valueDateTime=start)
    loose = observation("439771001", valueDateTime=start)
    child = observation("439771001", subject="Patient/kind", focus="Procedure/d", valueDateTime=start)
    assert len(values(read(delivery, about), "labour_start")) == 1
    assert values(read(delivery, loose), "labour_start") == []
    assert values(read(delivery, child), "labour_start") == []
    assert len(values(read(delivery, loose, dialect="nictiz-geboortezorg-stu3-1x"), "labour_start")) == 1
    assert values(read(delivery, child, dialect="nictiz-geboortezorg-stu3-1x"), "labour_start") == []


@pytest.mark.parametrize(
    ("quantity", "days"),
    [
        ({"value": 73, "code": "d"}, 73),
        ({"value": 73, "unit": "dagen"}, 73),
        ({"value": 10.5, "code": "wk"}, 74),
        ({"value": 24, "unit": "w", "code": "{w}"}, 168),
    ],
)
def test_gestational_age_in_days_or_weeks_is_days(quantity, days):
    assert values(read(observation("57036006", valueQuantity=quantity)), "gestational_age") == [days]


@pytest.mark.parametrize("quantity", [{"value": 40}, {"value": 40, "code": "mo"}, {"unit": "d"}, {"value": "73"}])
def test_a_duration_that_cannot_be_read_is_said_and_not_guessed(quantity):
    found = read(observation("57036006", valueQuantity=quantity))
    assert found.statements == ()
    assert [(p.where, p.severity) for p in found.problems] == [("Observation/o1", "warning")]


@pytest.mark.parametrize("value", [1.5, -1, "twee", True])
def test_a_count_is_a_whole_number(value):
    found = read(observation("161732006", valueQuantity={"value": value}))
    assert found.statements == ()
    assert len(found.problems) == 1


@pytest.mark.parametrize(
    "odd",
    [
        "2024-02-30",
        "31-12-2024",
        "2024-07-24T14:38:00",
        "binnenkort",
        "",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_an_odd_date_is_said_and_not_guessed(odd):
    found = read(observation("136311000146100", valueDateTime=odd))
    assert found.statements == ()
    assert found.problems[0].where == "Observation/o1"
    assert odd == "" or odd not in found.problems[0].what


def test_a_year_or_month_alone_is_its_first_day():
    assert values(read(observation("21840007", valueDateTime="2023-10")), "lmp") == [date(2023, 10, 1)]


def test_a_post_coordinated_code_is_kept_whole_and_known_by_its_focus():
    assert the_act(read(encounter("169711001+11429006"))).kind == "intake"
    act = the_act(read(procedure("698350008:{370131001=133933007}")))
    assert (act.kind, act.code.code) == ("overig", "698350008:{370131001=133933007}")
    assert the_act(read(procedure("11466000:{260870009=25876001}"))).kind == "sectio"


def test_absolute_references_to_another_base_are_the_same_resource():
    found = read(
        episode(), pregnancy(context=ref("https://epd.example/fhir/EpisodeOfCare/e1")),
        observation("21840007", context="https://epd.example/fhir/EpisodeOfCare/e1/_history/2",
                    focus="http://nictiz.nl/fhir/Condition/c1", valueDateTime="2023-10-25"),
    )  # fmt: skip
    assert (one(found, "lmp").dossier, one(found, "lmp").pregnancy) == ("EpisodeOfCare/e1", "Condition/c1")


def test_references_to_what_was_never_sent_break_nothing():
    found = read(
        encounter("11429006", episodeOfCare=[ref("EpisodeOfCare/gone")], serviceProvider=ref("Organization/gone")),
        observation("21840007", context="Encounter/gone", focus="Condition/gone", valueDateTime="2023-10-25"),
        procedure("3950001", subject="Patient/gone", performedDateTime="2024-07-24"),
    )
    assert found.set_aside == ()
    assert one(found, "lmp").dossier is None
    assert the_act_of(found, "consult").dossier == "EpisodeOfCare/gone"


def the_act_of(found, kind):
    (act,) = [a for a in found.acts if a.kind == kind]
    return act


def test_a_child_that_was_never_sent_is_known_by_its_birth():
    born = procedure("3950001", performedDateTime="2024-07-24", subject="Patient/gone")
    born["subject"]["display"] = "Jusef"
    (child,) = read(born).children
    assert (child.reference, child.name.text, child.birth_date) == ("Patient/gone", "Jusef", date(2024, 7, 24))


def test_a_child_without_any_time_of_birth_takes_that_of_what_was_observed_about_its_birth():
    birth = procedure("3950001", id="b", subject="Patient/gone")
    place = observation("366344009", focus="Procedure/b", effectiveDateTime="2022-12-20T12:04:00+01:00",
                        valueCodeableConcept=concept("169813005"))  # fmt: skip
    statement = one(read(birth, place), "birth")
    assert (statement.value, statement.basis) == (datetime(2022, 12, 20, 11, 4, tzinfo=UTC), "derived")


def test_each_child_has_one_birth_the_most_precise_that_is_known():
    birth = procedure("3950001", subject="Patient/kind", performedDateTime="2024-07-24")
    timed = [given.ext("http://hl7.org/fhir/StructureDefinition/patient-birthTime",
                       valueDateTime="2024-07-24T14:38:00+02:00")]  # fmt: skip
    day_only = patient("kind", birthDate="2024-07-24")
    assert values(read(birth, day_only), "birth") == [date(2024, 7, 24)]
    with_time = patient("kind", birthDate="2024-07-24", _birthDate={"extension": timed})
    assert values(read(birth, with_time), "birth") == [datetime(2024, 7, 24, 12, 38, tzinfo=UTC)]
    assert values(read(day_only), "birth") == [date(2024, 7, 24)]


def test_two_days_of_birth_for_one_child_both_stand():
    found = read(
        procedure("3950001", subject="Patient/kind", performedDateTime="2024-07-24"),
        patient("kind", birthDate="2024-07-25"),
    )
    assert values(found, "birth") == [date(2024, 7, 24), date(2024, 7, 25)]
    assert {s.about for s in found.statements} == {"Patient/kind"}


def test_the_same_identifier_elsewhere_binds_nothing_here():
    found = read(episode(identifier=[{"value": "7bd4a47e"}, {"system": "urn:oid:1", "value": " 1 "}]))
    assert found.dossiers[0].identifiers == ((None, "7bd4a47e"), ("urn:oid:1", "1"))


def test_a_dossier_without_managing_organisation_is_the_sources_and_says_so():
    (dossier,) = read(episode()).dossiers
    assert (dossier.organisation, dossier.organisation_stated) == (given.OWN, False)


def test_a_dossier_says_in_which_perinatal_periods_it_is_responsible():
    period = "urn:oid:2.16.840.1.113883.2.4.3.22.1.2.20"
    types = [concept("364320009", coding("2", period), coding("1", period)), concept(coding("NI", period))]
    assert read(episode(type=types)).dossiers[0].periods == (1, 2)


def test_a_dossier_carries_the_group_identifier_where_there_is_one():
    group = given.ext(given.NICTIZ_EXT + "bc-episodeofcare-groupIdentifier",
                      valueIdentifier={"system": "urn:oid:1.2", "value": "13216548"})  # fmt: skip
    assert read(episode(extension=[group])).dossiers[0].group_identifier == ("urn:oid:1.2", "13216548")


def test_the_record_of_the_child_is_no_dossier():
    child_record = episode(id="k", type=[concept("406151001")])
    of_child = episode(id="k2", patient=ref("Patient/kind"))
    found = read(episode(), child_record, of_child, patient("kind"))
    assert [d.reference for d in found.dossiers] == ["EpisodeOfCare/e1"]
    assert read(episode(status="entered-in-error")).dossiers == ()


def test_the_pregnancy_of_a_dossier_is_known_from_either_side():
    (dossier,) = read(episode(diagnosis=[{"condition": ref("Condition/c1")}]), pregnancy()).dossiers
    assert dossier.conditions == ("Condition/c1",)
    (dossier,) = read(episode(), pregnancy(context=ref("EpisodeOfCare/e1"))).dossiers
    assert dossier.conditions == ("Condition/c1",)
    (dossier,) = read(episode(), pregnancy()).dossiers  # one of each, and nothing said: each other's
    assert dossier.conditions == ("Condition/c1",)


def test_a_pregnancy_without_a_dossier_stands_in_as_one():
    condition = pregnancy(clinicalStatus="active", onsetDateTime="2024-01-02")
    lmp = observation("21840007", context=None, focus="Condition/c1", valueDateTime="2023-10-25")
    found = read(condition, lmp)
    (dossier,) = found.dossiers
    assert (dossier.reference, dossier.status, dossier.span.start) == ("Condition/c1", "active", date(2024, 1, 2))
    assert (one(found, "lmp").dossier, one(found, "lmp").pregnancy) == ("Condition/c1", "Condition/c1")


def test_a_second_pregnancy_that_no_dossier_knows_is_one_by_itself():
    found = read(episode(diagnosis=[{"condition": ref("Condition/c1")}]), pregnancy(), pregnancy("c0"))
    assert [d.reference for d in found.dossiers] == ["EpisodeOfCare/e1", "Condition/c0"]


def test_an_observation_in_a_contact_belongs_to_the_contacts_dossier():
    found = read(episode(), encounter("11429006"),
                 observation("57036006", context="Encounter/n1", valueQuantity={"value": 80, "code": "d"}))  # fmt: skip
    assert one(found, "gestational_age").dossier == "EpisodeOfCare/e1"


def test_an_observation_about_the_birth_belongs_to_the_pregnancy_and_the_child():
    found = read(
        episode(), pregnancy(context=ref("EpisodeOfCare/e1")),
        procedure("236973005", id="d", reasonReference=[ref("Condition/c1")]),
        procedure("3950001", id="b", subject="Patient/kind", partOf=[ref("Procedure/d")]),
        observation("364336006", focus="Procedure/b", context=None, valueCodeableConcept=concept("48782003")),
    )  # fmt: skip
    statement = one(found, "delivery_type")
    assert (statement.pregnancy, statement.about) == ("Condition/c1", "Patient/kind")
    assert statement.dossier == "EpisodeOfCare/e1"


def test_a_fetus_is_the_child_it_became():
    url = given.NICTIZ_EXT + "bc-bodysite-child"
    fetus = {"resourceType": "BodySite", "id": "f", "patient": ref(given.WOMAN)}
    died = observation("276507005", focus="BodySite/f", valueBoolean=True)
    assert one(read(fetus, died), "outcome").about == "BodySite/f"
    born = {**fetus, "extension": [given.ext(url, valueReference=ref("Patient/kind"))]}
    assert one(read(born, died), "outcome").about == "Patient/kind"


def test_what_binds_to_nothing_is_bound_to_nothing():
    found = read(episode(), pregnancy(), observation("21840007", context=None, valueDateTime="2023-10-25"))
    assert (one(found, "lmp").dossier, one(found, "lmp").pregnancy) == (None, None)


def test_an_unknown_code_as_value_is_kept_as_sent_and_a_null_flavor_is_no_value():
    sent = concept(coding("999", given.SCT, "waterbad"))
    found = read(observation("366344009", valueCodeableConcept=sent))
    assert one(found, "place_of_birth").value == Coded("999", given.SCT, "waterbad")
    nothing = concept(coding("NI", "http://hl7.org/fhir/v3/NullFlavor"))
    assert read(observation("366344009", valueCodeableConcept=nothing)).statements == ()
    told = {"text": "in de auto"}
    assert one(read(observation("366344009", valueCodeableConcept=told)), "place_of_birth").value == Coded(
        "in de auto", None, "in de auto"
    )


def test_a_known_code_keeps_the_text_it_was_sent_with():
    sent = concept(coding("56321000146103", given.SCT, "geboorte in ziekenhuis (bevinding)"))
    statement = one(read(observation("366344009", valueCodeableConcept=sent)), "place_of_birth")
    assert (statement.value, statement.display) == ("ziekenhuis", "geboorte in ziekenhuis (bevinding)")


@pytest.mark.parametrize(
    "broken",
    [
        {"code": "text"},
        {"code": {"coding": "x"}},
        {"code": {"coding": [None, 3]}},
        {"subject": "Patient/anna"},
        {"context": []},
        {"extension": {"url": "x"}},
        {"valueQuantity": []},
        {"performer": "me"},
        {"status": 3},
    ],
)
def test_a_resource_of_an_impossible_shape_never_stops_the_others(broken):
    odd = {**observation("57036006", id="odd", valueQuantity={"value": 1, "code": "d"}), **broken}
    found = read(odd, observation("21840007", valueDateTime="2023-10-25"))
    assert values(found, "lmp") == [date(2023, 10, 25)]


@pytest.mark.parametrize("kind", ["Encounter", "Procedure", "EpisodeOfCare", "Patient", "Coverage", "ReferralRequest",
                                  "Organization", "Condition", "DiagnosticReport", "Appointment"])  # fmt: skip
def test_every_element_may_have_a_wrong_type(kind):
    elements = ("status", "type", "code", "subject", "patient", "period", "identifier", "name", "payor", "address")
    elements += ("participant", "episodeOfCare", "requester", "recipient", "serviceProvider", "performer", "diagnosis")
    for wrong in (3, "x", [3], [[]], {"a": 3}, [{"coding": 3}], None, [None]):
        odd = {"resourceType": kind, "id": "odd", **dict.fromkeys(elements, wrong)}
        found = read(odd, observation("21840007", valueDateTime="2023-10-25"))
        assert values(found, "lmp") == [date(2023, 10, 25)]


def test_bytes_that_are_no_resource_are_set_aside_and_named():
    found = read(
        stored(b"{", kind="Observation", id="broken"),
        stored(b'{"resourceType": "Patient", "id": "x"}', kind="Observation", id="other"),
        stored(observation("21840007", id="refused", valueDateTime="2023-10-25"), problem="unknown element"),
    )
    assert found.set_aside == ("Observation/broken", "Observation/other", "Observation/refused")
    assert found.statements == ()


def test_a_woman_without_any_data_is_still_a_woman():
    found = read(patient(birthDate="1985-10-22"))
    assert (found.woman.birth_date, found.dossiers, found.statements) == (date(1985, 10, 22), (), ())
    assert read().woman.reference == given.WOMAN


def test_the_directory_that_a_record_needs_can_be_asked():
    versions = [
        stored(encounter("11429006", serviceProvider=ref("https://x/fhir/Organization/o"))),
        stored(procedure("1", performer=[{"actor": given.performed_by("PractitionerRole/r")}])),
        stored(b"{", FhirVersion.STU3, "Observation", "broken"),
    ]
    assert directory_references(versions) == {"Organization/o", "PractitionerRole/r", "Practitioner/x"}
