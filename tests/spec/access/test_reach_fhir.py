"""The FHIR endpoint is narrowed in every interaction to what its caller may see."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from adapter.access import Identified, Purpose
from adapter.model.sources import RecordKey
from support.reach_world import (
    ANNA,
    BERTA,
    CONTROLLER,
    Doors,
    agb,
    care_provider,
    herself,
    identified,
    referral,
    region,
    secret,
    system,
    woman,
)

WHO: dict[str, Identified] = {
    "epd-vp": identified(system("vp"), source="vp", scopes=("system/*.cruds",)),
    "epd-zh": identified(system("zh"), source="zh", scopes=("system/*.cruds",)),
    "epd-kz": identified(system("kz"), source="kz", scopes=("system/*.cruds",)),
    "vroedvrouw": identified(care_provider("vp")),
    "alleen-zorgepisodes": identified(system("vp"), scopes=("system/EpisodeOfCare.rs", "system/Patient.rs")),
    "alleen-waarden": identified(system("vp"), scopes=("system/Observation.rs?code=38082009",)),
    "controller": identified(CONTROLLER, Purpose.HPAYMT),
    "anna-zelf": Identified(
        herself("vp", "vp-anna").actor, frozenset({Purpose.TREAT}), woman=RecordKey("vp", "Patient/vp-anna")
    ),
}


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Anna at the practice and the hospital, referred from the one to the other; Berta at the maternity care."""
    holdings = {
        "vp": [*woman("vp", "anna", ANNA), referral("vp", "anna", "zh")],
        "zh": [*woman("zh", "anna", ANNA), referral("zh", "anna", "zh", sender="vp")],
        "kz": [*woman("kz", "berta", BERTA), *woman("kz", "anna", ANNA)],
    }
    with region(tmp_path_factory.mktemp("fhir"), holdings) as world:
        yield world.doors(WHO)


def test_reading_what_one_may_see(doors: Doors) -> None:
    assert doors.get("epd-vp", "/fhir/stu3/Patient/vp-anna").status_code == 200
    assert doors.get("epd-zh", "/fhir/stu3/Observation/vp-anna-bevinding").json()["comment"] == secret("vp", "anna")


@pytest.mark.parametrize("id", ["kz-berta", "kz-anna", "er-is-niemand"])
def test_what_one_may_not_see_and_what_is_not_there_get_the_same_answer(doors: Doors, id: str) -> None:
    answer = doors.get("epd-vp", f"/fhir/stu3/Patient/{id}")
    assert answer.status_code == 404
    assert answer.content == doors.get("epd-vp", "/fhir/stu3/Patient/nog-niemand").content


@pytest.mark.parametrize("rest", ["", "/_history", "/_history/1", "/$everything", "/$care-path"])
def test_no_form_of_reading_gives_it(doors: Doors, rest: str) -> None:
    for type, id in (("Patient", "kz-berta"), ("EpisodeOfCare", "kz-berta-dossier")):
        answer = doors.get("epd-vp", f"/fhir/stu3/{type}/{id}{rest}")
        assert answer.status_code == 404, (type, rest)
        assert secret("kz", "berta") not in answer.text


def test_searching_finds_what_one_may_see(doors: Doors) -> None:
    assert doors.found("epd-vp", "Patient") == ["Patient/vp-anna", "Patient/zh-anna"]
    assert doors.found("epd-kz", "Patient") == ["Patient/kz-anna", "Patient/kz-berta"]
    assert doors.found("epd-zh", "EpisodeOfCare?patient=zh-anna") == [
        "EpisodeOfCare/vp-anna-dossier",
        "EpisodeOfCare/zh-anna-dossier",
    ]


@pytest.mark.parametrize(
    "search",
    [
        "Patient?_id=kz-berta",
        f"Patient?identifier=http://fhir.nl/fhir/NamingSystem/bsn|{BERTA}",
        "EpisodeOfCare?patient=kz-berta",
        "Observation?subject=Patient/kz-berta",
        "Observation?context=EpisodeOfCare/kz-berta-dossier",
        "Observation?context:EpisodeOfCare.patient=kz-berta",
        "EpisodeOfCare?_id=kz-berta-dossier&_include=EpisodeOfCare:patient",
        "Patient?_id=kz-berta&_revinclude=EpisodeOfCare:patient",
    ],
)
def test_no_search_finds_what_one_may_not_see(doors: Doors, search: str) -> None:
    answer = doors.get("epd-vp", f"/fhir/stu3/{search}")
    assert "berta" not in json.dumps(answer.json().get("entry", [])), answer.text
    assert answer.json().get("total", 0) == 0


def test_an_include_brings_along_no_more(doors: Doors) -> None:
    found = doors.found("epd-vp", "EpisodeOfCare?_include=EpisodeOfCare:patient&_include=EpisodeOfCare:organization")
    assert {f for f in found if not f.startswith("Organization/")} == {
        "EpisodeOfCare/vp-anna-dossier",
        "EpisodeOfCare/zh-anna-dossier",
        "Patient/vp-anna",
        "Patient/zh-anna",
    }


def test_history_of_a_type_and_of_all_tells_no_more(doors: Doors) -> None:
    for address in ("/fhir/stu3/Patient/_history", "/fhir/stu3/_history?_count=1000"):
        answer = doors.get("epd-vp", address)
        assert answer.status_code == 200
        assert secret("vp", "anna") in answer.text
        for hidden in ("kz-berta", "kz-anna", secret("kz", "berta")):
            assert hidden not in answer.text


def test_everything_of_a_woman_is_everything_that_one_may_see(doors: Doors) -> None:
    answer = doors.get("epd-vp", "/fhir/stu3/Patient/vp-anna/$everything")
    assert secret("zh", "anna") in answer.text
    assert secret("kz", "anna") not in answer.text


def test_the_operation_for_the_care_path_is_narrowed_as_the_page_is(doors: Doors) -> None:
    answer = doors.get("epd-vp", "/fhir/stu3/EpisodeOfCare/vp-anna-dossier/$care-path")
    assert answer.status_code == 200
    import base64

    part = next(p for p in answer.json()["parameter"][0]["part"] if p["name"] == "document")
    document = base64.b64decode(part["valueAttachment"]["data"]).decode()
    assert "kz-anna" not in document
    assert "zh-anna" in document


def test_a_care_token_gets_no_decision_and_a_payment_token_no_care(doors: Doors) -> None:
    assert doors.get("epd-vp", "/fhir/stu3/EpisodeOfCare/vp-anna-dossier/$igo-selection").status_code == 403
    assert doors.get("controller", "/fhir/stu3/EpisodeOfCare/vp-anna-dossier/$igo-selection").status_code == 200
    for address in ("Patient/vp-anna", "Observation", "EpisodeOfCare/vp-anna-dossier/$care-path", "_history"):
        answer = doors.get("controller", f"/fhir/stu3/{address}")
        assert answer.status_code == 403, address
        assert secret("vp", "anna") not in answer.text


def test_the_woman_sees_all_that_is_hers_without_her_bsn(doors: Doors) -> None:
    found = doors.found("anna-zelf", "Patient")
    assert found == ["Patient/kz-anna", "Patient/vp-anna", "Patient/zh-anna"]
    answer = doors.get("anna-zelf", "/fhir/stu3/Patient")
    assert ANNA not in answer.text
    assert doors.get("anna-zelf", "/fhir/stu3/Patient/kz-berta").status_code == 404


def test_the_scopes_of_a_token_leave_kinds_of_data_out_of_what_is_brought_along(doors: Doors) -> None:
    token = "alleen-zorgepisodes"
    assert "Patient/vp-anna" in doors.found(token, "EpisodeOfCare?_include=EpisodeOfCare:patient")
    answer = doors.get(token, "/fhir/stu3/Patient/vp-anna/$everything")
    kinds = {e["resource"]["resourceType"] for e in answer.json().get("entry", [])}
    assert kinds <= {"Patient", "EpisodeOfCare"}
    assert doors.get(token, "/fhir/stu3/Observation/vp-anna-hb").status_code == 403


def test_a_scope_for_some_resources_of_a_type_shows_those_alone(doors: Doors) -> None:
    assert doors.found("alleen-waarden", "Observation") == ["Observation/vp-anna-hb", "Observation/zh-anna-hb"]
    assert doors.get("alleen-waarden", "/fhir/stu3/Observation/vp-anna-bevinding").status_code == 404


@pytest.mark.parametrize(
    ("token", "address", "told"),
    [
        ("controller", "Patient/{}", "this is for care (TREAT), and this token or session is for payment (HPAYMT)"),
        (
            "vroedvrouw",
            "Patient/{}/$igo-selection",
            "this is for payment (HPAYMT), and this token or session is for care (TREAT)",
        ),
    ],
)
def test_who_holds_another_purpose_is_told_which_is_needed_and_nothing_of_a_woman(
    doors: Doors, token: str, address: str, told: str
) -> None:
    answers = [doors.get(token, f"/fhir/stu3/{address.format(id)}") for id in ("vp-anna", "kz-berta", "niemand")]
    assert {answer.status_code for answer in answers} == {403}
    assert answers[0].json()["issue"][0]["diagnostics"].endswith(told)
    assert len({answer.content for answer in answers}) == 1


def test_a_source_writes_as_itself_alone(doors: Doors) -> None:
    mine = {"resourceType": "Patient", "id": "zh-anna", "birthDate": "1990-05-04"}
    headers = {"Content-Type": "application/fhir+json"}
    answer = doors.ask("epd-vp", "PUT", "/fhir/stu3/Patient/zh-anna", content=json.dumps(mine), headers=headers)
    assert answer.status_code == 201, "it is its own Patient of that id, and not the hospital's"
    theirs = doors.get("epd-zh", "/fhir/stu3/Patient/zh-anna").json()
    assert theirs["address"] == [{"city": secret("zh", "anna")}]
    answer = doors.ask(
        "vroedvrouw", "PUT", "/fhir/stu3/Patient/x", content=json.dumps(mine | {"id": "x"}), headers=headers
    )
    assert answer.status_code == 403


def test_an_epd_is_told_in_its_own_screen_what_it_may_see(doors: Doors) -> None:
    def hook(token: str, patient: str) -> str:
        context = {"patientId": patient, "userId": "Practitioner/7"}
        asked = {"hook": "patient-view", "hookInstance": "1", "context": context}
        answer = doors.ask(token, "POST", "/cds-services/geboortezorg-zorgpad", json=asked)
        assert answer.status_code == 200, answer.text
        return answer.text

    assert "Open het zorgpad" in hook("epd-vp", "vp-anna")
    seen = doors.world.application._rooms.audit.read(limit=1)[0]
    assert seen.user.endswith("|Practitioner/7") and seen.organisation == agb("vp")
    assert hook("epd-vp", "kz-berta") == '{"cards":[]}'
    assert agb("vp")
