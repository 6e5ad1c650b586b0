"""Builds what says on what ground data are shared, from `[access.consent]` and `mappings/consent.yaml`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from adapter.access.consent.terms import Terms
from adapter.bootstrap.access import AccessSettings, ConsentSettings
from adapter.model.sources import Problem
from adapter.service.access.grounding import Grounding
from adapter.service.consents.grounds import Grounds
from adapter.service.consents.lookups import Lookups
from adapter.service.consents.national import National
from adapter.service.consents.standin import StandIn, StandInError
from adapter.service.links.pregnancies import Pregnancies
from adapter.service.port import ConfigurationError
from adapter.service.rooms import Rooms

_FILE = "[access.consent] national_file"


def grounding(access: AccessSettings | None, terms: Terms, clock: Callable[[], datetime]) -> Grounding:
    """What is asked before a reader sees what another organisation holds. Raises `ConfigurationError`.

    Without `[access]` nothing is asked: whoever looks is the demonstration identity.
    """
    settings = access.consent if access is not None else ConsentSettings(required=False)
    national = _national(settings, terms, clock)

    def told(rooms: Rooms, pregnancies: Pregnancies) -> Grounds:
        grounds = Grounds(rooms, pregnancies, terms, national)
        grounds.referral_by_holder = settings.referral_by == "holder"
        if national is not None:
            national.said = rooms.store.consents.last
        if settings.required:
            rooms.lookups = Lookups(rooms, grounds)
        return grounds

    minutes = timedelta(minutes=settings.emergency_minutes)
    return Grounding(told, settings.required, minutes, settings.national_client)


def faults(access: AccessSettings, terms: Terms) -> list[Problem]:
    """What is wrong with `[access.consent]`, for `adapter check`."""
    found: list[Problem] = []
    try:
        _national(access.consent, terms, lambda: datetime.now(UTC))
    except ConfigurationError as error:
        found += error.problems
    client = access.consent.national_client
    if client is not None and client not in {one.id for one in access.client}:
        what = f"there is no [[access.client]] with id {client!r}"
        found.append(Problem(None, "[access.consent] national_client", what))
    return found


def _national(settings: ConsentSettings, terms: Terms, clock: Callable[[], datetime]) -> National | None:
    if settings.national == "none":
        return None
    if settings.national_file is None:
        what = "the local stand-in of the national consent service needs a file with its answers"
        raise ConfigurationError([Problem(None, _FILE, what, "name one, or set national to none")])
    try:
        service = StandIn(settings.national_file, terms)
    except OSError as error:
        what = f"{settings.national_file}: {error.strerror or 'unreadable'}"
        raise ConfigurationError([Problem(None, _FILE, what)]) from None
    except StandInError as error:
        raise ConfigurationError([Problem(None, _FILE, str(error), "see docs/consent.md")]) from None
    return National(service, terms, clock)
