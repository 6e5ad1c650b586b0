"""Rooms for deciding alone, without connectors: for other processes, and with a draft of the rules in place."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from adapter import claims, rules
from adapter.access import AuditLog, Policy
from adapter.bootstrap.checks import load_data
from adapter.bootstrap.clock import days_ago
from adapter.bootstrap.register import load_igo
from adapter.bootstrap.settings import Settings, data_folder, load
from adapter.model.sources import Problem
from adapter.rules import RuleError
from adapter.service.payment.redecide import Opener
from adapter.service.payment.whatif import Draft
from adapter.service.port import ConfigurationError
from adapter.service.rooms import Rooms
from adapter.store import Store

MEASURES = "casemix.yaml"
SOURCES = "sources.yaml"
"""A folder of rules that has this file is a whole set; without it, it is laid over the rules in force."""


def measures_of(mappings: Path | None) -> claims.Measures:
    """The measures of the casemix: of the configured mappings, of the product where those have none."""
    own = mappings if mappings is not None and (mappings / "catalogues" / MEASURES).is_file() else None
    return claims.load_measures(own or data_folder("mappings"))


def opener(config: Path, draft: Draft) -> Opener:
    """What opens the rooms of a configuration in another process, with a draft in place."""
    return partial(open_rooms, config, draft)


def open_rooms(config: Path, draft: Draft) -> Rooms:
    """The rooms of a configuration that deciding needs, and no more. Raises `ConfigurationError`."""
    from adapter.bootstrap.wire import _keys, _together

    settings = load(config)
    data = load_data(settings)
    store = Store.open(settings.store.url, _keys(settings.store))
    rooms = Rooms(
        store=store,
        sources={},
        igo=data.igo,
        rules=data.rules,
        catalogue=data.catalogue,
        zorgpad=data.zorgpad,
        mappings_version=_together(data.dialects.version, data.zorgpad.version),
        audit=AuditLog(store),
        policy=Policy(),
        clock=days_ago(settings.simulation.days_back),
    )
    return drafted(rooms, settings, draft)


def drafted(rooms: Rooms, settings: Settings, draft: Draft) -> Rooms:
    """The rooms with a draft in place of what they have. Raises `ConfigurationError` with every fault."""
    product = settings.mappings or data_folder("mappings")
    changed = rooms
    try:
        if draft.register is not None:
            changed = replace(changed, igo=load_igo(draft.register))
        if draft.rules is not None:
            changed = replace(changed, rules=_rules(product, settings, draft.rules))
        if draft.catalogues is not None:
            with _mappings(rules=product / "rules", catalogues=_folder(draft.catalogues)) as made:
                changed = replace(changed, catalogue=claims.load_catalogue(made))
    except RuleError as error:
        where = str(draft.rules or draft.catalogues)
        raise ConfigurationError([Problem(None, where, str(fault)) for fault in error.faults]) from None
    except OSError as error:
        what = error.strerror or "cannot be read"
        raise ConfigurationError([Problem(None, str(error.filename), what)]) from None
    return changed


def _rules(product: Path, settings: Settings, folder: Path) -> rules.RuleBook:
    here = _folder(folder / "rules" if (folder / "rules").is_dir() else folder)
    if (here / SOURCES).is_file():
        with _mappings(rules=here) as made:
            return rules.load(made)
    laid_over = [*settings.igo.rules, *sorted(here.glob("*.yaml"))]
    return rules.load(product, laid_over, settings.igo.insurer_rules)


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ConfigurationError([Problem(None, str(path), "there is no such folder")])
    if not any(path.glob("*.yaml")):
        raise ConfigurationError([Problem(None, str(path), "this folder holds no *.yaml")])
    return path.resolve()


@contextmanager
def _mappings(**folders: Path) -> Iterator[Path]:
    """A folder laid out as `mappings/`, of folders that stand elsewhere."""
    with tempfile.TemporaryDirectory() as made:
        for name, folder in folders.items():
            (Path(made) / name).symlink_to(folder, target_is_directory=True)
        yield Path(made)
