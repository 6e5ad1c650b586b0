"""FHIRPath expressions of the dialects, compiled to plain Python.

The subset (FHIRPath N1, http://hl7.org/fhirpath/N1): member access, an optional resource type in front,
`ofType(T)` directly after a choice element, `first()`, `exists()`, `extension('url')`, and `where(…)` with
`path = 'text'`, `path.exists()`, `and`, `or`. An engine takes 100 microseconds an expression; these take about one.
They are held equal to an engine by a property test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

Step = Callable[[list[Any]], list[Any]]
Test = Callable[[Any], bool]

CHOICES = frozenset(
    [
        "value",
        "effective",
        "performed",
        "onset",
        "abatement",
        "deceased",
        "multipleBirth",
        "occurrence",
        "asserted",
        "item",
        "timing",
    ]
)
"""Elements of the resources we read that are choices of type: the JSON name carries the type (`valueDateTime`)."""

_TOKEN = re.compile(r"\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)|'(?P<text>[^'\\]*)'|(?P<sign>[().=]))")


class PathError(ValueError):
    """The expression is not FHIRPath of the supported subset."""


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled expression. `label` is where it points to, as evidence shows it (`valuePeriod.start`)."""

    text: str
    label: str
    _steps: tuple[Step, ...] = field(compare=False, repr=False)
    _keys: tuple[str, ...] | None = field(compare=False, repr=False)  # set when it is member access only
    _gate: str | None = field(default=None, compare=False, repr=False)  # without this key there is nothing to find
    _url: str | None = field(default=None, compare=False, repr=False)  # an extension of this URL, then members only

    def all(self, resource: Any) -> list[Any]:
        """The collection that the expression gives on a resource (or element) in FHIR JSON."""
        if self._keys is not None:
            value = resource
            for key in self._keys:
                if type(value) is not dict:
                    break
                value = value.get(key)
                if value is None:
                    return []
            else:
                return [item for item in value if item is not None] if type(value) is list else [value]
        if self._gate is not None and type(resource) is dict and self._gate not in resource:
            return []
        if self._url is not None and type(resource) is dict:
            return self._in_extensions(resource.get("extension"))
        return _run(self._steps, resource)

    def _in_extensions(self, extensions: Any) -> list[Any]:
        """As the steps would give it, in one pass."""
        found: list[Any] = []
        for extension in extensions if type(extensions) is list else (extensions,):
            if type(extension) is dict and extension.get("url") == self._url:
                found += _run(self._steps[1:], extension)
        return found

    def first(self, resource: Any) -> Any:
        """The first item of that collection, None when it is empty."""
        if self._keys is not None:
            value = resource
            for key in self._keys:
                if type(value) is not dict:
                    break
                value = value.get(key)
                if value is None:
                    return None
            else:
                if type(value) is not list:
                    return value
        found = self.all(resource)
        return found[0] if found else None


def compile_path(text: str) -> Path:
    """Compile an expression. Raises `PathError` that says what is not supported and where."""
    return _Compiler(text).whole()


class _Compiler:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.at = 0

    def whole(self) -> Path:
        steps, labels, keys = self.path(root=True)
        if self.at < len(self.tokens):
            raise self.fault("the end")
        gate = labels[0] if labels and not self.text[:1].isupper() and not self.text.endswith("exists()") else None
        return Path(self.text, ".".join(labels), tuple(steps), tuple(labels) if keys else None, gate, self._url())

    def _url(self) -> str | None:
        """The URL of an extension that the expression starts with."""
        first = [text for _, text in self.tokens[:4]]
        return first[2] if len(first) == 4 and first[:2] == ["extension", "("] else None

    def path(self, root: bool = False) -> tuple[list[Step], list[str], bool]:
        steps: list[Step] = []
        labels: list[str] = []
        only_keys = True
        if root and self.peek("name")[:1].isupper():
            steps.append(_of_resource(self.take("name")))
            only_keys = False
            self.take("sign", ".")
        typed = False  # directly after ofType(Quantity) `value` is a plain member
        while True:
            name = self.take("name")
            if self.peek("sign") == "(":
                steps.append(self.call(name, labels))
                only_keys = False
            elif name in CHOICES and not typed:
                key = self.choice(name)
                steps.append(_member(key))
                labels.append(key)
                typed = True
            else:
                typed = False
                steps.append(_member(name))
                labels.append(name)
            if self.peek("sign") != ".":
                return steps, labels, only_keys
            self.at += 1

    def choice(self, name: str) -> str:
        if self.peek("sign") == ".":
            self.at += 1
            if self.take("name") == "ofType":
                self.take("sign", "(")
                kind = self.take("name")
                self.take("sign", ")")
                return name + kind[0].upper() + kind[1:]
        raise PathError(f"{self.text!r}: {name!r} is a choice of types, write {name}.ofType(…)")

    def call(self, name: str, labels: list[str]) -> Step:
        self.take("sign", "(")
        step: Step
        if name == "first":
            step = _first
        elif name == "exists":
            step = _exists
        elif name == "extension":
            labels.append("extension")
            step = _extension(self.take("text"))
        elif name == "where":
            step = _where(self.either())
        else:
            raise PathError(f"{self.text!r}: function {name}() is not in the supported subset")
        self.take("sign", ")")
        return step

    def either(self) -> Test:
        tests = [self.both()]
        while self.peek("name") == "or":
            self.at += 1
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda item: any(test(item) for test in tests)

    def both(self) -> Test:
        tests = [self.criterion()]
        while self.peek("name") == "and":
            self.at += 1
            tests.append(self.criterion())
        return tests[0] if len(tests) == 1 else lambda item: all(test(item) for test in tests)

    def criterion(self) -> Test:
        steps, _, _ = self.path()
        if self.peek("sign") != "=":
            return lambda item: _run(steps, item) == [True]
        self.at += 1
        wanted = [self.take("text")]
        return lambda item: _run(steps, item) == wanted

    def peek(self, kind: str) -> str:
        if self.at < len(self.tokens) and self.tokens[self.at][0] == kind:
            return self.tokens[self.at][1]
        return ""

    def take(self, kind: str, value: str | None = None) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at][0] != kind:
            raise self.fault(value or f"a {kind}")
        found = self.tokens[self.at][1]
        if value is not None and found != value:
            raise self.fault(value)
        self.at += 1
        return found

    def fault(self, expected: str) -> PathError:
        found = self.tokens[self.at][1] if self.at < len(self.tokens) else "the end"
        return PathError(f"{self.text!r}: expected {expected}, found {found!r} (supported: see adapter.facts.paths)")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise PathError(f"{text!r}: character {text[at]!r} at position {at} is not in the supported subset")
        kind = str(match.lastgroup)
        tokens.append((kind, match.group(kind)))
        at = match.end()
    return tokens


def _run(steps: Iterable[Step], item: Any) -> list[Any]:
    found = [item]
    for step in steps:
        found = step(found)
    return found


def _of_resource(kind: str) -> Step:
    return lambda items: [i for i in items if isinstance(i, dict) and i.get("resourceType") == kind]


def _member(key: str) -> Step:
    def step(items: list[Any]) -> list[Any]:
        found: list[Any] = []
        for item in items:
            value = item.get(key) if type(item) is dict else None
            if type(value) is list:
                found.extend(v for v in value if v is not None)
            elif value is not None:
                found.append(value)
        return found

    return step


def _extension(url: str) -> Step:
    extensions = _member("extension")
    return lambda items: [e for e in extensions(items) if type(e) is dict and e.get("url") == url]


def _where(test: Test) -> Step:
    return lambda items: [item for item in items if test(item)]


def _first(items: list[Any]) -> list[Any]:
    return items[:1]


def _exists(items: list[Any]) -> list[Any]:
    return [bool(items)]
