"""Logging in with the organisation's provider: what lets somebody in, and everything that does not."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from adapter.access import Purpose
from adapter.access.people import LoginError
from adapter.access.people.attempts import local
from adapter.access.people.provider import challenge
from adapter.access.people.tokens import at_hash
from support import people_world
from support.people_world import ISSUER, SITE, World


@pytest.fixture
def world() -> World:
    return World()


async def refused(world: World, **claims) -> str:
    with pytest.raises(LoginError) as caught:
        await world.log_in(**claims)
    assert [name for name in world.browser.cookies if "sessie" in name] == []
    assert world.seen.events == []
    return caught.value.fault.value


async def test_who_logs_in_has_name_organisation_and_the_roles_that_the_table_gives(world):
    entered = await world.log_in(roles=["arts", "onbekend", "controle"])
    found = await world.identify()
    actor = found.actor
    assert (actor.id, actor.name, actor.organisation) == ("s-1", "Vera Kundige", "ura:90000382")
    assert actor.roles == ("zorgverlener", "igo-controller")
    assert found.purposes == {Purpose.TREAT, Purpose.HPAYMT}
    assert not actor.demonstration
    assert found.woman is None
    assert entered.back == "/planning"
    assert [how for how, _ in world.seen.events] == ["login"]


async def test_the_request_has_state_nonce_and_pkce_and_no_secret(world):
    begun = await world.people.begin("/")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.address).query).items()}
    assert begun.address.startswith(f"{ISSUER}/auth?")
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{SITE}/inloggen/terug"
    assert "openid" in asked["scope"].split()
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert "geheim" not in begun.address
    (cookie,) = begun.cookies
    assert cookie.startswith("__Host-aanmelding=")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert asked["state"] not in cookie


def test_the_challenge_is_that_of_rfc_7636():
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


async def test_an_answer_without_an_attempt_in_this_browser_is_refused(world):
    begun = await world.people.begin("/")
    with pytest.raises(LoginError, match="no-attempt"):
        await world.people.complete(world.server.answer(begun.address), {})


@pytest.mark.parametrize("state", ["anders", "", None])
async def test_another_state_is_refused_and_the_attempt_is_over(world, state):
    begun = await world.people.begin("/")
    world.browser.take(begun.cookies)
    answer = world.server.answer(begun.address)
    wrong = {**answer, "state": state} if state is not None else {"code": answer["code"]}
    with pytest.raises(LoginError, match="state"):
        await world.people.complete(wrong, world.browser.cookies)
    with pytest.raises(LoginError, match="no-attempt"):
        await world.people.complete(answer, world.browser.cookies)


async def test_an_answer_works_once(world):
    begun = await world.people.begin("/")
    world.browser.take(begun.cookies)
    answer, before = world.server.answer(begun.address), dict(world.browser.cookies)
    await world.people.complete(answer, before)
    with pytest.raises(LoginError, match="no-attempt"):
        await world.people.complete(answer, before)


async def test_a_code_of_somebody_elses_login_does_not_fit_the_verifier(world):
    theirs = world.server.answer((await world.people.begin("/")).address)
    begun = await world.people.begin("/")
    world.browser.take(begun.cookies)
    mine = world.server.answer(begun.address)
    with pytest.raises(LoginError, match="refused"):
        await world.people.complete({**mine, "code": theirs["code"]}, world.browser.cookies)


async def test_the_providers_own_refusal_is_said(world):
    begun = await world.people.begin("/")
    world.browser.take(begun.cookies)
    state = world.server.answer(begun.address)["state"]
    with pytest.raises(LoginError, match="refused"):
        await world.people.complete({"error": "access_denied", "state": state}, world.browser.cookies)


@pytest.mark.parametrize(
    ("claims", "fault"),
    [
        ({"nonce": "anders"}, "id-token: nonce"),
        ({"nonce": None}, "id-token: nonce"),
        ({"exp": 1}, "id-token: exp"),
        ({"exp": None}, "id-token: exp"),
        ({"exp": "later"}, "id-token: exp"),
        ({"exp": True}, "id-token: exp"),
        ({"iat": None}, "id-token: iat"),
        ({"iat": int(people_world.NOW.timestamp()) + 3600}, "id-token: iat"),
        ({"iat": int(people_world.NOW.timestamp()) - 3600}, "id-token: iat"),
        ({"nbf": int(people_world.NOW.timestamp()) + 3600}, "id-token: nbf"),
        ({"aud": "een-ander"}, "id-token: aud"),
        ({"aud": None}, "id-token: aud"),
        ({"aud": ["adapter", "een-ander"]}, "id-token: azp"),
        ({"azp": "een-ander"}, "id-token: azp"),
        ({"sub": None}, "id-token: sub"),
        ({"sub": 7}, "id-token: sub"),
        ({"at_hash": "anders"}, "id-token: at_hash"),
        ({"iss": "https://anders.example"}, "issuer"),
        ({"roles": ["poetser"]}, "no-role"),
        ({"roles": None}, "no-role"),
        ({"roles": {"arts": True}}, "no-role"),
        ({"ura": "12"}, "organisation"),
        ({"ura": 90000382}, "organisation"),
        ({"ura": [90000382]}, "organisation"),
        ({"ura": ["90000382", 7]}, "organisation"),
        ({"ura": {"value": "90000382"}}, "organisation"),
        ({"ura": False}, "organisation"),
    ],
)
async def test_a_token_that_does_not_hold_lets_nobody_in(world, claims, fault):
    with pytest.raises(LoginError, match=f"^{fault}"):
        await world.log_in(**claims)
    assert await world.identify() is None


async def test_a_token_for_several_audiences_holds_when_it_was_made_for_us(world):
    await world.log_in(aud=["adapter", "een-ander"], azp="adapter")
    assert await world.identify() is not None


async def test_a_clock_that_is_a_little_off_does_not_matter(world):
    await world.log_in(iat=int(world.clock().timestamp()) + 20, exp=int(world.clock().timestamp()) + 20)
    assert await world.identify() is not None


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "ES999"])
async def test_an_algorithm_that_proves_nothing_is_refused(world, alg):
    def forged(nonce):
        claims = json.loads(base64.urlsafe_b64decode(honest(nonce).split(".")[1] + "=="))
        if alg == "HS256":  # signed with the public key as if it were a secret
            public = json.dumps(people_world.key().as_dict(private=False)).encode()
            return jwt.encode({"alg": alg, "kid": "k1"}, claims, OctKey.import_key(public), algorithms=[alg])
        parts = [json.dumps({"alg": alg, "kid": "k1"}).encode(), json.dumps(claims).encode()]
        return ".".join(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts) + "."

    honest = world.server.id_token
    world.server.id_token = forged
    assert await refused(world) == "id-token"


async def test_a_token_of_another_key_is_refused(world):
    stranger = ECKey.generate_key("P-256", {"kid": "k1"})
    honest = world.server.id_token

    def forged(nonce):
        claims = json.loads(base64.urlsafe_b64decode(honest(nonce).split(".")[1] + "=="))
        return people_world.signed(claims, secret=stranger)

    world.server.id_token = forged
    assert await refused(world) == "id-token"


@pytest.mark.parametrize("token", ["", "a.b", "x" * 20_000, "é.é.é", "e30.e30.e30"])
async def test_rubbish_in_place_of_a_token_is_refused(world, token):
    world.server.id_token = lambda nonce: token
    assert await refused(world) == "id-token"


async def test_a_provider_that_renewed_its_keys_is_asked_for_them_again(world):
    await world.log_in()
    world.server.kid = "k2"
    world.clock.pass_by(minutes=1)
    await world.log_in()
    assert await world.identify() is not None


async def test_made_up_keys_do_not_have_us_fetch_again_and_again(world):
    await world.log_in()
    before = sum(address.endswith("/jwks") for address, _ in world.server.asked)
    world.server.kid = "k2"
    for _ in range(5):
        with pytest.raises(LoginError):
            await world.log_in()
    assert sum(address.endswith("/jwks") for address, _ in world.server.asked) == before


async def test_the_answer_must_come_from_the_issuer_where_it_says_so(world):
    async def answered(**more):
        begun = await world.people.begin("/")
        world.browser.take(begun.cookies)
        return await world.people.complete({**world.server.answer(begun.address), **more}, world.browser.cookies)

    await answered(iss=ISSUER)
    with pytest.raises(LoginError, match="issuer"):
        await answered(iss="https://anders.example")
    world.server.metadata["authorization_response_iss_parameter_supported"] = True
    world.clock.pass_by(hours=2)
    with pytest.raises(LoginError, match="issuer"):
        await answered()


async def test_a_discovery_document_of_another_issuer_is_refused(world):
    world.server.metadata["issuer"] = "https://anders.example"
    with pytest.raises(LoginError, match="issuer"):
        await world.people.begin("/")


@pytest.mark.parametrize(
    "wrong", [{"token_endpoint": None}, {"jwks_uri": "http://login.example/jwks"}, {"authorization_endpoint": 7}]
)
async def test_half_a_discovery_document_is_refused(world, wrong):
    world.server.metadata |= wrong
    with pytest.raises(LoginError, match="provider"):
        await world.people.begin("/")


async def test_a_provider_that_is_down_is_said_so(world):
    world.server.down = True
    with pytest.raises(LoginError, match="provider"):
        await world.people.begin("/")


async def test_the_discovery_document_is_kept(world):
    for _ in range(3):
        await world.people.begin("/")
    assert len(world.server.asked) == 1


async def test_assurance_is_asked_and_checked():
    world = World(registration={"acr": ("urn:hoog",), "max_age": 3600})
    begun = await world.people.begin("/")
    assert "acr_values=urn%3Ahoog" in begun.address
    assert "max_age=3600" in begun.address
    now = int(world.clock().timestamp())
    assert await refused(world, acr="urn:laag", auth_time=now) == "assurance"
    assert await refused(world, acr=None, auth_time=now) == "assurance"
    assert await refused(world, acr="urn:hoog", auth_time=now - 4000) == "assurance"
    assert await refused(world, acr="urn:hoog", auth_time=None) == "assurance"
    await world.log_in(acr="urn:hoog", auth_time=now - 3000)


async def test_roles_that_are_not_in_the_token_are_asked_of_userinfo(world):
    world.server.metadata["userinfo_endpoint"] = f"{ISSUER}/me"
    world.server.info = {"sub": "s-1", "roles": ["controle"], "ura": "90000382"}
    entered = await world.log_in(roles=None, ura=None)
    assert entered.person.actor.roles == ("igo-controller",)
    assert entered.person.actor.organisation == "ura:90000382"
    world.server.info["sub"] = "s-2"
    with pytest.raises(LoginError, match="somebody else"):
        await world.log_in(roles=None)


async def test_an_organisation_that_is_not_in_the_token_is_asked_of_userinfo(world):
    world.server.metadata["userinfo_endpoint"] = f"{ISSUER}/me"
    world.server.info = {"sub": "s-1", "roles": ["controle"], "ura": "90000382"}
    actor = (await world.log_in(ura=None)).person.actor
    assert actor.organisation == "ura:90000382"
    assert actor.roles == ("zorgverlener",), "the signed token goes before userinfo"
    world.server.info["ura"] = 90000382
    with pytest.raises(LoginError, match="organisation"):
        await world.log_in(ura=None)
    del world.server.info["ura"]
    assert (await world.log_in(ura=None)).person.actor.organisation is None


async def test_userinfo_is_left_alone_where_the_token_says_it_all(world):
    world.server.metadata["userinfo_endpoint"] = f"{ISSUER}/me"
    await world.log_in()
    assert f"{ISSUER}/me" not in [address for address, _ in world.server.asked]


async def test_the_token_and_userinfo_may_each_say_half_of_one_object(world):
    own = world.people.own
    table = replace(own.table, role_claim="access.roles", organisation_claim="access.ura")
    world.people.own = replace(own, table=table)
    world.server.metadata["userinfo_endpoint"] = f"{ISSUER}/me"
    world.server.info = {"sub": "s-1", "access": {"roles": ["controle"], "ura": "90000382"}}
    actor = (await world.log_in(roles=None, ura=None, access={"roles": ["arts"], "ura": None})).person.actor
    assert (actor.roles, actor.organisation) == (("zorgverlener",), "ura:90000382")


@pytest.mark.parametrize("number", ["999911120", "123456782"])
async def test_a_staff_number_that_could_be_a_bsn_becomes_a_steady_pseudonym(world, number):
    first = (await world.log_in(sub=number)).person.actor
    again = (await world.log_in(sub=number)).person.actor
    assert first.id == again.id
    assert first.id.startswith("p-")
    assert number not in repr(first)


async def test_a_bsn_in_a_name_is_masked(world):
    assert "999911120" not in (await world.log_in(name="Vera 999911120")).person.actor.name


async def test_a_key_of_ours_proves_who_we_are():
    mine = ECKey.generate_key("P-384", {"kid": "wij"})
    world = World()
    provider = world.people.own.provider
    object.__setattr__(provider.registration, "key", mine)
    await world.log_in()
    (form,) = [form for address, form in world.server.asked if address.endswith("/token")]
    claims = jwt.decode(form["client_assertion"], mine, algorithms=["ES384"]).claims
    assert claims["iss"] == claims["sub"] == form["client_id"] == "adapter"
    assert claims["aud"] == f"{ISSUER}/token"
    assert claims["exp"] - claims["iat"] <= 300
    assert "client_secret" not in form


def test_at_hash_is_that_of_openid_connect_core():
    header = base64.urlsafe_b64encode(b'{"alg":"RS256"}').rstrip(b"=").decode()
    token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"  # OpenID Connect Core 1.0, appendix A.3
    assert at_hash(f"{header}.e30.x", token) == "77QmUPtjPfzWtF2AnpK9RQ"


@pytest.mark.parametrize(
    "address", ["https://anders.example", "//anders.example", "/\\anders", "javascript:x", "", None, "/a\nb", "a", "/é"]
)
def test_after_login_nobody_is_sent_elsewhere(address):
    assert local(address) == "/"


def test_after_login_one_comes_back_where_one_was():
    assert local("/zwangerschap/1?as_of=2026-01-01") == "/zwangerschap/1?as_of=2026-01-01"
