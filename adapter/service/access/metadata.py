"""What the service says of how to get in: SMART discovery and RFC 8414."""

from __future__ import annotations

from typing import Any

from adapter.access import Purpose
from adapter.access.systems import Clients

TOKEN = "/oauth/token"  # noqa: S105 (an address)
JWKS = "/oauth/jwks"
INTROSPECT = "/oauth/introspect"


class Offer:
    """Addresses and abilities."""

    def __init__(self, issuer: str, clients: Clients) -> None:
        self.issuer = issuer
        self.token_endpoint = f"{issuer}{TOKEN}"
        self.introspection_endpoint = f"{issuer}{INTROSPECT}"
        self._algorithms = sorted({a for client in clients for a in client.algorithms} or {"ES384", "RS384"})
        self._scopes = sorted({str(scope) for client in clients for scope in client.scopes})

    def smart(self) -> dict[str, Any]:
        """`.well-known/smart-configuration` (SMART App Launch 2.2.0, "Conformance"): `issuer` would say that we let
        people in with OpenID Connect.
        """
        return {
            **self._common(),
            "capabilities": [
                "client-confidential-asymmetric",
                "permission-v1",
                "permission-v2",
            ],
        }

    def server(self) -> dict[str, Any]:
        """`.well-known/oauth-authorization-server` (RFC 8414)."""
        return {"issuer": self.issuer, **self._common(), "response_types_supported": []}

    def _common(self) -> dict[str, Any]:
        proving = {
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": self._algorithms,
        }
        return {
            "jwks_uri": f"{self.issuer}{JWKS}",
            "token_endpoint": self.token_endpoint,
            "grant_types_supported": ["client_credentials"],
            **proving,
            "introspection_endpoint": self.introspection_endpoint,
            **{name.replace("token_", "introspection_", 1): value for name, value in proving.items()},
            "scopes_supported": [*self._scopes, *(f"purpose/{purpose}" for purpose in Purpose)],
        }
