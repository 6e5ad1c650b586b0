"""Who is who does not depend on the order in which records come, and nobody gets another woman's BSN."""

from __future__ import annotations

from datetime import date
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.linking import Profile, Weighed, pack, settle, unpack
from adapter.model.evidence import Evidence
from adapter.model.facts import Name, Person
from adapter.model.identifiers import Bsn
from adapter.model.sources import RecordKey

BSNS = ("999911120", "999990160", None, None)
BORN = (date(1992, 3, 4), date(1992, 4, 3), date(1985, 12, 24))
GIVEN = ("Anna", "Anne", "Eva", "A.")
FAMILY = ("Vermeer", "de Wit-Vermeer", "Jansen")
HOUSE = ("12", "14", None)

_person = st.builds(
    lambda source, bsn, born, given_name, family, house: (source, bsn, born, given_name, family, house),
    st.sampled_from(("vp", "zh", "kz")),
    st.sampled_from(BSNS),
    st.sampled_from(BORN),
    st.sampled_from(GIVEN),
    st.sampled_from(FAMILY),
    st.sampled_from(HOUSE),
)


def records(drawn: list[tuple[str, str | None, date, str, str, str | None]]) -> dict[RecordKey, Profile]:
    made = {}
    for n, (source, bsn, born, given_name, family, house) in enumerate(drawn):
        key = RecordKey(source, f"Patient/{n}")
        person = Person(
            source,
            key.woman,
            Evidence(source, key.woman, "1", ""),
            name=Name(given=(given_name,), family=family),
            bsn=Bsn(bsn) if bsn else None,
            birth_date=born,
            postal_code="1621AB" if house else None,
            house_number=house,
        )
        made[key] = Profile(person, (date(2024, 8, 8),))
    return made


@settings(deadline=None)
@given(st.lists(_person, min_size=1, max_size=7), st.randoms())
def test_any_order_gives_the_same_women(
    drawn: list[tuple[str, str | None, date, str, str, str | None]], any_: object
) -> None:
    made = records(drawn)
    shuffled = list(made)
    any_.shuffle(shuffled)  # type: ignore[attr-defined]
    assert set(settle(Weighed(made))) == set(settle(Weighed({k: made[k] for k in shuffled})))


@settings(deadline=None)
@given(st.lists(_person, min_size=1, max_size=7))
def test_every_record_is_of_one_woman_and_no_woman_has_two_bsns(
    drawn: list[tuple[str, str | None, date, str, str, str | None]],
) -> None:
    made = records(drawn)
    groups = settle(Weighed(made))
    assert sorted(r for g in groups for r in g) == sorted(made)
    for group in groups:
        assert len({made[r].person.bsn for r in group if made[r].person.bsn}) <= 1


@settings(deadline=None)
@given(st.lists(_person, min_size=2, max_size=7))
def test_one_bsn_is_one_woman_unless_one_source_contradicts_itself_under_it(
    drawn: list[tuple[str, str | None, date, str, str, str | None]],
) -> None:
    made = records(drawn)
    weighed = Weighed(made)
    home = {r: g for g in settle(weighed) for r in g}
    for number in {p.person.bsn for p in made.values() if p.person.bsn}:
        under = [r for r in made if made[r].person.bsn == number]
        if all(weighed.linked(a, b) for a, b in combinations(under, 2)):
            assert len({home[r] for r in under}) == 1


@settings(deadline=None)
@given(_person)
def test_a_profile_is_read_back_as_it_was_kept(
    drawn: tuple[str, str | None, date, str, str, str | None],
) -> None:
    ((key, profile),) = records([drawn]).items()
    assert unpack(key.source, key.woman, pack(profile)) == profile


def test_a_profile_made_in_another_way_is_not_used() -> None:
    assert unpack("vp", "Patient/1", b"[0]") is None
    assert unpack("vp", "Patient/1", b"") is None
