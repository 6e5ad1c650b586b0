"""What stands at the head of every page: where one can go, and as whom. What somebody may not see is not offered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from adapter.access import Action, Context, Identified, Policy, Purpose, Resource, Role
from adapter.service.entrance import context_of

NAVIGATION = (
    ("/", "Zwangerschappen"),
    ("/werklijst", "Werklijst"),
    ("/planning", "Planning"),
    ("/koppelingen", "Koppelingen"),
    ("/bronnen", "Bronnen"),
    ("/logboek", "Logboek"),
    ("/inzage", "Wie keek er mee?"),
)
"""Every page of the header, in order; one that this application does not have is left out."""

ASKS: Mapping[str, tuple[Action, Resource, tuple[Purpose, ...]]] = {
    "/": (Action.READ, Resource.PREGNANCIES, (Purpose.TREAT,)),
    "/werklijst": (Action.READ, Resource.DECISION, (Purpose.HPAYMT,)),
    "/planning": (Action.READ, Resource.PLANNING, (Purpose.HOPERAT,)),
    "/koppelingen": (Action.READ, Resource.LINK, (Purpose.TREAT,)),
    "/bronnen": (Action.READ, Resource.SOURCE, tuple(Purpose)),
    "/logboek": (Action.EXECUTE, Resource.AUDIT, (Purpose.HOPERAT,)),
    "/inzage": (Action.READ, Resource.OWN_LOG, (Purpose.TREAT,)),
}
"""What a page needs: it is offered to who has that for one of the purposes."""

ROLE_NAMES = {
    Role.ZORGVERLENER.value: "zorgverlener",
    Role.KOPPELBEHEERDER.value: "koppelbeheerder",
    Role.IGO_CONTROLLER.value: "IGO-controller",
    Role.BEHEERDER.value: "beheerder",
    Role.LOGBEHEERDER.value: "logbeheerder",
    Role.PLANNER.value: "planner",
}

_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Shown:
    """Who looks, as the head of the page says it. `bound`: an EPD opened the page for one woman alone."""

    name: str
    organisation: str
    roles: str
    bound: bool
    emergency: bool


def who(request: Request) -> Identified | None:
    """Who looks; None on a page where one says so first."""
    found: Identified | None = getattr(request.state, "identified", None)
    return found


def context(request: Request, found: Identified, purpose: Purpose) -> Context:
    """What somebody who just came in asks by this request."""
    client = request.client.host if request.client else ""
    return context_of(found, purpose, getattr(request.state, "request_id", ""), client)


def shown(request: Request) -> Shown | None:
    """What the head says of who looks; None for the demonstration, and before logging in."""
    found = who(request)
    if found is None or found.actor.demonstration:
        return None
    actor = found.actor
    names: Mapping[str, str] = getattr(request.app.state, "organisation_names", {})
    organisation = names.get(actor.organisation or "") or (actor.organisation or "").upper().replace(":", " ")
    roles = ", ".join(ROLE_NAMES.get(role, role) for role in actor.roles)
    return Shown(actor.name, organisation, roles, found.woman is not None, found.emergency is not None)


def is_demonstration(request: Request) -> bool:
    """Whether nobody was authenticated: everybody here is the same."""
    found = who(request)
    return found is not None and found.actor.demonstration


def allows(request: Request, purpose: Purpose, action: Action, what: Resource) -> bool:
    """Whether who looks may do this for this purpose: to leave something out, never in place of asking the policy."""
    found = who(request)
    if found is None or purpose not in found.purposes:
        return False
    return _POLICY.allows(context_of(found, purpose), action, what)


def may(found: Identified | None, address: str) -> bool:
    """Whether this page is one for them. The use cases decide; this only leaves out what would be refused."""
    if found is None or (found.woman is not None and address != "/inzage"):
        return False
    if address not in ASKS:
        return False
    action, what, purposes = ASKS[address]
    able = [p for p in purposes if p in found.purposes]
    return any(_POLICY.allows(context_of(found, purpose), action, what) for purpose in able)


def navigation(request: Request) -> tuple[tuple[str, str, bool], ...]:
    """Address, name, and whether the reader is there or below it, of each page of the header."""
    there, found = {getattr(route, "path", "") for route in request.app.routes}, who(request)
    shown = [(address, name) for address, name in NAVIGATION if address in there and may(found, address)]
    at = request.url.path
    below = next((address for address, _ in shown if address != "/" and f"{at}/".startswith(f"{address}/")), "/")
    return tuple((address, name, address == below) for address, name in shown)


def home(found: Identified | None) -> str:
    """The first page that is one for them."""
    return next((address for address, _ in NAVIGATION if may(found, address)), "/")
