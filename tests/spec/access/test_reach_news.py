"""News: an open page and a subscription are told of what their reader may see, and of nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from adapter.model.sources import FhirVersion, Media, Received
from adapter.service.consents.consent import ConsentDraft, ConsentParty
from adapter.service.endpoint.scope import Caller
from adapter.service.port import UnknownPregnancyError
from support.reach_world import ANNA, AT, BERTA, World, agb, care, care_provider, referral, region, system, woman

ENDPOINT = "https://epd.example/nieuws"


@pytest.fixture
def anna(tmp_path: Path) -> Iterator[World]:
    """Anna at the practice and the maternity care; the hospital was referred to by the practice."""
    holdings = {
        "vp": [*woman("vp", "anna", ANNA), referral("vp", "anna", "zh"), *woman("vp", "berta", BERTA)],
        "zh": [],
        "kz": woman("kz", "anna", ANNA),
        "vp2": [],
    }
    with region(tmp_path, holdings) as world:
        yield world


def arrives(world: World, source: str, who: str, id: str = "nieuw") -> None:
    """Something new comes in at a source."""
    patient = f"Patient/{source}-{who}"
    body = {"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "x"}}
    body |= {"subject": {"reference": patient}, "context": {"reference": f"EpisodeOfCare/{source}-{who}-dossier"}}
    got = Received(
        source, FhirVersion.STU3, Media.JSON, "Observation", id, None, json.dumps(body).encode(), patient, patient
    )
    world.application._rooms.store.append([got], AT)


def test_an_open_page_is_told_of_its_own_part_alone(anna: World) -> None:
    changes, pregnancy = anna.application.changes, anna.pregnancy("vp")
    only = changes.watch(care(care_provider("vp")), pregnancy)
    before = changes.of(pregnancy, only)
    arrives(anna, "kz", "anna")
    assert changes.of(pregnancy, only) == before
    assert changes.of(pregnancy) != before
    arrives(anna, "vp", "anna")
    assert changes.of(pregnancy, only) != before


def test_with_consent_withdrawn_an_open_page_is_told_no_more_of_it(anna: World) -> None:
    changes, pregnancy, reader = anna.application.changes, anna.pregnancy("vp"), care(care_provider("kz"))
    said = ConsentDraft(True, ConsentParty(agb("vp")), ConsentParty(agb("kz")))
    id = anna.says(care_provider("vp"), said, pregnancy)
    assert {r.source for r in changes.watch(reader, pregnancy) or ()} == {"vp", "kz"}
    before = changes.anything()
    anna.application.consents.withdraw(care(care_provider("vp")), pregnancy, id, "op haar verzoek")
    assert changes.anything() != before, "so that every open page asks again"
    assert {r.source for r in changes.narrowed(reader, pregnancy) or ()} == {"kz"}


def test_who_does_not_treat_her_watches_nothing(anna: World) -> None:
    with pytest.raises(UnknownPregnancyError):
        anna.application.changes.watch(care(care_provider("vp2")), anna.pregnancy("vp"))


def caller(world: World, source: str) -> Caller:
    return world.application.fhir.caller(care(system(source)), source)


async def public(host: str, port: int) -> list[str]:
    """Every name is one of the internet."""
    return ["93.184.216.34"]


def told(world: World) -> list[str]:
    """The addresses that are told of what is new."""
    heard: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request.url.path)
        assert request.content == b""
        return httpx.Response(204)

    world.application.fhir.notifier.transport = httpx.MockTransport(answer)
    world.application.fhir.notifier.receivers.resolve = public
    asyncio.run(world.application.fhir.notifier.tell())
    return sorted(heard)


def subscribe(world: World, source: str) -> None:
    resource = {
        "resourceType": "Subscription",
        "status": "requested",
        "criteria": "Observation?",
        "channel": {"type": "rest-hook", "endpoint": f"https://epd.example/{source}"},
    }
    world.application.fhir.notifier.subscribe(caller(world, source), FhirVersion.STU3, resource)


def test_a_subscription_is_told_of_women_whom_its_owner_may_see(anna: World) -> None:
    for source in ("vp", "zh", "kz", "vp2"):
        subscribe(anna, source)
    arrives(anna, "vp", "anna")
    assert told(anna) == ["/vp", "/zh"]
    arrives(anna, "kz", "anna")
    assert told(anna) == ["/kz"]
    arrives(anna, "vp", "berta", "nog-een")
    assert told(anna) == ["/vp"]


def test_what_is_kept_of_who_asked_is_shown_to_nobody(anna: World) -> None:
    subscribe(anna, "vp")
    notifier = anna.application.fhir.notifier
    (one,) = notifier._kept.all()
    assert "_who" not in notifier.read(caller(anna, "vp"), FhirVersion.STU3, one.id)
