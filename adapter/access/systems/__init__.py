"""Systems that come in with a token: SMART Backend Services (http://hl7.org/fhir/smart-app-launch, 2.2.0).

A registered system proves by a signed assertion who it is (RFC 7523), and gets a short-lived access token with the
scopes and the one purpose that it may have. Tokens of a server that we trust are asked about there (RFC 7662).
"""

from __future__ import annotations

from adapter.access.systems.assertions import Asserted, Assertions
from adapter.access.systems.clients import ALGORITHMS, POSSIBLE_ALGORITHMS, Client, Clients, named_organisation
from adapter.access.systems.errors import OAuthError
from adapter.access.systems.hooks import Hooks
from adapter.access.systems.introspection import Asked, Introspection
from adapter.access.systems.keys import FileKeys, Jwks, JwksError, RemoteKeys, read_jwks
from adapter.access.systems.replay import Replay, ReplayUnavailableError
from adapter.access.systems.scopes import BadScopeError, Scope, Scopes, granted, read_scope, read_scopes
from adapter.access.systems.signing import LIFETIME, SigningKeys
from adapter.access.systems.tokens import Issued, Tokens, Wish, Women

__all__ = [
    "ALGORITHMS",
    "LIFETIME",
    "POSSIBLE_ALGORITHMS",
    "Asked",
    "Asserted",
    "Assertions",
    "BadScopeError",
    "Client",
    "Clients",
    "FileKeys",
    "Hooks",
    "Introspection",
    "Issued",
    "Jwks",
    "JwksError",
    "OAuthError",
    "RemoteKeys",
    "Replay",
    "ReplayUnavailableError",
    "Scope",
    "Scopes",
    "SigningKeys",
    "Tokens",
    "Wish",
    "Women",
    "granted",
    "named_organisation",
    "read_jwks",
    "read_scope",
    "read_scopes",
]
