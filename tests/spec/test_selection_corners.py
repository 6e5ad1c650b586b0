"""Small situations that a region shows by chance, shown on purpose."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from adapter.model.facts import ActKind
from tests.support.claims_world import (
    MEMBERS,
    an_igo,
    answers,
    care,
    decide,
    decided,
    evidence,
    groen,
    kraam,
    member,
    rood,
    stad,
    with_care,
)

A = ActKind
CONSULT = care(A.CONSULT, rood, date(2022, 3, 1))


def test_the_same_care_told_twice_stands_once_with_both_places() -> None:
    again = replace(CONSULT, evidence=evidence(rood, "Encounter/2"))
    (outside,) = decide(with_care(2022, CONSULT, again)).outside_care
    assert [e.reference for e in outside.evidence] == ["Encounter/consult", "Encounter/2"]


def test_who_cannot_be_told_from_a_member_that_left_long_ago_is_outside() -> None:
    nameless = replace(rood, id="bron:rood", agb=None)
    left = member(groen, "verloskunde", date(2017, 1, 1), date(2018, 12, 31))
    register = an_igo(members=[left, member(stad, "ziekenhuis"), member(kraam, "kraamzorg")])
    said = decided(with_care(2022, replace(CONSULT, organisation=nameless)), "prenataal", register)
    assert said.status == "niet_igo"


def test_a_member_without_a_source_that_joined_later_is_not_missed() -> None:
    later = member(rood, "verloskunde", date(2023, 1, 1))
    register = an_igo(members=[*(member(m, d) for m, d in zip(MEMBERS, _DISCIPLINES, strict=True)), later])
    given = with_care(2022, sources=tuple(answers(m) for m in MEMBERS))
    assert decided(given, "prenataal", register).stage == "definitief"
    assert (
        decided(
            given, "prenataal", an_igo(members=[*register.members[:-1], replace(later, since=date(2022, 1, 1))])
        ).stage
        == "voorlopig"
    )


_DISCIPLINES = ("verloskunde", "verloskunde", "ziekenhuis", "kraamzorg", "echoscopie")
