"""Whose a value is stands in words, the same everywhere, and never more children than there can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from adapter.model.carepath import Child, Measurement
from adapter.model.evidence import Evidence, Organisation
from adapter.web.charts import charts
from adapter.web.subjects import Subjects

DUE = date(2024, 4, 15)
TWINS = tuple(Child(f"c-{n}", datetime(2024, 3, 22, 12, n, tzinfo=UTC), n, None, None, True, ()) for n in (1, 2))


def heart(
    source: str, about: str | None, day: date, value: float = 140.0, kind: str = "fetal_heart_rate"
) -> Measurement:
    organisation = Organisation(source, None, None, source.upper(), None)
    evidence = Evidence(source, f"Observation/{source}-{about}-{day}-{kind}", "1", "value")
    return Measurement(kind, kind, value, "/min", None, day, 100, organisation, evidence, about)


def two_sources() -> list[Measurement]:
    return [
        heart(source, f"BodySite/{fetus}", day)
        for day in (date(2023, 12, 1), date(2024, 1, 1))
        for source, fetuses in (("vp", "ba"), ("zh", "cd"))
        for fetus in fetuses
    ]


def test_fetuses_are_numbered_for_the_source_that_measured_them() -> None:
    (chart,), _ = charts(two_sources(), DUE)
    assert [s.name for s in sorted(chart.series, key=lambda s: s.name)] == [
        "foetus 1 volgens VP",
        "foetus 1 volgens ZH",
        "foetus 2 volgens VP",
        "foetus 2 volgens ZH",
    ]
    assert len({s.tone for s in chart.series}) == 4
    assert {row.of for row in chart.rows} == {s.name for s in chart.series}


def test_a_number_is_the_same_in_every_chart() -> None:
    growth = [heart("zh", f"BodySite/{fetus}", date(2024, 1, 2), 50, "efw_percentile") for fetus in "dc"]
    subjects = Subjects([*two_sources(), *growth])
    same = {subjects.name(m) for m in two_sources() if m.about == "BodySite/d"}
    assert {subjects.name(growth[0])} == same == {"foetus 2 volgens ZH"}
    assert subjects.place(growth[0]) == next(subjects.place(m) for m in two_sources() if m.about == "BodySite/d")


def test_one_reference_at_two_sources_is_not_one_fetus() -> None:
    both = [heart(source, f"BodySite/{n}", date(2024, 1, 1)) for source in ("vp", "zh") for n in (1, 2)]
    assert len({Subjects(both).who(m) for m in both}) == 4


def test_a_single_child_has_one_line_over_all_sources_and_no_number() -> None:
    some = [heart("vp", "BodySite/1", date(2023, 12, 1)), heart("zh", "BodyStructure/x", date(2024, 1, 1))]
    some += [heart("kz", None, date(2024, 2, 1))]
    (chart,), _ = charts(some, DUE, TWINS[:1])
    assert [(s.name, len(s.points)) for s in chart.series] == [("", 3)]
    assert {row.of for row in chart.rows} == {""}


def test_children_are_numbered_in_order_of_birth() -> None:
    born = [heart(s, c.id, date(2024, 3, 23), kind="child_weight") for s in ("kz", "zh") for c in reversed(TWINS)]
    subjects = Subjects(born, TWINS)
    assert [subjects.name(m) for m in born] == ["kind 2", "kind 1"] * 2
    assert subjects.name(replace(born[0], about=None)) == ""
