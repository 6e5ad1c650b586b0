"""Who may write may not therefore read: what was there is given back with the scope to read it, and is then logged."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from adapter.access import EventType
from support.reach_world import ANNA, Doors, Json, identified, region, secret, system, woman

LETTERS = ("c", "u", "cu", "cru")


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Anna is at the practice, whose EPD has tokens of several letters."""
    who = {
        f"epd-{letters}": identified(system("vp"), source="vp", scopes=(f"system/*.{letters}",)) for letters in LETTERS
    }
    with region(tmp_path_factory.mktemp("schrijven"), {"vp": woman("vp", "anna", ANNA)}) as world:
        yield world.doors(who)


HELD = next(r for r in woman("vp", "anna", ANNA) if r["id"] == "vp-anna-bevinding")


def put(doors: Doors, who: str, resource: Json, **headers: str) -> httpx.Response:
    address = f"/fhir/stu3/{resource['resourceType']}/{resource['id']}"
    more = {"Content-Type": "application/fhir+json", **headers}
    return doors.ask(f"epd-{who}", "PUT", address, content=json.dumps(resource), headers=more)


def bundle(doors: Doors, who: str, *entries: Json, **headers: str) -> httpx.Response:
    body = {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}
    more = {"Content-Type": "application/fhir+json", **headers}
    return doors.ask(f"epd-{who}", "POST", "/fhir/stu3", content=json.dumps(body), headers=more)


def reads(doors: Doors) -> int:
    events = doors.world.application._rooms.audit.read(limit=500)
    return sum(e.type is EventType.READ for e in events)


def test_what_did_not_change_is_given_back_to_who_may_read_it_and_then_it_is_in_the_log(doors: Doors) -> None:
    before = reads(doors)
    answer = put(doors, "cu", HELD)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["location"].endswith("/Observation/vp-anna-bevinding/_history/1")
    assert reads(doors) == before
    answer = put(doors, "cru", HELD)
    assert answer.json()["comment"] == secret("vp", "anna")
    assert reads(doors) == before + 1


def test_what_is_there_already_is_given_back_to_who_may_read_it(doors: Doors) -> None:
    headers = {"Content-Type": "application/fhir+json", "If-None-Exist": "_id=vp-anna-bevinding"}
    new = json.dumps({k: v for k, v in HELD.items() if k not in ("id", "comment")})
    answer = doors.ask("epd-c", "POST", "/fhir/stu3/Observation", content=new, headers=headers)
    assert (answer.status_code, answer.content) == (200, b"")
    before = reads(doors)
    answer = doors.ask("epd-cru", "POST", "/fhir/stu3/Observation", content=new, headers=headers)
    assert secret("vp", "anna") in answer.text
    assert reads(doors) == before + 1


@pytest.mark.parametrize("wanted", ["representation", "minimal"])
def test_in_a_transaction_too(doors: Doors, wanted: str) -> None:
    same = {"request": {"method": "PUT", "url": "Observation/vp-anna-bevinding"}, "resource": HELD}
    other = {k: v for k, v in HELD.items() if k not in ("id", "comment")}
    once = {"method": "POST", "url": "Observation", "ifNoneExist": "_id=vp-anna-bevinding"}
    for entry in (same, {"request": once, "resource": other}):
        before = reads(doors)
        answer = bundle(doors, "cu", entry, Prefer=f"return={wanted}")
        assert answer.status_code == 200, answer.text
        assert secret("vp", "anna") not in answer.text
        assert reads(doors) == before
        answer = bundle(doors, "cru", entry, Prefer=f"return={wanted}")
        assert (secret("vp", "anna") in answer.text) is (wanted == "representation")
        assert reads(doors) == before + (wanted == "representation")


@pytest.mark.parametrize("asked", ["Observation/vp-anna-bevinding", "Observation?patient=vp-anna"])
def test_a_transaction_that_may_not_read_what_it_asks_writes_nothing(doors: Doors, asked: str) -> None:
    new = {**HELD, "id": "geheel"}
    write = {"request": {"method": "PUT", "url": "Observation/geheel"}, "resource": new}
    answer = bundle(doors, "cu", write, {"request": {"method": "GET", "url": asked}})
    assert answer.status_code == 403 and "insufficient_scope" in answer.text
    assert doors.ask("epd-cru", "GET", "/fhir/stu3/Observation/geheel").status_code == 404


def test_a_put_may_make_a_resource_with_the_scope_to_update(doors: Doors) -> None:
    """SMART App Launch 2: where a server lets an update make a resource, the letter `u` allows it; a POST needs `c`."""
    new = {**HELD, "id": "nieuw"}
    assert put(doors, "c", new).status_code == 403
    assert put(doors, "u", new).status_code == 201
    assert put(doors, "u", {**new, "comment": "anders"}).status_code == 200
    entry = {"request": {"method": "POST", "url": "Observation"}, "resource": {**HELD, "id": "ander"}}
    refused = bundle(doors, "u", entry)
    assert refused.status_code == 403 and "system/Observation.c" in refused.text
