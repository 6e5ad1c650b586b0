"""From a configuration file to an application that works."""

from __future__ import annotations

import hashlib
import os
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from adapter import connectors, rules
from adapter.access import AuditLog, Policy, log
from adapter.bootstrap import admission, consents, elsewhere, systems
from adapter.bootstrap.bounds import bounds_of
from adapter.bootstrap.checks import Data, load_data, rule_files_of, rules_of
from adapter.bootstrap.clock import days_ago, now
from adapter.bootstrap.deciding import drafted, measures_of, opener
from adapter.bootstrap.secrets import secrets_in, unset
from adapter.bootstrap.settings import (
    JobSettings,
    LogSettings,
    Settings,
    SourceSettings,
    StoreSettings,
    data_folder,
    load,
)
from adapter.claims import load_catalogue
from adapter.connectors import Connector
from adapter.jobs import Queue, Timing, embedded
from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.identifiers import Bsn, InvalidIdentifierError
from adapter.model.sources import FhirVersion, Problem, SourceInfo
from adapter.service.application import UseCases
from adapter.service.payment.desk import Drafting
from adapter.service.port import ConfigurationError
from adapter.service.rooms import Clock, Rooms, SourceSetup
from adapter.service.rulebook import Rulebook, compose
from adapter.service.rulekeeper import RuleKeeper
from adapter.service.work import Work
from adapter.service.worker import Worker
from adapter.store import KeyRing, Store, StoreError

DEFAULT_CONFIG = Path("adapter.toml")


def open_application(config: Path | None = None, *, clock: Clock | None = None) -> UseCases:
    """Open everything that a configuration file names. Raises `ConfigurationError` with every fault."""
    path = config or DEFAULT_CONFIG
    settings = load(path)
    _configure_log(settings.log)
    data, sources = _loaded(path, settings)
    ground = consents.grounding(settings.access, data.terms, clock or now)
    try:
        ring = _keys(settings.store)
        store = Store.open(settings.store.url, ring)
    except StoreError as error:
        raise ConfigurationError([Problem(None, f"{path}: store", str(error))]) from error
    keeper = RuleKeeper(lambda: rules_of(settings), lambda: rule_files_of(settings))
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
        clock=clock or days_ago(settings.simulation.days_back),
        keeper=keeper,
        mappings=settings.mappings or data_folder("mappings"),
    )
    keeper.keep(rooms)

    drafting = Drafting(
        lambda now, draft: drafted(now, settings, draft),
        partial(opener, path.resolve()),
        lambda: measures_of(settings.mappings),
    )

    entrance = None
    if settings.access is not None:
        around = admission.Surroundings(
            store,
            ring,
            rooms.audit,
            now,
            lambda: _redis(settings.jobs),
            _known(sources),
            framed=bool(settings.serve.frame_ancestors),
        )
        try:
            entrance = admission.entrance_of(settings.access, around)
        except ConfigurationError:
            store.close()
            raise

    def worker(work: Work) -> Worker:
        return Worker(store, work, lambda: _queue(settings.jobs))

    return UseCases(
        rooms,
        worker,
        lambda: list(data.warnings),
        settings.serve.frame_ancestors,
        drafting,
        # Only where writers queue up: two processes that link one woman's records at once could each make her anew.
        elsewhere=partial(elsewhere.do, path.resolve())
        if clock is None and settings.store.url.startswith("sqlite")
        else None,
        entrance=entrance,
        ground=ground,
        bounds=bounds_of(settings.access, lambda: _redis(settings.jobs)),
        pull_every=timedelta(minutes=settings.jobs.pull_minutes) or None,
    )


def listening(config: Path | None) -> tuple[str, int]:
    """Host and port of `[serve]`. Raises `ConfigurationError`."""
    serve = load(config or DEFAULT_CONFIG).serve
    return serve.host, serve.port


def reachable_safely(config: Path | None) -> bool:
    """Whether access is configured, for an address with TLS: only then others than this machine may reach it.

    Raises `ConfigurationError`.
    """
    path = config or DEFAULT_CONFIG
    access = load(path).access if path.is_file() else None
    return access is not None and access.issuer.startswith("https://")


def _configure_log(settings: LogSettings) -> None:
    log.configure(json=settings.format == "json", level=log.Level[settings.level.upper()])


def _redis(settings: JobSettings) -> str:
    """The address of the configured Redis, or of a server of our own, started if need be."""
    return embedded(settings.directory).url if settings.url == "embedded" else settings.url


def _known(sources: dict[str, SourceSetup]) -> dict[str, tuple[str, str | None]]:
    """Name and organisation of each source."""
    return {
        id: (setup.info.organisation.name or setup.info.name, setup.info.organisation.id)
        for id, setup in sources.items()
    }


def _queue(settings: JobSettings) -> Queue:
    """The queue of the configured Redis, or of a server of our own."""
    if settings.url == "embedded":
        # Its workers are on this machine: one that was killed is missed within seconds.
        return Queue(embedded(settings.directory).url, timing=Timing(lease=5.0, stale=8.0))
    return Queue(settings.url)


def rulebook(config: Path | None, on: date, against: date | None = None) -> Rulebook:
    """The rulebook of a configuration, or of the product where there is none. Raises `ConfigurationError`."""
    if config is None:
        folder = data_folder("mappings")
        return compose(rules.load(folder), on, folder, load_catalogue(folder), against=against)
    settings = load(config)
    data = load_data(settings)
    return compose(data.rules, on, settings.mappings or data_folder("mappings"), data.catalogue, data.igo, against)


def check(config: Path) -> Data:
    """Load a configuration and all its data without opening the store. Raises `ConfigurationError`."""
    settings, exposed = load(config), secrets_in(config)
    try:
        data, _ = _loaded(config, settings, strict=True)
    except ConfigurationError as error:
        raise ConfigurationError([*exposed, *error.problems]) from None
    if exposed:
        raise ConfigurationError(exposed)
    return data


def _loaded(path: Path, settings: Settings, *, strict: bool = False) -> tuple[Data, dict[str, SourceSetup]]:
    """All data and sources. `strict`: what is not there now is a fault too. Raises `ConfigurationError` with it all."""
    problems: list[Problem] = []
    data: Data | None = None
    reached: dict[str, tuple[Connector, tuple[str, ...]]] = {}
    try:
        data = load_data(settings)
    except ConfigurationError as error:
        problems += error.problems
    for source in settings.source:
        try:
            reached[source.id] = _connector(path, source), _women(path, source)
        except ConfigurationError as error:
            problems += error.problems
        if strict:
            problems += _not_there(path, source)
    if settings.access is not None:
        problems += systems.faults(settings.access, [source.id for source in settings.source], strict=strict)
        problems += consents.faults(settings.access, data.terms) if data is not None else ()
    if problems or data is None:
        raise ConfigurationError(problems)
    sources = {}
    for source in settings.source:
        connector, women = reached[source.id]
        dialect = data.dialects.get(source.dialect)
        sends = source.kind == "push"
        follow = source.women == "follow" and not sends
        sources[source.id] = SourceSetup(connector.info, connector, dialect, follow, women, sends)
    return data, sources


def _not_there(path: Path, given: SourceSettings) -> list[Problem]:
    """A folder of files, or a token, that a pull would miss."""
    found = []
    if given.path is not None and not given.path.exists():
        found.append(Problem(given.id, f"{path}: path", f"there is no file or folder {given.path}"))
    if given.auth.token_env and not os.environ.get(given.auth.token_env):
        found.append(Problem(given.id, f"{path}: auth.token_env", unset(given.auth.token_env)))
    if given.auth.token_file and not given.auth.token_file.is_file():
        found.append(Problem(given.id, f"{path}: auth.token_file", f"there is no file {given.auth.token_file}"))
    if given.auth.method == "smart-backend":
        try:
            connectors.read_key(connectors.Auth(**given.auth.model_dump()))
        except connectors.ConfigurationError as error:
            found.append(Problem(given.id, str(path), str(error)))
    return found


def _connector(path: Path, given: SourceSettings) -> Connector:
    version = FhirVersion(given.fhir_version) if given.fhir_version else None
    info = SourceInfo(given.id, given.name, _organisation(given), given.dialect, version)
    limits = connectors.Limits(
        concurrency=given.concurrency, page_size=given.page_size, read_seconds=given.timeout_seconds
    )
    auth = connectors.Auth(**given.auth.model_dump())
    try:
        settings = connectors.SourceConfig(
            info, given.kind, given.base_url, given.path, given.women, auth, limits, given.format
        )
        return connectors.connect(settings)
    except connectors.ConfigurationError as error:
        raise ConfigurationError([Problem(given.id, str(path), str(error))]) from None


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
    path = key_file(given)
    if path is None:
        return KeyRing.from_environment()
    return KeyRing.create(path) if given.key_file is None else KeyRing.from_keyfile(path)


def key_file(given: StoreSettings) -> Path | None:
    """The file of the master keys, None where the environment holds them. Raises `ConfigurationError`."""
    if os.environ.get("ADAPTER_MASTER_KEY"):
        return None
    if given.key_file is not None:
        return given.key_file
    if not given.url.startswith("sqlite:///"):
        what = "a server database needs a master key: set ADAPTER_MASTER_KEY or store.key_file"
        raise ConfigurationError([Problem(None, "store.key_file", what)])
    return Path(given.url.removeprefix("sqlite:///")).with_suffix(".key")


def _together(*versions: str) -> str:
    return hashlib.sha256("\0".join(versions).encode()).hexdigest()[:16]
