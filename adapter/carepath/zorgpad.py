"""The zorgpad as data: the moments expected in Dutch birth care, and how a fact is chosen among its values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from adapter.carepath.expected import Expectation, Moment
from adapter.carepath.moments_file import days_of, moment_of
from adapter.carepath.nodes import Row
from adapter.carepath.overlay import Region, lay_over
from adapter.model.carepath import FACT_KEYS
from adapter.rules.faults import Faults
from adapter.rules.yamlfile import Fields, read

__all__ = ["Precedence", "Zorgpad", "ZorgpadError", "days_of", "load_zorgpad"]

MOMENTS, PRECEDENCE = "nederland.yaml", "precedence.yaml"
_ORDERS = frozenset({"basis", "rank", "highest", "first", "last", "precise", "specific", "newest"})


class ZorgpadError(ValueError):
    """Faults in `mappings/zorgpad` or a region's file. Each of `faults` names file, line or key, and what is wrong."""

    def __init__(self, *faults: object) -> None:
        self.faults = tuple(str(fault) for fault in faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True, slots=True)
class Precedence:
    """How the value of one fact is chosen. See `mappings/zorgpad/precedence.yaml`."""

    order: tuple[str, ...]
    reason: str
    basis: tuple[str, ...] = ()
    rank: tuple[str, ...] = ()
    general: dict[str, tuple[str, ...]] = field(default_factory=dict)
    per_child: bool = False
    several: bool = False
    course: bool = False


@dataclass(frozen=True, slots=True)
class Zorgpad:
    """Moments, precedence, tolerances, what makes a picture complete; and the hash of the files they came from."""

    moments: tuple[Moment, ...]
    precedence: dict[str, Precedence]
    tolerances: dict[str, tuple[int, int]]  # name: expected, within
    version: str
    expectations: tuple[Expectation, ...] = ()
    region: Region | None = None


def load_zorgpad(mappings: Path, overlay: Path | None = None) -> Zorgpad:
    """Read `zorgpad/nederland.yaml` and `zorgpad/precedence.yaml`, and the file of a region. Raises `ZorgpadError`."""
    folder = mappings / "zorgpad"
    country = folder / MOMENTS
    moments, expectations, region = _moments(country, overlay)
    data = _plain(folder / PRECEDENCE)
    precedence = _precedence(data, str(folder / PRECEDENCE))
    tolerances = _tolerances(data, str(folder / PRECEDENCE))
    files = [country, folder / PRECEDENCE, *([overlay] if overlay else [])]
    version = hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()[:16]
    return Zorgpad(moments, precedence, tolerances, version, expectations, region)


def _moments(country: Path, overlay: Path | None) -> tuple[tuple[Moment, ...], tuple[Expectation, ...], Region | None]:
    faults = Faults(str(country))
    content = read(country, faults)
    rows: dict[str, Fields] = {}
    moments: list[Moment] = []
    expectations: tuple[Expectation, ...] = ()
    if content is not None:
        top = Row(content, "", faults)
        top.required("version")
        for row in top.rows("moments"):
            row.name = f"moment {row.text('id') or '?'}"
            made = moment_of(row)
            if made.id in rows:
                row.fault(f"twice: {made.id}")
            rows[made.id] = row.fields
            moments.append(made)
        if not moments:
            top.fault("moments: none given")
        expectations = tuple(_expectation(r) for r in top.rows("completeness"))
        top.close()
    _stop(faults)
    if overlay is None:
        return tuple(moments), expectations, None
    faults = Faults(str(overlay))
    region, laid = lay_over(tuple(moments), rows, overlay, faults)
    _stop(faults)
    return laid, expectations, region


def _stop(faults: Faults) -> None:
    if faults.found:
        raise ZorgpadError(*sorted(set(faults.found), key=lambda f: f.line or 0))


def _expectation(row: Row) -> Expectation:
    row.name = "completeness"
    made = Expectation(
        row.words("facts", FACT_KEYS), row.parsed("since", days_of) or 0, row.flag("born"), row.flag("multiple")
    )
    if not made.facts:
        row.fault("facts: give one, or several of which one is enough")
    row.close()
    return made


def _plain(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise ZorgpadError(f"{path}: cannot be read ({error.strerror}); the care path needs it") from error
    except yaml.YAMLError as error:
        raise ZorgpadError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(found, dict):
        raise ZorgpadError(f"{path}: a mapping is expected at the top")
    return found


def _precedence(data: dict[str, Any], where: str) -> dict[str, Precedence]:
    rows = data.get("facts") or {}
    if missing := sorted(set(FACT_KEYS) - set(rows)):
        raise ZorgpadError(f"{where}: facts: no precedence for {', '.join(missing)}")
    result = {}
    for key, row in rows.items():
        order = tuple(row.get("order", ())) if isinstance(row, dict) else ()
        if not order or set(order) - _ORDERS:
            raise ZorgpadError(f"{where}: facts.{key}.order: give one or more of {', '.join(sorted(_ORDERS))}")
        if not row.get("reason"):
            raise ZorgpadError(f"{where}: facts.{key}.reason: a choice needs its reason")
        result[str(key)] = Precedence(
            order=order,
            reason=str(row["reason"]),
            basis=_strings(row.get("basis")),
            rank=_strings(row.get("rank")),
            general={str(word): tuple(meant) for word, meant in (row.get("general") or {}).items()},
            per_child=bool(row.get("per_child", False)),
            several=bool(row.get("several", False)),
            course=bool(row.get("course", False)),
        )
    return result


def _strings(given: Iterable[Any] | None) -> tuple[str, ...]:
    return tuple(given or ())


def _tolerances(data: dict[str, Any], where: str) -> dict[str, tuple[int, int]]:
    rows = data.get("tolerances") or {}
    names = ("edd_minus_lmp_days", "stated_age_days", "referral_support_days")
    try:
        return {name: (int(rows[name]["expected"]), int(rows[name]["within"])) for name in names}
    except (KeyError, TypeError, ValueError) as error:
        raise ZorgpadError(f"{where}: tolerances: each of {', '.join(names)} needs expected and within") from error
