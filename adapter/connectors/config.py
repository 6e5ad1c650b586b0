"""How one source is reached."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from adapter.connectors.errors import ConfigurationError
from adapter.model.sources import SourceInfo

SUPPORTED_AUTH = ("none", "bearer", "smart-backend")


@dataclass(frozen=True, slots=True)
class Auth:
    """How we show who we are. Secrets come from an environment variable or a file, read anew for each pull.

    `bearer`: a token that we were given. `smart-backend`: we are `client_id` there, and sign with the private key of
    `key_env` or `key_file`; `token_url` where its discovery document does not say it, `kid` and `algorithm` where the
    key does not.
    """

    method: str = "none"
    token_env: str | None = None
    token_file: Path | None = None
    client_id: str | None = None
    key_env: str | None = None
    key_file: Path | None = None
    kid: str | None = None
    algorithm: str | None = None
    token_url: str | None = None
    scope: str = "system/*.rs"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one pull. Seconds, bytes and counts."""

    concurrency: int = 6
    page_size: int = 500
    dossiers_per_search: int = 60
    values_chars: int = 1_600  # of the values in one address: some servers take 2,048 characters of query and no more
    groups: int = 3  # groups of dossiers in progress at once
    pages: int = 2_000  # of one search
    deliver: int = 400
    connect_seconds: float = 5.0
    read_seconds: float = 30.0
    call_seconds: float = 180.0  # of one call, however slowly it trickles in
    attempts: int = 4
    retry_seconds: float = 60.0
    first_wait: float = 0.2
    longest_wait: float = 20.0
    failures_in_a_row: int = 6  # then the source counts as down
    response_bytes: int = 64 * 1024 * 1024
    file_bytes: int = 512 * 1024 * 1024
    problems: int = 200

    def __post_init__(self) -> None:
        for name in ("concurrency", "page_size", "dossiers_per_search", "groups", "pages", "deliver", "attempts"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"source limit {name!r} must be 1 or more")


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """A `[[source]]` of adapter.toml. Raises `ConfigurationError` for what can never work."""

    info: SourceInfo
    kind: Literal["fhir", "files", "push"]  # push: it sends by itself, and is not asked
    base_url: str | None = None
    path: Path | None = None
    women: Literal["follow", "list", "token"] = "follow"  # token: the one woman for whom the token was given (MedMij)
    auth: Auth = Auth()
    limits: Limits = Limits()
    format: Literal["json", "xml"] = "json"

    def __post_init__(self) -> None:
        where = f"source {self.info.id!r}"
        if self.kind == "files":
            if self.path is None:
                raise ConfigurationError(f'{where}: kind "files" needs `path`, a folder or a file')
        elif self.kind == "fhir":
            _check_url(where, self.base_url)
            _check_auth(where, self.auth, self.base_url or "")
        elif self.kind != "push":
            raise ConfigurationError(f'{where}: kind {self.kind!r} is not "fhir", "files" or "push"')
        if self.women not in ("follow", "list", "token"):
            raise ConfigurationError(f'{where}: women {self.women!r} is not "follow", "list" or "token"')
        if self.women == "token" and (self.kind != "fhir" or self.auth.method == "none"):
            raise ConfigurationError(f'{where}: women "token" is of kind "fhir" and needs a token, see [source.auth]')
        if self.format not in ("json", "xml"):
            raise ConfigurationError(f'{where}: format {self.format!r} is not "json" or "xml"')


def _check_url(where: str, url: str | None) -> None:
    if not url:
        raise ConfigurationError(f'{where}: kind "fhir" needs `base_url`')
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"{where}: base_url must begin with https:// (or http://) and name a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(f"{where}: base_url may hold no user, password, query or fragment; see [source.auth]")


def _check_auth(where: str, auth: Auth, url: str) -> None:
    if auth.method not in SUPPORTED_AUTH:
        now = ", ".join(SUPPORTED_AUTH)
        raise ConfigurationError(f"{where}: auth method {auth.method!r} is not supported yet; supported now: {now}")
    if auth.method == "none":
        return
    if auth.method == "bearer" and (auth.token_env is None) == (auth.token_file is None):
        raise ConfigurationError(f"{where}: auth method 'bearer' needs either token_env or token_file")
    if auth.method == "smart-backend":
        if not auth.client_id:
            raise ConfigurationError(f"{where}: auth method 'smart-backend' needs client_id")
        if (auth.key_env is None) == (auth.key_file is None):
            raise ConfigurationError(f"{where}: auth method 'smart-backend' needs either key_env or key_file")
    for address in (url, auth.token_url or url):
        parts = urlsplit(address)
        if parts.scheme != "https" and not (parts.scheme == "http" and loopback(parts.hostname or "")):
            raise ConfigurationError(f"{where}: a bearer token goes over https only (http is for loopback)")


def loopback(host: str) -> bool:
    """Whether a host of an address is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
