"""Load everything that is data (register, rules, catalogue, zorgpad, dialects, profiles) and collect every fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from adapter import fhir
from adapter.access.consent.terms import Terms, load_terms
from adapter.bootstrap.register import load_igo, warnings
from adapter.bootstrap.settings import Settings, data_folder
from adapter.carepath import Zorgpad, load_zorgpad
from adapter.claims import Catalogue, load_catalogue, load_measures
from adapter.facts import Dialects, load_dialects
from adapter.model.register import Igo
from adapter.model.sources import FhirVersion, Media, Problem
from adapter.rules import RuleBook, load_variables, rule_files
from adapter.rules import load as load_rules
from adapter.service.port import ConfigurationError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Data:
    """Everything that an analyst or an IGO writes, loaded and proved."""

    igo: Igo
    rules: RuleBook
    catalogue: Catalogue
    zorgpad: Zorgpad
    dialects: Dialects
    terms: Terms
    warnings: tuple[Problem, ...]


def load_data(settings: Settings) -> Data:
    """Load it all. Raises `ConfigurationError` with every fault of every file, not only the first."""
    mappings = settings.mappings or data_folder("mappings")
    problems: list[Problem] = []
    igo = _try(problems, settings.igo.register_file, lambda: load_igo(settings.igo.register_file))
    rules = _try(problems, mappings / "rules", lambda: rules_of(settings))
    catalogue = _try(problems, mappings / "catalogues", lambda: load_catalogue(mappings))
    if (mappings / "catalogues" / "casemix.yaml").is_file():  # without it, those of the product hold
        _try(problems, mappings / "catalogues", lambda: load_measures(mappings))
    if (mappings / "rules" / "variables.yaml").is_file():
        _try(problems, mappings / "rules", lambda: load_variables(mappings))
    zorgpad = _try(problems, mappings / "zorgpad", lambda: load_zorgpad(mappings, settings.zorgpad.overlay))
    dialects = _try(problems, mappings / "dialects", lambda: load_dialects(mappings))
    own = mappings if (mappings / "consent.yaml").is_file() else data_folder("mappings")  # else that of the product
    terms = _try(problems, own, lambda: load_terms(own))
    problems += _profile_faults(data_folder("profiles"))
    if dialects is not None:
        problems += _unknown_dialects(settings, dialects)
    if igo is None or rules is None or catalogue is None or zorgpad is None or dialects is None or terms is None:
        raise ConfigurationError(problems)
    if problems:
        raise ConfigurationError(problems)
    found = tuple(warnings(igo, settings.igo.register_file))
    return Data(igo, rules, catalogue, zorgpad, dialects, terms, found)


def rules_of(settings: Settings) -> RuleBook:
    """The rules of the product with those of the IGO and its insurers over them. Raises `rules.RuleError`."""
    mappings = settings.mappings or data_folder("mappings")
    return load_rules(mappings, settings.igo.rules, settings.igo.insurer_rules)


def rule_files_of(settings: Settings) -> list[Path]:
    """Every file that `rules_of` reads."""
    own = [path for files in settings.igo.insurer_rules.values() for path in files]
    return [*rule_files(settings.mappings or data_folder("mappings")), *settings.igo.rules, *own]


def _try(problems: list[Problem], where: Path, load: Callable[[], T]) -> T | None:
    try:
        return load()
    except ConfigurationError as error:
        problems += error.problems
    except (ValueError, OSError) as error:
        faults = getattr(error, "faults", None) or (error,)
        problems += [Problem(None, str(where), str(fault)) for fault in faults]
    return None


_PROFILE_VERSIONS = {"stu3": FhirVersion.STU3, "r4": FhirVersion.R4}


def _profile_faults(folder: Path) -> list[Problem]:
    """What is not valid FHIR in `profiles/stu3` and `profiles/r4`, the conformance resources that we publish."""
    found = []
    for name, version in _PROFILE_VERSIONS.items():
        for path in sorted((folder / name).rglob("*.json")):
            problem = fhir.check(path.read_bytes(), Media.JSON, version).problem
            if problem:
                found.append(Problem(None, str(path), problem))
    return found


def _unknown_dialects(settings: Settings, dialects: Dialects) -> list[Problem]:
    problems = []
    for source in settings.source:
        if source.dialect not in dialects.names:
            what = f"there is no dialect {source.dialect!r}; there are {', '.join(dialects.names)}"
            problems.append(Problem(source.id, f"source {source.id!r}: dialect", what, "see mappings/dialects"))
    return problems
