"""Why no token is given (RFC 6749 section 5.2)."""

from __future__ import annotations


class OAuthError(Exception):
    """A refusal. `error` is the code of RFC 6749 section 5.2; the text names no secret, no token and no person.

    `client`: who asked, where that is known (for the audit event; it need not be proven).
    """

    def __init__(self, error: str, text: str, client: str | None = None) -> None:
        super().__init__(text)
        self.error = error
        self.client = client

    @property
    def status(self) -> int:
        """The HTTP status: 401 for a client that is not known, 503 where we cannot say now, else 400."""
        return {"invalid_client": 401, "temporarily_unavailable": 503}.get(self.error, 400)
