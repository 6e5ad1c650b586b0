"""The FHIR endpoint over a real store, without the rest of the house: what its tests talk to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from fastapi import FastAPI

from adapter.access import AuditLog, Policy
from adapter.api import errors, oauth
from adapter.api.authentication import Authentication
from adapter.api.fhir import door as fhir_door
from adapter.api.headers import Headers
from adapter.model.evidence import Organisation
from adapter.model.sources import FhirVersion, SourceInfo
from adapter.service.bounds import UNBOUND
from adapter.service.endpoint.service import FhirService
from adapter.service.entrance import Demonstration
from adapter.service.intake import Checker
from adapter.service.rooms import Rooms, SourceSetup
from adapter.store import KeyRing, Store

SNOMED = "http://snomed.info/sct"
BSN_SYSTEM = "http://fhir.nl/fhir/NamingSystem/bsn"
VP = {"Authorization": "Bearer demo.source.vp"}
ZH = {"Authorization": "Bearer demo.source.zh"}


@dataclass
class Server:
    """The endpoint, its store, and what settling was asked."""

    client: httpx.AsyncClient
    store: Store
    service: FhirService
    settled: list[int]
    moment: list[datetime]

    async def put(self, resource: dict[str, Any], who: dict[str, str] = VP, **headers: str) -> httpx.Response:
        """PUT a resource under its own id, STU3."""
        address = f"/fhir/stu3/{resource['resourceType']}/{resource['id']}"
        return await self.client.put(address, content=json.dumps(resource), headers={**JSON, **who, **headers})

    async def get(self, address: str, **headers: str) -> httpx.Response:
        """GET below /fhir/stu3."""
        return await self.client.get(f"/fhir/stu3/{address}", headers=headers)

    async def found(self, address: str, **headers: str) -> list[str]:
        """The references that a search matches, in order."""
        response = await self.get(address, **headers)
        assert response.status_code == 200, response.text
        entries = response.json().get("entry", [])
        return [reference(e) for e in entries if e["search"]["mode"] == "match"]


JSON = {"Content-Type": "application/fhir+json"}


def reference(entry: dict[str, Any]) -> str:
    """`Type/id` of an entry."""
    return f"{entry['resource']['resourceType']}/{entry['resource']['id']}"


def rooms_of(store: Store, clock: Any, *sources: tuple[str, FhirVersion | None]) -> Rooms:
    """Rooms with sources that only send."""
    setups = {
        name: SourceSetup(
            SourceInfo(
                name, f"EPD {name}", Organisation(f"agb:0800000{at}", f"0800000{at}", None, name), "none", version
            ),
            SimpleNamespace(),  # type: ignore[arg-type] # nobody pulls here
            SimpleNamespace(),  # type: ignore[arg-type]
            follow=True,
        )
        for at, (name, version) in enumerate(sources)
    }
    nothing: Any = None
    return Rooms(
        store=store,
        sources=setups,
        igo=SimpleNamespace(members=()),  # type: ignore[arg-type]
        rules=nothing,
        catalogue=nothing,
        zorgpad=nothing,
        mappings_version="",
        audit=AuditLog(store),
        policy=Policy(),
        clock=clock,
    )


def door(service: FhirService, **more: Any) -> FastAPI:
    """The FHIR routes with all that stands before them, and no other door."""
    application: Any = SimpleNamespace(**{"fhir": service, "entrance": Demonstration(), **more})
    app = FastAPI(openapi_url=None)
    app.router.routes.extend([*oauth.routes(application.entrance), *fhir_door.routes()])
    errors.install(app)
    doors = {**oauth.below_fhir(application.entrance), **fhir_door.doors(application)}
    app.add_middleware(fhir_door.Shortcut, doors=doors)
    app.add_middleware(Authentication, entrance=application.entrance)
    app.add_middleware(Headers, bounds=more.get("bounds", UNBOUND))
    return app


SOURCES = (("vp", FhirVersion.STU3), ("zh", FhirVersion.STU3), ("lab", FhirVersion.R4))


@contextmanager
def open_service(
    folder: Path, clock: Any = lambda: datetime.now(UTC), settled: list[int] | None = None
) -> Iterator[FhirService]:
    """The use cases with two STU3 sources, `vp` and `zh`, and one of R4, `lab`."""
    store = Store.open(f"sqlite:///{folder / 'fhir.db'}", KeyRing(b"k" * 32))

    async def settle() -> None:
        if settled is not None:
            settled.append(1)

    with store:
        yield FhirService(rooms_of(store, clock, *SOURCES), Checker(0), settle)


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Server]:
    """The endpoint over `open_service`, with a clock that goes on a second at every look."""
    moment = [datetime(2026, 3, 1, 9, 0, tzinfo=UTC)]

    def clock() -> datetime:
        moment[0] += timedelta(seconds=1)
        return moment[0]

    settled: list[int] = []
    with open_service(folder, clock, settled) as service:
        transport = httpx.ASGITransport(door(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield Server(client, service.store, service, settled, moment)
        await service.aclose()


def patient(id: str = "w1", bsn: str | None = "999911120", **more: Any) -> dict[str, Any]:
    """A woman."""
    identifier = [{"system": BSN_SYSTEM, "value": bsn}] if bsn else []
    return {"resourceType": "Patient", "id": id, **({"identifier": identifier} if identifier else {}), **more}


def episode(id: str = "e1", woman: str = "w1", status: str = "active", **more: Any) -> dict[str, Any]:
    """Her dossier."""
    return {
        "resourceType": "EpisodeOfCare",
        "id": id,
        "status": status,
        "type": [{"coding": [{"system": SNOMED, "code": "364320009"}]}],
        "patient": {"reference": f"Patient/{woman}"},
        **more,
    }


def observation(
    id: str, context: str | None = "EpisodeOfCare/e1", woman: str = "w1", code: str = "57036006", **more: Any
):
    """Something that was seen."""
    made = {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": {"coding": [{"system": SNOMED, "code": code}]},
        "subject": {"reference": f"Patient/{woman}"},
        **more,
    }
    return {**made, "context": {"reference": context}} if context else made


def encounter(id: str, episode_id: str = "e1", woman: str = "w1", **more: Any) -> dict[str, Any]:
    """A contact."""
    return {
        "resourceType": "Encounter",
        "id": id,
        "status": "finished",
        "subject": {"reference": f"Patient/{woman}"},
        "episodeOfCare": [{"reference": f"EpisodeOfCare/{episode_id}"}],
        **more,
    }


def transaction(*entries: dict[str, Any], kind: str = "transaction") -> dict[str, Any]:
    """A Bundle."""
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def put_entry(resource: dict[str, Any], **request: str) -> dict[str, Any]:
    """An entry that puts a resource under its own id."""
    url = f"{resource['resourceType']}/{resource['id']}"
    return {"resource": resource, "request": {"method": "PUT", "url": url, **request}}


def post_entry(resource: dict[str, Any], full_url: str, **request: str) -> dict[str, Any]:
    """An entry that makes a resource."""
    made = {k: v for k, v in resource.items() if k != "id"}
    return {
        "fullUrl": full_url,
        "resource": made,
        "request": {"method": "POST", "url": made["resourceType"], **request},
    }
