"""People: log in with the organisation's own provider, sessions, and pages that an EPD opens."""

from __future__ import annotations

from adapter.access.people.claims import ROLES_OF_PEOPLE, Table
from adapter.access.people.cookies import ATTEMPT, SESSION, Cookies, form_token, form_token_holds
from adapter.access.people.errors import LoginError, LoginFault, ShelfError
from adapter.access.people.fetching import Fetch, Http, is_safe
from adapter.access.people.launches import ClientKeys, Epd, Links
from adapter.access.people.people import Begun, Entered, Own, People, Witness
from adapter.access.people.provider import Provider, Registration
from adapter.access.people.sessions import Lasting, Person, Session, Sessions
from adapter.access.people.shelf import Shelf

__all__ = [
    "ATTEMPT",
    "ROLES_OF_PEOPLE",
    "SESSION",
    "Begun",
    "ClientKeys",
    "Cookies",
    "Entered",
    "Epd",
    "Fetch",
    "Http",
    "Lasting",
    "Links",
    "LoginError",
    "LoginFault",
    "Own",
    "People",
    "Person",
    "Provider",
    "Registration",
    "Session",
    "Sessions",
    "Shelf",
    "ShelfError",
    "Table",
    "Witness",
    "form_token",
    "form_token_holds",
    "is_safe",
]
