"""Any projection at all gets a decision and a claim advice that hold together; nothing raises."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter import claims, selection
from adapter.model.carepath import PHASES
from adapter.model.decision import Selection
from adapter.model.facts import ActKind, Outcome
from adapter.model.moments import Moment, Span, day_of
from adapter.model.projection import ClaimsProjection, Insurance, Kraamzorg, ProjectedPhase
from adapter.model.register import Contract
from adapter.model.sources import SourceState
from adapter.model.wire import from_json, to_json
from support.examples import many
from tests.support.claims_world import (
    MEMBERS,
    K,
    an_igo,
    answers,
    beeld,
    book,
    care,
    catalogue,
    elders,
    groen,
    held,
    kraam,
    member,
    organisation,
    rood,
    stad,
    vreemd,
)

NAMELESS = organisation(None, "Praktijk zonder code", K.ONBEKEND)
WHO = st.sampled_from([groen, stad, kraam, beeld, rood, elders, vreemd, NAMELESS])
DAY = st.integers(0, 900).map(lambda n: date(2022, 1, 1) + timedelta(days=n))
INSTANT = st.integers(0, 900 * 24).map(lambda n: datetime(2022, 1, 1, tzinfo=UTC) + timedelta(hours=n))
MOMENT: st.SearchStrategy[Moment] = DAY | INSTANT
PARAMETERS: dict[str, list[Any]] = {
    "regime_by": ["phase_start", "pregnancy_start", "phase_end"],
    "contract_by": ["phase_start", "pregnancy_start", "phase_end"],
    "insurer_on": ["phase_start", "pregnancy_start", "phase_end"],
    "break_scope": ["phase", "pregnancy"],
    "member_care": ["responsible", "any"],
    "uncontracted": [True, False],
}


@st.composite
def spans(draw: st.DrawFn) -> Span:
    return Span(draw(st.none() | MOMENT), draw(st.none() | MOMENT))


@st.composite
def projections(draw: st.DrawFn) -> ClaimsProjection:
    states = st.sampled_from(["not_started", "running", "ended", "not_applicable"])
    acts = st.builds(
        care,
        st.sampled_from(ActKind),
        WHO,
        st.none() | DAY,
        st.none() | st.sampled_from(PHASES),
        discipline=st.none() | st.sampled_from(["verloskunde", "huisarts", "kindergeneeskunde", "dietetiek"]),
        line=st.none() | st.sampled_from(["eerste_lijn", "tweede_lijn", "derde_lijn"]),
    )
    flag = st.none() | st.booleans()
    at_end = draw(st.none() | st.integers(20, 295))
    return ClaimsProjection(
        pregnancy="p",
        as_of=draw(DAY),
        known_at=datetime(2024, 8, 1, tzinfo=UTC),
        outcome=draw(st.none() | st.sampled_from(Outcome)),
        ended_on=draw(st.none() | DAY),
        gestational_days_at_end=at_end,
        gestational_days=draw(st.none() | st.integers(20, 295)),
        phases=tuple(
            ProjectedPhase(name, draw(states), draw(st.none() | MOMENT), draw(st.none() | MOMENT), False, False, ())
            for name in PHASES
        ),
        acts=tuple(draw(st.lists(acts, max_size=4))),
        responsibility=tuple(
            held(draw(WHO), draw(st.none() | MOMENT), draw(st.none() | MOMENT)) for _ in range(draw(st.integers(0, 3)))
        ),
        referrals=(),
        insurance=tuple(
            Insurance(draw(st.none() | st.sampled_from(["1000", "2000"])), draw(flag), draw(spans()), ())
            for _ in range(draw(st.integers(0, 2)))
        ),
        kraamzorg=Kraamzorg(
            tuple(draw(st.lists(WHO, max_size=1))), draw(st.none() | st.floats(24, 80)), draw(flag), draw(flag), ()
        ),
        place_of_birth=draw(st.none() | st.just("thuis")),
        intended_place_of_birth=None,
        birth_organisation=draw(st.none() | WHO),
        delivery_type=draw(st.none() | st.sampled_from(["spontaan", "primaire_sectio"])),
        children=None,
        practice_switch=draw(flag),
        moved=draw(flag),
        sources=tuple(answers(m, draw(st.sampled_from(SourceState))) for m in MEMBERS if draw(st.booleans())),
    )


@st.composite
def igos(draw: st.DrawFn) -> Any:
    contracts = [
        Contract(
            (draw(st.sampled_from(["1000", "*"])),), draw(DAY), minimum=draw(st.sampled_from([(), ("kraamzorg",)]))
        )
        for _ in range(draw(st.integers(0, 2)))
    ]
    members = [
        member(who, discipline, draw(DAY))
        for who, discipline in ((groen, "verloskunde"), (stad, "ziekenhuis"), (kraam, "kraamzorg"))
    ]
    return an_igo(contracts, members, **{k: draw(st.sampled_from(v)) for k, v in PARAMETERS.items()})


@given(projections(), igos())
@settings(max_examples=many(150), deadline=None)
def test_a_decision_always_holds_together(projection: ClaimsProjection, igo: Any) -> None:
    said = selection.decide(projection, igo, book())
    assert said == selection.decide(projection, igo, book())
    assert from_json(Selection, to_json(said)) == said
    for phase, projected in zip(said.phases, projection.phases, strict=True):
        begun = projected.state in {"running", "ended"}
        assert (phase.status is not None) == begun
        assert (phase.expected is not None) == (projected.state == "not_started")
        assert not (phase.status == "onbepaald" and phase.stage == "definitief")
        assert not (phase.status == "igo" and phase.igo_if)
        if phase.status == "onbepaald":
            assert any(m.phase in {None, phase.phase} for m in said.missing)
        if phase.stage == "definitief" and begun:
            assert all(s.state is SourceState.ANSWERED for s in projection.sources)
    found = {p.status for p in said.phases} - {None}
    expected = "onbepaald" if not found or "onbepaald" in found else "gemengd" if len(found) > 1 else found.pop()
    assert said.status == expected
    for claim, phase in zip(claims.advise(projection, said, igo, catalogue()), said.phases, strict=True):
        assert claim.claim is None or (phase.status == "igo" and not claim.fallback and not claim.claim.ready)
        assert not claim.fallback or phase.status == "niet_igo"
        assert (claim.forecast is not None) == (phase.state == "not_started")


@given(projections(), igos())
@settings(max_examples=many(150), deadline=None)
def test_nothing_is_definitive_on_silence(projection: ClaimsProjection, igo: Any) -> None:
    """A phase of which nobody knows who was responsible, or for which an answer is missing, is never definitief."""
    projection = replace(projection, as_of=max(projection.as_of, date(2024, 7, 1)))
    heard = {s.organisation.agb for s in projection.sources if s.state is SourceState.ANSWERED}
    said = selection.decide(projection, igo, book())
    for phase, projected in zip(said.phases, projection.phases, strict=True):
        if phase.stage != "definitief" or projected.state == "not_applicable":
            continue
        assert projected.state == "ended" and projected.start is not None and projected.end is not None
        assert projected.phase == "prenataal" or projection.outcome is not Outcome.UNKNOWN
        assert phase.responsible
        first, last = sorted((day_of(projected.start), day_of(projected.end)))
        active = [m for m in igo.members if m.since <= last and (m.until is None or first <= m.until)]
        assert all(m.agb is None or m.agb.value in heard for m in active if first == day_of(projected.start))
        assert all(s.state is SourceState.ANSWERED for s in projection.sources)
    silent_on = [p.stage for p in said.phases if p.status == "onbepaald"]
    assert "definitief" not in silent_on
    if any(p.stage == "voorlopig" and p.state != "not_applicable" for p in said.phases):
        assert said.stage == "voorlopig"


@given(projections(), igos(), st.data())
@settings(max_examples=many(100), deadline=None)
def test_taking_an_answer_away_never_makes_it_more_certain(
    projection: ClaimsProjection, igo: Any, data: st.DataObject
) -> None:
    """Whoever falls silent can undo what was settled, and settle nothing."""
    if not projection.sources:
        return
    fewer = data.draw(st.sampled_from(projection.sources))
    quiet = tuple(replace(s, state=SourceState.FAILED) if s is fewer else s for s in projection.sources)
    before = selection.decide(projection, igo, book())
    after = selection.decide(replace(projection, sources=quiet), igo, book())
    for was, now in zip(before.phases, after.phases, strict=True):
        assert now.stage == "voorlopig"
        if was.status == "onbepaald":
            assert now.status == "onbepaald"
        if now.status in {"igo", "niet_igo"}:
            assert was.status == now.status
