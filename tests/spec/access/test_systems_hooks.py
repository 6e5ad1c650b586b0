"""An EPD calls a CDS service with a JWT that it signs itself (CDS Hooks 2.0): allowed, missing, wrong."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.access import Identified, Purpose, Role, UnauthenticatedError, UnavailableError
from adapter.access.systems import ReplayUnavailableError
from adapter.service.entrance import Credentials
from support.systems_world import EC_KEY, ISSUER, NOW, OTHER_KEY, World, client, signed

PATH = "/cds-services/geboortezorg-zorgpad"
EPD = "https://epd.example"


def hooked(**more: Any) -> World:
    return World((client(calls_as=EPD, **more), client("epd-ander")))


def call(**more: Any) -> dict[str, Any]:
    good = {"iss": EPD, "aud": ISSUER + PATH, "iat": NOW, "exp": NOW + 120, "jti": f"hook-{id(more)}"}
    return {name: value for name, value in {**good, **more}.items() if value is not None}


async def shown(world: World, token: str, path: str = PATH, *, shut: bool = False) -> Identified:
    asked = Credentials(token, {}, {}, "POST", f"http://intern:8080{path}", "10.0.0.1", shut)
    return await world.entrance.identify(asked)


class TestAllowed:
    async def test_a_registered_epd_is_known_by_what_it_signed(self) -> None:
        who = await shown(hooked(source="vp"), signed(call()))
        assert (who.actor.id, who.actor.organisation, who.source) == ("epd-groen", "ura:12345678", "vp")
        assert Role.ZORGVERLENER in who.actor.roles
        assert who.purposes == {Purpose.TREAT} and who.scopes == ("system/*.rs",)

    async def test_one_of_several_audiences_is_ours(self) -> None:
        who = await shown(hooked(), signed(call(aud=["https://elders.example", ISSUER + PATH])))
        assert who.actor.id == "epd-groen"

    async def test_it_says_for_whom_it_asks(self) -> None:
        who = await shown(hooked(), signed(call(subject_id="vk-1", subject_name="V. de Vries")))
        assert (who.actor.id, who.actor.name) == ("epd-groen|vk-1", "V. de Vries")

    async def test_it_never_has_more_than_care(self) -> None:
        both = hooked(purposes=(Purpose.TREAT, Purpose.HPAYMT))
        assert (await shown(both, signed(call()))).purposes == {Purpose.TREAT}


class TestMissing:
    @pytest.mark.parametrize("claim", ["aud", "exp", "jti"])
    async def test_a_claim(self, claim: str) -> None:
        with pytest.raises(UnauthenticatedError):
            await shown(hooked(), signed(call(**{claim: None})))

    async def test_an_epd_that_is_not_registered_to_call(self) -> None:
        with pytest.raises(UnauthenticatedError, match="not known"):
            await shown(World((client(),)), signed(call()))

    async def test_whether_it_was_used_before(self) -> None:
        class Gone:
            async def first(self, key: str, seconds: int) -> bool:
                raise ReplayUnavailableError("gone")

        world = World((client(calls_as=EPD),), replay=Gone())
        with pytest.raises(UnavailableError):
            await shown(world, signed(call()))


class TestWrong:
    @pytest.mark.parametrize(
        "change",
        [
            {"aud": f"{ISSUER}/oauth/token"},
            {"aud": f"https://elders.example{PATH}"},
            {"exp": NOW - 60},
            {"exp": NOW + 3600},
            {"iat": NOW + 600},
            {"iss": "epd-ander"},
            {"subject_organization_id": "ura:87654321"},
        ],
    )
    async def test_claims(self, change: dict[str, Any]) -> None:
        with pytest.raises(UnauthenticatedError):
            await shown(hooked(), signed(call(**change)))

    async def test_a_key_that_is_not_its_own(self) -> None:
        with pytest.raises(UnauthenticatedError, match="signature"):
            await shown(hooked(), signed(call(), OTHER_KEY))

    async def test_the_same_twice(self) -> None:
        world, token = hooked(), signed(call())
        await shown(world, token)
        with pytest.raises(UnauthenticatedError, match="used before"):
            await shown(world, token)

    async def test_it_opens_nothing_else(self) -> None:
        for path in ("/fhir/stu3/Patient", "/api/v1/pregnancies", "/cds-services"):
            token = signed(call(aud=ISSUER + path))
            with pytest.raises(UnauthenticatedError):
                await shown(hooked(), token, path)

    async def test_an_assertion_for_a_token_is_no_call(self) -> None:
        world = hooked()
        with pytest.raises(UnauthenticatedError):
            await shown(world, signed(world.claims(), EC_KEY))

    async def test_nothing_is_looked_up_for_an_address_that_guesses(self) -> None:
        with pytest.raises(UnauthenticatedError):
            await shown(hooked(), signed(call()), shut=True)
