"""From a configuration file to an application that works."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapter import connectors
from adapter.access import AuditLog, Policy
from adapter.bootstrap.checks import Data, load_data
from adapter.bootstrap.settings import JobSettings, SourceSettings, StoreSettings, load
from adapter.facts import Dialects
from adapter.jobs import Queue, embedded
from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.identifiers import Bsn, InvalidIdentifierError
from adapter.model.sources import FhirVersion, Problem, SourceInfo
from adapter.service.application import UseCases
from adapter.service.port import ConfigurationError
from adapter.service.rooms import Clock, Rooms, SourceSetup
from adapter.service.work import Work
from adapter.service.worker import Worker
from adapter.store import KeyRing, Store, StoreError

DEFAULT_CONFIG = Path("adapter.toml")


def _now() -> datetime:
    return datetime.now(UTC)


def open_application(config: Path | None = None, *, clock: Clock | None = None) -> UseCases:
    """Open everything that a configuration file names. Raises `ConfigurationError` with every fault."""
    path = config or DEFAULT_CONFIG
    settings = load(path)
    days_back = timedelta(days=settings.simulation.days_back)
    data = load_data(settings)
    sources = {s.id: _source(path, s, data.dialects) for s in settings.source}
    try:
        store = Store.open(settings.store.url, _keys(settings.store))
    except StoreError as error:
        raise ConfigurationError([Problem(None, f"{path}: store", str(error))]) from error
    rooms = Rooms(
        store=store,
        sources=sources,
        igo=data.igo,
        rules=data.rules,
        catalogue=data.catalogue,
        zorgpad=data.zorgpad,
        mappings_version=_together(data.dialects.version, data.zorgpad.version),
        audit=AuditLog(store),
        policy=Policy(),
        clock=clock or (lambda: _now() - days_back),
    )

    def worker(work: Work) -> Worker:
        return Worker(store, work, lambda: _queue(settings.jobs))

    return UseCases(rooms, worker, lambda: list(data.warnings))


def _queue(settings: JobSettings) -> Queue:
    """The queue of the configured Redis, or of a server of our own."""
    if settings.url == "embedded":
        return Queue(embedded(settings.directory).url)
    return Queue(settings.url)


def check(config: Path) -> Data:
    """Load a configuration and all its data without opening the store. Raises `ConfigurationError`."""
    settings = load(config)
    data = load_data(settings)
    for source in settings.source:
        _source(config, source, data.dialects)
    return data


def _source(path: Path, given: SourceSettings, dialects: Dialects) -> SourceSetup:
    version = FhirVersion(given.fhir_version) if given.fhir_version else None
    info = SourceInfo(given.id, given.name, _organisation(given), given.dialect, version)
    limits = connectors.Limits(
        concurrency=given.concurrency, page_size=given.page_size, read_seconds=given.timeout_seconds
    )
    auth = connectors.Auth(given.auth.method, given.auth.token_env, given.auth.token_file)
    try:
        settings = connectors.SourceConfig(info, given.kind, given.base_url, given.path, given.women, auth, limits)
        connector = connectors.connect(settings)
    except connectors.ConfigurationError as error:
        raise ConfigurationError([Problem(given.id, str(path), str(error))]) from None
    return SourceSetup(info, connector, dialects.get(given.dialect), given.women == "follow", _women(path, given))


def _organisation(given: SourceSettings) -> Organisation:
    identity = f"agb:{given.agb}" if given.agb else f"ura:{given.ura}"
    kind = OrganisationKind(given.organisation) if given.organisation else OrganisationKind.ONBEKEND
    return Organisation(identity, given.agb, given.ura, given.name, kind)


def _women(path: Path, given: SourceSettings) -> tuple[str, ...]:
    """The BSNs of `women_file`, one a line; a faulty line is named by its number, never repeated."""
    if given.women_file is None or given.women != "list":
        return ()
    problems: list[Problem] = []
    found: list[str] = []
    try:
        lines = given.women_file.read_text("utf-8").splitlines()
    except OSError as error:
        raise ConfigurationError([Problem(given.id, str(given.women_file), error.strerror or "unreadable")]) from None
    for number, line in enumerate(lines, start=1):
        if text := line.strip():
            try:
                found.append(Bsn(text).value)
            except InvalidIdentifierError as error:
                problems.append(Problem(given.id, f"{given.women_file}: line {number}", str(error)))
    if problems:
        raise ConfigurationError(problems)
    return tuple(found)


def _keys(given: StoreSettings) -> KeyRing:
    """The master key: from the environment, a key file, or (SQLite only) made on first use beside the database."""
    if os.environ.get("ADAPTER_MASTER_KEY"):
        return KeyRing.from_environment()
    path = given.key_file
    if path is None:
        if not given.url.startswith("sqlite:///"):
            what = "a server database needs a master key: set ADAPTER_MASTER_KEY or store.key_file"
            raise ConfigurationError([Problem(None, "store.key_file", what)])
        path = Path(given.url.removeprefix("sqlite:///")).with_suffix(".key")
    return KeyRing.create(path) if given.key_file is None else KeyRing.from_keyfile(path)


def _together(*versions: str) -> str:
    return hashlib.sha256("\0".join(versions).encode()).hexdigest()[:16]
