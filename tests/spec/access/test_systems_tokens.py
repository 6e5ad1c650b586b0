"""Access tokens: what stands in them, how long they hold, and how their keys change."""

from __future__ import annotations

import base64
import json
import time

import pytest

from adapter.access import ActorKind, UnauthenticatedError
from adapter.access.systems import LIFETIME
from adapter.service.access.tokens import Asking
from adapter.store import KeyRing
from support.systems_world import ISSUER, NOW, TOKEN_URL, World, client, signed

WEEK = 7 * 24 * 3600


async def token(world, **asked):
    return (await world.ask(**asked))["access_token"]


def inside(text):
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in text.split(".")[:2]]


async def test_what_stands_in_it():
    world = World()
    header, claims = inside(await token(world))
    assert (header["alg"], header["typ"]) == ("ES384", "at+jwt")
    assert header["kid"] in {key["kid"] for key in world.desk.jwks()["keys"]}
    assert claims["iss"] == claims["aud"] == ISSUER
    assert claims["sub"] == claims["client_id"] == "epd-groen"
    assert claims["exp"] - claims["iat"] == LIFETIME <= 300
    assert claims["scope"] == "system/*.rs"
    assert claims["jti"]


async def test_who_shows_it():
    world = World((client(source="vp"),))
    given = await token(world)
    who = world.tokens.verify(given)
    assert who.actor.id == who.actor.client == "epd-groen"
    assert who.actor.kind is ActorKind.SYSTEM
    assert who.actor.organisation == "ura:12345678"
    assert set(who.actor.roles) == {"zorgverlener", "bron"}
    assert (who.source, who.woman, who.scopes) == ("vp", None, ("system/*.rs",))
    assert who.token == inside(given)[1]["jti"]


async def test_it_ends():
    world = World()
    given = await token(world)
    world.at = NOW + LIFETIME - 1
    assert world.tokens.verify(given)
    world.at = NOW + LIFETIME
    for _ in range(2):
        with pytest.raises(UnauthenticatedError) as error:
            world.tokens.verify(given)
        assert error.value.error == "invalid_token"


async def test_another_worker_reads_it_by_the_master_key_alone():
    given = await token(World())
    assert World().tokens.verify(given)
    assert World(ring=KeyRing(b"x" * 32)).tokens.verify(given) is None


async def test_a_token_changed_or_signed_by_another_is_refused():
    world = World()
    header, body, signature = (await token(world)).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "scope": "system/*.cruds"}).encode()).decode().rstrip("=")
    with pytest.raises(UnauthenticatedError):
        world.tokens.verify(f"{header}.{forged}.{signature}")
    assert world.tokens.verify(signed(claims)) is None  # a key that is none of ours


async def test_an_assertion_is_no_token_and_a_token_no_assertion():
    world = World()
    assert world.tokens.verify(signed(world.claims())) is None
    assert (await world.refused(assertion=await token(world))).error == "invalid_client"


async def test_a_token_of_another_service_with_the_same_master_key_is_refused():
    given = await token(World(issuer="https://other.example"))
    with pytest.raises(UnauthenticatedError):
        World().tokens.verify(given)


async def test_a_system_struck_off_is_refused():
    given = await token(World())
    with pytest.raises(UnauthenticatedError):
        World((client("another"),)).tokens.verify(given)


@pytest.mark.parametrize("text", ["x", "a.b.c", "demo.source.vp", "", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_of_ours(text):
    assert World().tokens.verify(text) is None


async def test_the_key_changes_and_the_one_before_still_verifies():
    world = World()
    world.at = (NOW // WEEK + 1) * WEEK - 10  # ten seconds before the change
    before = await token(world)
    published = {key["kid"] for key in world.desk.jwks()["keys"]}
    world.at += 20
    after = await token(world)
    kids = [inside(text)[0]["kid"] for text in (before, after)]
    assert kids[0] != kids[1]
    assert kids[1] in published  # whoever keeps our keys had the new one already
    assert world.tokens.verify(before)
    assert World(at=world.at).tokens.verify(before)


async def test_a_key_of_long_ago_verifies_nothing():
    given = await token(World())
    assert World(at=NOW + 3 * WEEK).tokens.verify(given) is None


async def test_the_master_key_changes_without_downtime():
    old, new = b"k" * 32, b"n" * 32
    first, middle = World(), World(ring=KeyRing(old, [new]))  # the new one is known everywhere before it is used
    last = World(ring=KeyRing(new, [old]))
    given, later = await token(first), await token(last)
    assert middle.tokens.verify(given)
    assert last.tokens.verify(given)
    assert middle.tokens.verify(later)


async def test_a_key_file_that_is_rotated_while_two_workers_run(tmp_path):
    from adapter.store.keys import drop, rotate

    path = tmp_path / "master.key"
    KeyRing.create(path)
    first, second = (World(ring=KeyRing.from_keyfile(path)) for _ in range(2))
    before = await token(first)
    assert second.tokens.verify(before)
    rotate(path)
    after = await token(first)
    assert inside(after)[0]["kid"] != inside(before)[0]["kid"]
    assert second.tokens.verify(after)  # it follows by itself
    drop(path, in_use=())
    last = await token(second)
    assert World(ring=KeyRing.from_keyfile(path)).tokens.verify(last)
    first.desk.jwks()  # it has seen that the old key is gone
    first.tokens._known.clear()
    assert first.tokens.verify(before)  # signed under that key, and not yet expired
    first.at += LIFETIME
    assert first.keys.find(inside(before)[0]["kid"]) is None


async def test_public_keys_only():
    keys = World().desk.jwks()["keys"]
    assert len(keys) == 3
    assert all(set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"} for key in keys)


async def test_a_token_that_is_shown_again_costs_little():
    world = World()
    given = await token(world)
    world.tokens.verify(given)
    best = min(_seconds(world, given) for _ in range(5))
    assert best < 100e-6


def _seconds(world, given, times=200):
    start = time.perf_counter()
    for _ in range(times):
        world.tokens.verify(given)
    return (time.perf_counter() - start) / times


async def test_each_token_and_each_refusal_is_in_the_audit_log_without_the_token():
    world = World()
    given = await token(world)
    await world.refused("system/Patient.c")
    issued, refused = world.lines.events
    assert (issued.type, issued.subtype, issued.user, issued.organisation) == (
        "login",
        "token",
        "epd-groen",
        "ura:12345678",
    )
    assert (issued.request_id, issued.network) == ("request-1", "10.0.0.1")
    assert issued.token == inside(given)[1]["jti"]
    assert refused.reason.startswith("invalid_scope")
    assert refused.user == "epd-groen"
    assert not any(given in event.to_json().decode() for event in world.lines.events)


async def introspected(world, text, by="epd-groen", **more):
    form = {**world.form(id=by), "token": text, **more}
    return await world.desk.introspect(form, Asking())


async def test_introspection_of_its_own_token():
    world = World()
    said = await introspected(world, await token(world))
    assert said["active"] is True
    assert said["client_id"] == "epd-groen"
    assert said["scope"] == "system/*.rs"
    assert said["exp"] == NOW + LIFETIME
    assert said["purpose"] == "TREAT"


async def test_introspection_of_what_holds_no_more():
    world = World()
    given = await token(world)
    assert await introspected(world, "nonsense") == {"active": False}
    world.at += LIFETIME
    assert await introspected(world, given) == {"active": False}


@pytest.mark.parametrize("introspects", [True, False])
async def test_introspection_of_the_token_of_another(introspects):
    world = World((client(), client("front", introspects=introspects)))
    said = await introspected(world, await token(world), "front")
    assert said["active"] is introspects


async def test_introspection_asks_who_asks():
    from adapter.access.systems import OAuthError

    world = World()
    for form in ({"token": "x"}, {**world.form(aud=ISSUER), "token": "x"}):
        with pytest.raises(OAuthError) as error:
            await world.desk.introspect(form, Asking())
        assert error.value.error == "invalid_client"
    assert (await introspected(world, "x", client_id="epd-groen")) == {"active": False}
    assert TOKEN_URL in world.desk.offer.token_endpoint
