"""A system proves who it is: RFC 7523, and what SMART Backend Services asks beyond it."""

from __future__ import annotations

import base64
import json

import pytest
from joserfc.jwk import ECKey

from adapter.access.systems import ReplayUnavailableError
from support.systems_world import EC_KEY, ISSUER, NOW, OTHER_KEY, RSA_KEY, TOKEN_URL, Held, World, client, signed


async def test_a_good_assertion_gives_a_token():
    given = await World().ask()
    assert given["token_type"] == "bearer"
    assert 0 < given["expires_in"] <= 300
    assert given["scope"].split() == ["system/*.rs", "purpose/TREAT"]
    assert given["access_token"].count(".") == 2


@pytest.mark.parametrize(("key", "alg"), [(EC_KEY, "ES384"), (RSA_KEY, "RS384")])
async def test_both_algorithms_of_smart_are_taken(key, alg):
    world = World()
    assert (await world.ask(assertion=signed(world.claims(), key, alg)))["access_token"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": None},
        {"sub": None},
        {"sub": "another"},
        {"iss": "nobody", "sub": "nobody"},
        {"iss": 5, "sub": 5},
        {"aud": None},
        {"aud": ISSUER},
        {"aud": "https://elsewhere.example/oauth/token"},
        {"aud": [5, None]},
        {"aud": {"a": 1}},
        {"exp": None},
        {"exp": NOW - 6},
        {"exp": NOW + 306},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 1e300},
        {"iat": NOW + 60},
        {"iat": "now"},
        {"nbf": NOW + 60},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 256},
        {"jti": 7},
    ],
    ids=str,
)
async def test_a_claim_that_is_missing_or_wrong(wrong):
    world = World()
    error = await world.refused(**wrong)
    assert (error.error, error.status) == ("invalid_client", 401)
    assert "eyJ" not in str(error)
    [event] = world.lines.events
    assert (event.type, event.outcome) == ("denied", "4")


@pytest.mark.parametrize(
    "right", [{"aud": [TOKEN_URL, "https://x.example"]}, {"iat": None}, {"exp": NOW + 300}, {"nbf": NOW}]
)
async def test_what_may_differ(right):
    assert await World().ask(**right)


@pytest.mark.parametrize(
    "header",
    [
        {"kid": None},
        {"kid": "none"},
        {"kid": 5},
        {"typ": "at+jwt"},
        {"jku": "https://elsewhere.example/jwks"},
        {"crit": ["x"]},
    ],
    ids=str,
)
async def test_a_header_that_is_wrong(header):
    world = World()
    assert (await world.refused(assertion=signed(world.claims(), **header))).error == "invalid_client"


async def test_a_signature_of_another_key_under_the_same_kid():
    world = World()
    assert "signature" in str(await world.refused(assertion=signed(world.claims(), OTHER_KEY)))


async def test_an_algorithm_that_is_not_allowed_and_one_that_is_configured():
    world = World()
    assert "alg" in str(await world.refused(assertion=signed(world.claims(), RSA_KEY, "PS256")))
    configured = World((client(algorithms=("PS256",)),))
    assert await configured.ask(assertion=signed(configured.claims(), RSA_KEY, "PS256"))


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def test_no_signature_at_all():
    world = World()
    for header in ({"alg": "none", "kid": "ec"}, {"alg": "HS256", "kid": "ec"}, {"kid": "ec"}):
        unsigned = f"{_part(header)}.{_part(world.claims())}."
        assert (await world.refused(assertion=unsigned)).error == "invalid_client"


@pytest.mark.parametrize(
    "text", ["", "a.b", "a.b.c", "..", "é.é.é", f"{_part([])}.{_part([])}.x", "x" * 20_000], ids=range(7)
)
async def test_what_is_no_jwt(text):
    assert (await World().refused(assertion=text or " ")).error == "invalid_client"


async def test_claims_changed_after_signing():
    world = World()
    header, _, signature = signed(world.claims()).split(".")
    forged = f"{header}.{_part(world.claims(exp=NOW + 299))}.{signature}"
    assert "signature" in str(await world.refused(assertion=forged))


async def test_an_assertion_is_good_once():
    world = World()
    assertion = signed(world.claims())
    assert await world.ask(assertion=assertion)
    assert "used before" in str(await world.refused(assertion=assertion))


async def test_the_same_jti_of_another_system_is_another():
    world = World((client("a"), client("b")))
    assert await world.ask(id="a", jti="same")
    assert await world.ask(id="b", jti="same")


async def test_a_jti_is_remembered_until_its_assertion_is_past():
    world = World()
    await world.ask(exp=NOW + 100)
    assert min(world.replay.seen.values()) > 100


async def test_without_a_memory_for_jti_nobody_comes_in():
    class Down:
        async def first(self, key: str, seconds: int) -> bool:
            raise ReplayUnavailableError("down")

    error = await World(replay=Down()).refused()
    assert (error.error, error.status) == ("temporarily_unavailable", 503)


async def test_a_system_without_keys_here():
    assert (await World((client(keys=None),)).refused()).error == "invalid_client"


async def test_the_key_of_another_type_than_the_algorithm():
    world = World((client(keys=Held(RSA_KEY)),))
    assert "no key" in str(await world.refused(assertion=signed(world.claims(), EC_KEY, kid="rsa")))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"client_assertion_type": "x"}, "invalid_client"),
        ({"client_assertion": ""}, "invalid_client"),
        ({"client_secret": "s"}, "invalid_client"),
        ({"client_id": "another"}, "invalid_client"),
    ],
    ids=str,
)
async def test_the_form(change, error):
    from adapter.access.systems import OAuthError
    from adapter.service.access.tokens import Asking

    world = World()
    with pytest.raises(OAuthError) as refused:
        await world.desk.issue({**world.form(), **change}, Asking())
    assert refused.value.error == error


async def test_a_key_on_another_curve_than_the_algorithm_asks():
    small = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
    world = World((client(keys=Held(small)),))
    header = signed(world.claims()).partition(".")[0]
    body, signature = signed(world.claims(), small, "ES256", kid="ec").split(".")[1:]
    assert (await world.refused(assertion=f"{header}.{body}.{signature}")).error == "invalid_client"
