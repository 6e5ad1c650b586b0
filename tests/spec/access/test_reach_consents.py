"""Consents by FHIR search: what the sources sent and what was recorded here, to who may see it, in both versions."""

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
    CONTROLLER,
    Doors,
    agb,
    care,
    care_provider,
    herself,
    identified,
    region,
    system,
    woman,
)

WHO = {
    "epd-vp": identified(system("vp"), source="vp", scopes=("system/*.cruds",)),
    "epd-kz": identified(system("kz"), source="kz", scopes=("system/*.cruds",)),
    "epd-vp2": identified(system("vp2"), source="vp2", scopes=("system/*.cruds",)),
    "zonder": identified(system("vp"), source="vp", scopes=("system/Patient.rs",)),
    "deels": identified(system("vp"), source="vp", scopes=("system/Consent.rs?status=inactive", "system/Patient.rs")),
    "controller": identified(CONTROLLER, Purpose.HPAYMT),
    "vroedvrouw": identified(care_provider("vp")),
    "anna-zelf": Identified(
        herself("vp", "vp-anna").actor, frozenset({Purpose.TREAT}), woman=RecordKey("vp", "Patient/vp-anna")
    ),
}
SENT = {
    "resourceType": "Consent",
    "id": "vp-anna-toestemming",
    "status": "active",
    "patient": {"reference": "Patient/vp-anna"},
    "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
    "policy": [{"uri": "http://example.org"}],
}


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    """Anna at the practice and at the maternity care, for which she gave consent at the practice."""
    holdings = {
        "vp": [*woman("vp", "anna", ANNA), SENT],
        "kz": woman("kz", "anna", ANNA),
        "vp2": woman("vp2", "berta", BERTA),
    }
    with region(tmp_path, holdings) as world:
        yield world.doors(WHO)


def says(doors: Doors, *, this_pregnancy: bool = False) -> str:
    said = ConsentDraft(True, ConsentParty(agb("vp")), ConsentParty(agb("kz")), this_pregnancy=this_pregnancy)
    return doors.world.says(care_provider("vp"), said, doors.world.pregnancy("vp"))


def found(doors: Doors, who: str, search: str, at: str = "stu3") -> dict[str, Any]:
    answer = doors.get(who, f"/fhir/{at}/Consent?{search}")
    assert answer.status_code == 200, answer.text
    entries = answer.json().get("entry", [])
    assert answer.json().get("total", len(entries)) == len(entries)
    return {e["resource"]["id"]: e["resource"] for e in entries}


def test_what_was_sent_and_what_was_recorded_are_found_together(doors: Doors) -> None:
    made = says(doors)
    here = found(doors, "epd-vp", "patient=vp-anna")
    assert set(here) == {"vp-anna-toestemming", made}
    assert here[made]["patient"] == {"reference": "Patient/vp-anna"}
    assert set(found(doors, "vroedvrouw", "patient=Patient/vp-anna")) == {"vp-anna-toestemming", made}
    assert set(found(doors, "epd-vp", "patient=vp-anna&status=inactive")) == set()
    assert set(found(doors, "epd-vp", f"patient=vp-anna&_id={made}")) == {made}
    assert set(found(doors, "epd-vp", "patient=vp-anna&category=59284-0")) == {"vp-anna-toestemming", made}
    assert found(doors, "epd-vp", "patient=vp-anna&_lastUpdated=gt2090-01-01") == {}
    counted = doors.get("epd-vp", "/fhir/stu3/Consent?patient=vp-anna&_summary=count").json()
    assert (counted["total"], counted.get("entry", [])) == (2, [])


@pytest.mark.parametrize(("version", "part"), [(FhirVersion.STU3, "except"), (FhirVersion.R4, "provision")])
@pytest.mark.parametrize("this_pregnancy", [True, False])
def test_each_version_has_its_own_shape(doors: Doors, version: FhirVersion, part: str, *, this_pregnancy: bool) -> None:
    made, desk = says(doors, this_pregnancy=this_pregnancy), doors.world.application.consents
    desk.withdraw(care(care_provider("vp")), doors.world.pregnancy("vp"), made, "wens")
    (mine,) = desk.recorded(care(care_provider("vp")), doors.world.woman("vp"), "Patient/vp-anna", version)
    assert (mine["id"], mine["status"], mine["patient"]["reference"]) == (made, "inactive", "Patient/vp-anna")
    assert part in mine
    assert fhir.check(fhir.to_json(mine), Media.JSON, version).problem is None


def test_the_other_version_knows_no_patient_of_this_one(doors: Doors) -> None:
    says(doors)
    answer = doors.get("epd-vp", "/fhir/r4/Consent?patient=vp-anna")
    assert (answer.status_code, answer.json().get("entry")) == (200, None), "her Patient here is one of STU3"


def test_the_woman_finds_her_own(doors: Doors) -> None:
    made = says(doors)
    assert set(found(doors, "anna-zelf", "")) == {"vp-anna-toestemming", made}


def test_who_may_not_see_on_what_it_hangs_finds_nothing(doors: Doors) -> None:
    before = found(doors, "epd-kz", "patient=kz-anna")
    assert before == {}
    made = says(doors)  # it opens the record of the practice to the maternity care, and with it what was said there
    assert set(found(doors, "epd-kz", "patient=kz-anna")) == {"vp-anna-toestemming", made}
    for who, search in (("epd-vp2", "patient=vp-anna"), ("epd-vp2", "patient=vp2-berta"), ("epd-vp2", "")):
        assert found(doors, who, search) == {}


def test_within_the_scopes_of_the_token(doors: Doors) -> None:
    made = says(doors)
    assert doors.get("zonder", "/fhir/stu3/Consent?patient=vp-anna").status_code == 403
    assert doors.get("controller", "/fhir/stu3/Consent?patient=vp-anna").status_code == 403
    assert found(doors, "deels", "patient=vp-anna") == {}
    doors.world.application.consents.withdraw(care(care_provider("vp")), doors.world.pregnancy("vp"), made, "wens")
    assert set(found(doors, "deels", "patient=vp-anna")) == {made}
