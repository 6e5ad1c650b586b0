"""Reading Patient resources, the Dutch way."""

from datetime import UTC, date, datetime

import pytest

import builders_facts as given
from adapter import facts
from adapter.model.facts import Name
from adapter.model.identifiers import Bsn
from builders_facts import BSN_SYSTEM, ext, patient, read, stored

HL7 = "http://hl7.org/fhir/StructureDefinition/"


def person(**more):
    return facts.person(stored(patient(**more)), given.source_info())


def test_a_valid_bsn_is_kept_and_never_shown():
    found = person(identifier=[{"system": BSN_SYSTEM, "value": " 999911120 "}, {"system": "urn:x", "value": "7"}])
    assert found.bsn == Bsn("999911120")
    assert found.identifiers == (("urn:x", "7"),)
    assert "999911120" not in repr(found)


def test_a_bsn_is_known_by_its_oid():
    identifier = [{"system": "urn:oid:2.16.840.1.113883.2.4.6.3", "value": "999911120"}]
    assert person(identifier=identifier).bsn == Bsn("999911120")


def test_a_bsn_under_a_system_that_is_nearly_right_is_neither_used_nor_shown():
    found = person(identifier=[{"system": "http://fhir.nl/fhir/NamingSystem/BSN/", "value": "999911120"}])
    assert (found.bsn, found.identifiers) == (None, ())


def test_an_invalid_bsn_is_dropped_with_a_remark_that_does_not_repeat_it():
    found = read(patient(identifier=[{"system": BSN_SYSTEM, "value": "999911121"}]))
    assert found.woman.bsn is None
    (problem,) = found.problems
    assert problem.where == "Patient/anna"
    assert "11-proef" in problem.what
    assert "999911121" not in repr(found)


def test_two_bsns_are_none_with_a_remark_that_repeats_neither():
    both = [{"system": BSN_SYSTEM, "value": v} for v in ("999911120", "999990160", "999911120")]
    found = read(patient(identifier=both))
    assert found.woman.bsn is None
    (problem,) = found.problems
    assert "twee verschillende BSN's" in problem.what
    assert "9999" not in f"{problem}"


def test_a_bsn_that_the_source_calls_old_does_not_count():
    both = [{"system": BSN_SYSTEM, "value": "999911120"}, {"system": BSN_SYSTEM, "value": "999990160", "use": "old"}]
    assert person(identifier=both).bsn == Bsn("999911120")


def test_a_child_never_has_its_mothers_bsn():
    same = [{"system": BSN_SYSTEM, "value": "999911120"}]
    link = [{"other": {"reference": "Patient/anna"}, "type": "seealso"}]
    born = {"resourceType": "Patient", "id": "kind", "birthDate": "2024-11-01", "identifier": same, "link": link}
    found = read(patient(identifier=same), born)
    assert found.woman.bsn == Bsn("999911120")
    assert [child.bsn for child in found.children] == [None]
    assert any("BSN van de moeder" in p.what for p in found.problems)


def test_a_masked_bsn_is_known_to_be_masked():
    masked = {"extension": [ext(HL7 + "data-absent-reason", valueCode="masked")]}
    assert person(identifier=[{"system": BSN_SYSTEM, "_value": masked}]).bsn_masked
    assert not person(identifier=[{"system": BSN_SYSTEM}]).bsn_masked
    assert not person().bsn_masked


def test_own_name_and_partners_name():
    parts = {"humanname-own-prefix": "van", "humanname-own-name": "Putten", "humanname-partner-name": "Giessen"}
    qualifiers = [{"extension": [ext(HL7 + "iso21090-EN-qualifier", valueCode=code)]} for code in ("BR", "IN")]
    name = {
        "text": "Jo van Putten-Giessen",
        "family": "van Putten-Giessen",
        "given": ["Jo", "P."],
        "_given": qualifiers,
    }
    name["_family"] = {"extension": [ext(HL7 + key, valueString=value) for key, value in parts.items()]}
    assert person(name=[name]).name == Name(
        "Jo van Putten-Giessen", ("Jo",), "van Putten-Giessen", "Putten", "van", "Giessen"
    )


def test_the_official_name_goes_before_others_and_initials_count_when_there_is_nothing_else():
    nick, official = {"use": "nickname", "text": "Jo"}, {"use": "official", "family": "Putten", "given": ["J."]}
    assert person(name=[nick, official]).name == Name("Jo", ("J.",), "Putten")


def test_the_address_is_the_home_address():
    line = {"extension": [ext(HL7 + "iso21090-ADXP-houseNumber", valueString="12")]}
    work = {"use": "work", "postalCode": "9999 ZZ"}
    found = person(address=[work, {"use": "home", "postalCode": "1621 ab", "_line": [line]}])
    assert (found.postal_code, found.house_number) == ("1621AB", "12")


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"deceasedDateTime": "2023-09-13"}, date(2023, 9, 13)),
        ({"deceasedBoolean": False}, False),
        ({}, None),
    ],
)
def test_whether_she_has_died(elements, expected):
    assert person(**elements).deceased == expected


def test_a_child_of_a_multiple_birth():
    found = person(multipleBirthInteger=2, gender="female")
    assert (found.birth_order, found.multiple, found.gender) == (2, True, "female")
    assert person(multipleBirthBoolean=False).multiple is False
    assert person().multiple is None


def test_the_time_of_birth_makes_the_birth_date_an_instant():
    time = {"extension": [ext(HL7 + "patient-birthTime", valueDateTime="2024-07-24T14:38:00+02:00")]}
    found = person(birthDate="2024-07-24", _birthDate=time)
    assert found.birth_date == datetime(2024, 7, 24, 12, 38, tzinfo=UTC)
    assert person(birthDate="24-07-2024").birth_date is None


def test_a_patient_that_cannot_be_read_is_still_someone():
    found = facts.person(stored(b"{", kind="Patient", id="anna"), given.source_info())
    assert (found.reference, found.bsn) == ("Patient/anna", None)


def test_children_are_the_other_patients_of_the_record():
    found = read(patient(), patient("kind", birthDate="2024-07-24"))
    assert [c.reference for c in found.children] == ["Patient/kind"]
    assert found.woman.reference == "Patient/anna"
