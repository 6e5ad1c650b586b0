"""The configuration file (`adapter.toml`) and its environment variables (`ADAPTER_…`, which win)."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator

from adapter.bootstrap import access
from adapter.bootstrap.access import AccessSettings
from adapter.bootstrap.environment import EnvironmentFaultError, Overlay
from adapter.bootstrap.section import Section
from adapter.model.identifiers import Agb, Ura, Uzovi
from adapter.model.sources import Problem
from adapter.service.port import ConfigurationError

# A plain http origin only on this machine: elsewhere anybody could stand in for it.
_ORIGIN = re.compile(r"(?:https://[A-Za-z0-9.-]+|http://(?:localhost|127\.0\.0\.1))(?::[0-9]{1,5})?")


class StoreSettings(Section):
    """Where everything is kept. `key_file` holds the master key (made on first use beside an SQLite file)."""

    url: str = "sqlite:///var/adapter.db"
    key_file: Path | None = None

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        if urlsplit(url).scheme not in ("sqlite", "postgresql", "postgres", "postgresql+psycopg"):
            raise ValueError("use sqlite:///path or postgresql+psycopg://user@host/database")
        return url


class JobSettings(Section):
    """The queue: a Redis URL, or `embedded` for a server of our own on loopback; and what goes by the clock.

    `pull_minutes`: how long after a pull the next one begins by itself; 0: never.
    """

    url: str = "embedded"
    directory: Path = Path("var/redis")
    pull_minutes: int = Field(default=60, ge=0)

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        if url != "embedded" and not url.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError('use "embedded", redis://host:port/0, rediss://… (TLS) or unix:///path')
        return url


class AuthSettings(Section):
    """How to authenticate to a source. Secrets come from the environment or a file, never from this file."""

    method: Literal["none", "bearer", "smart-backend", "mtls", "nuts-node"] = "none"
    token_env: str | None = None
    token_file: Path | None = None
    client_id: str | None = None
    key_env: str | None = None
    key_file: Path | None = None
    kid: str | None = None
    algorithm: Literal["RS384", "ES384", "RS256", "RS512", "PS256", "PS384", "PS512", "ES256", "ES512"] | None = None
    token_url: str | None = None
    scope: str = "system/*.rs"


_FOR_ASKING = frozenset(
    {"auth", "base_url", "concurrency", "format", "page_size", "path", "timeout_seconds", "women", "women_file"}
)


class SourceSettings(Section):
    """One source: an EPD reached over FHIR, a folder of FHIR files, or an EPD that sends by itself."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    name: str
    agb: str | None = None
    ura: str | None = None
    organisation: str | None = None  # kind of organisation, where the data do not say
    kind: Literal["fhir", "files", "push"] = "fhir"
    base_url: str | None = None
    path: Path | None = None
    fhir_version: Literal["3.0", "4.0"] | None = None
    format: Literal["json", "xml"] = "json"
    dialect: str
    women: Literal["follow", "list", "token"] = "follow"
    women_file: Path | None = None
    timeout_seconds: float = Field(default=30.0, gt=0)
    concurrency: int = Field(default=6, ge=1, le=64)
    page_size: int = Field(default=200, ge=1, le=5000)
    auth: AuthSettings = AuthSettings()

    @model_validator(mode="after")
    def _complete(self) -> SourceSettings:
        if self.kind == "fhir" and not self.base_url:
            raise ValueError("a source of kind fhir needs base_url")
        if self.kind == "files" and self.path is None:
            raise ValueError("a source of kind files needs path")
        if self.kind == "push" and (given := self.model_fields_set & _FOR_ASKING):
            raise ValueError(f"a source of kind push is never asked: leave out {', '.join(sorted(given))}")
        if self.agb is None and self.ura is None:
            raise ValueError("give the agb and/or the ura of the organisation that holds these dossiers")
        if self.women == "list" and self.women_file is None:
            raise ValueError('women = "list" needs women_file')
        if self.agb is not None:
            Agb(self.agb)
        if self.ura is not None:
            Ura(self.ura)
        return self


class IgoSettings(Section):
    """The IGO's register: its members, contracts and rule parameters; and rule files laid over those of the product.

    `insurer_rules`: by UZOVI code the files that go over those again, for women insured there.
    """

    register_file: Path = Field(alias="register")
    rules: tuple[Path, ...] = ()
    insurer_rules: dict[str, tuple[Path, ...]] = Field(default_factory=dict)

    @field_validator("rules", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        """One path, or several as in PATH (the environment gives a text)."""
        return tuple(given.split(os.pathsep)) if isinstance(given, str) else given

    @field_validator("insurer_rules")
    @classmethod
    def _insurers(cls, given: dict[str, tuple[Path, ...]]) -> dict[str, tuple[Path, ...]]:
        for uzovi in given:
            Uzovi(uzovi)
        return given


class ZorgpadSettings(Section):
    """The zorgpad. `overlay`: the file in which a region changes moments of the country's, each with its reason."""

    overlay: Path | None = None


class ServeSettings(Section):
    """Where to serve. Anything but loopback is refused until access is configured.

    `frame_ancestors`: the origins of the EPDs that may show the pages in a frame; nobody unless named.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    frame_ancestors: tuple[str, ...] = ()

    @field_validator("frame_ancestors", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        return given.split() if isinstance(given, str) else given  # so that a variable can hold several

    @field_validator("frame_ancestors")
    @classmethod
    def _origins(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_ORIGIN.fullmatch(origin) for origin in given):
            raise ValueError("give origins, such as https://epd.example or http://localhost:9000, without a path or *")
        return given


class LogSettings(Section):
    """The technical log, on standard error."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "warning"


class SimulationSettings(Section):
    """For simulated regions only, whose data stop at a fixed day: run the clock so many days back."""

    days_back: int = Field(default=0, ge=0)


class Settings(Section):
    """All of `adapter.toml`."""

    store: StoreSettings = StoreSettings()
    jobs: JobSettings = JobSettings()
    serve: ServeSettings = ServeSettings()
    log: LogSettings = LogSettings()
    source: tuple[SourceSettings, ...] = ()
    igo: IgoSettings
    zorgpad: ZorgpadSettings = ZorgpadSettings()
    simulation: SimulationSettings = SimulationSettings()
    access: AccessSettings | None = None  # until it is there, the demonstration identity on loopback
    mappings: Path | None = None  # instead of the mappings that come with the product

    @model_validator(mode="after")
    def _unique(self) -> Settings:
        ids = [s.id for s in self.source]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"two sources have the same id: {', '.join(twice)}")
        return self


_SECTIONS: dict[str, type[Section]] = {
    "store": StoreSettings,
    "jobs": JobSettings,
    "serve": ServeSettings,
    "log": LogSettings,
    "igo": IgoSettings,
    "zorgpad": ZorgpadSettings,
    "simulation": SimulationSettings,
}


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read a configuration file and the environment; paths are relative to the file. Raises `ConfigurationError`."""
    content = read_toml(path, "give the path of your configuration with --config")
    overlay = Overlay(content, environment)
    try:
        sections = {name: _keys(model) for name, model in _SECTIONS.items()} | {"access": access.keys()}
        overlay.apply(sections, _keys(SourceSettings), _keys(AuthSettings), ["mappings"])
        settings = Settings.model_validate(overlay.data)
    except EnvironmentFaultError as error:
        raise ConfigurationError([Problem(None, f"environment: {n}", what) for n, what in error.faults]) from None
    except ValidationError as error:
        raise ConfigurationError(_faults(path, error, overlay)) from None
    return _resolved(settings, path.resolve().parent)


def _keys(model: type[Section]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _faults(path: Path, error: ValidationError, overlay: Overlay) -> list[Problem]:
    """Every fault, with the variable that gave the value or the file and key; a source goes by its id."""
    found = []
    for item, problem in zip(error.errors(include_url=False, include_input=False), faults(path, error), strict=True):
        location = item["loc"]
        where = problem.where
        if variable := overlay.variable(location):
            rest = ".".join(str(part) for part in location) if variable == "ADAPTER_SOURCE" else ""
            where = f"environment: {variable}" + (f": {rest}" if rest else "")
        source = _source_id(overlay.data, location)
        found.append(Problem(source, where, problem.what, _ADVICE.get(location, "")))
    return found


_ADVICE: dict[tuple[str | int, ...], str] = {
    ("source",): "write each source as a table of its own: [[source]]",
    ("igo",): 'add [igo] with register = "igo.toml", the register of the IGO',
    ("igo", "register"): 'name the register of the IGO: register = "igo.toml"',
}


def _source_id(data: Mapping[str, Any], location: tuple[str | int, ...]) -> str | None:
    if len(location) < 2 or location[0] != "source" or not isinstance(location[1], int):
        return None
    source = data["source"][location[1]]
    return str(source["id"]) if isinstance(source, dict) and isinstance(source.get("id"), str) else None


def read_toml(path: Path, advice: str = "") -> dict[str, Any]:
    """The content of a TOML file. Raises `ConfigurationError` naming the file and, for bad syntax, the line.

    `advice`: what to do when it does not exist.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigurationError([Problem(None, str(path), "this file does not exist", advice)]) from None
    except IsADirectoryError:
        raise ConfigurationError([Problem(None, str(path), "this is a folder, not a file")]) from None
    except OSError as error:
        raise ConfigurationError([Problem(None, str(path), f"cannot be read: {error.strerror}")]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError([Problem(None, str(path), f"not valid TOML: {error}")]) from None


def faults(path: Path, error: ValidationError) -> list[Problem]:
    """Every fault of a validation, with file and key; values are left out (they may be secrets)."""
    found = []
    for item in error.errors(include_url=False, include_input=False):
        key = ".".join(str(part) for part in item["loc"]) or "(file)"
        what = _WORDS.get(item["type"]) or item["msg"].removeprefix("Value error, ")
        found.append(Problem(None, f"{path}: {key}", what))
    return found


_WORDS = {  # where pydantic speaks of its own world
    "missing": "this key is missing",
    "extra_forbidden": "there is no such key",
    "tuple_type": "this must be a list",
    "model_type": "this must be a table",
    "model_attributes_type": "this must be a table",
}


def _resolved(settings: Settings, base: Path) -> Settings:
    def at(path: Path | None) -> Path | None:
        return None if path is None else base / path

    store = settings.store
    if store.url.startswith("sqlite:///"):
        store = store.model_copy(update={"url": f"sqlite:///{base / store.url.removeprefix('sqlite:///')}"})
    sources = tuple(
        s.model_copy(
            update={
                "path": at(s.path),
                "women_file": at(s.women_file),
                "auth": s.auth.model_copy(
                    update={"token_file": at(s.auth.token_file), "key_file": at(s.auth.key_file)}
                ),
            }
        )
        for s in settings.source
    )
    return settings.model_copy(
        update={
            "store": store.model_copy(update={"key_file": at(store.key_file)}),
            "jobs": settings.jobs.model_copy(update={"directory": base / settings.jobs.directory}),
            "source": sources,
            "igo": settings.igo.model_copy(
                update={
                    "register_file": base / settings.igo.register_file,
                    "rules": tuple(base / p for p in settings.igo.rules),
                    "insurer_rules": {u: tuple(base / p for p in ps) for u, ps in settings.igo.insurer_rules.items()},
                }
            ),
            "zorgpad": settings.zorgpad.model_copy(update={"overlay": at(settings.zorgpad.overlay)}),
            "mappings": at(settings.mappings),
            "access": settings.access and access.placed(settings.access, base),
        }
    )


def data_folder(name: str) -> Path:
    """`mappings/` or `profiles/`: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_data" / name
    return inside if inside.is_dir() else package.parent / name
