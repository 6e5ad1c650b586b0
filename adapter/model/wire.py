"""To and from JSON, in the published shapes."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def adapter_for(kind: type) -> TypeAdapter[Any]:
    """The (compiled) reader and writer of one of this package's dataclasses."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def prepare(*kinds: type) -> None:
    """Compile what reads and writes these now, so that no answer has to wait for it."""
    for kind in kinds:
        adapter_for(kind)


def to_json(value: object) -> bytes:
    """The JSON of a model value: published names, instants in UTC with `Z`."""
    return adapter_for(type(value)).dump_json(value, by_alias=True)


def to_data(value: object) -> Any:
    """The same as plain dicts and lists."""
    return adapter_for(type(value)).dump_python(value, mode="json", by_alias=True)


def from_json(kind: type[T], data: bytes | str) -> T:
    """Read what `to_json` wrote. Raises `pydantic.ValidationError`."""
    value: T = adapter_for(kind).validate_json(data)
    return value
