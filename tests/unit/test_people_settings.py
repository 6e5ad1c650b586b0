"""`[access.people]` and `[[access.launch]]`: what is wrong is said, by key, before anybody comes in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey
from pydantic import ValidationError

from adapter.access import EventType
from adapter.access.people import Person
from adapter.bootstrap.access import AccessSettings
from adapter.bootstrap.people import AuditWitness, people_of
from adapter.service.port import ConfigurationError
from support.people_world import Clock, LinkKeys, MemoryShelf

SITE = "https://adapter.example"
PEOPLE = {
    "issuer": "https://login.example",
    "client_id": "adapter",
    "client_secret_env": "TEST_PEOPLE_SECRET",
    "roles": {"arts": ["zorgverlener"]},
}
LAUNCH = {"id": "epd", "source": "vp", "client": "epd-link"}
CLIENT = {"id": "epd-link", "name": "EPD"}
SMART = {"fhir": "https://epd.example/fhir", "client_id": "adapter", "client_secret_env": "TEST_PEOPLE_SECRET"}
SOURCES = {"vp": ("Verloskundigen", "ura:90000382")}


class Log:
    """What an audit log is asked."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def event(self, context: Any, type: EventType, action: Any, at: Any, **more: Any) -> Any:
        return (type, context.actor.id, more["subtype"])

    def record(self, *events: Any) -> None:
        self.events += events


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("TEST_PEOPLE_SECRET", "geheim-van-de-test")


def made(framed: bool = False, log: Any = None, **access: Any) -> Any:
    settings = AccessSettings.model_validate({"issuer": SITE, **access})
    log = log or Log()
    return people_of(settings, SOURCES, MemoryShelf(), log, Clock(), LinkKeys(), framed=framed)


def people(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**PEOPLE, **changes}.items() if value is not None}


def test_without_people_or_launches_nobody_is_let_in():
    assert made() is None


def test_everything_configured_is_there():
    found = made(people=people(name="Ziekenhuis"), client=[CLIENT], launch=[{**LAUNCH, **SMART}], framed=True)
    assert found.own.name == "Ziekenhuis"
    assert found.own.provider.registration.redirect_uri == f"{SITE}/inloggen/terug"
    assert found.launches_from("vp")
    assert found.organisation_names == {"ura:90000382": "Verloskundigen"}
    assert found.sessions.cookies.secure
    assert found.sessions.cookies.framed
    assert "geheim-van-de-test" not in repr(found.own)


@pytest.mark.parametrize(
    ("access", "where"),
    [
        ({"people": people(issuer="http://login.example")}, "access.people.issuer"),
        ({"people": people(roles={})}, "access.people.roles"),
        ({"people": people(client_secret_env="TEST_PEOPLE_NOTHING")}, "access.people.client_secret_env"),
        ({"people": people(client_secret_env=None, client_secret_file="/no/such")}, "access.people.client_secret_file"),
        ({"people": people(client_auth="private_key_jwt", key_file="/no/such")}, "access.people.key_file"),
        ({"client": [CLIENT], "launch": [{**LAUNCH, "source": "zh"}]}, "access.launch.epd.source"),
        ({"client": [CLIENT], "launch": [LAUNCH, LAUNCH]}, "access.launch.epd"),
        ({"launch": [LAUNCH]}, "access.launch.epd.client"),
        ({"client": [CLIENT], "launch": [{**LAUNCH, **SMART, "fhir": "http://epd.example"}]}, "access.launch.epd.fhir"),
    ],
)
def test_what_is_wrong_is_said_by_key(access, where):
    with pytest.raises(ConfigurationError) as caught:
        made(**access)
    assert where in [problem.where for problem in caught.value.problems]
    assert "geheim-van-de-test" not in str(caught.value)


@pytest.mark.parametrize("given", ["eyJhbGciOiJub25l.eyJzdWIiOiJ4In0.", "hunter2", "geheim-woord", "9F86D081"])
def test_a_secret_given_as_the_name_of_a_variable_is_not_repeated(given):
    with pytest.raises(ConfigurationError, match="names no variable") as caught:
        made(people=people(client_secret_env=given))
    assert given not in str(caught.value)


def test_a_variable_that_is_not_set_is_named():
    with pytest.raises(ConfigurationError, match="the variable TEST_PEOPLE_NOTHING is not set"):
        made(people=people(client_secret_env="TEST_PEOPLE_NOTHING"))


@pytest.mark.parametrize(
    "access",
    [
        {"people": people(client_secret_env=None)},
        {"people": people(client_secret_file="x")},
        {"people": people(client_auth="private_key_jwt")},
        {"people": people(roles={"arts": ["bron"]})},
        {"people": people(roles={"arts": ["vrouw"]})},
        {"people": people(roles={"arts": ["directeur"]})},
        {"people": people(organisation_kind="kvk")},
        {"launch": [{"id": "epd", "source": "vp"}]},
        {"launch": [{"id": "epd", "source": "vp", "fhir": "https://epd.example/fhir"}]},
    ],
)
def test_what_cannot_be_is_no_configuration(access):
    with pytest.raises(ValidationError):
        AccessSettings.model_validate({"issuer": SITE, **access})


def test_our_key_is_read_and_its_public_part_published(tmp_path: Path):
    path = tmp_path / "key.pem"
    path.write_bytes(ECKey.generate_key("P-384").as_pem(private=True))
    found = made(people=people(client_secret_env=None, client_auth="private_key_jwt", key_file=str(path)))
    (public,) = found.public["keys"]
    assert "d" not in public
    assert found.own.provider.registration.key.is_private


@pytest.mark.parametrize("kind", ["public", "other", "rubbish"])
def test_a_key_that_cannot_sign_is_refused(tmp_path: Path, kind):
    path = tmp_path / "key.pem"
    key = ECKey.generate_key("P-384")
    pem = {"public": key.as_pem(private=False), "rubbish": b"x"}
    path.write_bytes(pem[kind] if kind in pem else RSAKey.generate_key(2048).as_pem(private=True))
    with pytest.raises(ConfigurationError, match="key_file"):
        made(people=people(client_secret_env=None, client_auth="private_key_jwt", key_file=str(path)))


def test_logins_and_logouts_stand_in_the_audit_log():
    log = Log()
    found = made(log=log, people=people())
    witness = AuditWitness(log, Clock())  # type: ignore[arg-type]
    person = Person(found_actor(), frozenset(), "https://login.example", "s-1")
    witness.came(person, "login")
    witness.went(person)
    assert log.events == [(EventType.LOGIN, "s-1", "login"), (EventType.LOGIN, "s-1", "logout")]
    assert found is not None


def found_actor() -> Any:
    from adapter.access import Actor

    return Actor("s-1", "Vera Kundige")
