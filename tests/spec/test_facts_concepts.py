"""Each concept of birth care, by its code in the national standard, becomes one fact in our own words."""

from datetime import UTC, date, datetime

import pytest

import builders_facts as given
from adapter.model.evidence import Evidence
from adapter.model.facts import Coded
from builders_facts import LOINC, SCT, UCUM, coding, concept, observation, one, procedure, read, ref, the_act, values


def quantity(value, code=None, unit=None):
    units = {"system": UCUM, "code": code} if code else {}
    return {"value": value, **units, **({"unit": unit} if unit else {})}


@pytest.mark.parametrize(
    ("kind", "code", "value", "expected"),
    [
        ("edd", concept("161714006"), {"valueDateTime": "2024-08-08"}, date(2024, 8, 8)),
        ("edd", concept(coding("11778-8", LOINC)), {"valueDateTime": "2024-08-08"}, date(2024, 8, 8)),
        ("edd", concept("147781000146105"), {"valueDateTime": "2024-07-31T23:30:00+02:00"}, date(2024, 7, 31)),
        ("lmp", concept("21840007"), {"valueDateTime": "2023-10-25"}, date(2023, 10, 25)),
        ("gestational_age", concept("57036006"), {"valueQuantity": quantity(73, "d")}, 73),
        ("gravidity", concept(coding("11996-6", LOINC)), {"valueQuantity": quantity(3, "1")}, 3),
        ("parity", concept("364325004"), {"valueQuantity": quantity(0)}, 0),
        ("fetuses", concept("142931000146106"), {"valueQuantity": quantity(2, "1")}, 2),
        ("care_level", concept("159821000146107"), {"valueCodeableConcept": concept("160071000146101")}, "eerste_lijn"),
        ("care_level", concept("159821000146107"), {"valueCodeableConcept": concept("160091000146102")}, "derde_lijn"),
        ("intended_place_of_birth", concept("142961000146102"), {"valueCodeableConcept": concept("91154008")},
         "geboortecentrum"),
        ("place_of_birth", concept("366344009"), {"valueCodeableConcept": concept("56301000146106")}, "onderweg"),
        ("place_of_birth", concept("366344009"), {"valueCodeableConcept": concept("107191000146100")}, "buitenland"),
        ("delivery_type", concept("364336006"), {"valueCodeableConcept": concept("80801000146105")},
         "secundaire_sectio"),
        ("delivery_type", concept("364336006"), {"valueCodeableConcept": concept("417121007")}, "stuit"),
        ("placenta_birth", concept("136311000146100"), {"valueDateTime": "2024-04-09T14:40:00+02:00"},
         datetime(2024, 4, 9, 12, 40, tzinfo=UTC)),
        ("end_of_pregnancy", concept("118951000146109"), {"valueDateTime": "2023-12-17"}, date(2023, 12, 17)),
        ("kraamzorg_hours", concept("160631000146109"), {"valueQuantity": quantity(43, "h")}, 43),
        ("kraamzorg_requested", concept("147771000146108"), {"valueBoolean": False}, False),
    ],
)  # fmt: skip
def test_a_code_gives_its_fact(kind, code, value, expected):
    statement = one(read(observation(code, **value)), kind)
    assert statement.value == expected
    assert type(statement.value) is type(expected)


def test_a_twin_pregnancy_gives_the_number_and_the_chorionicity():
    found = read(observation("65147003", valueCodeableConcept=concept("459166009")))
    assert one(found, "fetuses").value == 2
    assert one(found, "chorionicity").value == "dichoriaal_diamniotisch"


@pytest.mark.parametrize(
    ("code", "method", "basis"),
    [
        ("147781000146105", None, "definitive"),
        ("147781000146105", "31541000146106", "definitive"),
        ("161714006", "31541000146106", "ultrasound"),
        ("161714006", "31521000146100", "lmp"),
        ("161714006", "142941000146103", "conception"),
        ("161714006", "31531000146103", "conception"),
        ("161714006", None, "stated"),
    ],
)
def test_a_due_date_says_on_what_it_is_based(code, method, basis):
    more = {"method": concept(method)} if method else {}
    assert one(read(observation(code, valueDateTime="2024-08-08", **more)), "edd").basis == basis


@pytest.mark.parametrize("shape", ["valueDateTime", "valuePeriod", "effectiveDateTime"])
def test_the_start_of_labour_is_read_wherever_it_stands(shape):
    start = "2024-04-09T08:00:00+02:00"
    value = {"start": start} if shape == "valuePeriod" else start
    statement = one(read(observation("160621000146107", **{shape: value})), "labour_start")
    assert statement.value == datetime(2024, 4, 9, 6, tzinfo=UTC)
    assert statement.evidence.path == ("valuePeriod.start" if shape == "valuePeriod" else shape)


@pytest.mark.parametrize(
    ("system", "code", "word"),
    [
        ("urn:oid:2.16.840.1.113883.2.4.4.13.26", "1", "vil_a"),
        ("urn:oid:2.16.840.1.113883.2.4.4.13.26", "4", "vil_d"),
        ("urn:oid:2.16.840.1.113883.2.4.4.13.26", "5", "derde_lijn"),
        ("urn:oid:2.16.840.1.113883.2.4.3.22.1.2.25", "3", "vil_c"),
    ],
)
def test_the_risk_status_is_known_by_the_system_of_its_value(system, code, word):
    found = read(observation("371508000", valueCodeableConcept=concept(coding(code, system))))
    assert one(found, "risk_status").value == word


def test_the_risk_conclusion_of_the_newer_data_set_is_a_clinical_impression():
    finding = [{"itemCodeableConcept": concept("47200007")}]
    impression = {"resourceType": "ClinicalImpression", "id": "ci", "status": "completed", "subject": ref(given.WOMAN)}
    found = read({**impression, "code": concept("386053000"), "finding": finding, "date": "2024-02-01"})
    assert (one(found, "risk_status").value, one(found, "risk_status").at) == ("hoog_risico", date(2024, 2, 1))


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("1", "birth"), ("21", "miscarriage"), ("32", "termination"), ("4", "ectopic")],
)
def test_how_the_pregnancy_ended_is_known_by_the_system_of_its_value(code, outcome):
    value = concept(coding(code, "urn:oid:2.16.840.1.113883.2.4.4.13.46"))
    assert one(read(observation("999", valueCodeableConcept=value)), "outcome").value == outcome


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("34801009", "ectopic"), ("307733001", "miscarriage"), ("59291004", "stillbirth")],
)
def test_a_disorder_that_ends_the_pregnancy_is_an_outcome(code, outcome):
    condition = {"resourceType": "Condition", "id": "c9", "code": concept(code), "subject": ref(given.WOMAN)}
    statement = one(read({**condition, "onsetDateTime": "2024-02-01"}), "outcome")
    assert (statement.value, statement.at, statement.basis) == (outcome, date(2024, 2, 1), "disorder")
    assert read({**condition, "verificationStatus": "entered-in-error"}).statements == ()
    assert read({**condition, "verificationStatus": "refuted"}).statements == ()


def death(phase=None, value=True):
    parts = [{"code": concept("399753006"), "valueDateTime": "2024-05-01"}]
    if phase:
        parts.append({"code": concept("246454002"), "valueCodeableConcept": concept(phase)})
    return observation("276507005", valueBoolean=value, component=parts)


@pytest.mark.parametrize(
    ("phase", "outcome"),
    [(None, "stillbirth"), ("1156675004", "stillbirth"), ("237361005", "stillbirth"), ("303114002", "birth")],
)
def test_perinatal_death_before_or_during_birth_is_a_stillbirth_after_it_a_birth(phase, outcome):
    statement = one(read(death(phase)), "outcome")
    assert (statement.value, statement.at) == (outcome, date(2024, 5, 1))


def test_perinatal_death_that_is_denied_says_nothing():
    assert read(death(value=False)).statements == ()


def test_a_termination_as_type_of_delivery_is_the_outcome_too():
    found = read(observation("364336006", valueCodeableConcept=concept("386639001")))
    assert one(found, "delivery_type").value == "zwangerschapsafbreking"
    assert one(found, "outcome").value == "termination"


def test_a_caesarean_gives_the_start_of_the_operation_and_an_act():
    period = {"start": "2024-07-24T14:03:00+02:00", "end": "2024-07-24T14:52:00+02:00"}
    found = read(procedure("80771000146107", performedPeriod=period))
    assert one(found, "operation_start").value == datetime(2024, 7, 24, 12, 3, tzinfo=UTC)
    assert the_act(found).kind == "sectio"


def test_a_coverage_gives_the_insurer_with_its_period():
    insurer = given.organisation("z", name="Veilig")
    insurer["identifier"] = [{"system": given.UZOVI_SYSTEM, "value": "1000"}]
    coverage = {"resourceType": "Coverage", "id": "cov", "beneficiary": ref(given.WOMAN)}
    coverage |= {"period": {"start": "2024-01-01", "end": "2025-12-31"}, "payor": [ref("Organization/z")]}
    found = read(coverage, insurer)
    statement = one(found, "insurer")
    assert (statement.value, statement.display) == ("1000", "Veilig")
    assert (statement.valid.start, statement.valid.end) == (date(2024, 1, 1), date(2025, 12, 31))
    assert found.organisations == ()  # an insurer gives no care
    assert values(read({**coverage, "status": "cancelled"}, insurer), "insurer") == []


def test_an_insurer_without_a_uzovi_system_is_kept_as_sent_and_not_read_as_one():
    insurer = given.organisation("z", name="NN")
    insurer["identifier"] = [{"value": "1235"}]
    coverage = {"resourceType": "Coverage", "id": "cov", "beneficiary": ref(given.WOMAN)}
    found = read({**coverage, "payor": [ref("Organization/z")]}, insurer)
    assert one(found, "insurer").value == Coded("1235", None, "NN")


def test_who_pays_herself_is_known_to_be_uninsured():
    pays = concept(coding("pay", "http://hl7.org/fhir/coverage-selfpay"))
    coverage = {"resourceType": "Coverage", "id": "cov", "type": pays, "beneficiary": ref(given.WOMAN)}
    found = read({**coverage, "payor": [ref(given.WOMAN)]})
    assert [(s.kind, s.value) for s in found.statements] == [("insured", False)]


KINDS = {
    "169711001": "intake",
    "11429006": "consult",
    "158111000146102": "prenataal_huisbezoek_kraamzorg",
    "236973005": "bevalling",
    "816968003": "partusassistentie",
    "133906008": "postnatale_zorg",
    "158101000146104": "kraamzorg",
    "384636006": "nacontrole",
}
PROCEDURES = {
    "133601000146101": "termijnecho",
    "143691000146108": "seo_1",
    "143701000146108": "seo_2",
    "7751000146103": "nipt",
    "149821000146109": "counseling",
    "281568006": "ctg",
    "387678005": "versie",
    "396550006": "lab",
    "15220000": "lab",
    "32485007": "opname",
    "11466000": "sectio",
    "3950001": "geboorte",
    "86531000146104": "guo",
    "241491007": "echo",
}


@pytest.mark.parametrize(("code", "kind"), KINDS.items())
def test_a_kind_of_contact_is_an_act(code, kind):
    act = the_act(read(given.encounter(code)))
    assert (act.kind, act.state, act.when.start) == (kind, "done", date(2024, 2, 1))


@pytest.mark.parametrize(("code", "kind"), PROCEDURES.items())
def test_a_procedure_is_an_act(code, kind):
    assert the_act(read(procedure(code))).kind == kind


def test_a_code_we_do_not_know_is_kept_with_its_text():
    act = the_act(read(procedure(concept(coding("12345", SCT, "iets nieuws")))))
    assert (act.kind, act.code) == ("overig", Coded("12345", SCT, "iets nieuws"))


def test_what_vendors_write_as_text_where_there_is_no_code():
    act = the_act(read({**given.encounter(), "type": [{"text": "Preconceptieconsult"}]}))
    assert (act.kind, act.code.display) == ("preconceptie", "Preconceptieconsult")


def test_an_observation_can_be_the_record_of_an_act():
    assert the_act(read(observation("281568006", effectiveDateTime="2024-07-23"))).kind == "ctg"
    assert read(observation("7751000146103", valueBoolean=False)).acts == ()


def test_a_report_of_an_act_that_is_also_there_is_not_a_second_act():
    report = {"resourceType": "DiagnosticReport", "id": "dr", "status": "final", "code": concept("143701000146108")}
    report |= {"subject": ref(given.WOMAN), "effectiveDateTime": "2024-03-20"}
    assert the_act(read(report)).kind == "seo_2"
    done = procedure("143701000146108", performedDateTime="2024-03-20T10:00:00+01:00")
    assert the_act(read(report, done)).evidence.reference == "Procedure/p1"
    other_day = procedure("143701000146108", performedDateTime="2024-03-21")
    assert len(read(report, other_day).acts) == 2


def test_an_appointment_is_planned_care():
    appointment = {"resourceType": "Appointment", "id": "a", "status": "booked", "start": "2024-09-01T10:00:00+02:00"}
    appointment |= {"serviceType": [concept("384636006")], "participant": [{"actor": ref(given.WOMAN)}]}
    act = the_act(read(appointment))
    assert (act.kind, act.state) == ("nacontrole", "planned")
    assert read({**appointment, "status": "cancelled"}).acts == ()


@pytest.mark.parametrize(
    ("status", "state"), [("planned", "planned"), ("in-progress", "in_progress"), ("finished", "done")]
)
def test_the_state_of_a_contact(status, state):
    assert the_act(read(given.encounter("11429006", status=status))).state == state


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_contact_that_did_not_happen_is_left_out(status):
    assert read(given.encounter("11429006", status=status)).acts == ()


def test_a_procedure_that_was_not_done_is_declined_and_gives_no_fact():
    found = read(procedure("143701000146108", notDone=True, performedDateTime="2024-03-20"))
    assert the_act(found).state == "declined"
    assert read(procedure("80771000146107", notDone=True, performedDateTime="2024-03-20")).statements == ()
    assert the_act(read(procedure("143701000146108", status="not-done"), dialect="nl-core-r4")).state == "declined"


def test_an_observation_entered_in_error_says_nothing():
    assert read(observation("161714006", valueDateTime="2024-08-08", status="entered-in-error")).statements == ()


@pytest.mark.parametrize(("code", "kind"), [("308292007", "overdracht"), ("11429006", "consult"), ("1", "overig")])
def test_a_referral_says_from_whom_to_whom_and_whether_it_moves_responsibility(code, kind):
    request = {"resourceType": "ReferralRequest", "id": "r", "status": "active", "type": concept(code)}
    request |= {"subject": ref(given.WOMAN), "context": ref("EpisodeOfCare/e1"), "authoredOn": "2024-01-04"}
    request |= {"requester": {"agent": ref("Organization/a")}, "recipient": [ref("Organization/b")]}
    found = read(request, given.organisation("a", ura="08001234"), given.organisation("b", agb="06020806"))
    (referral,) = found.referrals
    assert (referral.kind, referral.at, referral.state) == (kind, date(2024, 1, 4), "active")
    assert (referral.sender.id, referral.receiver.id) == ("ura:08001234", "agb:06020806")
    assert referral.dossier == "EpisodeOfCare/e1"
    assert read({**request, "status": "cancelled"}).referrals == ()


def test_an_act_knows_who_asked_for_it():
    request = {"resourceType": "ReferralRequest", "id": "r", "status": "active", "subject": ref(given.WOMAN)}
    request |= {"requester": {"agent": ref("Organization/a")}}
    echo = procedure("143701000146108", basedOn=[ref("ReferralRequest/r")])
    found = read(request, echo, given.organisation("a", agb="08001234"))
    assert the_act(found).referrer.agb == "08001234"


def test_every_statement_and_act_says_where_it_came_from():
    resource = observation("161714006", valueDateTime="2024-08-08", meta={"versionId": "7"})
    found = read(resource, given.encounter("11429006"), given.episode(managing="Organization/a"),
                 given.organisation("a", agb="08001234"))  # fmt: skip
    assert one(found, "edd").evidence == Evidence("vp", "Observation/o1", "7", "valueDateTime", "08001234")
    assert the_act(found).evidence == Evidence("vp", "Encounter/n1", "3", "type", "08001234")


def test_the_care_manager_of_a_dossier_is_known_by_name():
    person = {"resourceType": "Practitioner", "id": "x", "name": [{"given": ["Gemma"], "family": "Groeneboom"}]}
    work = {**given.role("r", "Organization/b"), "practitioner": ref("Practitioner/x")}
    owner = given.organisation("b", agb="08001234", name="De Bron")
    dossier = given.episode("e7", careManager=given.performed_by("PractitionerRole/r"))
    found = read(given.patient(), dossier, person, work, owner)
    manager = one(found, "case_manager")
    assert (manager.value, manager.at, manager.dossier) == ("Gemma Groeneboom", date(2024, 1, 6), "EpisodeOfCare/e7")
    assert (manager.evidence.path, manager.evidence.organisation) == ("careManager", "08001234")
    by_display = given.episode("e8", careManager=ref("Practitioner/nobody", display="G. Groeneboom"))
    assert values(read(given.patient(), by_display), "case_manager") == ["G. Groeneboom"]


def test_of_a_dossier_of_the_kraamzorg_the_care_manager_is_not_hers():
    care = given.episode("e7", managing="Organization/k", careManager=ref("Practitioner/x", display="Iemand"))
    found = read(given.patient(), care, given.organisation("k", agb="33112345", kind="K4"))
    assert values(found, "case_manager") == []
