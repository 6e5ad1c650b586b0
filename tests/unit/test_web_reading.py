"""What the pages put first, and what they keep quiet about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from adapter.model.carepath import Conflict, Disagreement
from adapter.model.decision import Reason
from adapter.model.evidence import Evidence
from adapter.service.summary import PhaseLine, PregnancySummary
from adapter.web.argument import argument
from adapter.web.differences import sorted_out
from adapter.web.listing import GROUPS, group

ENDED = PregnancySummary(
    pregnancy="zw-1",
    woman_name=None,
    birth_date=None,
    state="ended",
    outcome=None,
    ended_on=date(2024, 1, 1),
    gestational_age=None,
    edd=None,
    organisations=(),
    responsible=None,
    status="igo",
    stage="definitief",
    phases=(),
)
RUNNING = (PhaseLine("postnataal", "running", "igo", None, "provisional"),)


@pytest.mark.parametrize(
    ("item", "heading"),
    [
        (ENDED, "Afgerond"),
        (replace(ENDED, stage="voorlopig"), "Vraagt aandacht"),
        (replace(ENDED, stage="voorlopig", phases=RUNNING), "Loopt"),
        (replace(ENDED, state="ongoing", stage="voorlopig"), "Loopt"),
        (replace(ENDED, state="ongoing", status="onbepaald", stage="voorlopig"), "Vraagt aandacht"),
    ],
)
def test_what_is_unsettled_without_going_on_asks_for_attention(item, heading):
    assert group(item) == heading
    assert heading in GROUPS


def _reason(rule):
    return Reason(rule, "met", rule, "eigen lezing", "provisional")


def test_reasons_are_grouped_by_the_question_they_answer_and_none_is_lost():
    rules = ["regulier-igo", "selection-regular", "selection-regular/contract", "scope-2023-guo", "definitief"]
    rules += ["stadium/fase", "prenataal-hele-fase", "keuze-prenataal/volledig"]
    found = argument([_reason(rule) for rule in rules])
    assert found.status.conclusion.rule == "regulier-igo"
    assert [r.rule for r in found.status.conditions] == rules[1:4]
    assert (found.stage.conclusion.rule, found.prestatie.conclusion.rule) == ("definitief", "prenataal-hele-fase")
    groups = (found.status, found.stage, found.prestatie)
    assert sum(len(g.conditions) + (g.conclusion is not None) for g in groups) == len(rules)


def test_reasons_of_an_unknown_kind_are_conditions():
    found = argument([_reason("x"), _reason("y")])
    assert found.status.conclusion is None
    assert len(found.status.conditions) == 2
    assert argument([]).status.conditions == ()


def _value(day, basis, source):
    return Conflict(day, (Evidence(source, "Observation/1", "1", "valueDateTime"),), basis)


@pytest.mark.parametrize(
    ("about", "values", "loud"),
    [
        ("edd", (_value(date(2024, 10, 5), "definitive", "vp"), _value(date(2024, 10, 4), "lmp", "vp")), False),
        ("edd", (_value(date(2024, 10, 5), "definitive", "vp"), _value(date(2024, 10, 4), "lmp", "zh")), True),
        ("edd", (_value(date(2024, 10, 5), "definitive", "vp"), _value(date(2024, 10, 9), "definitive", "zh")), True),
        ("edd", (_value(date(2024, 10, 5), "ultrasound", "vp"), _value(date(2024, 10, 4), "lmp", "vp")), True),
        ("lmp", (_value(date(2024, 1, 5), "definitive", "vp"), _value(date(2024, 1, 4), "lmp", "vp")), True),
    ],
)
def test_only_a_due_date_that_its_own_source_replaced_raises_no_alarm(about, values, loud):
    difference = Disagreement(about, "", values)
    found = sorted_out(SimpleNamespace(conflicts=(difference,)))
    assert found == (((difference,), ()) if loud else ((), (difference,)))
