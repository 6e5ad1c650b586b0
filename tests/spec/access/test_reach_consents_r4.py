"""Consents by search in R4, with a source of R4: GET and POST, by id and by BSN; what was sent, what was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapter import fhir
from adapter.access import Identified, Purpose
from adapter.model.sources import FhirVersion, Media, RecordKey
from adapter.service.consents.consent import ConsentDraft, ConsentParty
from support.reach_world import (
    ANNA,
    BERTA,
    BSN_SYSTEM,
    SNOMED,
    Doors,
    agb,
    care,
    care_provider,
    herself,
    identified,
    opened,
    system,
    woman,
    written,
)

SCOPES = ("system/*.cruds",)
WHO = {
    "epd-zh": identified(system("zh"), source="zh", scopes=SCOPES),
    "epd-vp": identified(system("vp"), source="vp", scopes=SCOPES),
    "epd-vp2": identified(system("vp2"), source="vp2", scopes=SCOPES),
    "anna-zelf": Identified(
        herself("zh", "zh-anna").actor, frozenset({Purpose.TREAT}), woman=RecordKey("zh", "Patient/zh-anna")
    ),
}
SENT = {
    "resourceType": "Consent",
    "id": "zh-anna-toestemming",
    "status": "active",
    "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
    "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
    "patient": {"reference": "Patient/zh-anna"},
    "policy": [{"uri": "http://example.org"}],
}


def r4(who: str, bsn: str) -> list[dict[str, Any]]:
    """Her record at the hospital."""
    subject, dossier = {"reference": f"Patient/zh-{who}"}, f"zh-{who}-dossier"
    return [
        {
            "resourceType": "Patient",
            "id": f"zh-{who}",
            "identifier": [{"system": BSN_SYSTEM, "value": bsn}],
            "name": [{"family": who.capitalize()}],
            "birthDate": "1990-05-04",
        },
        {
            "resourceType": "EpisodeOfCare",
            "id": dossier,
            "status": "active",
            "type": [{"coding": [{"system": SNOMED, "code": "364320009"}]}],
            "patient": subject,
            "managingOrganization": {"reference": "Organization/zh"},
            "period": {"start": "2024-03-01"},
        },
    ]


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    """Anna at a practice (STU3) and at a hospital (R4), to which she gave consent."""
    holdings = {
        "vp": woman("vp", "anna", ANNA),
        "zh": [*r4("anna", ANNA), SENT, *r4("berta", BERTA)],
        "vp2": woman("vp2", "berta", BERTA),
    }
    config = written(tmp_path, holdings)
    text = config.read_text("utf-8")
    before, here, after = text.partition('id = "zh"')
    after = after.replace("nictiz-geboortezorg-stu3", "nl-core-r4", 1).replace('"3.0"', '"4.0"', 1)
    config.write_text(before + here + after, "utf-8")
    with opened(config) as world:
        yield world.doors(WHO)


def ids(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.text
    assert fhir.check(answer.content, Media.JSON, FhirVersion.R4).problem is None
    found = answer.json()
    entries = found.get("entry", [])
    assert found.get("total", len(entries)) == len(entries)
    assert ANNA not in found["link"][0]["url"]
    return {e["resource"]["id"] for e in entries if e["resource"]["resourceType"] == "Consent"}


def ask(doors: Doors, who: str, post: bool, **search: str) -> set[str]:
    if post:
        return ids(doors.ask(who, "POST", "/fhir/r4/Consent/_search", data=search))
    return ids(doors.get(who, "/fhir/r4/Consent", params=search))


def recorded(doors: Doors) -> str:
    said = ConsentDraft(True, ConsentParty(agb("zh")), ConsentParty(agb("vp")), this_pregnancy=False)
    return doors.world.says(care_provider("zh"), said, doors.world.pregnancy("zh"))


@pytest.mark.parametrize("post", [False, True])
def test_what_was_sent_and_what_was_recorded_are_found_together(doors: Doors, *, post: bool) -> None:
    made = recorded(doors)
    both = {"zh-anna-toestemming", made}
    assert ask(doors, "epd-zh", post, patient="zh-anna") == both
    assert ask(doors, "epd-zh", post, patient="Patient/zh-anna", status="active") == both
    assert ask(doors, "epd-zh", post, patient="zh-anna", status="inactive") == set()
    assert ask(doors, "epd-zh", post, patient="zh-anna", category="http://loinc.org|59284-0") == both
    assert ask(doors, "epd-zh", post, patient="zh-anna", _id=made) == {made}
    assert ask(doors, "epd-vp", post, patient="zh-anna") == both, "by the consent itself the practice sees her here"
    assert ask(doors, "anna-zelf", post) == both
    doors.world.application.consents.withdraw(care(care_provider("zh")), doors.world.pregnancy("zh"), made, "wens")
    assert ask(doors, "epd-zh", post, patient="zh-anna", status="inactive") == {made}
    assert ask(doors, "epd-vp", post, patient="zh-anna") == set()


def test_by_bsn_in_the_body_alone(doors: Doors) -> None:
    made, bsn = recorded(doors), f"{BSN_SYSTEM}|{ANNA}"
    assert ask(doors, "epd-zh", True, **{"patient.identifier": bsn}) == {"zh-anna-toestemming", made}
    assert ask(doors, "epd-zh", True, **{"patient:Patient.identifier": bsn}) == {"zh-anna-toestemming", made}
    assert ask(doors, "epd-vp2", True, **{"patient.identifier": bsn}) == set()
    refused = doors.get("epd-zh", "/fhir/r4/Consent", params={"patient.identifier": bsn})
    assert refused.status_code == 400
    assert ANNA not in refused.text


@pytest.mark.parametrize("post", [False, True])
def test_who_may_not_see_her_finds_nothing(doors: Doors, *, post: bool) -> None:
    recorded(doors)
    assert ask(doors, "epd-vp2", post, patient="zh-anna") == set()
    assert ask(doors, "epd-vp2", post, patient="vp-anna") == set()
    assert ask(doors, "epd-vp2", post) == set()
    assert ask(doors, "epd-zh", post, patient="zh-berta") == set(), "of another woman nothing was said"
