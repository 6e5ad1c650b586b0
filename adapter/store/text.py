"""Small things that every part of the store needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

_AT_ONCE = 500  # values in one IN (…)


def chunks(values: Iterable[T], size: int = _AT_ONCE) -> Iterator[list[T]]:
    """The values in lists of at most `size`: a statement takes only so many."""
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some


def keepable(text: str) -> str:
    """The text without what a database cannot hold (NUL, half a surrogate pair): bad input is kept, not refused."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def split_reference(reference: str) -> tuple[str, str]:
    """Type and id of `Type/id`; an empty id where there is no slash."""
    kind, _, identifier = reference.partition("/")
    return kind, identifier
