"""When two records are the same woman."""

from dataclasses import replace
from datetime import date

from adapter.linking import Outcome, compare, tokens
from adapter.model.evidence import Evidence
from adapter.model.facts import Name, Person
from adapter.model.identifiers import Bsn

ONE, OTHER = Bsn("999911120"), Bsn("999990160")


def person(source: str = "vp", **given: object) -> Person:
    base = Person(
        source=source,
        reference=f"Patient/{source}",
        evidence=Evidence(source, f"Patient/{source}", "1", "Patient"),
        name=Name(given=("Anna", "M"), family="Vermeer", own="Vermeer"),
        birth_date=date(1992, 3, 14),
        postal_code="1621 AB",
        house_number="12",
    )
    return replace(base, **given)  # type: ignore[arg-type]


def test_the_same_bsn_is_the_same_woman_whatever_else_differs() -> None:
    a = person(bsn=ONE)
    b = person(
        "zh", bsn=ONE, name=Name(given=("A",), family="Jansen"), birth_date=date(1993, 1, 1), postal_code="9999ZZ"
    )
    assert compare(a, b).outcome is Outcome.LINKED


def test_another_bsn_is_another_woman_whatever_else_agrees() -> None:
    assert compare(person(bsn=ONE), person("zh", bsn=OTHER), agreeing_dates=True).outcome is Outcome.APART


def test_without_a_bsn_name_birth_date_and_address_together_are_beyond_doubt() -> None:
    found = compare(person(), person("zh"))
    assert found.outcome is Outcome.LINKED
    assert "dezelfde geboortedatum" in found.text and "hetzelfde adres" in found.text


def test_name_and_birth_date_alone_are_for_a_person_to_decide() -> None:
    assert compare(person(), person("zh", postal_code=None)).outcome is Outcome.PROPOSED


def test_agreeing_pregnancy_dates_settle_an_otherwise_full_match() -> None:
    assert compare(person(), person("zh", postal_code=None), agreeing_dates=True).outcome is Outcome.LINKED


def test_dates_of_the_pregnancy_never_link_by_themselves() -> None:
    a = person()
    b = person("zh", name=Name(given=("Fiona",), family="Swart"), birth_date=date(1985, 12, 23))
    found = compare(a, b, agreeing_dates=True)
    assert found.outcome is Outcome.APART


def test_nothing_known_is_no_evidence() -> None:
    empty = {"name": Name(), "birth_date": None, "postal_code": None}
    found = compare(person(**empty), person("zh", **empty), agreeing_dates=True)
    assert found.outcome is Outcome.APART and found.score == 0


def test_her_partners_name_at_one_source_and_her_own_at_the_other_agree() -> None:
    married = Name(given=("Anna",), family="de Wit-Vermeer", own="Vermeer", partner="de Wit")
    assert compare(person(), person("zh", name=married)).outcome is Outcome.LINKED


def test_a_sister_at_the_same_address_stays_apart() -> None:
    sister = person("zh", name=Name(given=("Eva",), family="Vermeer", own="Vermeer"), birth_date=date(1995, 7, 1))
    assert compare(person(), sister).outcome is Outcome.APART


def test_a_twin_sister_is_never_linked_by_herself() -> None:
    twin = person("zh", name=Name(given=("Eva",), family="Vermeer", own="Vermeer"))
    assert compare(person(), twin, agreeing_dates=True).outcome is not Outcome.LINKED


def test_a_typo_in_the_name_is_proposed_or_linked_by_the_rest() -> None:
    typo = person("zh", name=Name(given=("Anna",), family="Vermeir", own="Vermeir"))
    assert compare(person(), typo).outcome is Outcome.LINKED
    assert compare(person(), replace(typo, postal_code=None)).outcome is Outcome.PROPOSED


def test_a_reference_between_the_records_is_at_least_a_proposal() -> None:
    unknown = person("zh", name=Name(), birth_date=None, postal_code=None)
    assert compare(person(), unknown, shared_references=True).outcome is Outcome.PROPOSED


def test_every_piece_of_evidence_is_kept_with_its_weight() -> None:
    found = compare(person(), person("zh"))
    assert found.score == sum(e.weight for e in found.evidence)
    assert all(e.what and e.weight for e in found.evidence)


def test_records_find_each_other_by_bsn_and_by_birth_date_with_name_or_place() -> None:
    assert tokens(person(bsn=ONE)) & tokens(Person("zh", "Patient/1", person().evidence, bsn=ONE))
    assert tokens(person()) & tokens(person("zh", postal_code=None))
    assert tokens(person(birth_date=None, house_number=None)) == frozenset()
