"""Whatever the sources say, the care path is whole, ordered, and of its day."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.carepath import PathSettings, PregnancyInput, build, project
from adapter.carepath.phases import after
from adapter.model.carepath import FACT_KEYS, PHASES, CarePath
from adapter.model.moments import Moment, day_of, end_instant_of, instant_of
from adapter.model.wire import to_json
from anyfacts_carepath import DAYS, START, Anything
from builders_carepath import KNOWN_AT, zorgpad
from support.examples import many

days = st.integers(0, DAYS).map(lambda n: START + timedelta(days=n))
inputs = st.integers(0, 2**32).map(lambda seed: Anything(seed).given())


def built(given_: PregnancyInput, on: date) -> CarePath:
    return build(given_, zorgpad(), PathSettings(), on, KNOWN_AT)


@settings(max_examples=many(100), deadline=None)
@given(inputs, days)
def test_any_facts_give_a_whole_care_path(given_: PregnancyInput, on: date) -> None:
    view = built(given_, on)
    assert tuple(view.facts) == FACT_KEYS
    assert tuple(p.phase for p in view.phases) == PHASES
    assert (view.state == "ended") is (view.outcome is not None)
    assert {m.moment for m in view.moments} == {m.id for m in zorgpad().moments}
    assert all(g.state == "gap" for g in view.gaps)
    if view.gestational_age is not None:
        assert 0 <= view.gestational_age.days <= 6
        assert view.gestational_age.weeks >= 0
        if view.gestational_age.weeks * 7 + view.gestational_age.days > 308:
            assert "gestational_age" in {c.about for c in view.conflicts}
    assert all(c.text for c in view.conflicts)
    to_json(view)
    to_json(project(given_, view))


@settings(max_examples=many(100), deadline=None)
@given(inputs, days)
def test_phases_touch_and_are_ordered(given_: PregnancyInput, on: date) -> None:
    prenatal, natal, postnatal = built(given_, on).phases
    if natal.state == "not_applicable":
        assert postnatal.state == "not_applicable"
        assert natal.start.value is natal.end.value is postnatal.end.value is None
    else:
        assert prenatal.end == natal.start
        assert natal.end == postnatal.start
    known = [b.value for b in (prenatal.start, prenatal.end, natal.end, postnatal.end) if b.value is not None]
    for earlier, later in pairwise(known):
        assert not after(earlier, later)
    order = ("not_started", "running", "ended")
    if natal.state != "not_applicable":
        places = [order.index(p.state) for p in (prenatal, natal, postnatal)]
        assert places == sorted(places, reverse=True)


@settings(max_examples=many(100), deadline=None)
@given(inputs, days)
def test_one_organisation_is_responsible_at_a_time(given_: PregnancyInput, on: date) -> None:
    spans = built(given_, on).responsibility
    for before, after_ in pairwise(spans):
        assert before.to is not None
        assert after_.from_ is not None
        assert end_instant_of(before.to) <= instant_of(after_.from_)
    for span in spans:
        if span.from_ is not None and span.to is not None:
            assert instant_of(span.from_) < end_instant_of(span.to)
        assert span.organisation.kind.value in ("verloskundigenpraktijk", "ziekenhuis", "huisarts")


def shown_moments(view: CarePath) -> list[Moment | None]:
    found: list[Moment | None] = [view.ended_on]
    found += [a.at for a in view.acts if a.state != "planned"]
    found += [r.from_ for r in view.responsibility] + [r.to for r in view.responsibility]
    found += [r.at for r in view.referrals] + [c.birth for c in view.children]
    found += [p.start.value for p in view.phases if p.phase == "prenataal" or p.start.basis != "placenta_birth"]
    for key in ("lmp", "labour_start", "placenta_birth"):
        value = view.facts[key].value
        found.append(value if isinstance(value, date) else None)
    return found


@settings(max_examples=many(100), deadline=None)
@given(inputs, days)
def test_nothing_after_the_day_shows(given_: PregnancyInput, on: date) -> None:
    for moment in shown_moments(built(given_, on)):
        if moment is not None and moment.year < 2200:
            # Two hours after a birth may lie just past midnight: a boundary that is calculated, not an event.
            assert day_of(moment) <= on or day_of(moment - timedelta(hours=2)) <= on


@settings(max_examples=many(100), deadline=None)
@given(inputs, days)
def test_building_twice_is_equal(given_: PregnancyInput, on: date) -> None:
    first = built(given_, on)
    assert first == built(given_, on)
    assert project(given_, first) == project(given_, first)


@settings(max_examples=many(100), deadline=None)
@given(inputs, days)
def test_the_projection_follows_the_care_path(given_: PregnancyInput, on: date) -> None:
    view = built(given_, on)
    cut = project(given_, view)
    assert [(p.phase, p.state, p.start, p.end) for p in cut.phases] == [
        (p.phase, p.state, p.start.value, p.end.value) for p in view.phases
    ]
    given_acts = [a for a in view.acts if a.state in ("done", "in_progress")]
    assert sorted(a.kind.value for a in cut.acts) == sorted(a.kind for a in given_acts)
    assert cut.gestational_days_at_end is None or cut.ended_on is not None
