"""What an operation is asked about, and what becomes of a parameter that it does not take."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from adapter.service.bounds import UNBOUND, Bounds, Limits
from adapter.service.endpoint.service import FhirService
from adapter.service.port import UnknownPregnancyError
from adapter.store import LinkRow
from support.fhir_server import JSON, SNOMED, VP, door, encounter, episode, open_service, patient

LAB = {"Authorization": "Bearer demo.source.lab"}
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
PREGNANT = {"coding": [{"system": SNOMED, "code": "118185001"}]}
CONDITION = {"resourceType": "Condition", "id": "p1", "code": PREGNANT, "subject": {"reference": "Patient/w1"}}


@dataclass
class World:
    """The doors over a care path that is not known yet; `asked`: of which pregnancies, of which day."""

    http: httpx.AsyncClient
    service: FhirService
    asked: list[tuple[str, Any]] = field(default_factory=list)

    async def put(self, base: str, resource: dict[str, Any], who: dict[str, str]) -> None:
        address = f"/fhir/{base}/{resource['resourceType']}/{resource['id']}"
        answer = await self.http.put(address, json=resource, headers={**JSON, **who})
        assert answer.status_code == 201, answer.text

    async def post(self, *parameters: Any, address: str = "EpisodeOfCare/e1/$care-path") -> httpx.Response:
        body = {"resourceType": "Parameters", "parameter": list(parameters)}
        return await self.http.post(f"/fhir/stu3/{address}", json=body, headers=JSON)


@pytest.fixture
def bounds() -> Bounds:
    return UNBOUND


@pytest_asyncio.fixture
async def world(tmp_path: Path, bounds: Bounds) -> AsyncIterator[World]:
    asked: list[tuple[str, Any]] = []

    def answer(_: object, pregnancy: str, *, as_of: object, known_at: object) -> object:
        asked.append((pregnancy, as_of))
        raise UnknownPregnancyError

    with open_service(tmp_path) as service:
        transport = httpx.ASGITransport(door(service, care_path=answer, decision=answer, bounds=bounds))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            world = World(http, service, asked)
            for base, source, who in (("stu3", "vp", VP), ("r4", "lab", LAB)):
                await world.put(base, patient(), who)
                for dossier in ("e1", "e2"):
                    await world.put(base, episode(dossier), who)
                    row = LinkRow(
                        "pregnancy",
                        source,
                        f"EpisodeOfCare/{dossier}",
                        f"{source}-{dossier}",
                        "automatic",
                        b"{}",
                        AT,
                        None,
                    )
                    service.store.add_links([row])
            yield world
        await service.aclose()


R4_CONTACT = {**encounter("c1", "e2"), "class": {"code": "AMB"}}


@pytest.mark.parametrize("operation", ["$care-path", "$igo-selection"])
async def test_a_condition_of_r4_is_of_the_dossier_of_its_contact(world: World, operation: str) -> None:
    await world.put("r4", R4_CONTACT, LAB)
    await world.put("r4", {**encounter("c2", "e1"), "class": {"code": "AMB"}}, LAB)
    await world.put("r4", {**CONDITION, "encounter": {"reference": "Encounter/c1"}}, LAB)
    answer = await world.http.get(f"/fhir/r4/Condition/lab-p1/{operation}")
    assert answer.status_code == 404, "its own id, and no other"
    answer = await world.http.get(f"/fhir/r4/Condition/p1/{operation}")
    assert answer.status_code == 200, answer.text
    assert [pregnancy for pregnancy, _ in world.asked] == ["lab-e2"]


async def test_a_condition_of_stu3_may_have_a_contact_as_context_too(world: World) -> None:
    await world.put("stu3", encounter("c1", "e2"), VP)
    await world.put("stu3", {**CONDITION, "clinicalStatus": "active", "context": {"reference": "Encounter/c1"}}, VP)
    assert (await world.http.get("/fhir/stu3/Condition/p1/$care-path")).status_code == 200
    assert [pregnancy for pregnancy, _ in world.asked] == ["vp-e2"]


GOOD = {"name": "as_of", "valueDate": "2026-01-31"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "as_of", "part": [{"name": "day", "valueDate": "2026-01-31"}]},
        {"name": "as_of"},
        {"name": "as_of", "_valueDate": {"id": "x"}},
        {"name": "as_of", "valueDate": "2026-01-31", "valueString": "x"},
        {"name": "as_of", "valuePeriod": {"start": "2026-01-31"}},
        {"name": "as_of", "valueBoolean": True},
        {"valueDate": "2026-01-31"},
        {"name": 1, "valueDate": "2026-01-31"},
        "as_of",
        None,
    ],
    ids=range(10),
)
async def test_a_parameter_that_says_nothing_is_not_left_out(world: World, wrong: object) -> None:
    answer = await world.post({"name": "known_at", "valueDateTime": "2026-02-01"}, wrong)
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == ["Parameters.parameter[1]"]
    assert world.asked == []
    assert (await world.post(GOOD)).status_code == 200
    assert [str(day) for _, day in world.asked] == ["2026-01-31"]


@pytest.mark.parametrize(("name", "where"), [("asof", "http.asof"), ("999911120", "http"), ("a b", "http")])
async def test_a_parameter_that_is_not_known_is_named_where_that_is_safe(world: World, name: str, where: str) -> None:
    for answer in (
        await world.post({"name": name, "valueString": "x"}),
        await world.post({"name": name, "valueString": "x"}, address="Patient/w1/$everything"),
    ):
        (issue,) = answer.json()["issue"]
        assert (answer.status_code, issue["expression"]) == (400, [where])
        assert "999911120" not in answer.text
    assert "as_of, known_at" in (await world.post({"name": name, "valueString": "x"})).text


@pytest.mark.parametrize("bounds", [Bounds(Limits(page=3))])
async def test_a_bound_on_pages_is_no_parameter_of_what_has_none(world: World) -> None:
    assert (await world.http.get("/fhir/stu3/EpisodeOfCare/e1/$care-path")).status_code == 200
    assert len((await world.http.get("/fhir/stu3/Patient/w1/$everything")).json()["entry"]) == 3
