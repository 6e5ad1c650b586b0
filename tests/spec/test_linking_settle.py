"""Who is put together, and who is left for a person to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from adapter.linking import Profile, Weighed, settle
from adapter.model.evidence import Evidence
from adapter.model.facts import Name, Person
from adapter.model.identifiers import Bsn
from adapter.model.sources import RecordKey

ONE, OTHER = Bsn("999911120"), Bsn("999990160")


def record(at: str, **given: object) -> tuple[RecordKey, Profile]:
    """`vp` or `vp/2`: a record of Anna Vermeer there, with whatever is different."""
    source, _, number = at.partition("/")
    key = RecordKey(source, f"Patient/{number or 1}")
    base = Person(
        source,
        key.woman,
        Evidence(source, key.woman, "1", ""),
        name=Name(given=("Anna",), family="Vermeer"),
        birth_date=date(1992, 3, 14),
        postal_code="1621AB",
        house_number="12",
    )
    return key, Profile(replace(base, **given))  # type: ignore[arg-type]


def women(*records: tuple[RecordKey, Profile]) -> set[str]:
    def short(key: RecordKey) -> str:
        number = key.woman.removeprefix("Patient/")
        return key.source if number == "1" else f"{key.source}/{number}"

    return {" ".join(sorted(short(r) for r in group)) for group in settle(Weighed(dict(records)))}


BEA = {"name": Name(given=("Bea",), family="Jansen"), "birth_date": date(1985, 1, 2)}
EVA = {"name": Name(given=("Eva",), family="Vermeer")}


def test_a_record_without_bsn_goes_along_with_the_one_it_fits() -> None:
    assert women(record("vp", bsn=ONE), record("zh"), record("kz", bsn=ONE)) == {"kz vp zh"}


def test_a_record_that_fits_two_women_stands_alone() -> None:
    assert women(record("vp", bsn=ONE), record("zh", bsn=OTHER), record("kz")) == {"vp", "zh", "kz"}


def test_records_without_bsn_that_fit_each_other_and_two_women_go_with_neither() -> None:
    found = women(record("vp", bsn=ONE), record("zh", bsn=OTHER), record("kz"), record("kz/2"))
    assert found == {"vp", "zh", "kz", "kz/2"}


def test_two_quite_different_women_under_one_bsn_at_one_source_stay_two_and_others_go_to_whom_they_fit() -> None:
    found = women(
        record("vp", bsn=ONE), record("vp/2", bsn=ONE, **BEA), record("zh", bsn=ONE), record("kz", bsn=ONE, **BEA)
    )
    assert found == {"vp zh", "kz vp/2"}


def test_two_sources_that_both_hold_two_women_under_one_bsn_agree_on_who_is_who() -> None:
    found = women(
        record("vp", bsn=ONE), record("vp/2", bsn=ONE, **BEA), record("zh", bsn=ONE, **BEA), record("zh/2", bsn=ONE)
    )
    assert found == {"vp zh/2", "vp/2 zh"}


def test_twin_sisters_under_one_bsn_at_one_source_stay_two() -> None:
    assert women(record("vp", bsn=ONE), record("vp/2", bsn=ONE, **EVA)) == {"vp", "vp/2"}


def test_one_woman_who_was_entered_twice_at_one_source_is_one() -> None:
    married = Name(given=("Anna",), family="de Wit")
    assert women(record("vp", bsn=ONE), record("vp/2", bsn=ONE, name=married)) == {"vp vp/2"}


def test_across_sources_the_same_bsn_decides_whatever_else_differs() -> None:
    assert women(record("vp", bsn=ONE), record("zh", bsn=ONE, **BEA)) == {"vp zh"}
