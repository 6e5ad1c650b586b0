"""The claims projection in a few bytes: MessagePack, read straight into the model (msgspec).

A field that is a day or an instant (`Moment`) stands as a number (the day) or a timestamp: everything else msgspec
reads itself. The shapes follow from the model, so a new field there needs nothing here.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any

import msgspec

from adapter.model.moments import Moment
from adapter.model.projection import ClaimsProjection

Convert = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True, slots=True)
class _Wire:
    """How a type is written. `to` and `back` are None where msgspec does all of it."""

    hint: Any
    to: Convert | None = None
    back: Convert | None = None


def pack(projection: ClaimsProjection) -> bytes:
    """As it is stored."""
    to = _projection().to
    return _ENCODER.encode(to(projection) if to else projection)


def unpack(body: bytes) -> ClaimsProjection:
    """What `pack` wrote. Raises `ValueError` for what an older model wrote in another shape."""
    found = _decoder().decode(body)  # its errors are ValueErrors
    back = _projection().back
    read: ClaimsProjection = back(found) if back else found
    return read


_ENCODER = msgspec.msgpack.Encoder()


@cache
def _projection() -> _Wire:
    return _wire(ClaimsProjection)


@cache
def _decoder() -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(_projection().hint)


def _wire(hint: Any) -> _Wire:
    args = typing.get_args(hint)
    if {date, datetime} <= set(args):
        none = type(None) in args
        return _Wire(int | datetime | None if none else int | datetime, _moment_to, _moment_back)
    if type(None) in args and len(args) == 2:
        return _optional(_wire(next(a for a in args if a is not type(None))))
    if typing.get_origin(hint) is tuple and len(args) == 2 and args[1] is Ellipsis:
        return _many(_wire(args[0]))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _dataclass(hint)
    return _Wire(hint)


def _moment_to(moment: Moment | None) -> int | datetime | None:
    return moment if moment is None or isinstance(moment, datetime) else moment.toordinal()


def _moment_back(value: int | datetime | None) -> Moment | None:
    return date.fromordinal(value) if isinstance(value, int) else value


def _optional(inner: _Wire) -> _Wire:
    to, back = inner.to, inner.back
    if to is None or back is None:
        return _Wire(inner.hint | None)
    return _Wire(inner.hint | None, lambda v: None if v is None else to(v), lambda v: None if v is None else back(v))


def _many(inner: _Wire) -> _Wire:
    to, back = inner.to, inner.back
    hint = tuple[inner.hint, ...]  # type: ignore[name-defined]
    if to is None or back is None:
        return _Wire(hint)
    return _Wire(hint, lambda vs: tuple([to(v) for v in vs]), lambda vs: tuple([back(v) for v in vs]))


def _dataclass(kind: type) -> _Wire:
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    parts = [(f.name, _wire(hints[f.name])) for f in fields]
    if kind is not ClaimsProjection and all(p.to is None for _, p in parts):
        return _Wire(kind)
    struct = msgspec.defstruct(
        f"Packed{kind.__name__}", [_field(f, p) for f, (_, p) in zip(fields, parts, strict=True)], array_like=True
    )
    plan = [(name, p.to, p.back) for name, p in parts]

    def to(value: Any) -> Any:
        return struct(*[t(getattr(value, name)) if t else getattr(value, name) for name, t, _ in plan])

    def back(value: Any) -> Any:
        return kind(*[b(getattr(value, name)) if b else getattr(value, name) for name, _, b in plan])

    return _Wire(struct, to, back)


def _field(field: dataclasses.Field[Any], part: _Wire) -> Any:
    if field.default is dataclasses.MISSING:
        return (field.name, part.hint)
    return (field.name, part.hint, part.to(field.default) if part.to else field.default)
