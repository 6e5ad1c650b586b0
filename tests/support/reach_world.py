"""A small region in the words of access: which organisations hold what of whom, and who looks.

Every resource holds a text that nobody without a ground may ever see (`secret`), so that a test can look for it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from adapter import bootstrap
from adapter.access import Actor, ActorKind, Context, Emergency, Identified, Purpose, Role, UnauthenticatedError
from adapter.model.identifiers import Bsn
from adapter.model.sources import RecordKey
from adapter.model.wire import to_json
from adapter.service.application import UseCases
from adapter.service.consents.consent import ConsentDraft
from adapter.service.entrance import Credentials, Demonstration
from doors.standing import doors
from support.dossiers import Member, Source, configure

AT = datetime(2024, 7, 29, 12, tzinfo=UTC)
SNOMED = "http://snomed.info/sct"
BSN_SYSTEM = "http://fhir.nl/fhir/NamingSystem/bsn"
AGB_SYSTEM = "http://fhir.nl/fhir/NamingSystem/agb-z"
ANNA, BERTA = "999911120", "900186021"

CODES = {"vp": "08000101", "zh": "06000201", "kz": "41000301", "vp2": "08000102"}
KINDS = {"vp": "verloskundigenpraktijk", "zh": "ziekenhuis", "kz": "kraamzorg", "vp2": "verloskundigenpraktijk"}
DISCIPLINES = {"vp": "verloskunde", "zh": "gynaecologie", "kz": "kraamzorg", "vp2": "verloskunde"}

Json = dict[str, Any]


def agb(source: str) -> str:
    """The identity of the organisation of a source."""
    return f"agb:{CODES[source]}"


def care_provider(source: str, name: str = "Z. Verlener", *more: Role) -> Actor:
    """A care provider at the organisation of a source."""
    return Actor(f"uzi-{source}", name, agb(source), (Role.ZORGVERLENER, *more))


def system(source: str) -> Actor:
    """The EPD of an organisation, as a registered system."""
    roles = (Role.ZORGVERLENER, Role.BRON)
    return Actor(f"epd-{source}", f"EPD {source}", agb(source), roles, kind=ActorKind.SYSTEM, client=f"epd-{source}")


CONTROLLER = Actor("controller-1", "C. Ontroller", "agb:53000001", (Role.IGO_CONTROLLER,))
PLANNER = Actor("planner-1", "P. Lanner", "agb:53000001", (Role.PLANNER,))
NOBODY = Actor("uzi-9", "V. Reemde", "agb:08000999", (Role.ZORGVERLENER,))


def care(actor: Actor, emergency: Emergency | None = None, **more: Any) -> Context:
    """Somebody asks for care."""
    return Context(actor, Purpose.TREAT, "verzoek-1", "10.0.0.8", emergency, **more)


def payment(actor: Actor) -> Context:
    """Somebody asks for payment."""
    return Context(actor, Purpose.HPAYMT, "verzoek-1", "10.0.0.8")


def herself(source: str, patient: str) -> Context:
    """The woman asks for what is hers, by the record at a source."""
    actor = Actor("vrouw-1", "de vrouw zelf", None, (Role.VROUW,), kind=ActorKind.WOMAN)
    return Context(actor, Purpose.TREAT, "verzoek-1", "10.0.0.8", woman=RecordKey(source, f"Patient/{patient}"))


def secret(source: str, who: str) -> str:
    """A text that stands in the record of this woman at this source and nowhere else."""
    return f"geheim-{source}-{who}"


def woman(source: str, who: str, bsn: str | None, **more: Any) -> list[Json]:
    """Her record at a source: herself, her dossier with its due date, and a value and a finding with a text."""
    patient, dossier = f"{source}-{who}", f"{source}-{who}-dossier"
    identifier = [{"system": BSN_SYSTEM, "value": bsn}] if bsn else []
    subject, context = {"reference": f"Patient/{patient}"}, {"reference": f"EpisodeOfCare/{dossier}"}
    seen = [
        _observation(f"{patient}-uitgerekend", "161714006", subject, context, {"valueDateTime": "2024-10-15"}),
        _observation(f"{patient}-bevinding", "271442007", subject, context, {"comment": secret(source, who)}),
        _observation(
            f"{patient}-hb", "38082009", subject, context, {"valueQuantity": {"value": 7.1, "unit": "mmol/L"}}
        ),
    ]
    return [
        {
            "resourceType": "Patient",
            "id": patient,
            **({"identifier": identifier} if identifier else {}),
            "name": [{"text": f"Voornaam-{source} {who.capitalize()}", "family": who.capitalize()}],
            "birthDate": "1990-05-04",
            "address": [{"city": secret(source, who)}],
            **more,
        },
        {
            "resourceType": "EpisodeOfCare",
            "id": dossier,
            "status": "active",
            "type": [{"coding": [{"system": SNOMED, "code": "364320009"}]}],
            "patient": subject,
            "managingOrganization": {"reference": f"Organization/{source}"},
            "period": {"start": "2024-03-01"},
        },
        *seen,
    ]


def _observation(id: str, code: str, subject: Json, context: Json, more: Json) -> Json:
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": {"coding": [{"system": SNOMED, "code": code}]},
        "subject": subject,
        "context": context,
        "effectiveDateTime": "2024-06-10",
        **more,
    }


def referral(at: str, who: str, to: str, *, sender: str = "", on: str = "2024-06-01", kind: str = "11429006") -> Json:
    """A referral that stands in her record at a source."""
    return {
        "resourceType": "ReferralRequest",
        "id": f"{at}-{who}-naar-{to}",
        "status": "completed",
        "intent": "order",
        "type": {"coding": [{"system": SNOMED, "code": kind}]},
        "subject": {"reference": f"Patient/{at}-{who}"},
        "context": {"reference": f"EpisodeOfCare/{at}-{who}-dossier"},
        "authoredOn": on,
        "requester": {"agent": {"reference": f"Organization/{sender or at}"}},
        "recipient": [{"reference": f"Organization/{to}"}],
    }


def organisation(source: str) -> Json:
    """An organisation as every source knows it."""
    return {
        "resourceType": "Organization",
        "id": source,
        "identifier": [{"system": AGB_SYSTEM, "value": CODES[source]}],
        "name": f"Organisatie {source}",
    }


class Tokens(Demonstration):
    """Whoever shows a token that is listed is that identity; nobody else comes in."""

    configured = True
    issuer = "http://localhost:8000"

    def __init__(self, known: Mapping[str, Identified]) -> None:
        super().__init__()
        self.known = known

    async def identify(self, credentials: Credentials) -> Identified:
        """Who shows this token."""
        if credentials.bearer not in self.known:
            raise UnauthenticatedError("no such token in this test", "invalid_token")
        return self.known[credentials.bearer]


@dataclass
class Doors:
    """HTTP, in the words of a test."""

    world: World
    app: Any

    def ask(self, token: str, method: str, address: str, **how: Any) -> httpx.Response:
        """One request by who has this token."""

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            headers = {"Authorization": f"Bearer {token}", **how.pop("headers", {})}
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
                return await client.request(method, address, headers=headers, **how)

        return self.world.runner.run(asked())

    def get(self, token: str, address: str, **how: Any) -> httpx.Response:
        """GET."""
        return self.ask(token, "GET", address, **how)

    def found(self, token: str, search: str) -> list[str]:
        """What a search of STU3 finds (and brings along), as `Type/id`."""
        answer = self.get(token, f"/fhir/stu3/{search}")
        assert answer.status_code == 200, answer.text
        entries = answer.json().get("entry", [])
        return sorted(f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in entries)


def identified(actor: Actor, *purposes: Purpose, **more: Any) -> Identified:
    """What a token says of somebody."""
    return Identified(actor, frozenset(purposes or (Purpose.TREAT,)), **more)


@dataclass
class World:
    """The application over what the sources hold."""

    application: UseCases
    runner: asyncio.Runner

    def find(self, ctx: Context, bsn: str = ANNA) -> list[str]:
        """The pregnancies that somebody finds by BSN."""
        return self.application.find(ctx, Bsn(bsn))

    def listed(self, ctx: Context) -> list[str]:
        """Names in the list that somebody sees."""
        page = self.application.pregnancies(ctx, as_of=None, known_at=None, offset=0, limit=100)
        assert page.total == len(page.items)
        return sorted(i.woman_name or "" for i in page.items)

    def pregnancy(self, source: str, who: str = "anna") -> str:
        """Our id of the pregnancy of a dossier."""
        found = self.application._rooms.store.search.pregnancy_of(source, f"EpisodeOfCare/{source}-{who}-dossier")
        assert found is not None
        return found

    def woman(self, source: str, who: str = "anna") -> str:
        """Our id of the woman of a record."""
        found = self.application._rooms.store.search.woman_of(RecordKey(source, f"Patient/{source}-{who}"))
        assert found is not None
        return found

    def says(self, by: Actor, draft: ConsentDraft, pregnancy: str) -> str:
        """Record what the woman says; gives its id."""
        return self.application.consents.record(care(by), pregnancy, draft).id

    def texts(self, ctx: Context, pregnancy: str) -> str:
        """All of the care path as somebody sees it."""
        return to_json(self.application.care_path(ctx, pregnancy)).decode()

    def doors(self, entrance: Mapping[str, Identified]) -> Doors:
        """Every door, with tokens by which somebody is who they are."""
        self.application.entrance = Tokens(entrance)
        return Doors(self, doors(self.application))

    def sources_of(self, ctx: Context, pregnancy: str) -> dict[str, tuple[str, str | None]]:
        """State and reason of each source, as somebody sees it."""
        path = self.application.care_path(ctx, pregnancy)
        return {s.source: (s.state.value, s.problem) for s in path.sources if s.source}


def written(
    folder: Path,
    holdings: Mapping[str, Sequence[Json]],
    *,
    access: str = "",
    known: Sequence[str] = tuple(CODES),
    issuer: str = "http://localhost:8000",
) -> Path:
    """The files of the region and its configuration. `known`: organisations that are members, so of a known kind."""
    for source, resources in holdings.items():
        (folder / source).mkdir(parents=True)
        lines = [json.dumps(r) for r in (*map(organisation, CODES), *resources)]
        (folder / source / "alles.ndjson").write_text("\n".join(lines), "utf-8")
    sources = [Source(s, CODES[s], folder / s) for s in holdings]
    config = configure(folder, sources, [Member(f"Organisatie {s}", CODES[s], DISCIPLINES[s]) for s in known])
    config.write_text(config.read_text("utf-8") + f'\n[access]\nissuer = "{issuer}"\n{access}', "utf-8")
    return config


@contextmanager
def opened(config: Path) -> Iterator[World]:
    """An application over these files, which it pulled."""
    application = bootstrap.open_application(config, clock=lambda: AT)
    with asyncio.Runner() as runner:  # connections belong to one loop
        try:
            runner.run(application.pull())
            yield World(application, runner)
        finally:
            runner.run(application.aclose())


@contextmanager
def region(
    folder: Path, holdings: Mapping[str, Sequence[Json]], *, access: str = "", known: Sequence[str] = tuple(CODES)
) -> Iterator[World]:
    """The region with access configured, pulled."""
    with opened(written(folder, holdings, access=access, known=known)) as world:
        yield world
