"""A praktijk, a hospital and a kraamzorg, each with an EPD in memory that remembers whom it is asked for."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from adapter import bootstrap
from adapter.access import Actor, ActorKind, Context, Purpose, Role
from adapter.bootstrap import wire
from adapter.bootstrap.checks import Data, load_data
from adapter.bootstrap.settings import Settings
from adapter.connectors import Ask, PullOutcome, WomanAnswer
from adapter.model.carepath import CarePath
from adapter.model.sources import FhirVersion, Media, Received, RecordKey, SourceInfo, SourceState
from adapter.service.application import UseCases
from adapter.store import KeyRing, Store

BSN = "999911120"
START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
AGB = {"praktijk": "08000101", "ziekenhuis": "06000201", "kraamzorg": "41000301"}
KINDS = {"praktijk": "verloskundigenpraktijk", "ziekenhuis": "ziekenhuis", "kraamzorg": "kraamzorg"}
DISCIPLINES = {"praktijk": "verloskunde", "ziekenhuis": "ziekenhuis", "kraamzorg": "kraamzorg"}
AGB_SYSTEM = "http://fhir.nl/fhir/NamingSystem/agb-z"
BSN_SYSTEM = "http://fhir.nl/fhir/NamingSystem/bsn"
_SOURCE = """
[[source]]
id = "{id}"
name = "{name}"
agb = "{agb}"
organisation = "{kind}"
kind = "files"
path = "{id}"
dialect = "nictiz-geboortezorg-stu3"
fhir_version = "3.0"
"""
_MEMBER = '\n[[member]]\nname = "{name}"\nagb = "{agb}"\ndiscipline = "{discipline}"\nfrom = 2017-01-01\n'
ACCESS = '\n[access]\nissuer = "https://adapter.example"\n'


@dataclass
class Epd:
    """One source: what it lets us discover, what it knows by BSN only, and for whom it was asked."""

    info: SourceInfo
    discovered: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # Patient reference -> resources
    by_bsn: dict[str, tuple[str, list[dict[str, Any]]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def pull(self, ask: Ask, deliver: Any) -> PullOutcome:
        given = dict(self.discovered) if ask.discover else {}
        answers = []
        for bsn in ask.bsns:
            self.asked.append(bsn.value)
            reference, resources = self.by_bsn.get(bsn.value, (None, []))
            answers.append(WomanAnswer(reference, bsn, SourceState.ANSWERED))
            if reference is not None:
                given[reference] = resources
        batch = [self._received(r, woman) for woman, resources in given.items() for r in resources]
        await deliver(batch)
        return PullOutcome(SourceState.ANSWERED, len(batch), tuple(answers), ())

    def _received(self, resource: dict[str, Any], woman: str) -> Received:
        kind, body = resource["resourceType"], json.dumps(resource).encode()
        owner = None if kind == "Organization" else woman
        version = self.info.fhir_version or FhirVersion.STU3
        return Received(self.info.id, version, Media.JSON, kind, resource["id"], None, body, owner, owner)

    async def aclose(self) -> None:
        return None


@dataclass
class World:
    """The application over the three, with a clock of its own."""

    application: UseCases
    epds: dict[str, Epd]
    moment: list[datetime]

    def later(self, **how: float) -> None:
        self.moment[0] += timedelta(**how)

    async def pull(self) -> None:
        self.later(seconds=1)
        await self.application.pull()

    @property
    def pregnancy(self) -> str:
        """The pregnancy, as the program itself finds it."""
        (found,) = self.application._views.ids()
        return str(found)

    @property
    def woman(self) -> str:
        return self.application._views.gather(self.pregnancy, None).woman

    def path(self, who: str = "praktijk") -> CarePath:
        return self.application.care_path(caller(who), self.pregnancy)

    def asked_of(self, source: str, who: str = "praktijk") -> tuple[str, str | None]:
        """State and problem of a source on the care path."""
        found = next(s for s in self.path(who).sources if s.source == source)
        return found.state.value, found.problem


def caller(source: str, role: Role = Role.ZORGVERLENER, **more: Any) -> Context:
    """Somebody of an organisation, asking for care."""
    actor = Actor(f"iemand-{source}", f"Iemand van {source}", f"agb:{AGB[source]}", (role.value,), **more)
    return Context(actor, Purpose.TREAT)


def herself(source: str = "praktijk", reference: str = "Patient/v1") -> Context:
    """The woman, about herself."""
    actor = Actor("vrouw", "De vrouw", None, (Role.VROUW.value,), kind=ActorKind.WOMAN)
    return Context(actor, Purpose.TREAT, woman=RecordKey(source, reference))


_DATA: list[Data] = []


def _data(settings: Settings) -> Data:
    """Rules, catalogues and dialects, read once: the register is the same in every world."""
    if not _DATA:
        _DATA.append(load_data(settings))
    return _DATA[0]


@cache
def _empty_store() -> dict[str, bytes]:
    """A new database and its key, migrated once: copying it is faster than making it."""
    with tempfile.TemporaryDirectory() as folder:
        Store.open(f"sqlite:///{folder}/adapter.db", KeyRing.create(Path(folder) / "adapter.key")).close()
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


@asynccontextmanager
async def world(folder: Path, access: str = ACCESS) -> AsyncIterator[World]:
    """The three with nothing in them yet; `access`: the `[access]` part of the configuration, empty for none."""
    config = '[store]\nurl = "sqlite:///adapter.db"\n'
    register = '[igo]\nname = "IGO"\nagb = "53000001"\n'
    for id, agb in AGB.items():
        (folder / id).mkdir()
        config += _SOURCE.format(id=id, name=id.capitalize(), agb=agb, kind=KINDS[id])
        register += _MEMBER.format(name=id.capitalize(), agb=agb, discipline=DISCIPLINES[id])
    (folder / "adapter.toml").write_text(f'{config}\n[igo]\nregister = "igo.toml"\n{access}', "utf-8")
    (folder / "igo.toml").write_text(register, "utf-8")
    for name, content in _empty_store().items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
    moment = [START]
    with patch.object(wire, "load_data", _data):
        application = bootstrap.open_application(folder / "adapter.toml", clock=lambda: moment[0])
    rooms = application._rooms
    epds = {id: Epd(setup.info) for id, setup in rooms.sources.items()}
    rooms.sources = {id: replace(setup, connector=epds[id]) for id, setup in rooms.sources.items()}
    try:
        yield World(application, epds, moment)
    finally:
        await application.aclose()


def woman(id: str = "v1", bsn: str = BSN) -> list[dict[str, Any]]:
    """A woman with a dossier of her pregnancy."""
    return [
        {
            "resourceType": "Patient",
            "id": id,
            "identifier": [{"system": BSN_SYSTEM, "value": bsn}],
            "name": [{"text": "A. de Vrouw"}],
            "gender": "female",
            "birthDate": "1995-04-09",
        },
        {
            "resourceType": "EpisodeOfCare",
            "id": f"d-{id}",
            "status": "active",
            "type": [{"coding": [{"system": "http://snomed.info/sct", "code": "364320009"}]}],
            "patient": {"reference": f"Patient/{id}"},
            "period": {"start": "2026-01-10"},
        },
    ]


def organisation(source: str) -> dict[str, Any]:
    """The Organization resource of one of the three."""
    return {
        "resourceType": "Organization",
        "id": source,
        "identifier": [{"system": AGB_SYSTEM, "value": AGB[source]}],
        "name": source.capitalize(),
    }


def referral(sender: str, receiver: str, woman: str = "v1", on: str = "2026-03-01") -> list[dict[str, Any]]:
    """A referral with its organisations, as a STU3 source sends it."""
    request = {
        "resourceType": "ReferralRequest",
        "id": f"van-{sender}-naar-{receiver}",
        "status": "active",
        "intent": "order",
        "type": {"coding": [{"system": "http://snomed.info/sct", "code": "11429006"}]},
        "subject": {"reference": f"Patient/{woman}"},
        "context": {"reference": f"EpisodeOfCare/d-{woman}"},
        "authoredOn": on,
        "requester": {"agent": {"reference": f"Organization/{sender}"}},
        "recipient": [{"reference": f"Organization/{receiver}"}],
    }
    return [request, organisation(sender), organisation(receiver)]
