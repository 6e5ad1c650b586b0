"""Who asks, and for what purpose. Until access is configured, everybody is the demonstration identity."""

from __future__ import annotations

from starlette.requests import Request

from adapter.access import DEMONSTRATION, Context, Purpose


def context(request: Request, purpose: Purpose) -> Context:
    """The context of one request: care is read for TREAT, a decision for HPAYMT."""
    return Context(
        actor=DEMONSTRATION,
        purpose=purpose,
        request_id=getattr(request.state, "request_id", ""),
        client=request.client.host if request.client else "",
    )
