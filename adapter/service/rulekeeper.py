"""Keeps the rules in force while the program runs: a changed file is proved, and taken only when it is good.

A faulty set is refused with file, row and what is wrong; the last good one stays in force, and the log, `check` and the
health address say so until it is mended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from adapter.access import log
from adapter.model.sources import Problem
from adapter.rules import RuleBook, RuleError

if TYPE_CHECKING:
    from adapter.service.rooms import Rooms

EVERY = 2.0  # seconds between looks at the files

_Stamp = tuple[tuple[str, int, int], ...]


class RuleKeeper:
    """Looks at the rule files now and then, and puts a new good set into the rooms it keeps."""

    def __init__(
        self,
        load: Callable[[], RuleBook],
        files: Callable[[], Iterable[Path]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._files = files
        self._clock = clock
        self._lock = Lock()
        self._seen = self._stamp()
        self._next = clock() + EVERY
        self._rooms: Rooms | None = None
        self._problems: tuple[Problem, ...] = ()

    def keep(self, rooms: Rooms) -> None:
        """The rooms whose rules it keeps."""
        self._rooms = rooms

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why the files as they are now are not in force; empty when they are."""
        return self._problems

    def look(self) -> None:
        """Take over what changed in the files, at most once in two seconds. Faults never raise: the last set stays."""
        if self._clock() < self._next or not self._lock.acquire(blocking=False):
            return
        try:
            self._next = self._clock() + EVERY
            stamp = self._stamp()
            if stamp != self._seen:
                self._seen = stamp
                self._take_over()
        finally:
            self._lock.release()

    def _take_over(self) -> None:
        rooms = self._rooms
        if rooms is None:
            return
        try:
            book = self._load()
        except RuleError as error:
            kept = "deze regels zijn niet in gebruik; de vorige gelden nog"
            self._problems = tuple(
                Problem(None, f.file if f.line is None else f"{f.file}:{f.line}", f"{f.row or ''}: {f.what}", kept)
                for f in error.faults
            )
            log.RULES_REFUSED.log(faults=len(error.faults), first=str(error.faults[0]), in_force=rooms.rules.version)
            return
        self._problems = ()
        before, rooms.rules = rooms.rules.version, book
        log.RULES_LOADED.log(version=book.version, before=before)

    def _stamp(self) -> _Stamp:
        found = []
        for path in self._files():
            try:
                stat = path.stat()
                found.append((str(path), stat.st_mtime_ns, stat.st_size))
            except OSError:
                found.append((str(path), 0, -1))
        return tuple(found)
