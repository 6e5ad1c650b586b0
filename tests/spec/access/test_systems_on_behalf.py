"""On whose behalf a system asks: organisation and role (IHE IUA), and the one woman of a MedMij reading token."""

from __future__ import annotations

import pytest

from adapter.access import ActorKind
from adapter.access.systems import named_organisation
from support.systems_world import BSN, WOMAN, World, client

URA_OID = "urn:oid:2.16.528.1.1007.3.3"


async def who(world, scope="system/*.rs", **claims):
    return world.tokens.verify((await world.ask(scope, **claims))["access_token"])


@pytest.mark.parametrize(
    ("text", "organisation"),
    [
        (f"{URA_OID}.12345678", "ura:12345678"),
        (f"{URA_OID}|12345678", "ura:12345678"),
        (f"{URA_OID}:12345678", "ura:12345678"),
        ("http://fhir.nl/fhir/NamingSystem/ura|12345678", "ura:12345678"),
        ("urn:oid:2.16.840.1.113883.2.4.6.1.08001234", "agb:08001234"),
        ("ura:12345678", "ura:12345678"),
        ("agb:08001234", "agb:08001234"),
        ("12345678", None),
        ("urn:oid:1.2.3.12345678", None),
        ("ura:x", None),
        ("", None),
    ],
)
def test_how_an_organisation_is_named(text, organisation):
    assert named_organisation(text) == organisation


async def test_its_own_organisation_needs_no_naming():
    assert (await who(World())).actor.organisation == "ura:12345678"
    assert (await who(World(), subject_organization_id=f"{URA_OID}.12345678")).actor.organisation == "ura:12345678"


async def test_another_for_which_it_is_registered():
    world = World((client(organisations=frozenset({"ura:00000009"}), source="vp"),))
    found = await who(world, subject_organization_id=f"{URA_OID}.00000009")
    assert found.actor.organisation == "ura:00000009"
    assert found.source is None  # it sends for its own organisation alone


async def test_whichever_it_names_where_that_is_registered():
    found = await who(World((client(organisations=frozenset({"*"})),)), subject_organization_id="ura:00000007")
    assert found.actor.organisation == "ura:00000007"


@pytest.mark.parametrize(
    ("claim", "error"),
    [("ura:00000009", "unauthorized_client"), ("nonsense", "invalid_request"), (7, "invalid_request")],
)
async def test_one_for_which_it_is_not(claim, error):
    assert (await World().refused(subject_organization_id=claim)).error == error


@pytest.mark.parametrize("iua", [True, False])
async def test_a_person_who_asks_through_a_system(iua):
    said = {"subject_id": "uzi-1", "subject_name": "V. Roedvrouw", "subject_role": [f"{URA_OID}|01.046"]}
    claims = {"extensions": {"ihe_iua": said}} if iua else said
    actor = (await who(World(), **claims)).actor
    assert (actor.id, actor.name) == ("epd-groen|uzi-1", "V. Roedvrouw")
    assert (actor.kind, actor.client) == (ActorKind.PERSON, "epd-groen")
    assert f"{URA_OID}|01.046" in actor.roles


async def test_a_role_of_ours_is_never_taken_from_outside():
    found = await who(World(), subject_role=["beheerder", "igo-controller", "01.015", "a b", 5])
    assert set(found.actor.roles) == {"zorgverlener", "01.015"}


async def test_no_system_speaks_as_another_one_or_its_persons():
    world = World((client("a"), client("b")))
    spoken = {
        (await who(world, id=id, subject_id=name, jti=f"{id}{name}")).actor.id for id in "ab" for name in ("a", "b")
    }
    assert spoken == {"a|a", "a|b", "b|a", "b|b"}


async def test_a_subject_that_cannot_be():
    assert (await World().refused(subject_id="a\nb")).error == "invalid_request"


def reader(**more):
    return client("dva", for_woman=True, roles=(), source="vp", scopes=("patient/*.rs",), **more)


@pytest.mark.parametrize(
    "claims",
    [{"patient": "Patient/w1"}, {"patient": "vp/Patient/w1"}, {"patient_bsn": BSN}],
    ids=["reference", "source", "bsn"],
)
async def test_a_token_for_one_woman(claims):
    world = World((reader(),))
    given = await world.ask("patient/*.rs", **claims)
    assert given["patient"] == "w1"
    found = world.tokens.verify(given["access_token"])
    assert (found.woman, found.actor.kind, found.actor.roles) == (WOMAN, ActorKind.WOMAN, ("vrouw",))
    assert found.actor.client == "dva"
    assert BSN not in given["access_token"] + str(world.lines.events)


@pytest.mark.parametrize(
    "claims",
    [{}, {"patient": "Patient/w2"}, {"patient": "zh/Patient/w1"}, {"patient_bsn": "900186021"}, {"patient": 5}],
    ids=str,
)
async def test_no_woman_or_one_who_is_not_known(claims):
    error = await World((reader(),)).refused("patient/*.rs", **claims)
    assert error.error == "invalid_grant"
    assert "900186021" not in str(error)


async def test_a_system_of_care_gets_no_token_for_a_woman():
    assert (await World().refused(patient="Patient/w1")).error == "unauthorized_client"


async def test_levels_of_scopes_fit_who_asks():
    of_people = World((client(scopes=("user/*.rs",)),))
    assert (await of_people.refused("user/*.rs")).error == "invalid_scope"
    assert (await who(of_people, "user/*.rs", subject_id="uzi-1")).scopes == ("user/*.rs",)
    assert (await World((client(scopes=("patient/*.rs",)),)).refused("patient/*.rs")).error == "invalid_scope"
