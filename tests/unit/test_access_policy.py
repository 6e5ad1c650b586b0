"""Who may do what: default deny, purposes are walls, demonstration on loopback only."""

from __future__ import annotations

import pytest

from adapter.access import (
    DEMONSTRATION,
    GRANTS,
    SYSTEM,
    Action,
    Actor,
    Context,
    Denial,
    DeniedError,
    Policy,
    Purpose,
    Resource,
    Role,
    binding_allowed,
)

MIDWIFE = Actor("uzi-1", "V. Kundige", roles=(Role.ZORGVERLENER,))
CONTROLLER = Actor("c-1", "C. Troller", roles=(Role.IGO_CONTROLLER,))
POLICY = Policy()


def context(actor: Actor, purpose: Purpose, client: str = "10.0.0.8") -> Context:
    return Context(actor, purpose, "request-1", client)


@pytest.mark.parametrize("grant", GRANTS, ids=lambda g: f"{g.role}-{g.purpose}-{g.action.name}-{g.what}")
def test_every_grant_in_the_table_grants(grant) -> None:  # type: ignore[no-untyped-def]
    given = POLICY.require(context(Actor("x", "X", roles=(grant.role,)), grant.purpose), grant.action, grant.what)
    assert given.policy == "adapter-default|2"


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("what", list(Resource))
def test_nothing_else_is_granted(role: Role, purpose: Purpose, action: Action, what: Resource) -> None:
    listed = any((g.role, g.purpose, g.action, g.what) == (role, purpose, action, what) for g in GRANTS)
    assert POLICY.allows(context(Actor("x", "X", roles=(role,)), purpose), action, what) is listed


def test_the_controller_never_reads_the_dossier() -> None:
    for purpose in Purpose:
        for what in (Resource.CARE_PATH, Resource.SOURCE_RESOURCE):
            assert not POLICY.allows(context(CONTROLLER, purpose), Action.READ, what)


def test_care_shows_no_decision_and_payment_shows_no_care() -> None:
    assert not POLICY.allows(context(DEMONSTRATION, Purpose.TREAT, "127.0.0.1"), Action.READ, Resource.DECISION)
    assert not POLICY.allows(context(DEMONSTRATION, Purpose.HPAYMT, "127.0.0.1"), Action.READ, Resource.CARE_PATH)


@pytest.mark.parametrize(
    ("actor", "purpose", "what", "reason"),
    [
        (Actor("x", "X"), Purpose.TREAT, Resource.CARE_PATH, Denial.NO_ROLE),
        (Actor("x", "X", roles=("koningin",)), Purpose.TREAT, Resource.CARE_PATH, Denial.NO_ROLE),
        (MIDWIFE, Purpose.HPAYMT, Resource.CARE_PATH, Denial.WRONG_PURPOSE),
        (MIDWIFE, Purpose.TREAT, Resource.AUDIT, Denial.NOT_GRANTED),
        (MIDWIFE, Purpose.TREAT, Resource.DECISION, Denial.NOT_GRANTED),
    ],
)
def test_a_denial_says_why_and_names_nobody(actor: Actor, purpose: Purpose, what: Resource, reason: Denial) -> None:
    with pytest.raises(DeniedError) as caught:
        POLICY.require(context(actor, purpose), Action.READ, what)
    assert caught.value.reason is reason
    assert actor.id not in str(caught.value).split()


def test_all_that_is_asked_must_be_granted_not_the_first_alone() -> None:
    with pytest.raises(DeniedError):
        POLICY.require(context(MIDWIFE, Purpose.TREAT), Action.READ, Resource.CARE_PATH, Resource.AUDIT)
    with pytest.raises(ValueError, match="what kind"):
        POLICY.require(context(MIDWIFE, Purpose.TREAT), Action.READ)


@pytest.mark.parametrize("client", ["", "127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_demonstration_works_on_this_machine(client: str) -> None:
    for purpose, what in ((Purpose.TREAT, Resource.CARE_PATH), (Purpose.HPAYMT, Resource.DECISION)):
        assert POLICY.allows(context(DEMONSTRATION, purpose, client), Action.READ, what)


@pytest.mark.parametrize("client", ["10.0.0.8", "192.168.1.2", "::ffff:10.0.0.1", "testclient", "127.evil.example"])
def test_demonstration_works_nowhere_else(client: str) -> None:
    with pytest.raises(DeniedError) as caught:
        POLICY.require(context(DEMONSTRATION, Purpose.TREAT, client), Action.READ, Resource.CARE_PATH)
    assert caught.value.reason is Denial.DEMONSTRATION_OFF_LOOPBACK


def test_the_program_itself_reads_no_care_path() -> None:
    assert POLICY.allows(Context(SYSTEM, Purpose.HOPERAT), Action.EXECUTE, Resource.SOURCE)
    assert not POLICY.allows(Context(SYSTEM, Purpose.TREAT), Action.READ, Resource.CARE_PATH)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.0.0.2"])
def test_loopback_may_always_be_bound(host: str) -> None:
    assert binding_allowed(host, access_configured=False).allowed


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.1.2.3", "adapter.example", "localhost.example"])
def test_another_address_needs_configured_access(host: str) -> None:
    refused = binding_allowed(host, access_configured=False)
    assert not refused.allowed
    assert "access is not configured" in refused.why
    assert binding_allowed(host, access_configured=True).allowed


def test_purposes_have_dutch_names() -> None:
    assert [purpose.dutch for purpose in Purpose] == ["zorg", "betaling", "beheer"]
