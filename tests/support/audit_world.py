"""A store with one woman who was once known under another id, and what was done with her data."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from adapter.access import Action, Actor, ActorKind, AuditLog, Context, Entity, EventType, Policy, Purpose, Role
from adapter.model.evidence import Organisation
from adapter.model.identifiers import Agb
from adapter.model.sources import FhirVersion, Media, Received, RecordKey, SourceInfo
from adapter.service.audit.desk import AuditDesk
from adapter.service.rooms import Rooms, SourceSetup
from adapter.store import KeyRing, LinkRow, Store

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEEPER = Context(Actor("u-log", "L. Boek", None, (Role.LOGBEHEERDER,)), Purpose.HOPERAT, "r-log", "10.0.0.9")
CARER = Actor("uzi-1", "V. Kundige", "agb:08001234", (Role.ZORGVERLENER,), client="epd-groen")
HER = RecordKey("vp", "Patient/w1")
WOMAN = Context(
    Actor("medmij", "Mevrouw", None, (Role.VROUW,), kind=ActorKind.WOMAN), Purpose.TREAT, "r-w", "10.1.1.1", woman=HER
)


class World:
    """A store with one woman who was once two, and what was done with her data."""

    def __init__(self, folder: Path) -> None:
        self.now = AT
        self.store = Store.open(f"sqlite:///{folder}/a.db", KeyRing(b"k" * 32))
        nothing: Any = None
        member = SimpleNamespace(agb=Agb("08001234"), ura=None, name="Verloskundigenpraktijk 't Groen")
        info = SourceInfo("vp", "EPD", Organisation("agb:08001234", "08001234", None, "Groen"), "none", None)
        igo: Any = SimpleNamespace(members=[member])
        self.rooms = Rooms(
            store=self.store,
            sources={"vp": SourceSetup(info, nothing, nothing, follow=True)},
            igo=igo,
            rules=nothing,
            catalogue=nothing,
            zorgpad=nothing,
            mappings_version="",
            audit=AuditLog(self.store),
            policy=Policy(),
            clock=lambda: self.now,
        )
        self.desk = AuditDesk(self.rooms)
        for record, target, at in ((HER, "w-old", 0), (HER, "w-1", 1), (RecordKey("zh", "Patient/9"), "w-1", 0)):
            made = AT - timedelta(days=30 - at)
            body = b'{"resourceType":"Patient"}'
            id = record.woman.partition("/")[2]
            media, version = Media.JSON, FhirVersion.STU3
            sent = Received(record.source, version, media, "Patient", id, None, body, record.woman, record.woman)
            self.store.append([sent], made)
            self.store.add_links(
                [LinkRow("woman", record.source, record.woman, target, "automatic", b"{}", made, None)]
            )

    def did(self, who: Actor, patient: str, minutes: int = 0, **more: Any) -> None:
        ctx = Context(who, more.pop("purpose", Purpose.TREAT), "r-1", "10.0.0.1", more.pop("emergency", None))
        if who.name == "Adapter":
            ctx = replace(ctx, request_id="", client="")
        given: dict[str, Any] = {"entities": [Entity("resource", "vp:Observation/1")], **more}
        type, action = given.pop("type", EventType.READ), given.pop("action", Action.READ)
        log = self.rooms.audit
        log.record(log.event(ctx, type, action, AT + timedelta(minutes=minutes), patient=patient, **given))
