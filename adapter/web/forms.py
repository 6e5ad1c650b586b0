"""The token of the session in every form that posts; `adapter.web.form_guard` asks for it."""

from __future__ import annotations

from markupsafe import Markup
from starlette.requests import Request

FIELD = "formulier"
HEADER = "X-CSRF-Token"
STATE = "form_token"
"""Where the guard leaves it in the state of a request."""


def hidden_field(request: Request) -> Markup:
    """What every form that posts holds; nothing under the demonstration identity."""
    token = token_of(request)
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token) if token else Markup("")


def token_of(request: Request) -> str:
    """The token of this session."""
    return str(getattr(request.state, STATE, ""))
