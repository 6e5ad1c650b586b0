"""Who looks at a page and for what, and about which day and instant."""

from __future__ import annotations

from starlette.requests import Request

from adapter.access import Context, Identified, Purpose
from adapter.service.asked import Asked, read_asked
from adapter.service.entrance import Credentials, context_of


def context(request: Request, purpose: Purpose) -> Context:
    """Who looks at a page, and for what purpose."""
    client = request.client.host if request.client else ""
    return context_of(identified(request), purpose, getattr(request.state, "request_id", ""), client)


async def context_again(request: Request, purpose: Purpose) -> Context:
    """The same as it is by now, where an answer takes long: nothing of a session that ended holds any more.

    Raises `access.UnauthenticatedError`, and `access.UnavailableError` where that cannot be said now.
    """
    request.state.identified = await request.state.identified_again()
    return context(request, purpose)


def identified(request: Request) -> Identified:
    """Who looks, as the doors established it before the page was asked."""
    found: Identified = request.state.identified
    return found


def credentials(request: Request) -> Credentials:
    """What the request carries to say who asks."""
    client = request.client.host if request.client else ""
    return Credentials(None, request.cookies, request.headers, request.method, str(request.url.path), client)


def read_question(request: Request) -> Asked:
    """The day and instant of the address. Raises `BadQuestionError`."""
    parameters = request.query_params
    return read_asked(parameters.get("as_of"), parameters.get("known_at"), local=True)
