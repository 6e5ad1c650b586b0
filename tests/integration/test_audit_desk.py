"""The log keeper's book and the woman's inzage over a real store: who finds what, and that looking is logged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapter import fhir
from adapter.access import (
    DEMONSTRATION,
    Action,
    Actor,
    ActorKind,
    Context,
    DeniedError,
    Emergency,
    Entity,
    EventType,
    Opened,
    Outcome,
    Purpose,
    Resource,
    Role,
)
from adapter.model.sources import FhirVersion, Media, Received, RecordKey
from adapter.service.audit.fhir_events import audit_event
from adapter.service.audit.fhir_search import read_question
from adapter.service.audit.inzage import NotHerselfError
from adapter.service.audit.lines import LogQuestion
from adapter.service.audit.sheet import HEADS, rows
from adapter.service.endpoint.fault import FhirFault
from adapter.service.guard import Guard
from adapter.store import LinkRow
from tests.support.audit_world import AT, CARER, HER, KEEPER, WOMAN, World

pytestmark = pytest.mark.integration


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.did(CARER, "w-old", 0)
    made.did(CARER, "w-1", 5)
    made.did(CARER, "w-1", 6, checks=("ground: referral ReferralRequest/7",))
    controller = Actor("u-2", "C. Ontrole", "ura:00001234", (Role.IGO_CONTROLLER,))
    made.did(controller, "w-1", 70, purpose=Purpose.HPAYMT, entities=[Entity("decision", "d-1")])
    until = AT + timedelta(hours=3)
    opened = Emergency((Opened("w-1", until, "bloedverlies"),))
    made.did(replace(CARER, id="uzi-3", name="S. Poed"), "w-1", 90, emergency=opened)
    made.did(CARER, "w-2", 95)
    made.did(CARER, "w-1", 100, type=EventType.DENIED, outcome=Outcome.MINOR_FAILURE, reason="no-ground")
    made.did(Actor("adapter", "Adapter"), "w-1", 101, type=EventType.LINK)
    made.now = AT + timedelta(hours=5)
    yield made
    made.store.close()


def numbers(world: World, **asked: Any) -> list[int]:
    return [line.number for line in world.desk.logbook.page(KEEPER, LogQuestion(**asked)).lines]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [8, 7, 6, 5, 4, 3, 2, 1]),
        ({"woman": "w-1"}, [8, 7, 5, 4, 3, 2, 1]),  # with what was logged under the id she had before
        ({"woman": "w-2"}, [6]),
        ({"woman": "nobody"}, []),
        ({"user": "uzi-3"}, [5]),
        ({"emergency": True}, [5]),
        ({"kinds": (EventType.DENIED,)}, [7]),
        ({"outcomes": (Outcome.MINOR_FAILURE,)}, [7]),
        ({"since": AT + timedelta(minutes=70), "until": AT + timedelta(minutes=95)}, [6, 5, 4]),
        ({"before": 3}, [2, 1]),
        ({"limit": 2}, [8, 7]),
    ],
)
def test_the_log_keeper_finds_lines(world: World, asked: dict[str, Any], found: list[int]) -> None:
    assert numbers(world, **asked) == found


def test_pages_fit_together_while_looking_adds_lines(world: World) -> None:
    seen: list[int] = []
    before: int | None = None
    while True:
        page = world.desk.logbook.page(KEEPER, LogQuestion(woman="w-1", user="uzi-1", limit=2, before=before))
        seen += [line.number for line in page.lines]
        before = page.next
        if before is None:
            break
    assert seen == [7, 3, 2, 1]


def test_looking_at_the_log_is_logged(world: World) -> None:
    numbers(world, woman="w-1", user="uzi-1")
    world.desk.logbook.export(KEEPER, LogQuestion(woman="w-1"))
    world.desk.inzage.of(KEEPER, "w-1")
    first, second, third = (line.event for line in world.desk.logbook.page(KEEPER, LogQuestion(limit=3)).lines)
    assert [e.type for e in (third, second, first)] == [EventType.AUDIT_READ, EventType.EXPORT, EventType.AUDIT_READ]
    assert {e.patient for e in (first, second, third)} == {"w-1"}
    assert (third.user, third.query) == ("u-log", "user=uzi-1")


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.LOGBEHEERDER])
@pytest.mark.parametrize("purpose", list(Purpose))
def test_nobody_else_reads_the_log(world: World, role: Role, purpose: Purpose) -> None:
    ctx = Context(Actor("u", "U", None, (role,)), purpose, "r", "10.0.0.1", woman=HER)
    asked = (
        lambda: world.desk.logbook.page(ctx, LogQuestion()),
        lambda: world.desk.logbook.export(ctx, LogQuestion()),
        lambda: world.desk.logbook.chain(ctx),
        lambda: world.desk.logbook.read(ctx, 1),
        lambda: world.desk.logbook.emergencies(ctx),
        lambda: world.desk.inzage.of(ctx, "w-1"),
    )
    for each in asked:
        with pytest.raises(DeniedError):
            each()
    assert world.store.audit_rows(LogQuestion(kinds=(EventType.DENIED,)).stored(), 10)[0].position > 8


def test_a_woman_sees_who_looked_at_her_data(world: World) -> None:
    found = world.desk.inzage.own(WOMAN)
    told = [(look.who, look.organisation, look.times, look.why, look.refused) for look in found.looks]
    groen = "Verloskundigenpraktijk 't Groen"
    assert told == [
        ("V. Kundige", groen, 1, "om u zorg te geven", True),
        ("S. Poed", groen, 1, "in een noodsituatie", False),
        ("C. Ontrole", "URA 00001234", 1, "om de zorg te kunnen betalen", False),
        ("V. Kundige", groen, 1, "om u zorg te geven", False),
        ("V. Kundige", groen, 2, "om u zorg te geven", False),
    ]
    assert (found.looks[1].emergency, found.emergencies) == ("bloedverlies", 1)
    assert found.looks[2].category == "besluit over de betaling"
    assert found.looks[3].category == "metingen en uitslagen"
    assert found.looks[3].ground == ("ground: referral ReferralRequest/7",)
    assert found.organisations == ((groen, 4), ("URA 00001234", 1))
    assert world.desk.inzage.own(WOMAN).looks[0].herself  # her own look stands there as well


def test_the_same_overview_is_there_for_the_log_keeper_to_hand_over(world: World) -> None:
    own = world.desk.inzage.own(WOMAN).looks
    assert world.desk.inzage.of(KEEPER, "w-1").looks[-len(own) :] == own


def test_of_nobody_else_a_woman_sees_anything(world: World) -> None:
    other = replace(WOMAN, woman=RecordKey("vp", "Patient/unknown"))
    assert world.desk.inzage.own(other).looks == ()
    with pytest.raises(NotHerselfError):
        world.desk.inzage.own(replace(WOMAN, woman=None))
    with pytest.raises(NotHerselfError):
        world.desk.inzage.own(replace(WOMAN, actor=replace(WOMAN.actor, kind=ActorKind.PERSON)))


def test_what_is_in_the_log_under_the_id_of_another_woman_is_not_hers(world: World) -> None:
    before = len(world.desk.inzage.own(WOMAN).looks)
    other, made = RecordKey("vp", "Patient/w2"), AT - timedelta(days=40)
    for record, at in ((HER, 0), (other, 1)):  # for a day she stood under the id of another
        row = LinkRow(
            "woman", record.source, record.woman, "w-other", "automatic", b"{}", made + timedelta(days=at), None
        )
        world.store.add_links([row])
    world.store.add_links([LinkRow("woman", HER.source, HER.woman, "w-1", "manual", b"{}", AT, "u-1")])
    world.did(replace(CARER, id="uzi-9", name="A. Nder"), "w-other", 200)
    looks = world.desk.inzage.own(WOMAN).looks
    assert "A. Nder" not in {look.who for look in looks}
    assert len([look for look in looks if not look.herself]) == before
    assert "A. Nder" in {look.who for look in world.desk.inzage.of(KEEPER, "w-other").looks}


def test_the_chain_is_shown_and_a_break_is_named(world: World) -> None:
    chain = world.desk.logbook.chain(KEEPER)
    assert (chain.first, chain.last, chain.broken) == (1, 8, None)
    with world.store._ledger.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.exec_driver_sql("UPDATE audit SET patient = 'w-3' WHERE position = 4")
    assert world.desk.logbook.chain(KEEPER) == chain  # within a quarter of an hour
    assert world.desk.logbook.chain(KEEPER, anew=True).broken == 4
    line = world.desk.logbook.page(KEEPER, LogQuestion(limit=1)).lines[0].event
    assert (line.outcome, (line.reason or "")[:7]) == (Outcome.MINOR_FAILURE, "line 4:")


def test_a_table_says_every_field(world: World) -> None:
    table = list(rows(world.desk.logbook.export(KEEPER, LogQuestion())))
    assert {len(row) for row in table} == {len(HEADS)}
    told = next(dict(zip(HEADS, row, strict=True)) for row in table if row[0] == 5)
    assert (told["doel"], told["noodtoegang"], told["rollen"]) == ("ETREAT", "bloedverlies", "zorgverlener")
    assert told["systeem"] == "epd-groen"


@pytest.mark.parametrize("version", list(FhirVersion))
def test_every_line_is_a_valid_audit_event(world: World, version: FhirVersion) -> None:
    world.desk.inzage.own(WOMAN)
    bare = Context(DEMONSTRATION, Purpose.TREAT)
    log = world.rooms.audit
    log.record(*(log.event(bare, each, Action.EXECUTE, AT, query="Patient?x=1") for each in EventType))
    for line in world.desk.logbook.export(KEEPER, LogQuestion()):
        made = audit_event(line, version)
        checked = fhir.check(fhir.to_json(made), Media.JSON, version)
        assert checked.problem is None, (line.event.type, checked.problem)
        assert fhir.from_xml(fhir.to_xml(made, version), version) == made


def test_an_audit_event_holds_what_nen_7513_asks(world: World) -> None:
    line = world.desk.logbook.read(KEEPER, 5)
    assert line is not None
    made = audit_event(replace(line, event=replace(line.event, token="jti-1")), FhirVersion.R4)
    client, server, user, responsible = made["agent"]
    assert (client["network"]["address"], client["who"]["identifier"]["value"]) == ("10.0.0.1", "epd-groen")
    assert server["who"]["display"] == "Geboortezorg-adapter"
    assert (user["name"], user["requestor"], user["role"][0]["text"]) == ("S. Poed", True, "zorgverlener")
    assert user["purposeOfUse"][0]["coding"][0]["code"] == "ETREAT"
    assert user["policy"] == ["urn:ietf:params:oauth:jti:jti-1"]
    assert responsible["who"]["identifier"] == {"system": "http://fhir.nl/fhir/NamingSystem/agb-z", "value": "08001234"}
    patient, data, request = made["entity"]
    assert (patient["what"]["identifier"]["value"], patient["role"]["code"]) == ("w-1", "1")
    assert data["what"]["reference"] == "Observation/1"
    assert {"type": "emergency", "valueString": "bloedverlies"} in request["detail"]
    assert request["what"]["identifier"]["value"] == "r-1"


@pytest.mark.parametrize(
    ("pairs", "asked"),
    [
        ([("patient", "Patient/w1"), ("_count", "5")], LogQuestion(woman="w-1", limit=5)),
        ([("patient", "w-7")], LogQuestion(woman="w-7")),
        ([("agent", "uzi-1"), ("action", "R,E")], LogQuestion(user="uzi-1", actions=(Action.READ, Action.EXECUTE))),
        ([("agent:identifier", "http://x|uzi-1")], LogQuestion(user="uzi-1")),
        ([("outcome", "http://hl7.org/fhir/audit-event-outcome|4")], LogQuestion(outcomes=(Outcome.MINOR_FAILURE,))),
        ([("date", "ge2026-03-02")], LogQuestion(since=datetime(2026, 3, 2, tzinfo=UTC))),
        ([("date", "gt2026"), ("_page", "9")], LogQuestion(since=datetime(2027, 1, 1, tzinfo=UTC), before=9)),
        ([("_format", "json"), ("date", "")], LogQuestion()),
    ],
)
def test_fhir_parameters_are_read(pairs: list[tuple[str, str]], asked: LogQuestion) -> None:
    found, _ = read_question(pairs, {"Patient/w1": "w-1"}.get)
    assert found == asked


def test_a_day_is_a_day() -> None:
    found, _ = read_question([("date", "2026-03-02T10:00:00Z")], lambda _: None)
    assert found.since == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert found.until == datetime(2026, 3, 2, 10, 0, 0, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    "pair", [("date", "soon"), ("date", "ap2026"), ("outcome", "9"), ("action", "X"), ("subtype", "x"), ("_count", "x")]
)
def test_other_values_are_refused_and_not_repeated(pair: tuple[str, str]) -> None:
    with pytest.raises(FhirFault, match=f"{pair[0]} cannot be read") as refused:
        read_question([pair], lambda _: None)
    assert refused.value.status == 400


def test_other_parameters_are_refused() -> None:
    with pytest.raises(FhirFault, match="no search parameter"):
        read_question([("policy", "x")], lambda _: None)


def test_what_is_read_of_pregnancies_is_found_by_each_woman(world: World) -> None:
    """A list of several women is one line for each of them."""
    made = AT - timedelta(days=3)
    for source, reference, woman in (("vp", "EpisodeOfCare/1", "w1"), ("vp", "EpisodeOfCare/2", "w2")):
        version = FhirVersion.STU3
        media, body, hers = Media.JSON, b'{"resourceType":"EpisodeOfCare"}', f"Patient/{woman}"
        id = reference.partition("/")[2]
        sent = Received(source, version, media, "EpisodeOfCare", id, None, body, hers, hers, hash=reference)
        world.store.append([sent], made)
        pregnancy = f"p-{woman}"
        world.store.add_links([LinkRow("pregnancy", source, reference, pregnancy, "automatic", b"{}", made, None)])
    world.store.add_links([LinkRow("woman", "vp", "Patient/w2", "w-2", "automatic", b"{}", made, None)])
    assert world.store.whose(["p-w1", "p-w2", "p-none"]) == {"p-w1": "w-1", "p-w2": "w-2"}
    guard, ctx = Guard(world.rooms), Context(CARER, Purpose.TREAT, "r-9", "10.0.0.1")
    grant = guard.allowed(ctx, Action.READ, Resource.PREGNANCIES)
    named = [Entity("pregnancies", ""), *(Entity("pregnancy", p) for p in ("p-w1", "p-w2", "p-none"))]
    guard.record(ctx, EventType.SEARCH, Action.EXECUTE, grant, named)
    lines = world.desk.logbook.page(KEEPER, LogQuestion(limit=3)).lines
    assert {line.event.patient for line in lines} == {"w-1", "w-2", None}
    (hers,) = [line.event for line in lines if line.event.patient == "w-1"]
    assert hers.entities == (Entity("pregnancy", "p-w1"), Entity("pregnancies", ""))
    assert world.desk.inzage.own(WOMAN).looks[0].category == "zorgpad van de zwangerschap"


def test_a_long_log_is_proved_when_somebody_asks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.service.audit.logbook._QUICK", 5)
    assert not world.desk.logbook.chain(KEEPER).proved
    assert world.desk.logbook.chain(KEEPER, anew=True).proved
    world.now += timedelta(hours=20)
    assert world.desk.logbook.chain(KEEPER).proved
