"""From `[access.people]` and `[[access.launch]]` to who lets people in."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from adapter.access import Action, AuditLog, Context, EventType, Purpose
from adapter.access.people import (
    ClientKeys,
    Cookies,
    Epd,
    Fetch,
    Http,
    Lasting,
    Links,
    Own,
    People,
    Person,
    Provider,
    Registration,
    Sessions,
    Shelf,
    Table,
    is_safe,
)
from adapter.bootstrap.access import AccessSettings, LaunchSettings, PeopleSettings
from adapter.bootstrap.secrets import unset
from adapter.model.sources import Problem
from adapter.service.port import ConfigurationError

Client = PeopleSettings | LaunchSettings
_PRESENT = {"client_secret_basic": "basic", "client_secret_post": "post"}


class AuditWitness:
    """Leaves an audit event of every login and logout (NEN 7513: also those are events to log)."""

    def __init__(self, audit: AuditLog, clock: Callable[[], datetime]) -> None:
        self._audit = audit
        self._clock = clock

    def came(self, person: Person, how: str) -> None:
        """Somebody logged in."""
        self._record(person, how)

    def went(self, person: Person) -> None:
        """Somebody logged out."""
        self._record(person, "logout")

    def _record(self, person: Person, how: str) -> None:
        purpose = min(person.purposes, default=Purpose.TREAT)
        context = Context(person.actor, purpose, woman=person.woman)
        event = self._audit.event(context, EventType.LOGIN, Action.EXECUTE, self._clock(), subtype=how)
        self._audit.record(event)


def people_of(
    access: AccessSettings,
    sources: Mapping[str, tuple[str, str | None]],
    shelf: Shelf,
    audit: AuditLog,
    clock: Callable[[], datetime],
    keys: ClientKeys | None = None,
    *,
    framed: bool = False,
    fetch: Fetch | None = None,
) -> People | None:
    """Who lets people in; None where neither is configured. Raises `ConfigurationError` with every fault.

    `sources`: name and organisation (`ura:…`, `agb:…`) of each registered source. `keys`: those of registered systems.
    """
    if access.people is None and not access.launch:
        return None
    problems = faults(access, sources)
    fetch, site = fetch or Http(), access.issuer
    made: dict[str, Provider] = {}
    own: Own | None = None
    ours: list[RSAKey | ECKey] = []
    for where, given, address, path in _clients(access):
        try:
            registration = _registration(where, given, address, f"{site}{path}")
        except ConfigurationError as error:
            problems += error.problems
            continue
        made[where] = Provider(registration, fetch, clock)
        if registration.key is not None:
            ours.append(registration.key)
    if problems:
        raise ConfigurationError(problems)
    if access.people is not None:
        own = Own(made["access.people"], _table(access.people), access.people.name)
    epds = tuple(_epd(given, sources, made.get(f"access.launch.{given.id}")) for given in access.launch)
    signing = {epd.client: epd for epd in epds if epd.client}
    links = Links(signing, keys, shelf, f"{site}/launch/link") if signing and keys is not None else None
    lasting = Lasting()
    if access.people is not None:
        idle, absolute = access.people.idle_minutes, access.people.session_minutes
        lasting = Lasting(timedelta(minutes=idle), timedelta(minutes=absolute))
    sessions = Sessions(shelf, Cookies(site.startswith("https://"), framed), site, clock, lasting)
    public = KeySet(list(ours)) if ours else None
    names = {organisation: name for name, organisation in sources.values() if organisation}
    return People(site, sessions, shelf, clock, AuditWitness(audit, clock), own, epds, links, public, names)


def _clients(access: AccessSettings) -> list[tuple[str, Client, str, str]]:
    """Where it stands, what is given, whom to ask, and where the browser comes back."""
    found: list[tuple[str, Client, str, str]] = []
    if access.people is not None:
        found.append(("access.people", access.people, access.people.issuer, "/inloggen/terug"))
    for given in access.launch:
        if given.fhir is not None:
            found.append((f"access.launch.{given.id}", given, given.fhir, f"/launch/terug/{given.id}"))
    return found


def _registration(where: str, given: Client, address: str, back: str) -> Registration:
    smart = isinstance(given, LaunchSettings)
    how: Literal["basic", "post"] = "post" if given.client_auth == "client_secret_post" else "basic"
    return Registration(
        issuer=address,
        client_id=given.client_id or "",
        redirect_uri=back,
        scopes=given.scopes,
        smart=smart,
        secret=_secret(where, given) if given.client_auth in _PRESENT else None,
        secret_in=how,
        key=_key(where, given) if given.client_auth == "private_key_jwt" else None,
        algorithm=given.algorithm,
        acr=() if isinstance(given, LaunchSettings) else given.acr_values,
        max_age=None if isinstance(given, LaunchSettings) or not given.max_age_minutes else given.max_age_minutes * 60,
    )


def _secret(where: str, given: Client) -> str:
    if given.client_secret_env is not None:
        found = os.environ.get(given.client_secret_env, "").strip()
        if not found:
            raise ConfigurationError([Problem(None, f"{where}.client_secret_env", unset(given.client_secret_env))])
        return found
    return _text(f"{where}.client_secret_file", given.client_secret_file).strip()


def _key(where: str, given: Client) -> RSAKey | ECKey:
    text = _text(f"{where}.key_file", given.key_file)
    kind = ECKey if given.algorithm.startswith("ES") else RSAKey
    try:
        found = kind.import_key(text, {"use": "sig", "alg": given.algorithm})
    except (JoseError, ValueError, TypeError):
        what = f"this is no private key in PEM that signs with {given.algorithm}"
        raise ConfigurationError([Problem(None, f"{where}.key_file", what)]) from None
    if not found.is_private:
        raise ConfigurationError([Problem(None, f"{where}.key_file", "this is a public key; give the private one")])
    return found


def _text(where: str, path: Path | None) -> str:
    try:
        return (path or Path()).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = f"the file cannot be read ({type(error).__name__})"
        raise ConfigurationError([Problem(None, where, what)]) from None


def _table(given: PeopleSettings) -> Table:
    return Table(given.roles, given.role_claim, given.id_claim, given.organisation_claim, given.organisation_kind)


def _epd(given: LaunchSettings, sources: Mapping[str, tuple[str, str | None]], provider: Provider | None) -> Epd:
    name, organisation = sources[given.source]
    return Epd(given.id, name, given.source, organisation, provider, given.client)


def faults(access: AccessSettings, sources: Collection[str], *, strict: bool = False) -> list[Problem]:
    """What is wrong with people and launches. `strict`: a secret or key that is not there is a fault too."""
    found: list[Problem] = []
    for where, given, address, path in _clients(access) if strict else ():
        try:
            _registration(where, given, address, path)
        except ConfigurationError as error:
            found += error.problems
    if access.people is not None:
        if not is_safe(access.people.issuer):
            found.append(Problem(None, "access.people.issuer", "give an https address"))
        if not any(access.people.roles.values()):
            what = "no role of the provider is mapped to one here, so nobody could come in"
            found.append(Problem(None, "access.people.roles", what))
    clients = {client.id for client in access.client}
    ids = [given.id for given in access.launch]
    for given in access.launch:
        where = f"access.launch.{given.id}"
        if ids.count(given.id) > 1:
            found.append(Problem(None, where, "two launches have the same id"))
        if given.source not in sources:
            found.append(Problem(None, f"{where}.source", "there is no source of that id"))
        if given.client is not None and given.client not in clients:
            found.append(Problem(None, f"{where}.client", "there is no [[access.client]] of that id"))
        if given.fhir is not None and not is_safe(given.fhir):
            found.append(Problem(None, f"{where}.fhir", "give an https address"))
    return found
