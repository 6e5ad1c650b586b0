"""What a condition makes only once: whatever else is written between looking and writing, and within one Bundle."""

from __future__ import annotations

import asyncio
import json

import pytest
import pytest_asyncio

from adapter.model.sources import FhirVersion
from support.fhir_server import JSON, VP, ZH, observation, patient, post_entry, put_entry, serving, transaction

OWN = "http://epd.example/id"
SAME = f"identifier={OWN}|x"
ONE, OTHER = "urn:uuid:0e5f7b52-0000-4000-8000-000000000001", "urn:uuid:0e5f7b52-0000-4000-8000-000000000002"


@pytest_asyncio.fixture
async def server(tmp_path):
    async with serving(tmp_path) as server:
        await server.put(patient())
        yield server


def seen(value="x", **more):
    """An observation with an identifier and no id."""
    made = observation("", None, identifier=[{"system": OWN, "value": value}], effectiveDateTime="2026-05-01")
    return {**{name: item for name, item in made.items() if name != "id"}, **more}


def named(id, value="x", **more):
    return {**seen(value, **more), "id": id}


def other(id, **more):
    """What none of the conditions finds."""
    return named(id, "y", code={"text": "x"}, effectiveDateTime="2020-01-01", **more)


def searched(condition=SAME, resource=None):
    return {"resource": resource or seen(), "request": {"method": "PUT", "url": f"Observation?{condition}"}}


def once(full_url=ONE, condition=SAME, resource=None):
    return post_entry(resource or seen(), full_url, ifNoneExist=condition)


async def create(server, condition=SAME, resource=None, who=VP):
    headers = {**JSON, **who, "If-None-Exist": condition}
    return await server.client.post("/fhir/stu3/Observation", content=json.dumps(resource or seen()), headers=headers)


async def update(server, condition=SAME, resource=None):
    return await server.client.put(f"/fhir/stu3/Observation?{condition}", json=resource or seen(), headers=VP)


async def bundle(server, *entries, kind="transaction"):
    return await server.client.post("/fhir/stu3", json=transaction(*entries, kind=kind), headers=VP)


def meanwhile(server, monkeypatch, *resources, who=VP):
    """Others write these, one just before each write."""
    writer, left = server.service.writer(FhirVersion.STU3), list(resources)
    write = writer.write

    async def slower(*given):
        if left:
            resource = left.pop(0)
            monkeypatch.setattr(writer, "write", write)
            assert (await server.put(resource, who)).status_code in (200, 201)
            monkeypatch.setattr(writer, "write", slower)
        return await write(*given)

    monkeypatch.setattr(writer, "write", slower)


def entries_of(answer):
    assert answer.status_code == 200, answer.text
    return [(e["response"]["status"][:3], e["response"]["location"].split("/")[1]) for e in answer.json()["entry"]]


CONDITIONS = [SAME, "identifier=x", f"{SAME}&code=57036006", "date=2026-05-01", "patient=w1&date=2026-05-01"]


@pytest.mark.parametrize("condition", CONDITIONS)
async def test_what_came_meanwhile_is_found(server, monkeypatch, condition):
    meanwhile(server, monkeypatch, named("o1"))
    made = await create(server, condition)
    assert (made.status_code, made.json()["id"]) == (200, "o1")
    assert await server.found("Observation?patient=w1") == ["Observation/o1"]


@pytest.mark.parametrize("condition", CONDITIONS)
async def test_what_came_meanwhile_is_changed(server, monkeypatch, condition):
    meanwhile(server, monkeypatch, named("o1"))
    made = await update(server, condition, seen(comment="new"))
    assert (made.status_code, made.json()["id"], made.headers["etag"]) == (200, "o1", 'W/"2"')
    assert await server.found("Observation?patient=w1") == ["Observation/o1"]


@pytest.mark.parametrize("kind", ["transaction", "batch"])
@pytest.mark.parametrize("makes", [True, False])
@pytest.mark.parametrize("condition", CONDITIONS)
async def test_in_a_bundle_too(server, monkeypatch, kind, condition, makes):
    about = other("o9", related=[{"target": {"reference": ONE}}])
    entry = {**(once(condition=condition) if makes else searched(condition)), "fullUrl": ONE}
    meanwhile(server, monkeypatch, named("o1"))
    answer = await bundle(server, entry, put_entry(about), kind=kind)
    assert entries_of(answer)[0] == ("200", "o1")
    assert await server.found("Observation?patient=w1&date=ge2026") == ["Observation/o1"]
    if kind == "transaction":
        target = (await server.get("Observation/o9")).json()["related"][0]["target"]
        assert target == {"reference": "Observation/o1"}


@pytest.mark.parametrize("condition", CONDITIONS)
async def test_what_no_longer_meets_the_condition_is_left_alone(server, monkeypatch, condition):
    await server.put(named("o1"))
    meanwhile(server, monkeypatch, other("o1"))
    made = await update(server, condition)
    assert made.status_code == 201
    assert made.json()["id"] != "o1"


async def test_several_that_came_meanwhile(server, monkeypatch):
    await server.put(other("o1"))
    both = transaction(put_entry(named("o1")), put_entry(named("o2")))
    writer = server.service.writer(FhirVersion.STU3)
    write = writer.write

    async def slower(*given):
        monkeypatch.setattr(writer, "write", write)
        await server.client.post("/fhir/stu3", json=both, headers=VP)
        return await write(*given)

    monkeypatch.setattr(writer, "write", slower)
    answer = await create(server)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (412, "multiple-matches")


@pytest.mark.parametrize("condition", CONDITIONS)
async def test_what_else_comes_meanwhile_does_not_matter(server, monkeypatch, condition):
    meanwhile(server, monkeypatch, *(other("o1", comment=str(n)) for n in range(3)))
    assert (await create(server, condition)).status_code == 201
    meanwhile(server, monkeypatch, named("o1", "w"), who=ZH)
    assert (await create(server, f"identifier={OWN}|w", seen("w"))).status_code == 201


async def test_where_it_never_settles(server, monkeypatch):
    await server.put(named("o1"))
    meanwhile(server, monkeypatch, *(other("o1"), named("o1")) * 30)
    answer = await update(server)
    issue = answer.json()["issue"][0]
    assert (answer.status_code, issue["code"], issue["expression"]) == (412, "conflict", ["http"])


async def test_what_was_read_here_is_kept_without_our_meta_at_the_second_time_too(server, monkeypatch):
    await server.put(named("o1"))
    read = (await server.get("Observation/o1")).json()
    await server.put(other("o1"))
    meanwhile(server, monkeypatch, named("o1"))
    made = await update(server, resource={**read, "comment": "new"})
    assert (made.status_code, made.json()["id"]) == (200, "o1")
    assert all("meta" not in json.loads(v.received.body) for v in server.store.history("vp", "Observation/o1"))


@pytest.mark.parametrize("kind", ["create", "update", "transaction", "batch"])
async def test_many_at_once_make_one(server, kind):
    asks = {
        "create": create,
        "update": update,
        "transaction": lambda s: bundle(s, once()),
        "batch": lambda s: bundle(s, searched(), kind="batch"),
    }
    answers = await asyncio.gather(*(asks[kind](server) for _ in range(12)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len(await server.found(f"Observation?{SAME}")) == 1


# Within one Bundle.


@pytest.mark.parametrize("second", [SAME, "identifier=x", f"?{SAME}", f"Observation?{SAME}"])
async def test_the_second_finds_the_first(server, second):
    about = {**observation("o9", None), "related": [{"target": {"reference": OTHER}}]}
    answer = await bundle(server, once(), once(OTHER, second, seen(comment="again")), put_entry(about))
    (one, id), (other, same), _ = entries_of(answer)
    assert (one, other, same) == ("201", "200", id)
    assert len(await server.found(f"Observation?{SAME}")) == 1
    assert (await server.get("Observation/o9")).json()["related"][0]["target"]["reference"] == f"Observation/{id}"


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("other", [put_entry(named("o1")), searched()])
async def test_what_is_made_once_finds_what_is_put(server, turned, other):
    answer = await bundle(server, *((once(), other) if turned else (other, once())))
    found = entries_of(answer)
    assert sorted(status for status, _ in found) == ["200", "201"]
    assert len({id for _, id in found}) == 1
    assert len(await server.found(f"Observation?{SAME}")) == 1


@pytest.mark.parametrize(
    "entries",
    [
        [searched(), searched()],
        [searched(), searched("identifier=x")],
        [searched(), put_entry(named("o1"))],
        [put_entry(named("o1")), searched()],
        [post_entry(seen(), ONE), searched()],
        [searched(resource=named("o1")), searched(resource=named("o2"))],
        [searched("date=2026-05-01"), searched("date=2026-05-01")],
    ],
)
async def test_updates_that_come_to_one_resource_are_refused(server, entries):
    before = server.store.counts()["versions"]
    answer = await bundle(server, *entries)
    assert answer.status_code == 400, answer.text
    issue = answer.json()["issue"][0]
    assert issue["code"] == "duplicate"
    assert issue["expression"][0] in ("Bundle.entry[0].request.url", "Bundle.entry[1].request.url")
    assert server.store.counts()["versions"] == before


async def test_updates_that_find_one_resource_are_refused(server):
    await server.put(named("o1"))
    answer = await bundle(server, searched(), searched("identifier=x"))
    assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[1].request.url"]
    again = await bundle(server, once(), searched(resource=seen(comment="new")))
    assert entries_of(again) == [("200", "o1"), ("200", "o1")]


async def test_one_that_would_find_two_of_the_same_transaction(server):
    answer = await bundle(server, post_entry(seen(), ONE), put_entry(named("o1")), once(OTHER))
    issue = answer.json()["issue"][0]
    assert (answer.status_code, issue["code"]) == (412, "multiple-matches")
    assert issue["expression"] == ["Bundle.entry[2].request.ifNoneExist"]


async def test_a_batch_goes_one_by_one(server):
    changed = searched(resource=seen(comment="new"))
    answer = await bundle(server, once(), once(OTHER), searched(), changed, kind="batch")
    assert [status for status, _ in entries_of(answer)] == ["201", "200", "200", "200"]
    assert len({id for _, id in entries_of(answer)}) == 1
    assert (await server.get(f"Observation?{SAME}")).json()["entry"][0]["resource"]["comment"] == "new"


async def test_what_is_made_once_is_shown_where_that_is_asked(server):
    headers = {**VP, "Prefer": "return=representation"}
    entries = transaction(once(), once(OTHER))
    answer = await server.client.post("/fhir/stu3", json=entries, headers=headers)
    first, second = answer.json()["entry"]
    assert first["resource"] == second["resource"]
