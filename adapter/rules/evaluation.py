"""Evaluate a table: the row that was hit, every condition tested, near misses, and what would have changed it.

A table is finite, so each answer is worked out once and kept; a second woman with the same inputs costs a look-up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from itertools import combinations, product

from adapter.model.decision import Standing
from adapter.rules.table import Input, Row, Segment, Table, Verdict, lowest


@dataclass(frozen=True, slots=True)
class Tested:
    """One condition tested, under its name in a trace (`table/input`). `decisive`: the row that was hit needs it."""

    input: Input
    value: str
    verdict: Verdict
    decisive: bool
    rule: str


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A row that failed on one condition only."""

    row: Row
    input: Input
    value: str
    wanted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a table says, and all that was tested on the way. `standing`: the lowest of the row and what it rests on."""

    table: Table
    row: Row
    value: str
    trace: tuple[Tested, ...]
    near_misses: tuple[NearMiss, ...]
    standing: Standing

    def tested(self, name: str) -> Tested | None:
        """The test of that input; None when the table does not ask it."""
        return next((t for t in self.trace if t.input.name == name), None)


@dataclass(frozen=True, slots=True)
class Turn:
    """One input that would have to be otherwise."""

    input: Input
    before: str
    after: str

    @property
    def text(self) -> str:
        """The change in Dutch, as the table words it."""
        return self.input.turn.get(self.after, f"{self.input.question} {self.after}")


Turns = tuple[Turn, ...]


class Asking:
    """One table on one day, asked with the values of its inputs in the order of the table.

    Every answer is worked out once and kept with the segment, so asking again is one look-up. `asked`: the keys it was
    asked with, in order.
    """

    __slots__ = ("_memo", "_on", "_segment", "asked", "table")

    def __init__(self, table: Table, on: date) -> None:
        """Raises `ValueError` for a day outside the validity of the table."""
        self.table = table
        self._on = on
        self._segment = table.segment(on)
        self._memo = self._segment.memo
        self.asked: dict[tuple[str, ...], None] = {}

    def key(self, inputs: Mapping[str, str]) -> tuple[str, ...]:
        """The values in the order of the table."""
        return tuple([inputs.get(name, "") for name in self._segment.names])

    def says(self, key: tuple[str, ...]) -> Outcome:
        """The outcome. Raises `ValueError` for a missing or unknown value."""
        self.asked[key] = None
        known: Outcome | None = self._memo.get(key)
        if known is None:
            self._check(key)
            known = self._memo[key] = _outcome(self.table, self._segment, key, self._on)
        return known

    def fingerprint(self, key: tuple[str, ...]) -> bytes:
        """Of all that a decision takes from the answer, but for its words: two alike lead to the same decision.

        That is the table, the questions it asks, the outcome, the conditions the row needs, and what is provisional.
        Raises `ValueError` for a missing or unknown value.
        """
        memo = ("fingerprint", key)
        known: bytes | None = self._memo.get(memo)
        if known is None:
            known = self._memo[memo] = _fingerprint(self.table, self.says(key))
        return known

    def turns(self, key: tuple[str, ...], wanted: str) -> tuple[Turns, ...]:
        """The smallest sets of changes that lead to `wanted`: all single ones, else all pairs, and so on.

        Only changes to a value that the input words as a `turn` count (nobody can aim for "unknown"). Empty when the
        outcome is already `wanted`, or no change leads there.
        """
        memo = (key, wanted)
        known: tuple[Turns, ...] | None = self._memo.get(memo)
        if known is None:
            self._check(key)
            known = self._memo[memo] = _smallest(self.table, self._segment, key, wanted)
        return known

    def pivotal(self, key: tuple[str, ...]) -> tuple[Input, ...]:
        """The unknown inputs whose answer can still decide, whatever the other unknown ones turn out to be."""
        memo = (key, None)
        known: tuple[Input, ...] | None = self._memo.get(memo)
        if known is None:
            self._check(key)
            known = self._memo[memo] = tuple(_pivotal(self.table, self._segment, key))
        return known

    def _check(self, key: tuple[str, ...]) -> None:
        if key not in self._segment.hits:
            wrong = ((i, v) for i, v in zip(self.table.inputs, key, strict=True) if v not in i.values)
            asked, value = next(wrong)
            what = f"{asked.name} is {value!r}, not one of {', '.join(asked.values)}"
            raise ValueError(f"table {self.table.id}: {what}")


def evaluate(table: Table, inputs: Mapping[str, str], on: date) -> Outcome:
    """The outcome on that day. Raises `ValueError` for a missing or unknown value, or a day outside the validity."""
    asking = Asking(table, on)
    return asking.says(asking.key(inputs))


def counterfactuals(table: Table, inputs: Mapping[str, str], on: date, wanted: str) -> tuple[Turns, ...]:
    """`Asking.turns` by name."""
    asking = Asking(table, on)
    return asking.turns(asking.key(inputs), wanted)


def pivotal(table: Table, inputs: Mapping[str, str], on: date) -> tuple[Input, ...]:
    """`Asking.pivotal` by name."""
    asking = Asking(table, on)
    return asking.pivotal(asking.key(inputs))


def _fingerprint(table: Table, said: Outcome) -> bytes:
    asks = [(i.name, *i.values.items(), i.standing) for i in table.inputs]
    needed = [t.input.name for t in said.trace if t.decisive]
    taken = (table.id, asks, said.value, said.row.id, said.row.standing, said.standing, needed)
    return blake2b(repr(taken).encode(), digest_size=8).digest()


def _pivotal(table: Table, segment: Segment, key: tuple[str, ...]) -> Iterator[Input]:
    open_places = [p for p, asked in enumerate(table.inputs) if asked.values[key[p]] == "unknown"]
    answers = [_answers(table.inputs[p], key[p]) for p in open_places]
    for place, own in zip(open_places, answers, strict=True):
        for given in product(*answers):
            full = list(key)
            for p, value in zip(open_places, given, strict=True):
                full[p] = value
            outcomes = {segment.hits[(*full[:place], value, *full[place + 1 :])].outcome for value in own}
            if len(outcomes) > 1:
                yield table.inputs[place]
                break


def _answers(asked: Input, now: str) -> list[str]:
    """What the answer may turn out to be. Where the table words only one, the other is that it stays as it is."""
    answers = [value for value, verdict in asked.values.items() if verdict != "unknown"]
    return answers if len(answers) > 1 else [*answers, now]


def _outcome(table: Table, segment: Segment, key: tuple[str, ...], on: date) -> Outcome:
    row = segment.hits[key]
    trace = tuple(
        Tested(asked, value, asked.values[value], asked.name in row.when, f"{table.id}/{asked.name}")
        for asked, value in zip(table.inputs, key, strict=True)
    )
    misses = tuple(miss for other in table.rows_on(on) if (miss := _near(table, other, key)) is not None)
    standing = lowest(row.standing, *(t.input.standing for t in trace if t.decisive))
    return Outcome(table, row, row.outcome, trace, misses, standing)


def _near(table: Table, row: Row, key: tuple[str, ...]) -> NearMiss | None:
    failed = [
        (asked, value)
        for asked, value in zip(table.inputs, key, strict=True)
        if asked.name in row.when and value not in row.when[asked.name]
    ]
    if len(failed) != 1:
        return None
    asked, value = failed[0]
    return NearMiss(row, asked, value, row.when[asked.name])


def _smallest(table: Table, segment: Segment, key: tuple[str, ...], wanted: str) -> tuple[Turns, ...]:
    if segment.hits[key].outcome == wanted:
        return ()
    for size in range(1, len(key) + 1):
        found = tuple(_changes(table, segment, key, wanted, size))
        if found:
            return found
    return ()


def _changes(table: Table, segment: Segment, key: tuple[str, ...], wanted: str, size: int) -> Iterator[Turns]:
    for places in combinations(range(len(key)), size):
        choices = [_reachable(table.inputs[p], key[p]) for p in places]
        for values in product(*choices):
            changed = list(key)
            for place, value in zip(places, values, strict=True):
                changed[place] = value
            if segment.hits[tuple(changed)].outcome == wanted:
                yield tuple(Turn(table.inputs[p], key[p], v) for p, v in zip(places, values, strict=True))


def _reachable(asked: Input, now: str) -> list[str]:
    return [] if now in asked.stays else [value for value in asked.turn if value != now]
