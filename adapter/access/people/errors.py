"""Why somebody could not log in."""

from __future__ import annotations

from enum import StrEnum

from adapter.access.identity import UnavailableError


class LoginFault(StrEnum):
    """What went wrong. The doors have the words for it; nothing that was sent is repeated."""

    NO_ATTEMPT = "no-attempt"  # no login was begun in this browser, or it was used already, or it is too old
    STATE = "state"  # the answer belongs to another attempt
    ISSUER = "issuer"  # the answer, or its token, comes from another provider (RFC 9207)
    REFUSED = "refused"  # the provider says no
    PROVIDER = "provider"  # the provider does not answer, or not with what it must
    TOKEN = "id-token"  # noqa: S105 - the ID token does not hold
    ASSURANCE = "assurance"  # logged in with too weak means, or too long ago
    NO_ROLE = "no-role"
    ORGANISATION = "organisation"
    UNKNOWN_EPD = "unknown-epd"  # a launch by who is not registered
    LINK = "link"  # a signed link that does not hold
    LINK_USED = "link-used"
    NO_PATIENT = "no-patient"  # a launch without a patient


class LoginError(Exception):
    """Nobody was let in. `detail` is for the log: it names what is wrong, never a value."""

    def __init__(self, fault: LoginFault, detail: str = "") -> None:
        super().__init__(f"{fault.value}: {detail}" if detail else fault.value)
        self.fault = fault
        self.detail = detail


class ShelfError(UnavailableError):
    """Where sessions are kept does not answer."""
