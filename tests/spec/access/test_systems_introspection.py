"""Tokens that another server knows (RFC 7662): it is asked, its answer kept briefly, and nothing taken on trust."""

from __future__ import annotations

import json

import httpx
import pytest

from adapter.access import ActorKind, Purpose, UnauthenticatedError, UnavailableError
from adapter.access.systems.introspection import KEPT, Asked
from adapter.service.entrance import Credentials
from support.systems_world import NOW, WOMAN, World, client

NODE = "http://127.0.0.1:8081/internal/auth/v2/accesstoken/introspect"
DID = "did:web:node.example:iam:groen"


class Node:
    """A node in front: what it says of any token."""

    def __init__(self, *clients, asked=None, **said):
        self.said = {
            "active": True,
            "client_id": DID,
            "scope": "zorginzage system/Patient.r",
            "exp": NOW + 900,
            "subject_organization_id": "urn:oid:2.16.528.1.1007.3.3.12345678",
            **said,
        }
        self.status, self.requests, self.failure = 200, [], None
        asked = asked or Asked(NODE, lambda: "Bearer node-secret", {"zorginzage": ("system/Observation.rs",)})
        known = clients or (client(DID, keys=None),)
        self.world = World(known, asked=asked, transport=httpx.MockTransport(self.answer))

    def answer(self, request):
        self.requests.append(request)
        if self.failure is not None:
            raise self.failure
        body = self.said if isinstance(self.said, bytes) else json.dumps(self.said).encode()
        return httpx.Response(self.status, content=body)

    async def who(self, token="opaque-token"):
        return await self.world.entrance.identify(Credentials(token, {}, {}, "GET", "https://x/", "10.0.0.1"))


async def test_who_shows_it():
    node = Node()
    who = await node.who()
    assert who.actor.organisation == "ura:12345678"
    assert (who.actor.kind, who.actor.client) == (ActorKind.SYSTEM, DID)
    assert set(who.scopes) == {"system/Observation.rs", "system/Patient.r"}
    assert who.purposes == {Purpose.TREAT}
    [request] = node.requests
    assert (str(request.url), request.content) == (NODE, b"token=opaque-token")
    assert request.headers["authorization"] == "Bearer node-secret"


async def test_a_token_of_ours_is_not_asked_about():
    node = Node(client(), client(DID, keys=None))
    given = await node.world.ask(id="epd-groen")
    assert (await node.who(given["access_token"])).actor.id == "epd-groen"
    assert node.requests == []


async def test_an_answer_is_kept_briefly():
    node = Node()
    await node.who()
    node.world.at += KEPT - 1
    await node.who()
    assert len(node.requests) == 1
    node.world.at += 2
    node.said = {"active": False}
    with pytest.raises(UnauthenticatedError):
        await node.who()


async def test_never_longer_than_the_token():
    node = Node(exp=NOW + 5)
    await node.who()
    node.world.at += 5
    with pytest.raises(UnauthenticatedError):
        await node.who()


@pytest.mark.parametrize(
    "said",
    [
        {"active": False},
        {"active": "true"},
        {"exp": NOW},
        {"exp": "x"},
        {"client_id": "unknown"},
        {"client_id": None},
        {"scope": None},
        {"scope": "nothing/here"},
        {"scope": "system/Patient.c"},
        {"cnf": {"jkt": "x"}},
        {"subject_organization_id": "ura:00000009"},
        {"subject_organization_id": "nonsense"},
        {"purpose_of_use": "HPAYMT"},
    ],
    ids=str,
)
async def test_what_lets_nobody_in(said):
    node = Node(**said)
    for _ in range(2):
        with pytest.raises(UnauthenticatedError) as error:
            await node.who()
        assert error.value.error == "invalid_token"
    assert len(node.requests) == 1


@pytest.mark.parametrize(
    ("status", "said", "failure"),
    [
        (500, None, None),
        (401, None, None),
        (302, None, None),
        (200, b"<html>", None),
        (200, b"[]", None),
        (200, b" " * 70_000 + b"{}", None),
        (200, None, httpx.ReadTimeout("slow")),
        (200, None, httpx.ConnectError("down")),
    ],
    ids=range(8),
)
async def test_what_cannot_be_said_now_is_no_refusal(status, said, failure):
    node = Node()
    node.status, node.failure, node.said = status, failure, said if said is not None else node.said
    with pytest.raises(UnavailableError) as error:
        await node.who()
    assert "opaque-token" not in str(error.value)


@pytest.mark.parametrize("token", ["a b", "x" * 9000, "é"])
async def test_what_can_be_no_token_is_not_asked_about(token):
    node = Node()
    with pytest.raises(UnauthenticatedError):
        await node.who(token)
    assert node.requests == []


@pytest.mark.parametrize(
    ("audience", "enters"), [("https://adapter.example", True), (["a", "https://adapter.example"], True), ("b", False)]
)
async def test_for_whom_it_is_meant(audience, enters):
    asked = Asked(NODE, audience="https://adapter.example", aliases={"zorginzage": ("system/*.rs",)})
    node = Node(asked=asked, aud=audience)
    if enters:
        assert await node.who()
    else:
        with pytest.raises(UnauthenticatedError):
            await node.who()


@pytest.mark.parametrize(("patient", "enters"), [("Patient/w1", True), ("Patient/w2", False), (None, False)])
async def test_a_token_for_one_woman(patient, enters):
    reader = client(DID, keys=None, for_woman=True, source="vp", scopes=("patient/*.rs",))
    node = Node(reader, scope="patient/*.rs", patient=patient)
    if enters:
        assert (await node.who()).woman == WOMAN
    else:
        with pytest.raises(UnauthenticatedError):
            await node.who()
