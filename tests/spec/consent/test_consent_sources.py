"""Toestemmingen die een bron heeft: opgehaald of gestuurd, en ingetrokken bij de bron."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapter.access import Actor, ActorKind, Context, Purpose, Role
from adapter.model.sources import FhirVersion, Media
from adapter.service.endpoint.scope import Caller
from adapter.service.endpoint.write import Change
from tests.support.consent_world import AGB, AGB_SYSTEM, World, caller, woman, world


def consent(holder: str, reader: str, permit: bool = True, status: str = "active", id: str = "t1") -> dict[str, Any]:
    """A STU3 Consent of the woman at this source."""
    role = {"coding": [{"system": "http://hl7.org/fhir/v3/ParticipationType", "code": "IRCP"}]}

    def named(source: str) -> dict[str, Any]:
        return {"identifier": {"system": AGB_SYSTEM, "value": AGB[source]}}

    return {
        "resourceType": "Consent",
        "id": id,
        "status": status,
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": "Patient/v1"},
        "dateTime": "2026-02-01",
        "organization": [named(holder)],
        "policyRule": "http://voorbeeld.nl/regel",
        "except": [{"type": "permit" if permit else "deny", "actor": [{"role": role, "reference": named(reader)}]}],
    }


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        made.epds["praktijk"].discovered["Patient/v1"] = woman()
        made.epds["kraamzorg"].discovered["Patient/k1"] = woman("k1")
        await made.pull()
        yield made


async def pulled(here: World, resource: dict[str, Any]) -> None:
    """The praktijk has this Consent now, and is asked again."""
    held = here.epds["praktijk"].discovered["Patient/v1"]
    here.epds["praktijk"].discovered["Patient/v1"] = [
        *(r for r in held if r["id"] != resource["id"]),
        resource,
    ]
    await here.pull()


async def pushed(here: World, resource: dict[str, Any]) -> None:
    """The EPD of the praktijk puts it on our endpoint."""
    actor = Actor("epd-praktijk", "EPD", f"agb:{AGB['praktijk']}", (Role.BRON.value,), kind=ActorKind.SYSTEM)
    sender = Caller(Context(actor, Purpose.TREAT), source="praktijk")
    here.later(seconds=1)
    change = Change("Consent", resource["id"], json.dumps(resource).encode(), Media.JSON, resource)
    await here.application.fhir.writer(FhirVersion.STU3).write(sender, [change])


def sees(here: World, who: str, source: str) -> bool:
    return next(s.resources for s in here.path(who).sources if s.source == source) > 0


@pytest.mark.parametrize("way", [pulled, pushed])
async def test_de_praktijk_heeft_haar_toestemming_vastgelegd(here: World, way: Any) -> None:
    assert not sees(here, "kraamzorg", "praktijk")
    await way(here, consent("praktijk", "kraamzorg"))
    assert sees(here, "kraamzorg", "praktijk")


@pytest.mark.parametrize("way", [pulled, pushed])
async def test_de_praktijk_trekt_haar_in(here: World, way: Any) -> None:
    await way(here, consent("praktijk", "kraamzorg"))
    await way(here, consent("praktijk", "kraamzorg", status="inactive"))
    assert not sees(here, "kraamzorg", "praktijk")
    (line,) = here.application.consents.of(caller("praktijk"), here.pregnancy).statements
    assert (line.origin, line.state, line.recorded_by) == ("praktijk", "withdrawn", "Praktijk")


async def test_een_bron_geeft_geen_toestemming_voor_wat_een_ander_heeft(here: World) -> None:
    await pulled(here, consent("kraamzorg", "praktijk"))
    assert not sees(here, "praktijk", "kraamzorg")
    (line,) = here.application.consents.of(caller("praktijk"), here.pregnancy).statements
    assert line.rules == ()
    assert "alleen van de organisatie die de gegevens heeft" in line.problems[0]


async def test_een_bezwaar_telt_van_welke_bron_ook(here: World) -> None:
    await pulled(here, consent("praktijk", "kraamzorg"))
    await pulled(here, consent("praktijk", "kraamzorg", permit=False, id="t2"))
    assert not sees(here, "kraamzorg", "praktijk")


async def test_wat_een_bron_vastlegde_trekken_wij_niet_in(here: World) -> None:
    await pulled(here, consent("praktijk", "kraamzorg"))
    (line,) = here.application.consents.of(caller("praktijk"), here.pregnancy).statements
    assert not line.withdrawable


async def test_wie_de_bron_niet_mag_zien_ziet_haar_toestemming_niet(here: World) -> None:
    """Anders vertelt die toestemming dat de vrouw daar bekend is."""
    await pulled(here, consent("praktijk", "ziekenhuis"))
    assert here.application.consents.of(caller("kraamzorg"), here.pregnancy).statements == ()
    assert len(here.application.consents.of(caller("praktijk"), here.pregnancy).statements) == 1
