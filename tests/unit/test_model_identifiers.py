import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.model.identifiers import Agb, Bsn, InvalidIdentifierError, System, Ura, Uzovi, system_of


@pytest.mark.parametrize("text", ["999911120", "900186021", "900184590", "999990160", "123456782"])
def test_a_bsn_that_passes_the_eleven_test_is_accepted(text: str) -> None:
    assert Bsn(text).value == text


@pytest.mark.parametrize(
    "text", ["999940003", "123456789", "000000000", "12345678", "1234567820", "", "12345678a", "１２３４５６７８２"]
)
def test_anything_else_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InvalidIdentifierError) as error:
        Bsn(text)
    assert not text or text not in str(error.value)


def test_a_bsn_never_prints_itself() -> None:
    bsn = Bsn("999911120")
    assert "999911120" not in f"{bsn} {bsn!r} {[bsn]}"


@given(st.integers(0, 999_999_999))
def test_exactly_the_numbers_that_pass_the_sum_are_bsns(number: int) -> None:
    text = f"{number:09d}"
    total = sum(int(d) * (9 - i) for i, d in enumerate(text[:8])) - int(text[8])
    valid = total % 11 == 0 and number != 0
    try:
        Bsn(text)
    except InvalidIdentifierError:
        assert not valid
    else:
        assert valid


def test_lengths_that_the_official_examples_break_are_allowed() -> None:
    assert str(Agb("1234567")) == "1234567"
    assert str(Ura("06020806")) == "06020806"


@pytest.mark.parametrize(
    "make", [lambda: Agb("AB001234"), lambda: Ura("12"), lambda: Uzovi("10000"), lambda: Uzovi("abcd")]
)
def test_a_code_of_the_wrong_form_is_refused(make: object) -> None:
    with pytest.raises(InvalidIdentifierError):
        make()  # type: ignore[operator]


def test_a_system_is_known_by_uri_and_by_oid() -> None:
    assert system_of("http://fhir.nl/fhir/NamingSystem/bsn") is System.BSN
    assert system_of("urn:oid:2.16.840.1.113883.2.4.6.1") is System.AGB
    assert system_of("2.16.528.1.1007.3.3") is System.URA
    assert system_of("http://www.kvk.nl/") is System.KVK
    assert system_of("urn:oid:1.2.3") is None
