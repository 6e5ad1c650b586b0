"""One token has one purpose; care and payment never share one."""

from __future__ import annotations

import pytest

from adapter.access import Purpose, UnauthenticatedError
from adapter.service.access.tokens import Asking
from adapter.service.entrance import Credentials, context_of
from support.systems_world import World, client

BOTH = client(purposes=(Purpose.TREAT, Purpose.HPAYMT))


def carried(token):
    return Credentials(token, {}, {}, "GET", "https://adapter.example/fhir/stu3/Patient", "10.0.0.1")


async def who(world, **asked):
    given = await world.ask(**asked)
    return await world.entrance.identify(carried(given["access_token"]))


async def test_the_one_that_is_registered_needs_no_naming():
    assert (await who(World())).purposes == {Purpose.TREAT}


@pytest.mark.parametrize("purpose", ["TREAT", "HPAYMT"])
async def test_named_as_a_scope(purpose):
    assert (await who(World((BOTH,)), scope=f"system/*.rs purpose/{purpose}")).purposes == {Purpose(purpose)}


async def test_named_in_the_form():
    world = World((BOTH,))
    given = await world.desk.issue({**world.form(), "purpose": "HPAYMT"}, Asking())
    assert "purpose/HPAYMT" in given["scope"]


@pytest.mark.parametrize("claim", ["HPAYMT", ["HPAYMT"], [{"system": "http://x", "code": "HPAYMT"}]], ids=str)
async def test_named_in_the_assertion(claim):
    assert (await who(World((BOTH,)), purpose_of_use=claim)).purposes == {Purpose.HPAYMT}
    iua = {"ihe_iua": {"purpose_of_use": claim}}
    assert (await who(World((BOTH,)), extensions=iua)).purposes == {Purpose.HPAYMT}


@pytest.mark.parametrize(
    "scope",
    ["system/*.rs", "system/*.rs purpose/TREAT purpose/HPAYMT", "system/*.rs purpose/X", "system/*.rs purpose/"],
)
async def test_none_or_several_or_an_unknown_one_gives_no_token(scope):
    assert (await World((BOTH,)).refused(scope)).error == "invalid_scope"


async def test_the_form_cannot_add_a_second():
    world = World((BOTH,))
    error = await world.refused("system/*.rs purpose/TREAT", purpose_of_use="HPAYMT")
    assert error.error == "invalid_scope"


async def test_one_that_is_not_registered():
    assert (await World().refused("system/*.rs purpose/HPAYMT")).error == "invalid_scope"


async def test_a_token_is_refused_for_the_other_purpose():
    from adapter.access import Action, Denial, DeniedError, Policy, Resource

    found = await who(World((client(purposes=(Purpose.HPAYMT,), roles=("zorgverlener", "igo-controller")),)))
    assert Policy().allows(context_of(found, Purpose.HPAYMT), Action.READ, Resource.DECISION)
    with pytest.raises(DeniedError) as denied:
        Policy().require(context_of(found, Purpose.TREAT), Action.READ, Resource.SOURCE_RESOURCE)
    assert denied.value.reason is Denial.PURPOSE_NOT_HELD


async def test_scopes_that_are_not_registered_give_no_token():
    assert (await World().refused("system/Patient.c")).error == "invalid_scope"
    assert (await World().refused("")).error == "invalid_scope"
    assert (await World().refused("patient/*.rs")).error == "invalid_scope"


async def test_nothing_shown_is_nobody():
    with pytest.raises(UnauthenticatedError) as error:
        await World().entrance.identify(carried(None))
    assert error.value.error == ""
