"""Read the parameters of a search into a query, by the declared parameters and no others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from adapter.model.sources import FhirVersion
from adapter.service.endpoint import values as fhir_values
from adapter.service.endpoint.fault import FhirFault, bad
from adapter.service.endpoint.pairs import place_of, shown
from adapter.service.endpoint.parameters import Kind, Parameter, parameters
from adapter.service.endpoint.values import BadValueError, Wanted

PAGE = 250
"""Matches on a page when nothing is asked."""
MOST = 1000
"""Largest page."""
MOST_VALUES = 200
"""Values in one parameter, and parameters in one search."""

_FILTERS = frozenset({"_content", "_filter", "_has", "_list", "_profile", "_query", "_security", "_tag", "_text"})
"""Parameters of all types that leave something out (http://hl7.org/fhir/R4/search.html); none is served here."""
_QUIET = frozenset({"_format", "_pretty", "_total", "_summary", "_count"})


class Handling(StrEnum):
    """What to do with a parameter that is not known (`Prefer: handling=`)."""

    STRICT = "strict"
    LENIENT = "lenient"
    DEFAULT = "default"  # nothing said: parameters for the result are let go, filters are not: they would widen it


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition: any of `wanted`, or, for a chain, a resource of `chain_type` that meets `chain`."""

    parameter: Parameter
    modifier: str
    wanted: tuple[Wanted, ...]
    chain: tuple[tuple[str, Criterion], ...] = ()


@dataclass(frozen=True, slots=True)
class Include:
    """What to bring along: of the matches (`reverse`: with what points to them), by this parameter."""

    kind: str
    parameter: Parameter
    target: str | None
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """One search. `newest_first`: None where it is not sorted by time; `by_id`: by the id that is served.

    `echo`: the parameters that were used, as they go into the self link.
    """

    kind: str
    criteria: tuple[Criterion, ...]
    includes: tuple[Include, ...] = ()
    ids: frozenset[str] | None = None
    updated: tuple[Wanted, ...] = ()
    count: int = PAGE
    only_count: bool = False
    newest_first: bool | None = None
    by_id: bool = False
    exact_total: bool = False
    echo: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(slots=True)
class _Draft:
    criteria: list[Criterion] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    ids: frozenset[str] | None = None
    updated: list[Wanted] = field(default_factory=list)
    count: int = PAGE
    only_count: bool = False
    newest_first: bool | None = None
    by_id: bool = False
    exact_total: bool = False
    echo: list[tuple[str, str]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def read_query(
    kind: str, pairs: Iterable[tuple[str, str]], version: FhirVersion, handling: Handling = Handling.DEFAULT
) -> Query:
    """The query behind these parameters. Raises `FhirFault` (400), naming the parameter and never its value."""
    known = parameters(version).get(kind)
    if known is None:
        raise FhirFault(404, "not-supported", "this resource type is not served here; see metadata", "http.type")
    draft = _Draft()
    given = list(pairs)
    if len(given) > MOST_VALUES:
        raise FhirFault(400, "too-costly", f"a search has at most {MOST_VALUES} parameters", "http")
    for name, text in given:
        if not text and name not in _QUIET:
            continue  # FHIR: an empty parameter is one that is not there
        try:
            used = _one(draft, kind, name, text, version)
        except BadValueError as error:
            raise bad(f"{shown(name)}: {error}", place_of(name), "value") from None
        if used:
            draft.echo.append((name, text))
        else:
            _unknown(draft, kind, name, handling)
    return Query(
        kind,
        tuple(draft.criteria),
        tuple(draft.includes),
        draft.ids,
        tuple(draft.updated),
        draft.count,
        draft.only_count,
        draft.newest_first,
        draft.by_id,
        draft.exact_total,
        tuple(draft.echo),
        tuple(draft.ignored),
    )


def _one(draft: _Draft, kind: str, name: str, text: str, version: FhirVersion) -> bool:
    """Take one parameter in; whether it is known."""
    head, mark, modifier = name.partition(":")
    if head in ("_id", "_lastUpdated") and mark:
        _of_all(draft, modifier, text)
    elif name == "_id":
        ids = frozenset(text.split(","))
        draft.ids = ids if draft.ids is None else draft.ids & ids
    elif name == "_lastUpdated":
        draft.updated.append(fhir_values.wanted_date(text))
    elif name == "_count":
        draft.count = _count(draft, text)
    elif name in ("_include", "_revinclude"):
        draft.includes.append(_include(kind, text, version, reverse=name == "_revinclude"))
    elif name == "_summary":
        if text not in ("count", "false"):
            return False
        draft.only_count = draft.only_count or text == "count"
    elif name == "_total":
        draft.exact_total = text == "accurate"
        return text in ("none", "estimate", "accurate")
    elif name == "_sort":
        if text not in ("_lastUpdated", "-_lastUpdated", "_id"):
            return False
        draft.by_id = text == "_id"
        draft.newest_first = None if draft.by_id else text.startswith("-")
    elif name in ("_format", "_pretty"):
        return True
    else:
        criterion = _criterion(kind, name, text, version)
        if criterion is None:
            return False
        draft.criteria.append(criterion)
    return True


def _of_all(draft: _Draft, modifier: str, text: str) -> None:
    """A modifier of what every resource has: it is missing from none."""
    if modifier != "missing":
        raise BadValueError("this modifier is not supported here")
    if _missing(text):
        draft.ids = frozenset()


def _missing(text: str) -> bool:
    if text not in ("true", "false"):
        raise BadValueError("true or false")
    return text == "true"


def _count(draft: _Draft, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise BadValueError("a whole number, 0 or more")
    if int(text) == 0:
        draft.only_count = True
    return min(int(text), MOST) or draft.count


def _criterion(kind: str, name: str, text: str, version: FhirVersion) -> Criterion | None:
    head, dot, tail = name.partition(".")
    plain, _, modifier = head.partition(":")
    parameter = parameters(version)[kind].get(plain)
    if parameter is None:
        return None
    if dot:
        return _chained(parameter, modifier, tail, text, version)
    if modifier == "missing":
        _missing(text)
        return Criterion(parameter, modifier, (Wanted(text),))
    if modifier and not _allowed(parameter, modifier):
        raise BadValueError("this modifier is not supported here")
    if text.count(",") >= MOST_VALUES:
        raise BadValueError(f"at most {MOST_VALUES} values")
    return Criterion(parameter, modifier, fhir_values.parse(parameter, text))


def _allowed(parameter: Parameter, modifier: str) -> bool:
    return modifier in parameter.targets or (parameter.kind is Kind.TOKEN and modifier == "not")


def _chained(parameter: Parameter, modifier: str, tail: str, text: str, version: FhirVersion) -> Criterion | None:
    """`context:Encounter.episodeofcare=…`: one step, to each type that the reference may point to."""
    if parameter.kind is not Kind.REFERENCE or "." in tail:
        raise BadValueError("a chain goes over one reference")
    targets = (modifier,) if modifier else parameter.targets
    if modifier and modifier not in parameter.targets:
        raise BadValueError("this reference does not point to that type")
    chains: list[tuple[str, Criterion]] = []
    for target in targets:
        if target in parameters(version):
            inner = _criterion(target, tail, text, version)
            if inner is not None:
                chains.append((target, inner))
    return Criterion(parameter, "", (), tuple(chains)) if chains else None


def _include(kind: str, text: str, version: FhirVersion, *, reverse: bool) -> Include:
    source, _, rest = text.partition(":")
    name, _, target = rest.partition(":")
    parameter = parameters(version).get(source, {}).get(name)
    if parameter is None or parameter.kind is not Kind.REFERENCE or (source != kind and not reverse):
        raise BadValueError("this is not offered; metadata lists what can be included")
    if reverse and kind not in parameter.targets:
        raise BadValueError("that parameter does not point to what is searched")
    if target and target not in parameter.targets:
        raise BadValueError("this reference does not point to that type")
    return Include(source, parameter, target or None, reverse)


def _unknown(draft: _Draft, kind: str, name: str, handling: Handling) -> None:
    filters = not name.startswith("_") or name.partition(":")[0] in _FILTERS
    if handling is Handling.STRICT or (handling is Handling.DEFAULT and filters):
        raise bad(
            f"{shown(name)} is no search parameter of {kind} here; see metadata, or send Prefer: handling=lenient",
            place_of(name),
            "not-supported",
        )
    draft.ignored.append(shown(name))
