"""Pages that an EPD opens: by a SMART launch, and by a link that its system signed."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from adapter.access.people import LoginError, LoginFault
from adapter.api.cds import card
from adapter.model.sources import RecordKey
from doors.sample_path import PATH
from support import people_world
from support.people_world import FHIR, SITE, World

HERS = RecordKey("vp", "Patient/p-1")


@pytest.fixture
def world() -> World:
    return World(framed=True)


async def launch(world: World):
    begun = await world.people.launch(FHIR, "xyz")
    world.browser.take(begun.cookies)
    return await world.people.launched("epd", world.epd.answer(begun.address), world.browser.cookies)


async def test_a_launch_asks_the_epds_server_with_the_launch_it_gave(world):
    begun = await world.people.launch(FHIR + "/", "xyz")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.address).query).items()}
    assert asked["launch"] == "xyz"
    assert asked["aud"] == FHIR
    assert asked["redirect_uri"] == f"{SITE}/launch/terug/epd"
    assert "launch" in asked["scope"].split()
    assert asked["code_challenge_method"] == "S256"
    assert world.epd.asked[0][0] == f"{FHIR}/.well-known/smart-configuration"
    assert "SameSite=None; Partitioned" in begun.cookies[0]


async def test_a_launch_opens_a_session_for_one_woman(world):
    entered = await launch(world)
    assert "SameSite=None; Partitioned" in entered.cookies[0]
    world.browser.take(entered.cookies)
    found = await world.identify()
    assert found.woman == HERS
    assert found.actor.id == "epd:s-1"
    assert found.actor.client == "epd"
    assert found.actor.organisation == "ura:90000382"
    assert found.actor.roles == ("zorgverlener",)
    assert [how for how, _ in world.seen.events] == ["launch"]


async def test_an_answer_that_comes_back_to_the_address_of_another_epd_opens_nothing(world):
    begun = await world.people.launch(FHIR, "xyz")
    world.browser.take(begun.cookies)
    answer = world.epd.answer(begun.address)
    with pytest.raises(LoginError, match="state"):
        await world.people.launched("ander-epd", answer, world.browser.cookies)
    with pytest.raises(LoginError, match="no-attempt"):
        await world.people.launched("epd", answer, world.browser.cookies)
    assert world.seen.events == []


@pytest.mark.parametrize("state", [None, "", "anders"])
async def test_an_answer_with_another_state_opens_nothing_and_the_launch_is_over(world, state):
    begun = await world.people.launch(FHIR, "xyz")
    world.browser.take(begun.cookies)
    answer = world.epd.answer(begun.address)
    given = {name: value for name, value in {**answer, "state": state}.items() if value is not None}
    with pytest.raises(LoginError, match="state"):
        await world.people.launched("epd", given, world.browser.cookies)
    with pytest.raises(LoginError, match="no-attempt"):
        await world.people.launched("epd", answer, world.browser.cookies)


async def test_a_code_that_was_given_to_another_browser_does_not_fit_the_verifier(world):
    """RFC 7636: an attacker who puts their own code into a victim's answer."""
    others = world.epd.answer((await world.people.launch(FHIR, "xyz")).address)
    begun = await world.people.launch(FHIR, "xyz")
    world.browser.take(begun.cookies)
    mixed = {**world.epd.answer(begun.address), "code": others["code"]}
    with pytest.raises(LoginError, match="refused"):
        await world.people.launched("epd", mixed, world.browser.cookies)
    assert world.seen.events == []


@pytest.mark.parametrize(
    ("iss", "sends"),
    [("https://anders.example", False), (FHIR, False), ("https://anders.example", True), (None, True)],
)
async def test_the_answer_to_a_launch_must_come_from_the_epds_own_server(world, iss, sends):
    """RFC 9207: the `iss` of the answer is the issuer of its authorization server."""
    world.epd.metadata["authorization_response_iss_parameter_supported"] = sends
    begun = await world.people.launch(FHIR, "xyz")
    world.browser.take(begun.cookies)
    answer = world.epd.answer(begun.address) | ({"iss": iss} if iss else {})
    with pytest.raises(LoginError, match="issuer"):
        await world.people.launched("epd", answer, world.browser.cookies)
    assert world.seen.events == []


async def test_an_answer_in_another_browser_opens_nothing(world):
    begun = await world.people.launch(FHIR, "xyz")
    with pytest.raises(LoginError, match="no-attempt"):
        await world.people.launched("epd", world.epd.answer(begun.address), {})


@pytest.mark.parametrize("iss", ["https://anders.example/fhir", "", FHIR + "/x", "https://epd.example"])
async def test_a_launch_by_who_is_not_registered_goes_nowhere(world, iss):
    with pytest.raises(LoginError, match="unknown-epd"):
        await world.people.launch(iss, "xyz")
    assert world.epd.asked == []


@pytest.mark.parametrize("patient", [None, "", "../x", "Observation/1", "a b", "x" * 70])
async def test_a_launch_without_a_patient_opens_nothing(world, patient):
    world.epd.tokens = {"patient": patient}
    with pytest.raises(LoginError, match="no-patient"):
        await launch(world)
    assert world.seen.events == []


@pytest.mark.parametrize(
    "claims", [{"nonce": "anders"}, {"exp": 1}, {"aud": "een-ander"}, {"iss": "https://a.example"}]
)
async def test_an_id_token_of_the_epd_must_hold_as_well(world, claims):
    world.epd.claims |= claims
    with pytest.raises(LoginError):
        await launch(world)


async def test_a_launch_without_an_id_token_opens_nothing(world):
    world.epd.tokens |= {"id_token": None}
    with pytest.raises(LoginError, match="id-token"):
        await launch(world)


async def test_an_answer_to_a_launch_is_none_to_a_login(world):
    begun = await world.people.launch(FHIR, "xyz")
    world.browser.take(begun.cookies)
    with pytest.raises(LoginError, match="state"):
        await world.people.complete(world.epd.answer(begun.address), world.browser.cookies)


async def test_who_leaves_a_page_that_an_epd_opened_stays_with_the_epd(world):
    world.browser.take((await launch(world)).cookies)
    assert (await world.people.leave(world.browser.cookies)).address == f"{SITE}/uitgelogd"


async def test_a_signed_link_opens_a_session_for_one_woman(world):
    entered = await world.people.link(world.link(pregnancy="abc-1"), {})
    world.browser.take(entered.cookies)
    found = await world.identify()
    assert found.woman == HERS
    assert found.actor.id == "epd:v.kundige"
    assert found.actor.name == "Vera Kundige"
    assert entered.pregnancy == "abc-1"
    assert [how for how, _ in world.seen.events] == ["link"]


async def test_a_signed_link_works_once_whichever_worker_gets_it(world):
    token = world.link()
    await world.people.link(token, {})
    with pytest.raises(LoginError, match="link-used"):
        await world.another().link(token, {})


@pytest.mark.parametrize(
    ("claims", "fault"),
    [
        ({"aud": "https://anders.example/launch/link"}, "link: aud"),
        ({"aud": [f"{SITE}/launch/link", "https://anders.example"]}, "link: aud"),
        ({"exp": 1}, "link: exp"),
        ({"exp": None}, "link: exp"),
        ({"exp": int(people_world.NOW.timestamp()) + 301}, "link: exp"),
        ({"iat": None}, "link: iat"),
        ({"iat": int(people_world.NOW.timestamp()) + 100, "exp": int(people_world.NOW.timestamp()) + 200}, "link: iat"),
        ({"jti": None}, "link: jti"),
        ({"sub": None}, "link: sub"),
        ({"sub": ""}, "link: sub"),
        ({"patient": None}, "no-patient"),
        ({"patient": "999911120"}, "link: patient"),
        ({"pregnancy": "../x"}, "link: pregnancy"),
        ({"iss": "een-ander"}, "unknown-epd"),
        ({"iss": None}, "link: iss"),
    ],
)
async def test_a_link_that_does_not_hold_opens_nothing(world, claims, fault):
    with pytest.raises(LoginError, match=f"^{fault}"):
        await world.people.link(world.link(**claims), {})
    assert world.seen.events == []


async def test_a_link_signed_by_somebody_else_opens_nothing(world):
    stranger = people_world.key("vreemd")
    good = world.link()
    claims = people_world.jwt.decode(good, people_world.key("link"), algorithms=["ES256"]).claims
    forged = people_world.signed(claims, "link", secret=stranger)
    for token in (forged, people_world.signed(claims, "vreemd"), good[:-6] + "AAAAAA", "x", "", "a.b.c"):
        with pytest.raises(LoginError, match=r"^link"):
            await world.people.link(token, {})
    await world.people.link(good, {})  # what failed used nothing up


async def test_no_links_without_registered_systems(world):
    world.people._links = None
    with pytest.raises(LoginError, match="unknown-epd"):
        await world.people.link(world.link(), {})


def test_which_sources_can_launch(world):
    assert world.people.launches_from("vp")
    assert not world.people.launches_from("kz")


async def test_a_card_says_which_pregnancy_a_launch_is_about(world):
    world.epd.tokens |= {"appContext": "zw-1"}
    assert (await launch(world)).pregnancy == "zw-1"


def test_a_card_links_to_the_launch_only_of_an_epd_that_can():
    (plain,) = card(PATH, SITE)["links"]
    assert plain == {"label": "Open het zorgpad", "url": f"{SITE}/zwangerschap/{PATH.pregnancy}", "type": "absolute"}
    (link,) = card(PATH, SITE, smart=True)["links"]
    assert (link["type"], link["url"], link["appContext"]) == ("smart", f"{SITE}/launch", PATH.pregnancy)


@pytest.mark.parametrize(
    ("user", "resource", "name"),
    [
        (f"{FHIR}/Practitioner/7", {"name": [{"given": ["Vera"], "family": "Kundige"}]}, "Vera Kundige"),
        ("Practitioner/7", {"name": [{"text": "V. Kundige"}]}, "V. Kundige"),
        ("Practitioner/7", {"name": "x"}, "naam onbekend"),
        ("https://anders.example/Practitioner/7", {"name": [{"text": "X"}]}, "naam onbekend"),
        ("Practitioner/../Patient/1", {"name": [{"text": "X"}]}, "naam onbekend"),
        ("Patient/1", {"name": [{"text": "X"}]}, "naam onbekend"),
        (None, {}, "naam onbekend"),
    ],
)
async def test_a_name_that_the_token_leaves_out_is_read_at_the_epd(world, user, resource, name):
    world.epd.claims |= {"name": None, "fhirUser": user}
    world.epd.info = resource
    assert (await launch(world)).person.actor.name == name
    asked = [address for address, _ in world.epd.asked if "Practitioner" in address or "Patient" in address]
    assert asked in ([], [f"{FHIR}/Practitioner/7"])


async def test_an_epd_that_does_not_give_the_name_lets_its_user_in_all_the_same(world):
    honest = world.epd.json

    async def refusing(address, bearer=None):
        if "Practitioner" in address:
            raise LoginError(LoginFault.PROVIDER, "answered 403")
        return await honest(address, bearer)

    world.epd.claims |= {"name": None, "fhirUser": "Practitioner/7"}
    world.epd.json = refusing
    assert (await launch(world)).person.actor.name == "naam onbekend"
