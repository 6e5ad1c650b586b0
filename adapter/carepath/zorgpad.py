"""The zorgpad as data: the moments expected in Dutch birth care, and how a fact is chosen among its values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from adapter.model.carepath import FACT_KEYS
from adapter.model.evidence import RESPONSIBLE_KINDS, OrganisationKind
from adapter.model.facts import ActKind, StatementKind

FILES = ("nederland.yaml", "precedence.yaml")
Need = Literal["expected", "choice", "habit", "indication", "elsewhere"]
Standing = Literal["verified", "provisional"]
_ORDERS = frozenset({"basis", "rank", "highest", "first", "last", "precise", "specific", "newest"})


_BY = frozenset({*RESPONSIBLE_KINDS, OrganisationKind.GEBOORTECENTRUM})  # could do nearly anything


class ZorgpadError(ValueError):
    """A fault in `mappings/zorgpad`. The message names file, key and what is wrong."""


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
class Moment:
    """One moment of the care path. Windows in days: since the calculated last menstrual period, or since the birth."""

    id: str
    name: str
    anchor: Literal["pregnancy", "birth"]
    first: int | None
    last: int | None
    need: Need
    kinds: frozenset[ActKind]
    codes: frozenset[str]
    statements: frozenset[StatementKind]
    declined_by: frozenset[StatementKind]
    within: frozenset[ActKind]  # kinds that count inside the window only
    before_end: frozenset[ActKind]  # kinds that count until the end of the window
    once: bool
    since: date | None
    by: frozenset[OrganisationKind]
    standing: Standing
    source: str


@dataclass(frozen=True, slots=True)
class Zorgpad:
    """Moments, precedence and tolerances, with the hash of the files they came from."""

    moments: tuple[Moment, ...]
    precedence: dict[str, Precedence]
    tolerances: dict[str, tuple[int, int]]  # name: expected, within
    version: str


def load_zorgpad(mappings: Path) -> Zorgpad:
    """Read `zorgpad/nederland.yaml` and `zorgpad/precedence.yaml`. Raises `ZorgpadError`."""
    folder = mappings / "zorgpad"
    digest = hashlib.sha256()
    data: dict[str, dict[str, Any]] = {}
    for name in FILES:
        try:
            content = (folder / name).read_bytes()
            read = yaml.safe_load(content)
        except OSError as error:
            raise ZorgpadError(f"{folder / name}: cannot be read ({error.strerror}); the care path needs it") from error
        except yaml.YAMLError as error:
            raise ZorgpadError(f"{folder / name}: not valid YAML: {error}") from error
        if not isinstance(read, dict):
            raise ZorgpadError(f"{folder / name}: a mapping is expected at the top")
        digest.update(content)
        data[name] = read
    moments = _moments(data["nederland.yaml"], str(folder / "nederland.yaml"))
    precedence = _precedence(data["precedence.yaml"], str(folder / "precedence.yaml"))
    tolerances = _tolerances(data["precedence.yaml"], str(folder / "precedence.yaml"))
    return Zorgpad(moments, precedence, tolerances, digest.hexdigest()[:16])


def days_of(text: str) -> int:
    """`12+3` (weeks and days) in days. Raises `ValueError`."""
    weeks, plus, days = text.partition("+")
    if not plus or not 0 <= int(days) <= 6 or int(weeks) < 0:
        raise ValueError(f"{text!r} is not weeks+days, such as 12+3")
    return int(weeks) * 7 + int(days)


def _moments(data: dict[str, Any], where: str) -> tuple[Moment, ...]:
    moments = []
    for row in data.get("moments") or ():
        name = row.get("id", "?") if isinstance(row, dict) else "?"
        try:
            moments.append(_moment(row))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise ZorgpadError(f"{where}: moment {name}: {error}") from error
    ids = [m.id for m in moments]
    double = sorted({i for i in ids if ids.count(i) > 1})
    if double or not moments:
        raise ZorgpadError(f"{where}: moments: {'twice: ' + ', '.join(double) if double else 'none given'}")
    return tuple(moments)


def _moment(row: dict[str, Any]) -> Moment:
    window = row.get("window") or {}
    anchor: Literal["pregnancy", "birth"] = "birth" if "days_after_birth" in window else "pregnancy"
    bounds = window["days_after_birth"] if anchor == "birth" else [window.get("from"), window.get("to")]
    first, last = (b if b is None or anchor == "birth" else days_of(b) for b in bounds)
    if first is not None and last is not None and first > last:
        raise ValueError("window: from is after to")
    if row["need"] not in get_args(Need) or row["standing"] not in get_args(Standing):
        raise ValueError(f"need is one of {get_args(Need)}, standing one of {get_args(Standing)}")
    detect = row.get("detect") or {}
    return Moment(
        id=str(row["id"]),
        name=str(row["name"]),
        anchor=anchor,
        first=first,
        last=last,
        need=row["need"],
        kinds=frozenset(map(ActKind, detect.get("kinds", ()))),
        codes=frozenset(map(str, detect.get("codes", ()))),
        statements=frozenset(map(StatementKind, detect.get("statements", ()))),
        declined_by=frozenset(map(StatementKind, detect.get("declined_by", ()))),
        within=frozenset(map(ActKind, detect.get("within", ()))),
        before_end=frozenset(map(ActKind, detect.get("before_end", ()))),
        once=bool(row.get("once", False)),
        since=row.get("since"),
        by=_BY | frozenset(map(OrganisationKind, row.get("by", ()))),
        standing=row["standing"],
        source=str(row["source"]),
    )


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
            basis=tuple(row.get("basis", ())),
            rank=tuple(row.get("rank", ())),
            general={str(word): tuple(meant) for word, meant in (row.get("general") or {}).items()},
            per_child=bool(row.get("per_child", False)),
            several=bool(row.get("several", False)),
            course=bool(row.get("course", False)),
        )
    return result


def _tolerances(data: dict[str, Any], where: str) -> dict[str, tuple[int, int]]:
    rows = data.get("tolerances") or {}
    names = ("edd_minus_lmp_days", "stated_age_days", "referral_support_days")
    try:
        return {name: (int(rows[name]["expected"]), int(rows[name]["within"])) for name in names}
    except (KeyError, TypeError, ValueError) as error:
        raise ZorgpadError(f"{where}: tolerances: each of {', '.join(names)} needs expected and within") from error
