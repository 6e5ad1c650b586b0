"""Sessions: how long they last, what ends them, and what is no session."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.access import Emergency, Opened
from adapter.access.people import SESSION, Cookies, LoginError, form_token, form_token_holds
from adapter.access.people.tokens import LOGOUT_EVENT
from support.people_world import ISSUER, SITE, World, signed

COOKIE = "__Host-sessie"


@pytest.fixture
def world() -> World:
    return World()


def opened(until):
    return Emergency((Opened("w-1", until, "bloedverlies, zij is niet aanspreekbaar"),))


async def test_the_cookie_says_nothing_and_the_shelf_does_not_hold_it(world):
    await world.log_in()
    value = world.browser.cookies[COOKIE]
    assert len(value) >= 43
    assert all(value not in key and value.encode() not in kept for key, kept in world.shelf.kept.items())


async def test_a_session_ends_by_idling(world):
    await world.log_in()
    for _ in range(4):
        world.clock.pass_by(minutes=29)
        assert await world.identify() is not None
    world.clock.pass_by(minutes=31)
    assert await world.identify() is None
    world.clock.pass_by(minutes=-31)
    assert await world.identify() is None  # gone, not asleep


async def test_what_an_open_page_asks_by_itself_is_no_use_of_the_session(world):
    await world.log_in()
    world.clock.pass_by(minutes=29)
    world.browser.by_itself = True
    assert await world.identify() is not None
    world.clock.pass_by(minutes=2)
    assert await world.identify() is None


async def test_a_session_ends_by_age_however_busy(world):
    await world.log_in()
    for _ in range(8 * 3 - 1):
        world.clock.pass_by(minutes=20)
        assert await world.identify() is not None
    world.clock.pass_by(minutes=21)
    assert await world.identify() is None


async def test_another_worker_knows_the_session(world):
    await world.log_in()
    assert await world.identify(world.another()) is not None


async def test_logging_in_gives_a_new_id_and_ends_the_old_session(world):
    await world.log_in()
    before = dict(world.browser.cookies)
    await world.log_in()
    assert world.browser.cookies[COOKIE] != before[COOKIE]
    world.browser.cookies = before
    assert await world.identify() is None


async def test_an_id_that_somebody_put_in_the_browser_never_becomes_a_session(world):
    world.browser.cookies[COOKIE] = "door-een-ander-gekozen"
    await world.log_in()
    assert world.browser.cookies[COOKIE] != "door-een-ander-gekozen"
    world.browser.cookies = {COOKIE: "door-een-ander-gekozen"}
    assert await world.identify() is None


async def test_a_cookie_under_another_name_is_none(world):
    await world.log_in()
    value = world.browser.cookies[COOKIE]
    for name in (SESSION, "__Secure-sessie", "__host-sessie"):  # which a neighbouring host could set
        world.browser.cookies = {name: value}
        assert await world.identify() is None


async def test_a_session_of_another_site_is_none(world):
    await world.log_in()
    assert await world.identify(world.another("https://anders.example")) is None


@pytest.mark.parametrize("value", ["", "x", "x" * 5000, "é", "a\x00b"])
async def test_rubbish_is_no_session(world, value):
    world.browser.cookies[COOKIE] = value
    assert await world.identify() is None


async def test_a_session_that_cannot_be_read_any_more_is_none(world):
    await world.log_in()
    for key in [k for k in world.shelf.kept if k.startswith("session:")]:
        world.shelf.kept[key] = b'{"of": "an earlier version"}'
    assert await world.identify() is None


async def test_who_logs_out_is_out_and_goes_to_the_provider_too(world):
    await world.log_in()
    before = dict(world.browser.cookies)
    begun = await world.people.leave(world.browser.cookies)
    world.browser.take(begun.cookies)
    assert COOKIE not in world.browser.cookies
    assert begun.address.startswith(f"{ISSUER}/end?")
    assert "id_token_hint=" in begun.address
    assert "post_logout_redirect_uri=https%3A%2F%2Fadapter.example%2Fuitgelogd" in begun.address
    world.browser.cookies = before
    assert await world.identify() is None
    assert [how for how, _ in world.seen.events] == ["login", "logout"]


async def test_logging_out_works_while_the_provider_is_down_or_knows_nothing_of_it(world):
    await world.log_in()
    world.clock.pass_by(minutes=20)
    world.people.own.provider._metadata = None
    world.server.down = True
    assert (await world.people.leave(world.browser.cookies)).address == f"{SITE}/uitgelogd"
    assert await world.identify() is None
    assert (await world.people.leave({})).address == f"{SITE}/uitgelogd"


async def test_use_that_crosses_with_logging_out_does_not_bring_the_session_back(world):
    await world.log_in()
    world.clock.pass_by(minutes=5)
    sessions, kept = world.people.sessions, dict(world.shelf.kept)

    async def late(key):  # read before the logout, written after it
        return kept.get(key)

    await world.people.leave(world.browser.cookies)
    world.shelf.get, honest = late, world.shelf.get
    assert await sessions.identify(world.browser) is not None
    world.shelf.get = honest
    assert await sessions.identify(world.browser) is None


async def test_use_that_crosses_with_noodtoegang_does_not_take_it_away_nor_bring_it_back(world):
    await world.log_in()
    world.clock.pass_by(minutes=5)
    sessions, honest = world.people.sessions, world.shelf.get
    given = opened(world.clock() + timedelta(hours=1))
    for emergency in (given, None):
        kept = dict(world.shelf.kept)
        assert await sessions.give_emergency(world.browser, emergency)

        async def late(key, kept=kept):  # read before it was given or taken, written after that
            return kept.get(key)

        world.shelf.get = late
        await sessions.identify(world.browser)
        world.shelf.get = honest
        assert (await sessions.identify(world.browser)).emergency == emergency
        world.clock.pass_by(minutes=5)


async def test_noodtoegang_is_given_however_busy_the_session_is(world):
    await world.log_in()
    sessions, honest, busy = world.people.sessions, world.shelf.swap, 3
    given = opened(world.clock() + timedelta(hours=1))

    async def crossed(key, before, value, seconds):
        nonlocal busy
        busy -= 1
        return await honest(key, before if busy < 0 else b"another", value, seconds)

    world.shelf.swap = crossed
    assert await sessions.give_emergency(world.browser, given)
    assert (await sessions.identify(world.browser)).emergency == given


def logout_token(world, **claims):
    now = int(world.clock().timestamp())
    usual = {"iss": ISSUER, "aud": "adapter", "iat": now, "exp": now + 120, "jti": "l-1", "sub": "s-1"}
    made = {**usual, "events": {LOGOUT_EVENT: {}}, **claims}
    return signed({name: value for name, value in made.items() if value is not None})


async def test_the_provider_can_end_sessions(world):
    await world.log_in()
    assert await world.people.sent_away(logout_token(world)) == 1
    assert await world.identify() is None
    assert [how for how, _ in world.seen.events] == ["login", "logout"], "an event in the log, as any logout is"


async def test_the_provider_ends_one_session_of_several(world):
    await world.log_in(sid="a")
    elsewhere = dict(world.browser.cookies)
    world.browser.cookies = {}
    await world.log_in(sid="b")
    assert await world.people.sent_away(logout_token(world, sid="a")) == 1
    assert await world.identify() is not None
    world.browser.cookies = elsewhere
    assert await world.identify() is None


@pytest.mark.parametrize(
    "claims",
    [
        {"events": None},
        {"events": {"anders": {}}},
        {"nonce": "x"},
        {"sub": None},
        {"jti": None},
        {"aud": "een-ander"},
        {"iss": "https://anders.example"},
        {"exp": 1},
        {"iat": 1, "exp": None},
    ],
)
async def test_a_logout_token_that_does_not_hold_ends_nothing(world, claims):
    await world.log_in()
    with pytest.raises(LoginError):
        await world.people.sent_away(logout_token(world, **claims))
    assert await world.identify() is not None


async def test_a_logout_token_works_once_and_an_id_token_is_none(world):
    await world.log_in()
    token = logout_token(world)
    await world.people.sent_away(token)
    await world.log_in()
    with pytest.raises(LoginError, match="jti"):
        await world.people.sent_away(token)
    with pytest.raises(LoginError):
        await world.people.sent_away(world.server.id_token("n"))
    assert await world.identify() is not None


async def test_noodtoegang_stays_with_the_session_as_long_as_it_lasts(world):
    await world.log_in()
    until = world.clock() + timedelta(minutes=10)
    assert await world.people.sessions.give_emergency(world.browser, opened(until))
    assert (await world.identify()).emergency == opened(until)
    world.clock.pass_by(minutes=11)
    assert (await world.identify()).emergency is None
    world.browser.cookies = {}
    assert not await world.people.sessions.give_emergency(world.browser, None)


def test_cookies_on_this_machine_alone_need_no_https():
    header = Cookies(secure=False, framed=True).set(SESSION, "x", framed=True)
    assert header == "sessie=x; Path=/; HttpOnly; SameSite=Lax"


def test_a_cookie_for_a_page_in_a_frame_is_partitioned():
    jar = Cookies(secure=True, framed=True)
    assert jar.set(SESSION, "x") == "__Host-sessie=x; Path=/; HttpOnly; Secure; SameSite=Lax"
    framed = "__Host-sessie=x; Path=/; HttpOnly; Secure; SameSite=None; Partitioned"
    assert jar.set(SESSION, "x", framed=True) == framed
    assert len(jar.clear(SESSION)) == 2
    assert "SameSite=Lax" in Cookies(secure=True, framed=False).set(SESSION, "x", framed=True)


def test_the_token_of_a_form_belongs_to_one_session():
    assert form_token_holds("a", form_token("a"))
    assert not form_token_holds("a", form_token("b"))
    assert not form_token_holds("a", "")
    assert not form_token_holds("a", "é")
    assert form_token("a") not in form_token("b")
