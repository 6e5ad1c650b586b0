"""The desk where registered systems get tokens and ask about them. Each token, and each refusal, is an audit event."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapter.access import (
    Action,
    Actor,
    ActorKind,
    AuditLog,
    Context,
    Entity,
    EventType,
    Outcome,
    Purpose,
    UnauthenticatedError,
    log,
)
from adapter.access.systems import (
    LIFETIME,
    Asserted,
    Assertions,
    Clients,
    Issued,
    OAuthError,
    SigningKeys,
    Tokens,
    Wish,
)
from adapter.service.access.metadata import Offer

GRANT = "client_credentials"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_NOBODY = Actor("onbekend", "Onbekend systeem", kind=ActorKind.SYSTEM)


@dataclass(frozen=True, slots=True)
class Asking:
    """Where a request came from, for the audit event."""

    request_id: str = ""
    client: str = ""


class TokenDesk:
    """Gives tokens, and says which hold. `issuer`: the address under which we are reached."""

    def __init__(
        self,
        issuer: str,
        clients: Clients,
        assertions: Assertions,
        tokens: Tokens,
        keys: SigningKeys,
        audit: AuditLog,
        clock: Callable[[], datetime],
    ) -> None:
        self.offer = Offer(issuer, clients)
        self._clients = clients
        self._assertions = assertions
        self._tokens = tokens
        self._keys = keys
        self._audit = audit
        self._clock = clock

    def jwks(self) -> dict[str, Any]:
        """The public keys of our tokens."""
        return self._keys.public()

    async def issue(self, form: Mapping[str, str], asking: Asking) -> dict[str, Any]:
        """Answer a token request (RFC 6749 section 4.4). Raises `OAuthError`."""
        try:
            if form.get("grant_type") != GRANT:
                kind = "unsupported_grant_type" if form.get("grant_type") else "invalid_request"
                raise OAuthError(kind, f"grant_type is {GRANT}")
            asserted = await self._proved(form, {self.offer.token_endpoint})
            issued = await self._tokens.issue(asserted, Wish(form.get("scope", ""), form.get("purpose") or None))
        except OAuthError as refused:
            await self._refused(refused, asking)
            raise
        await self._given(issued, asking)
        shown = (*issued.scopes, *(f"purpose/{purpose}" for purpose in issued.who.purposes))
        answer: dict[str, Any] = {
            "access_token": issued.token,
            "token_type": "bearer",
            "expires_in": issued.expires_in,
            "scope": " ".join(shown),
        }
        if issued.who.woman is not None:
            answer["patient"] = issued.who.woman.woman.removeprefix("Patient/")
        return answer

    async def introspect(self, form: Mapping[str, str], asking: Asking) -> dict[str, Any]:
        """Say whether a token holds (RFC 7662), to a registered system: of its own, or of any where it may ask that.

        Raises `OAuthError`.
        """
        try:
            asserted = await self._proved(form, {self.offer.token_endpoint, self.offer.introspection_endpoint})
        except OAuthError as refused:
            await self._refused(refused, asking)
            raise
        token = form.get("token")
        if not token:
            raise OAuthError("invalid_request", "token is missing", asserted.client.id)
        try:
            who, claims = self._tokens.verify(token), self._tokens.claims(token)
        except UnauthenticatedError:
            return {"active": False}
        if who is None or claims is None or not _may_know(asserted, claims):
            return {"active": False}
        named = ("scope", "client_id", "sub", "iss", "aud", "exp", "iat", "jti", "purpose")
        found = {"active": True, "token_type": "bearer", **{name: claims[name] for name in named}}
        for name in ("organisation", "subject_id", "subject_role"):
            if name in claims:
                found[name] = claims[name]
        if who.woman is not None:
            found["patient"] = who.woman.woman.removeprefix("Patient/")
        return found

    async def denied(self, context: Context, action: Action, reason: str) -> None:
        """Keep that a token did not reach as far as what was asked."""
        event = self._audit.event(
            context,
            EventType.DENIED,
            action,
            self._clock(),
            outcome=Outcome.MINOR_FAILURE,
            reason=reason,
            subtype="scope",
        )
        await asyncio.to_thread(self._audit.record, event)

    async def _proved(self, form: Mapping[str, str], audience: set[str]) -> Asserted:
        if "client_secret" in form:
            raise OAuthError("invalid_client", "a secret proves nothing here: use private_key_jwt")
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise OAuthError("invalid_client", f"client_assertion_type is {ASSERTION_TYPE}")
        asserted = await self._assertions.check(form.get("client_assertion", ""), sorted(audience))
        if form.get("client_id", asserted.client.id) != asserted.client.id:
            raise OAuthError("invalid_client", "client_id is not the iss of the assertion", asserted.client.id)
        return asserted

    async def _given(self, issued: Issued, asking: Asking) -> None:
        who = issued.who
        purpose = next(iter(who.purposes))
        context = Context(who.actor, purpose, asking.request_id, asking.client, token=issued.id, woman=who.woman)
        event = self._audit.event(
            context,
            EventType.LOGIN,
            Action.EXECUTE,
            self._clock(),
            entities=[Entity("token", issued.id)],
            query=f"scope={' '.join(issued.scopes)}&expires_in={LIFETIME}",
            subtype="token",
        )
        await asyncio.to_thread(self._audit.record, event)

    async def _refused(self, refused: OAuthError, asking: Asking) -> None:
        client = self._clients.get(refused.client) if refused.client else None
        actor = Actor(client.id, client.name, client.organisation, kind=ActorKind.SYSTEM) if client else _NOBODY
        log.TOKEN_REFUSED.log(request_id=asking.request_id, client=actor.id, error=refused.error)
        event = self._audit.event(
            Context(actor, Purpose.HOPERAT, asking.request_id, asking.client),
            EventType.DENIED,
            Action.EXECUTE,
            self._clock(),
            entities=[Entity("token", "")],
            outcome=Outcome.MINOR_FAILURE,
            reason=f"{refused.error}: {refused}",
            subtype="token",
        )
        await asyncio.to_thread(self._audit.record, event)


def _may_know(asserted: Asserted, claims: Mapping[str, Any]) -> bool:
    return asserted.client.introspects or claims["client_id"] == asserted.client.id
