"""The zorgpad as lines: what is told once for many, and when a fact was told that no organisation is written beside."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from adapter.model.carepath import CareMoment, Window
from adapter.model.evidence import Evidence
from adapter.web.steps import steps
from doors.difficult import DIFFICULT

SILENT = "Echocentrum Zicht is niet gevraagd."
NO_WINDOW = Window(None, None)


def whose(evidence):
    return " en ".join(dict.fromkeys(e.source for e in evidence))


def moment(state, why=None, acts=(), days=()):
    return CareMoment("m", "moment", state, NO_WINDOW, acts, why=why, days=days)


def of(*moments):
    return steps(replace(DIFFICULT, moments=moments), whose)


def test_what_makes_many_unknown_is_told_once():
    found = of(*[moment("unknown", SILENT)] * 4, moment("unknown", "Iets anders."))
    assert found.shared == ((4, SILENT),)
    assert [s.why for s in found.steps] == ["", "", "", "", "Iets anders."]


def test_what_makes_a_few_unknown_stands_at_each():
    found = of(*[moment("unknown", SILENT)] * 3)
    assert found.shared == ()
    assert {s.why for s in found.steps} == {SILENT}


def test_a_moment_that_a_fact_shows_tells_the_day_of_the_fact_and_whose_it_is():
    told = Evidence("vp", "Observation/niet-in-beeld", "1", "valueBoolean")
    (dated,) = of(moment("done", acts=(told,), days=(date(2024, 6, 1), date(2024, 6, 3)))).steps
    assert dated.done == "1 jun 2024 (16+1) en 3 jun 2024 (16+3), vp"
    (undated,) = of(moment("done", acts=(told,))).steps
    assert undated.done == "vp"
