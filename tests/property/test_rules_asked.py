"""What a decision asked of the rules tells which decisions a change of the rules can touch, and never misses one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.model.projection import ClaimsProjection
from adapter.model.register import Contract
from adapter.rules import Row, RuleBook, Table
from adapter.service.decide import outcome
from adapter.service.payment.asked import asked_of
from adapter.service.rooms import Rooms
from support.examples import many
from tests.property.test_rules_any_pregnancy import igos, projections
from tests.support.changed_rules import otherwise
from tests.support.claims_world import an_igo, book, catalogue, pregnancy

TABLES = [table for decides in ("selectie", "scope", "stadium") for table in book().tables[decides]]
ROWS = [(table, row) for table in TABLES for row in table.rows]


def rooms(rules: RuleBook, igo: Any) -> Rooms:
    """As much of the rooms as deciding needs."""
    return cast(Rooms, SimpleNamespace(rules=rules, igo=igo, catalogue=catalogue()))


@given(projections(), igos(), st.sampled_from(ROWS), st.data())
@settings(max_examples=many(250), deadline=None)
def test_a_decision_whose_answers_stay_the_same_is_the_same_decision(
    projection: ClaimsProjection, igo: Any, place: tuple[Table, Row], data: st.DataObject
) -> None:
    table, row = place
    value = data.draw(st.sampled_from(table.outcomes))
    standing = data.draw(st.sampled_from(["verified", "provisional"]))
    before, after = rooms(book(), igo), rooms(otherwise(book(), table, row, outcome=value, standing=standing), igo)
    found = outcome(before, projection)
    asked = asked_of(before).write(found.selection)
    assert asked_of(before).same(asked)
    if asked_of(after).same(asked):
        assert outcome(after, projection).fingerprint == found.fingerprint


@given(projections(), igos(), st.sampled_from(["1000", "2000"]), st.sampled_from(ROWS))
@settings(max_examples=many(100), deadline=None)
def test_rules_of_an_insurer_touch_who_is_insured_there(
    projection: ClaimsProjection, igo: Any, insurer: str, place: tuple[Table, Row]
) -> None:
    table, row = place
    value = next(v for v in table.outcomes if v != row.outcome) if len(table.outcomes) > 1 else row.outcome
    own = replace(book(), variants={insurer: otherwise(book(), table, row, outcome=value)}, version="met verzekeraar")
    before, after = rooms(book(), igo), rooms(own, igo)
    found = outcome(before, projection)
    if asked_of(after).same(asked_of(before).write(found.selection)):
        assert outcome(after, projection).fingerprint == found.fingerprint


@given(projections(), igos(), igos())
@settings(max_examples=many(250), deadline=None)
def test_a_decision_whose_contracts_stay_the_same_is_the_same_decision(
    projection: ClaimsProjection, igo: Any, other: Any
) -> None:
    """Contracts begin, end, are added and taken away; of some decisions they are none of the business."""
    before, after = rooms(book(), igo), rooms(book(), replace(igo, contracts=other.contracts))
    found = outcome(before, projection)
    if asked_of(after).same(asked_of(before).write(found.selection)):
        assert outcome(after, projection).fingerprint == found.fingerprint


def test_a_contract_touches_who_is_insured_there() -> None:
    own, other = Contract(("1000",), date(2015, 1, 1)), Contract(("2000",), date(2015, 1, 1))
    before, dearer = rooms(book(), an_igo([own, other])), replace(own, tariff={"geboortezorg-prenataal": 100})
    asked = asked_of(before).write(outcome(before, pregnancy(2024)).selection)
    unknown = asked_of(before).write(outcome(before, pregnancy(2024, insurance=())).selection)
    for contracts, touches in (([own], False), ([dearer, other], True), ([other], True)):
        after = asked_of(rooms(book(), an_igo(contracts)))
        assert after.same(asked) != touches
        assert not after.same(unknown), "whoever's insurer is not known may be touched by any contract"


def test_another_register_or_catalogue_is_never_taken_for_the_same() -> None:
    igo = an_igo()
    asked = asked_of(rooms(book(), igo)).write(outcome(rooms(book(), igo), pregnancy()).selection)
    fewer = replace(igo, members=igo.members[1:])
    assert not asked_of(rooms(book(), fewer)).same(asked)
    assert not asked_of(rooms(book(), replace(igo, rules=replace(igo.rules, uncontracted=True)))).same(asked)
    other = SimpleNamespace(rules=book(), igo=igo, catalogue=replace(catalogue(), version="anders"))
    assert not asked_of(cast(Rooms, other)).same(asked)
    for unreadable in (b"", b"\x00", asked[:-1]):
        assert not asked_of(rooms(book(), igo)).same(unreadable)


def test_a_row_that_nobody_hits_touches_nobody() -> None:
    """Only the rows that a pregnancy of 2024 hits can touch it; those of the experiment are none of them."""
    igo, given = an_igo(), pregnancy(2024)
    before = rooms(book(), igo)
    asked = asked_of(before).write(outcome(before, given).selection)
    hit = {p.reasons[0].rule for p in outcome(before, given).selection.phases}
    for table, row in ROWS:
        if table.decides != "selectie":
            continue
        value = next(v for v in table.outcomes if v != row.outcome) if len(table.outcomes) > 1 else "igo"
        assert asked_of(rooms(otherwise(book(), table, row, outcome=value), igo)).same(asked) == (row.id not in hit)


def test_with_whom_else_a_contract_was_made_touches_nobody() -> None:
    both, one = Contract(("1000", "2000"), date(2015, 1, 1)), Contract(("1000",), date(2015, 1, 1))
    before = rooms(book(), an_igo([both]))
    asked = asked_of(before).write(outcome(before, pregnancy(2024)).selection)
    assert asked_of(rooms(book(), an_igo([one]))).same(asked)
    assert not asked_of(rooms(book(), an_igo([Contract(("2000",), date(2015, 1, 1))]))).same(asked)
