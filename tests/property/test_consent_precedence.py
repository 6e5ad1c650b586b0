"""Precedence of consents holds for any consents: the specific one, the objection among equals, in whatever order."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.access.consent import ConsentRecord, GroundCode, GroundKind, Party
from support.examples import many
from tests.support.consent_words import (
    ANDER_ZIEKENHUIS,
    ECHOCENTRUM,
    KRAAMZORG,
    PRAKTIJK,
    ZIEKENHUIS,
    bezwaar,
    grond,
    toestemming,
    verwijzing,
)

PARTIES = [PRAKTIJK, ZIEKENHUIS, ANDER_ZIEKENHUIS, KRAAMZORG, ECHOCENTRUM]
parties = st.sampled_from(PARTIES)


@st.composite
def consents(draw: st.DrawFn) -> ConsentRecord:
    holder, reader = draw(st.none() | parties), draw(st.none() | parties)
    return ConsentRecord(
        draw(st.text("abcdef", min_size=1, max_size=4)),
        "vrouw-1",
        holder.identities if holder else None,
        None if holder else draw(st.none() | parties.map(lambda p: frozenset({p.kind}))),
        reader.identities if reader else None,
        None if reader else draw(st.none() | parties.map(lambda p: frozenset({p.kind}))),
        draw(st.booleans()),
        draw(st.none() | st.frozensets(st.sampled_from(["Observation", "Condition"]), min_size=1)),
        pregnancy=draw(st.none() | st.sampled_from(["z1", "z2"])),
    )


unhurried = settings(max_examples=many(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = st.lists(consents(), max_size=6, unique_by=lambda c: c.id)


@unhurried
@given(many, st.randoms(use_true_random=False), parties, parties)
def test_the_order_of_consents_does_not_matter(
    said: list[ConsentRecord], random: object, holder: Party, reader: Party
) -> None:
    shuffled = list(said)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert grond(holder, reader, gezegd=said) == grond(holder, reader, gezegd=shuffled)


@unhurried
@given(many)
def test_an_equally_specific_objection_wins(said: list[ConsentRecord]) -> None:
    gezegd = [replace(c, permit=True) for c in said] + [bezwaar(PRAKTIJK, ZIEKENHUIS, id="x")]
    general = [c for c in gezegd if c.kinds is None and c.pregnancy is None]
    assert grond(PRAKTIJK, ZIEKENHUIS, gezegd=general).code is GroundCode.OBJECTION
    assert not grond(PRAKTIJK, ZIEKENHUIS, gezegd=gezegd).allowed


@unhurried
@given(many, st.booleans())
def test_the_most_specific_beats_all_that_is_more_general(said: list[ConsentRecord], permit: bool) -> None:
    exact = toestemming(PRAKTIJK, ZIEKENHUIS, id="x", soorten=["Observation"], zwangerschap="z1", ja=permit)
    others = [c for c in said if exact.beats(c)]
    found = grond(PRAKTIJK, ZIEKENHUIS, gezegd=[*others, exact]).of("Observation", "z1")
    assert (found.allowed, found.reference) == (permit, "Consent/x")


@unhurried
@given(many, parties, parties)
def test_without_any_permit_nothing_but_ones_own_is_open(
    said: list[ConsentRecord], holder: Party, reader: Party
) -> None:
    found = grond(holder, reader, gezegd=[replace(c, permit=False) for c in said])
    assert found.kind is (GroundKind.OWN if holder == reader else GroundKind.NONE)
    assert holder == reader or not found.partly


@unhurried
@given(many)
def test_one_more_objection_never_opens_anything(said: list[ConsentRecord]) -> None:
    referred = [verwijzing(PRAKTIJK, ZIEKENHUIS)]
    before = grond(PRAKTIJK, ZIEKENHUIS, gezegd=said, verwezen=referred)
    after = grond(PRAKTIJK, ZIEKENHUIS, gezegd=[*said, bezwaar(id="zz")], verwezen=referred)
    for kind in ("Observation", "Condition", "Encounter"):
        for pregnancy in (None, "z1", "z2", "z3"):
            assert before.of(kind, pregnancy).allowed or not after.of(kind, pregnancy).allowed
