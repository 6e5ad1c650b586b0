"""Who looks at a page and for what, and about which day and instant."""

from __future__ import annotations

from starlette.requests import Request

from adapter.access import DEMONSTRATION, Context, Purpose
from adapter.service.asked import Asked, read_asked


def context(request: Request, purpose: Purpose) -> Context:
    """Who looks at a page, and for what purpose; until access is configured the demonstration identity."""
    return Context(
        actor=DEMONSTRATION,
        purpose=purpose,
        request_id=getattr(request.state, "request_id", ""),
        client=request.client.host if request.client else "",
    )


def read_question(request: Request) -> Asked:
    """The day and instant of the address. Raises `BadQuestionError`."""
    parameters = request.query_params
    return read_asked(parameters.get("as_of"), parameters.get("known_at"), local=True)
