"""The `[access]` part of the configuration: who may come in, and under which agreements. Absent: the demonstration.

Secrets never stand here: a key names an environment variable (`…_env`) or a file (`…_file`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


PeopleRole = Literal["zorgverlener", "koppelbeheerder", "igo-controller", "beheerder", "logbeheerder", "planner"]
_P = TypeVar("_P", "PeopleSettings", "LaunchSettings")


def _client_can_prove_itself(given: _P, how: str) -> _P:
    secrets = [given.client_secret_env, given.client_secret_file]
    if how.startswith("client_secret") and len([s for s in secrets if s]) != 1:
        raise ValueError(f"{how} needs client_secret_env or client_secret_file")
    if how == "private_key_jwt" and given.key_file is None:
        raise ValueError("private_key_jwt needs key_file")
    return given


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
    client_auth: Literal["client_secret_basic", "client_secret_post", "private_key_jwt", "none"] = "client_secret_basic"
    key_file: Path | None = None  # with private_key_jwt: our private key, PEM
    algorithm: Literal["RS256", "RS384", "PS256", "PS384", "ES256", "ES384"] = "ES384"
    name: str = "uw organisatie"  # as the login page calls the provider
    scopes: tuple[str, ...] = ("openid", "profile")
    id_claim: str = "sub"
    role_claim: str = "roles"
    organisation_claim: str = "ura"
    organisation_kind: Literal["ura", "agb"] = "ura"
    roles: dict[str, tuple[PeopleRole, ...]] = Field(default_factory=dict)  # the provider's role to ours
    acr_values: tuple[str, ...] = ()
    max_age_minutes: int | None = Field(default=None, ge=1)
    session_minutes: int = Field(default=480, ge=1, le=1440)
    idle_minutes: int = Field(default=30, ge=1, le=480)

    @model_validator(mode="after")
    def _able(self) -> PeopleSettings:
        return _client_can_prove_itself(self, self.client_auth)


class LaunchSettings(_Section):
    """An EPD that opens pages for one woman: `[[access.launch]]`. `source`: whose Patient ids it names.

    `fhir`: its FHIR address, the `iss` of a SMART launch. `client`: the registered system (`[[access.client]]`) that
    signs links. One of the two at least.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    source: str
    fhir: str | None = None
    client_id: str | None = None
    client_secret_env: str | None = None
    client_secret_file: Path | None = None
    client_auth: Literal["client_secret_basic", "client_secret_post", "private_key_jwt", "none"] = "client_secret_basic"
    key_file: Path | None = None
    algorithm: Literal["RS256", "RS384", "PS256", "PS384", "ES256", "ES384"] = "ES384"
    scopes: tuple[str, ...] = ("openid", "fhirUser", "launch")
    roles: tuple[PeopleRole, ...] = ("zorgverlener",)
    client: str | None = None

    @model_validator(mode="after")
    def _able(self) -> LaunchSettings:
        if self.fhir is None and self.client is None:
            raise ValueError("give fhir (a SMART launch), client (signed links), or both")
        if self.fhir is None:
            return self
        if self.client_id is None:
            raise ValueError("a SMART launch needs client_id, as the EPD registered us")
        return _client_can_prove_itself(self, self.client_auth)


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
    launch: tuple[LaunchSettings, ...] = ()
    introspection: IntrospectionSettings | None = None
    consent: ConsentSettings = ConsentSettings()
    limits: LimitSettings = LimitSettings()
