"""Who calls a CDS service: the JWT that an EPD signs for that one call.

CDS Hooks 2.0, "Trusting CDS Clients" (https://cds-hooks.hl7.org/2.0/#trusting-cds-clients): `iss` is the EPD, `aud` the
address of the service that is called, `exp`, `iat` and `jti`; its key by `kid`. No token of ours is asked for first.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapter.access.identity import Identified, Purpose, UnauthenticatedError, UnavailableError
from adapter.access.systems.assertions import Assertions, unverified
from adapter.access.systems.clients import Client, Clients
from adapter.access.systems.errors import OAuthError
from adapter.access.systems.subject import read_subject
from adapter.access.systems.tokens import fitting, identity

SERVICES = "/cds-services/"
"""Below this, the services."""


class Hooks:
    """The EPDs that are registered to call (`Client.calls_as`). `issuer`: the address under which we are reached."""

    def __init__(self, clients: Clients, assertions: Assertions, issuer: str) -> None:
        self._by_name: Mapping[str, Client] = {c.calls_as: c for c in clients if c.calls_as is not None}
        self._assertions = assertions
        self._issuer = issuer

    async def identify(self, token: str, path: str) -> Identified | None:
        """Who calls the service at this path; None for what is no JWT of a registered EPD, or for no service.

        It may do there what is registered for it, for care alone. Raises `UnauthenticatedError`, and
        `UnavailableError` where it cannot be said now whether the JWT was used before.
        """
        found = unverified(token) if path.startswith(SERVICES) else None
        name = found[1].get("iss") if found is not None else None
        client = self._by_name.get(name) if isinstance(name, str) else None
        if client is None:
            return None
        try:
            claims = await self._assertions.signed_by(client, token, {self._issuer + path.rstrip("/")})
            subject = read_subject(claims, client)
        except OAuthError as error:
            if error.error == "temporarily_unavailable":
                raise UnavailableError(str(error)) from None
            raise UnauthenticatedError(str(error), "invalid_token") from None
        scopes = fitting(client.scopes, woman=False, person=subject.id is not None)
        return identity(client, subject, Purpose.TREAT, scopes, None, str(claims["jti"]))
