"""Any table that passes the proof hits exactly one row, always; any that does not is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.rules import Input, Row, Source, Table, Validity, counterfactuals, evaluate, pivotal
from adapter.rules.faults import Faults
from adapter.rules.proof import prove
from support.examples import many

SOURCE = Source("bron", "Bron", "Bron", None, True)
NAMES = ("a", "b", "c")
VALUES = ("ja", "nee", "onbekend")
DAYS = st.none() | st.integers(0, 40).map(lambda n: date(2023, 1, 1) + timedelta(days=n))


def asked(name: str, size: int) -> Input:
    verdicts = dict(zip(VALUES[:size], ("met", "not_met", "unknown"), strict=False))
    return Input(name, f"{name}?", verdicts, {v: v for v in VALUES[:size]}, frozenset(), (SOURCE,), "verified")  # type: ignore[arg-type]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    inputs = tuple(asked(name, draw(st.integers(1, 3))) for name in NAMES[: draw(st.integers(0, 3))])
    rows = []
    for n in range(draw(st.integers(1, 6))):
        when = {
            i.name: frozenset(draw(st.sets(st.sampled_from(list(i.values)), min_size=1)))
            for i in inputs
            if draw(st.booleans())
        }
        start = draw(DAYS)
        end = draw(DAYS.filter(lambda d, s=start: d is None or s is None or d >= s))
        outcome = draw(st.sampled_from(["x", "y"]))
        rows.append(Row(f"r{n}", when, outcome, "t", (SOURCE,), "verified", Validity(start, end), n))
    return Table("t", "T", "t", "1", Validity(), inputs, ("x", "y"), tuple(rows), "t.yaml", 1)


def matching(table: Table, inputs: dict[str, str], on: date) -> list[Row]:
    return [r for r in table.rows_on(on) if all(inputs[name] in values for name, values in r.when.items())]


@given(tables(), st.integers(-3, 45).map(lambda n: date(2023, 1, 1) + timedelta(days=n)))
@settings(max_examples=many(150), deadline=None)
def test_proved_means_exactly_one_row(table: Table, on: date) -> None:
    faults = Faults("t.yaml")
    segments = prove(table, faults)
    everything = [
        dict(zip((i.name for i in table.inputs), key, strict=True))
        for key in product(*(i.values for i in table.inputs))
    ]
    hits = [len(matching(table, inputs, on)) for inputs in everything]
    if faults.found:
        days = [date(2022, 12, 1) + timedelta(days=n) for n in range(90)]
        assert any(len(matching(table, inputs, day)) != 1 for day in days for inputs in everything)
        return
    assert set(hits) == {1}
    proved = replace(table, segments=segments)
    for inputs in everything:
        said = evaluate(proved, inputs, on)
        assert [said.row] == matching(table, inputs, on)
        for turns in counterfactuals(proved, inputs, on, "x"):
            turned = {**inputs, **{turn.input.name: turn.after for turn in turns}}
            assert evaluate(proved, turned, on).value == "x" != said.value
        assert {i.name for i in pivotal(proved, inputs, on)} <= {n for n, v in inputs.items() if v == "onbekend"}
