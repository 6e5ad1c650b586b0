"""Groups made to follow what persons decided: above the evidence, the same in whatever order, undone at will."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.service.links.by_hand import Key, Pairs, Said, Verdict, body, notes, ruled
from adapter.store import Judged, Judgement

AT = datetime(2024, 5, 1, 8, tzinfo=UTC)


def key(name: str) -> Key:
    return name, "Patient/1"


def pairs(*given: str) -> Pairs:
    """`a=b` the same, `a/b` apart, `a?b` later, `a-b` undone."""
    verdicts = {"=": "same", "/": "apart", "?": "later", "-": "undone"}
    made = []
    for at, (a, sign, b) in enumerate(given, start=1):
        one, other = sorted((a, b))
        sides = (Judged(one, "Patient/1", "Patient/1"), Judged(other, "Patient/1", "Patient/1"))
        why = body(Said("telefonisch nagevraagd", "V. Kundige"))
        made.append(Judgement(f"d{at}", "woman", *sides, verdicts[sign], why, AT, "uzi-1", position=at))
    return Pairs(made)


def groups(*names: str) -> list[frozenset[Key]]:
    return [frozenset(key(n) for n in group) for group in names]


def named(found: Iterable[frozenset[Key]]) -> list[str]:
    return sorted("".join(sorted(source for source, _ in group)) for group in found)


def alike(a: Key, b: Key) -> float:
    return 1.0


@pytest.mark.parametrize(
    ("before", "decided", "after"),
    [
        (["a", "b"], [], ["a", "b"]),
        (["a", "b"], ["a=b"], ["ab"]),
        (["ac", "bd"], ["a=b"], ["abcd"]),
        (["ab"], ["a/b"], ["a", "b"]),
        (["abc"], ["a/b", "b/c"], ["ac", "b"]),
        (["ab"], ["a?b"], ["ab"]),
        (["ab"], ["a-b"], ["ab"]),
        (["a", "b"], ["a-b"], ["a", "b"]),
        (["a", "b", "c"], ["a=b", "b=c"], ["abc"]),
        (["ac", "b"], ["a=b", "b/c"], ["ab", "c"]),
        (["abcd"], ["a/b", "a/c", "a/d"], ["a", "bcd"]),
        (["a", "b"], ["a=z"], ["a", "b"]),
        (["ab"], ["a/z"], ["ab"]),
    ],
)
def test_what_a_person_said_holds_above_the_groups(before: list[str], decided: list[str], after: list[str]) -> None:
    for order in permutations(before):
        assert named(ruled(groups(*order), pairs(*decided), alike)) == after


def test_where_a_group_parts_the_others_go_with_whom_they_fit_best() -> None:
    def fit(a: Key, b: Key) -> float:
        return 9.0 if {a[0], b[0]} == {"b", "c"} else 1.0

    assert named(ruled(groups("abc"), pairs("a/b"), fit)) == ["a", "bc"]


def test_one_that_fits_nobody_stands_alone() -> None:
    assert named(ruled(groups("abc"), pairs("a/b"), lambda *_: 0.0)) == ["a", "b", "c"]


def test_what_hangs_lightly_in_its_group_comes_alone() -> None:
    assert named(ruled(groups("ac", "b"), pairs("a=b"), alike, loose=lambda k: k[0] == "a")) == ["ab", "c"]


NAMES = "abcdef"


@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from("=/"), st.sampled_from(NAMES)), max_size=6),
    st.lists(st.integers(0, 3), min_size=6, max_size=6),
)
def test_nothing_is_lost_and_no_two_that_are_apart_are_together(
    decided: list[tuple[str, ...]], home: list[int]
) -> None:
    told = list({frozenset((a, b)): a + sign + b for a, sign, b in decided if a != b}.values())
    held = pairs(*told)
    every = [key(n) for n in NAMES]
    before = [frozenset(k for k, h in zip(every, home, strict=True) if h == n) for n in range(4)]
    after = ruled([g for g in before if g], held, alike)
    assert sorted(k for g in after for k in g) == every
    contradicted = any(held.apart(a, b) for k in every for a in held.together(k) for b in held.together(k))
    for group in after:
        if not contradicted:
            assert not any(held.apart(a, b) for a in group for b in group)
            assert all(held.together(k) <= group for k in group)


def test_a_decision_stands_in_the_care_path_with_who_when_and_why() -> None:
    (linked, apart) = notes(pairs("a=b", "a/c", "a?d", "a-e"), [key("a")])
    assert (linked.source, linked.outcome, linked.how) == ("b", "linked", "manual")
    assert linked.by_hand is not None
    assert (linked.by_hand.by, linked.by_hand.at, linked.by_hand.reason) == ("V. Kundige", AT, "telefonisch nagevraagd")
    assert (apart.source, apart.outcome) == ("c", "apart")
    assert notes(pairs("b=c"), [key("a")]) == ()


def test_the_latest_word_on_a_pair_is_found_from_either_side() -> None:
    held = pairs("a=b", "a-c", "b?d")
    found = held.of(key("b"), key("a"))
    assert found is not None
    assert found.verdict == Verdict.SAME
    assert held.of(key("a"), key("c")) is None
    assert held.same_as(key("b")) == {key("a")}
    assert held.together(key("b")) == {key("a"), key("b")}
