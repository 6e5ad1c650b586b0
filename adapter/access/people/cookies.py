"""The cookies of a session and of a login under way (RFC 6265bis), and the token against forged forms."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

SESSION = "sessie"
ATTEMPT = "aanmelding"


@dataclass(frozen=True, slots=True)
class Cookies:
    """How cookies are set here. `secure`: the service is reached over https, so names begin with `__Host-` and a
    browser takes them from this very host alone. `framed`: EPDs may show the pages in a frame.
    """

    secure: bool
    framed: bool = False

    def name(self, kind: str) -> str:
        """The name under which the browser keeps it."""
        return f"__Host-{kind}" if self.secure else kind

    def read(self, kind: str, cookies: Mapping[str, str]) -> str | None:
        """The value the browser sent; under any other name it does not count."""
        return cookies.get(self.name(kind)) or None

    def set(self, kind: str, value: str, *, framed: bool = False, seconds: int | None = None) -> str:
        """A Set-Cookie header. `framed`: for a page in an EPD's frame, where a Lax cookie would not be sent; it is kept
        apart for each site that frames (CHIPS, `Partitioned`). Without `seconds` it goes when the browser closes.
        """
        parts = [f"{self.name(kind)}={value}", "Path=/", "HttpOnly"]
        if self.secure:
            parts.append("Secure")
        parts += ["SameSite=None", "Partitioned"] if framed and self.framed and self.secure else ["SameSite=Lax"]
        if seconds is not None:
            parts.append(f"Max-Age={seconds}")
        return "; ".join(parts)

    def clear(self, kind: str) -> tuple[str, ...]:
        """The Set-Cookie headers that take it away, from the frame as well."""
        plain = self.set(kind, "", seconds=0)
        framed = self.set(kind, "", framed=True, seconds=0)
        return (plain,) if plain == framed else (plain, framed)


def fresh() -> str:
    """A new secret of 256 bits, fit for a cookie or an address."""
    return secrets.token_urlsafe(32)


def hashed(*parts: str) -> str:
    """What stands in a key in place of a secret."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def form_token(session: str) -> str:
    """What every form of this session carries (the cookie's value is the key; without it nobody can make one)."""
    made = hmac.new(session.encode(), b"formulier", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def form_token_holds(session: str, given: str) -> bool:
    """Whether the token belongs to this session."""
    return hmac.compare_digest(form_token(session).encode(), given.encode())
