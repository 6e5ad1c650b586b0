"""SMART scopes (SMART App Launch 2.2.0, "Scopes for requesting FHIR Resources"): read, intersect, ask.

`system/Observation.rs?category=laboratory`: at level `system`, for Observation, read and search, of laboratory results
alone. Scopes of version 1 (`system/Patient.read`) are read as those of version 2 that mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, quote

_SHAPE = re.compile(
    r"(?P<level>system|patient|user)/(?P<type>\*|[A-Z][A-Za-z]{1,63})\.(?P<access>[a-z*]{1,5})(?:\?(?P<where>[!-~]{1,500}))?"
)
_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}
_ORDER = "cruds"
_MOST = 200
"""Scopes in one request."""

Where = tuple[tuple[str, str], ...]


class BadScopeError(ValueError):
    """A text that is no scope; the message does not repeat it."""


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """One scope. `type` is `*` for all; `access` holds letters of `cruds` in that order; `where`: all must hold."""

    level: str
    type: str
    access: str
    where: Where = ()

    def __str__(self) -> str:
        query = "&".join(f"{quote(name, safe=':.-_')}={quote(value, safe=':/|.,-_')}" for name, value in self.where)
        return f"{self.level}/{self.type}.{self.access}" + (f"?{query}" if query else "")

    def both(self, other: Scope) -> Scope | None:
        """What this and the other both allow; None for nothing."""
        access = "".join(letter for letter in self.access if letter in other.access)
        if self.level != other.level or not access or ("*" not in (self.type, other.type) and self.type != other.type):
            return None
        kind = other.type if self.type == "*" else self.type
        more = tuple(pair for pair in other.where if pair not in self.where)
        return Scope(self.level, kind, access, tuple(sorted(self.where + more)))


def read_scope(text: str) -> Scope:
    """One scope. Raises `BadScopeError`."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise BadScopeError("a scope is written as system/Observation.rs, with letters of cruds in that order")
    access = _VERSION_1.get(found["access"], found["access"])
    if not access or access != "".join(letter for letter in _ORDER if letter in access):
        raise BadScopeError("the letters of a scope are those of cruds, each once and in that order")
    try:
        where = parse_qsl(found["where"] or "", strict_parsing=bool(found["where"]), keep_blank_values=False)
    except ValueError:
        raise BadScopeError("what stands behind the ? of a scope is a search: category=laboratory") from None
    return Scope(found["level"], found["type"], access, tuple(sorted(set(where))))


def read_scopes(texts: Iterable[str]) -> tuple[Scope, ...]:
    """Several. Raises `BadScopeError`."""
    return tuple(read_scope(text) for text in texts)


def granted(asked: Sequence[str], registered: Sequence[Scope]) -> tuple[Scope, ...]:
    """What is asked and registered both, without what another grants already. What is no scope of ours is left out
    (RFC 6749 section 3.3: the answer says what was granted).
    """
    found: set[Scope] = set()
    for text in asked[:_MOST]:
        try:
            scope = read_scope(text)
        except BadScopeError:
            continue
        found.update(both for one in registered if (both := scope.both(one)) is not None)
    return tuple(sorted(scope for scope in found if not any(_within(scope, other) for other in found - {scope})))


def _within(scope: Scope, other: Scope) -> bool:
    """Whether the other grants all that this one does."""
    return (
        scope.level == other.level
        and other.type in ("*", scope.type)
        and set(scope.access) <= set(other.access)
        and set(other.where) <= set(scope.where)
        and scope != other
    )


class Scopes:
    """The scopes of one token, to be asked."""

    def __init__(self, scopes: Iterable[Scope]) -> None:
        self._scopes = tuple(scopes)
        self._found: dict[tuple[str, str], tuple[Where, ...] | None] = {}

    @staticmethod
    @lru_cache(4096)
    def of(texts: tuple[str, ...]) -> Scopes:
        """Those of an `Identified`. What cannot be read grants nothing."""
        return Scopes(_readable(texts))

    def allow(self, kind: str, letter: str) -> bool:
        """Whether this is granted for this type (`*`: for every type), be it for some resources alone."""
        return self.where(kind, letter) is not None

    def where(self, kind: str, letters: str) -> tuple[Where, ...] | None:
        """None: not granted. Empty: granted. Else of the resources that meet one of these searches.

        `letters`: any of them will do.
        """
        key = (kind, letters)
        if key not in self._found:
            self._found[key] = self._where(kind, letters)
        return self._found[key]

    def _where(self, kind: str, letters: str) -> tuple[Where, ...] | None:
        found = [s.where for s in self._scopes if s.type in ("*", kind) and any(x in s.access for x in letters)]
        if not found:
            return None
        return () if () in found else tuple(dict.fromkeys(found))


def _readable(texts: Iterable[str]) -> Iterable[Scope]:
    for text in texts:
        try:
            yield read_scope(text)
        except BadScopeError:
            continue
