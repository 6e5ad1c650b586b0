"""The `[access]` part of the configuration: who may come in, and under which agreements. Absent: the demonstration.

Secrets never stand here: a key names an environment variable (`…_env`) or a file (`…_file`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, field_validator, model_validator

from adapter.bootstrap.section import Section

PeopleRole = Literal["zorgverlener", "koppelbeheerder", "igo-controller", "beheerder", "logbeheerder", "planner"]
_S = TypeVar("_S", bound=Section)
_P = TypeVar("_P", "PeopleSettings", "LaunchSettings")


def _client_can_prove_itself(given: _P, how: str) -> _P:
    secrets = [given.client_secret_env, given.client_secret_file]
    if how.startswith("client_secret") and len([s for s in secrets if s]) != 1:
        raise ValueError(f"{how} needs client_secret_env or client_secret_file")
    if how == "private_key_jwt" and given.key_file is None:
        raise ValueError("private_key_jwt needs key_file")
    return given


class ClientSettings(Section):
    """A registered system (SMART Backend Services): `[[access.client]]`.

    Keys by URL (preferred) or as a JWKS file; neither: its tokens come from the server of `[access.introspection]`.
    `source`: the source as which it may send data. `purposes`: those its tokens may have, one each. `organisations`:
    others on whose behalf it may ask (`ura:…`, `agb:…`; `*`: whichever it names). `subject` `woman`: each of its
    tokens stands for one woman (the MedMij reading role). `introspects`: it may ask about tokens of others. `calls_as`:
    the `iss` of the JWTs with which it calls CDS services (CDS Hooks), signed with the same keys. `notify`:
    the origins to which its subscriptions may have us go, inside the network too; none: public addresses.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/%-]{0,255}$")
    name: str
    agb: str | None = None
    ura: str | None = None
    organisations: tuple[str, ...] = ()
    source: str | None = None
    roles: tuple[str, ...] = ("zorgverlener",)
    purposes: tuple[Literal["TREAT", "HPAYMT", "HOPERAT"], ...] = ("TREAT",)
    scopes: tuple[str, ...] = ("system/*.rs",)
    subject: Literal["system", "woman"] = "system"
    introspects: bool = False
    calls_as: str | None = Field(default=None, min_length=1, max_length=255)
    notify: tuple[Annotated[str, Field(pattern=r"^https?://[^/?#@\s]+$")], ...] = ()
    jwks_url: str | None = None
    jwks_file: Path | None = None
    algorithms: tuple[Literal["RS384", "ES384", "RS256", "RS512", "PS256", "PS384", "PS512", "ES256", "ES512"], ...] = (
        "RS384",
        "ES384",
    )


class PeopleSettings(Section):
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


class LaunchSettings(Section):
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
    scopes: tuple[str, ...] = ("openid", "profile", "fhirUser", "launch")
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


class IntrospectionSettings(Section):
    """A server that knows tokens which are not ours, such as a Nuts node: `[access.introspection]` (RFC 7662).

    `scopes`: what a scope that is no SMART scope stands for. `audience`: what `aud` must name (required; `*`: any).
    Only tokens of a registered system count, and only for what is registered.
    """

    url: str = Field(pattern=r"^https?://[^?#\s]+$")
    token_env: str | None = None
    token_file: Path | None = None
    audience: str | None = None
    organisation_claim: str = "subject_organization_id"
    scopes: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class ConsentSettings(Section):
    """What is presumed and what must be asked: `[access.consent]`.

    `required`: care data of another organisation need a ground (referral, explicit consent). `national`: the national
    consent service (`local`: the stand-in, a file with its answers). `national_client`: the registered system whose
    notifications of that service are believed. `referral_by`: `holder`: a referral is a ground for what the side
    holds in whose own record it stands; `either`: for both sides, so that who sends data can refer to itself.
    """

    required: bool = True
    referral_by: Literal["holder", "either"] = "holder"
    national: Literal["none", "local"] = "none"
    national_file: Path | None = None
    national_client: str | None = None
    emergency_minutes: int = Field(default=60, ge=1, le=480)


class LimitSettings(Section):
    """How much one caller may ask, and one request may hold: `[access.limits]`.

    `per_minute`: requests of one identity, `burst` of them at once; 0: no limit. `failures_per_minute`: tokens that do
    not hold, of one address. `log_years`: how long the audit log is kept (5 years at least: Besluit elektronische
    gegevensverwerking door zorgaanbieders, art. 5).
    """

    per_minute: int = Field(default=6000, ge=0)
    burst: int = Field(default=1200, ge=1)
    failures_per_minute: int = Field(default=60, ge=0)
    body: int = Field(default=1_048_576, ge=1024)
    fhir_body: int = Field(default=16_777_216, ge=1024, le=16_777_216)
    depth: int = Field(default=40, ge=8, le=40)
    entries: int = Field(default=5000, ge=1, le=5000)
    page: int = Field(default=1000, ge=1, le=1000)
    parameters: int = Field(default=200, ge=1, le=200)
    subscriptions: int = Field(default=100, ge=1)
    seconds: float = Field(default=120.0, ge=0)
    log_years: int = Field(default=5, ge=5)


class AccessSettings(Section):
    """All of `[access]`. `issuer`: the https address under which the service is reached.

    `proxies`: addresses of what stands in front and ends TLS; only their forwarded headers are believed. `hosts`:
    other names (`host` or `host:port`) that a request may name as its own.
    """

    issuer: str = Field(pattern=r"^(https://[^/?#]+|http://(localhost|127\.0\.0\.1)(:\d{1,5})?)$")
    proxies: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    client: tuple[ClientSettings, ...] = ()
    people: PeopleSettings | None = None
    launch: tuple[LaunchSettings, ...] = ()
    introspection: IntrospectionSettings | None = None
    consent: ConsentSettings = ConsentSettings()
    limits: LimitSettings = LimitSettings()

    @field_validator("proxies", "hosts", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        return given.split() if isinstance(given, str) else given  # so that a variable can hold several

    @field_validator("client", "launch", mode="before")
    @classmethod
    def _tables(cls, given: object) -> object:
        """Tables; a variable holds them as a JSON list."""
        if not isinstance(given, str):
            return given
        try:
            return json.loads(given)
        except ValueError:
            raise ValueError("not valid JSON; give a list of tables") from None


def keys() -> list[str]:
    """Every key that a variable can hold: `people.issuer` is `ADAPTER_ACCESS_PEOPLE_ISSUER`."""
    found = []
    for name, field in AccessSettings.model_fields.items():
        kinds = [kind for kind in _SECTIONS if kind.__name__ in str(field.annotation)]
        found += [f"{name}.{key}" for key in kinds[0].model_fields] if kinds else [name]
    return found


def placed(settings: _S, base: Path) -> _S:
    """The same, its files relative to the folder of the configuration."""
    changed: dict[str, Any] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, Path):
            changed[name] = base / value
        elif isinstance(value, Section):
            changed[name] = placed(value, base)
        elif isinstance(value, tuple) and any(isinstance(one, Section) for one in value):
            changed[name] = tuple(placed(one, base) for one in value)
    return settings.model_copy(update=changed)


_SECTIONS = (PeopleSettings, IntrospectionSettings, ConsentSettings, LimitSettings)
