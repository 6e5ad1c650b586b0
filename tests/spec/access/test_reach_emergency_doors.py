"""Noodtoegang at the doors: where it is offered, how an EPD uses it, and that its reader is reminded of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest

from adapter.access import Identified, Purpose, UnauthenticatedError
from adapter.access.people import Cookies, Person, Sessions
from adapter.asgi import build
from adapter.service.entrance import Credentials
from support.people_world import MemoryShelf
from support.reach_world import (
    ANNA,
    AT,
    CONTROLLER,
    Doors,
    Tokens,
    care,
    care_provider,
    identified,
    region,
    secret,
    system,
    woman,
)

WHY = "Bloedverlies op de spoedeisende hulp, zij is niet aanspreekbaar"
HTML = {"Accept": "text/html"}
WHO: dict[str, Identified] = {
    "gynaecoloog": identified(care_provider("zh")),
    "vroedvrouw": identified(care_provider("vp")),
    "controller": identified(CONTROLLER, Purpose.HPAYMT),
    "epd-zh": identified(system("zh"), source="zh", scopes=("system/*.rs",)),
    "epd-kz": identified(system("kz"), source="kz", scopes=("system/*.rs",)),
}


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Anna is at the practice and, without a referral, at the other practice; the hospital does not know her."""
    holdings = {"vp": woman("vp", "anna", ANNA), "vp2": woman("vp2", "anna", ANNA), "zh": [], "kz": []}
    with region(tmp_path_factory.mktemp("nooddeur"), holdings) as world:
        yield world.doors(dict(WHO))


def begin(doors: Doors, token: str, **asked: str):  # type: ignore[no-untyped-def]
    return doors.ask(token, "POST", "/api/v1/emergency", json=asked)


def test_an_epd_opens_a_woman_and_sends_along_what_it_got(doors: Doors) -> None:
    address = "/fhir/stu3/Observation/vp-anna-bevinding"
    assert doors.get("epd-zh", address).status_code == 404
    begun = begin(doors, "epd-zh", reason=WHY, bsn=ANNA)
    assert begun.status_code == 201, begun.text
    assert begun.json()["pregnancies"] == [doors.world.pregnancy("vp")]
    sent = {"X-Noodtoegang": begun.json()["emergency"]}
    assert doors.get("epd-zh", address, headers=sent).json()["comment"] == secret("vp", "anna")
    assert doors.get("epd-zh", address).status_code == 404, "only with what it got"
    assert doors.get("epd-kz", address, headers=sent).status_code == 404, "and nobody else with that"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"reason": "", "bsn": ANNA}, 400),
        ({"reason": WHY}, 400),
        ({"reason": WHY, "bsn": "123"}, 400),
        ({"reason": WHY, "bsn": "123456782"}, 404),
    ],
)
def test_what_is_asked_wrongly_is_refused_and_not_repeated(doors: Doors, asked: dict[str, str], status: int) -> None:
    answer = begin(doors, "epd-zh", **asked)
    assert answer.status_code == status
    assert not asked.get("bsn") or asked["bsn"] not in answer.text


def test_payment_has_none(doors: Doors) -> None:
    assert begin(doors, "controller", reason=WHY, bsn=ANNA).status_code == 403
    assert doors.get("controller", "/noodtoegang", headers=HTML).status_code == 403


def test_a_care_path_that_is_seen_in_part_offers_it(doors: Doors) -> None:
    page = doors.get("vroedvrouw", f"/zwangerschap/{doors.world.pregnancy('vp')}", headers=HTML)
    assert page.status_code == 200
    assert f"/noodtoegang?zwangerschap={doors.world.pregnancy('vp')}" in page.text
    assert "Waarom is dit nodig?" in doors.get("gynaecoloog", "/noodtoegang", headers=HTML).text


def test_under_it_every_page_of_her_says_so(doors: Doors) -> None:
    begun = doors.world.application.emergencies.begin(
        care(care_provider("vp")), WHY, pregnancy=doors.world.pregnancy("vp")
    )
    entrance = doors.world.application.entrance
    entrance.known["in nood"] = replace(WHO["vroedvrouw"], emergency=begun.emergency)  # type: ignore[attr-defined]
    page = doors.get("in nood", f"/zwangerschap/{doors.world.pregnancy('vp')}", headers=HTML)
    assert "Beëindig noodtoegang" in page.text
    assert WHY in page.text


class Logged(Tokens):
    """Whoever has the session is the person who logged in."""

    def __init__(self, sessions: Sessions) -> None:
        super().__init__({})
        self.people = SimpleNamespace(sessions=sessions, organisation_names={})  # type: ignore[assignment]

    async def identify(self, credentials: Credentials) -> Identified:
        found = await self.people.sessions.identify(credentials)  # type: ignore[union-attr]
        if found is None:
            raise UnauthenticatedError("log in")
        assert isinstance(found, Identified)
        return found


def test_a_person_asks_for_it_on_a_page_and_ends_it_there(doors: Doors) -> None:
    world = doors.world
    sessions = Sessions(MemoryShelf(), Cookies(False), "http://localhost:8000", lambda: AT)
    person = Person(care_provider("zh"), frozenset({Purpose.TREAT}), "https://login.example", "s-1")
    cookie = {"Cookie": f"sessie={world.runner.run(sessions.open(person, {}))}", **HTML}
    before, world.application.entrance = world.application.entrance, Logged(sessions)
    try:
        here = Doors(world, build(world.application))
        at = f"/zwangerschap/{world.pregnancy('vp')}"
        assert here.get("", at, headers=cookie).status_code == 404
        form = here.get("", "/noodtoegang", headers=cookie).text
        token = re.search(r'name="formulier" value="([^"]+)"', form)
        assert token is not None
        filled = {"formulier": token[1], "reden": WHY, "bsn": ANNA}
        short = here.ask("", "POST", "/noodtoegang", data={**filled, "reden": "spoed"}, headers=cookie)
        assert (short.status_code, "in ten minste 15 tekens" in short.text) == (400, True)
        done = here.ask("", "POST", "/noodtoegang", data=filled, headers=cookie)
        assert (done.status_code, done.headers["location"]) == (303, at)
        page = here.get("", at, headers=cookie)
        assert (page.status_code, "Beëindig noodtoegang" in page.text) == (200, True)
        here.ask("", "POST", "/noodtoegang/einde", data={"formulier": token[1]}, headers=cookie)
        assert here.get("", at, headers=cookie).status_code == 404
    finally:
        world.application.entrance = before
