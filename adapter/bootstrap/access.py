"""The `[access]` part of the configuration: who may come in, and under which agreements. Absent: the demonstration.

Secrets never stand here: a key names an environment variable (`…_env`) or a file (`…_file`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ClientSettings(_Section):
    """A registered system (SMART Backend Services): `[[access.client]]`.

    `source`: the source as which it may send data. `purposes`: those its tokens may have. Keys by URL (preferred) or
    as a JWKS file.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")
    name: str
    agb: str | None = None
    ura: str | None = None
    source: str | None = None
    roles: tuple[str, ...] = ("zorgverlener",)
    purposes: tuple[Literal["TREAT", "HPAYMT", "HOPERAT"], ...] = ("TREAT",)
    scopes: tuple[str, ...] = ("system/*.rs",)
    jwks_url: str | None = None
    jwks_file: Path | None = None


class PeopleSettings(_Section):
    """OpenID Connect to the organisation's own provider: `[access.people]`."""

    issuer: str
    client_id: str
    client_secret_env: str | None = None
    client_secret_file: Path | None = None
    role_claim: str = "roles"
    organisation_claim: str = "ura"
    roles: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # the provider's role to ours
    session_minutes: int = Field(default=480, ge=1, le=1440)
    idle_minutes: int = Field(default=30, ge=1, le=480)


class IntrospectionSettings(_Section):
    """A server that knows tokens which are not ours, such as a Nuts node: `[access.introspection]` (RFC 7662)."""

    url: str
    token_env: str | None = None


class ConsentSettings(_Section):
    """What is presumed and what must be asked: `[access.consent]`.

    `required`: care data of another organisation need a ground (referral, explicit consent). `national`: the national
    consent service (`local`: the stand-in, a file with its answers).
    """

    required: bool = True
    national: Literal["none", "local"] = "none"
    national_file: Path | None = None
    emergency_minutes: int = Field(default=60, ge=1, le=480)


class LimitSettings(_Section):
    """How much one caller may ask: `[access.limits]`. `per_minute` counts requests of one identity; 0: no limit."""

    per_minute: int = Field(default=6000, ge=0)
    log_years: int = Field(default=5, ge=5)


class AccessSettings(_Section):
    """All of `[access]`. `issuer`: the https address under which the service is reached."""

    issuer: str = Field(pattern=r"^(https://[^/?#]+|http://(localhost|127\.0\.0\.1)(:\d{1,5})?)$")
    client: tuple[ClientSettings, ...] = ()
    people: PeopleSettings | None = None
    introspection: IntrospectionSettings | None = None
    consent: ConsentSettings = ConsentSettings()
    limits: LimitSettings = LimitSettings()
