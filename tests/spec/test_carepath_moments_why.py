"""For whom a moment is, what counts as done, early or late, and why it stands as it does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.model.carepath import CareMoment, CarePath
from adapter.model.facts import ActKind as A
from adapter.model.facts import Coded, Measured, Noted
from adapter.model.facts import StatementKind as K
from adapter.model.sources import SourceState
from builders_carepath import BLIJE_EI, ECHO, ERASMUS, GROEN, Source, day, hospital, kraamzorg, path, practice, zorgpad

DUE = day("2024-08-08")  # day 0 is 2023-11-02
ZERO = DUE - timedelta(days=280)


def at(weeks: int, days: int = 0) -> str:
    return (ZERO + timedelta(weeks=weeks, days=days)).isoformat()


def pregnant() -> Source:
    return practice().dossier(at(9)).says(K.EDD, DUE, day(at(9)), basis="definitive")


def moment(view: CarePath, id: str) -> CareMoment:
    return next(m for m in view.moments if m.moment == id)


def stands(source: Source, on: str, id: str, **more: object) -> tuple[str, str | None]:
    found = moment(path(source, on=on, **more), id)  # type: ignore[arg-type]
    return found.state, found.why


def test_there_are_thirty_moments_and_each_says_where_it_comes_from() -> None:
    view = path(pregnant(), on=at(20))
    assert len({m.moment for m in view.moments}) == len(view.moments) == 30
    assert all(m.source and m.standing in ("verified", "provisional") for m in view.moments)


@pytest.mark.parametrize("state", ["unknown", "not_applicable"])
def test_what_is_unknown_or_does_not_apply_always_says_why(state: str) -> None:
    for on in (at(12), at(30), at(41), at(52)):
        for source in (pregnant(), practice().dossier(at(9)), pregnant().says(K.BIRTH, day(at(40)))):
            view = path(source, on=on, not_asked=(ECHO,))
            assert [m.moment for m in view.moments if m.state == state and not m.why] == []


# --- for whom ---


def test_the_second_blood_test_is_for_who_is_rhesus_negative() -> None:
    negative = pregnant().says(K.RHESUS, "negatief", day(at(10)))
    assert stands(negative, at(28), "bloedonderzoek_27")[0] == "upcoming"
    assert stands(negative, at(29, 1), "bloedonderzoek_27")[0] == "gap"
    positive = pregnant().says(K.RHESUS, "positief", day(at(10))).says(K.RHESUS_C, "positief", day(at(10)))
    state, why = stands(positive, at(29, 1), "bloedonderzoek_27")
    assert state == "not_applicable"
    assert why is not None
    assert why.endswith("de rhesusfactor (D) is positief, de rhesusfactor (c) is positief.")


def test_one_of_two_facts_is_enough_to_need_it_but_not_to_be_spared_it() -> None:
    c_negative = pregnant().says(K.RHESUS, "positief", day(at(10))).says(K.RHESUS_C, "negatief", day(at(10)))
    assert stands(c_negative, at(29, 1), "bloedonderzoek_27")[0] == "gap"
    d_positive = pregnant().says(K.RHESUS, "positief", day(at(10)))
    state, why = stands(d_positive, at(29, 1), "bloedonderzoek_27")
    assert state == "unknown"
    assert why is not None
    assert "niet bekend" in why


def test_a_value_that_is_neither_positive_nor_negative_spares_nobody() -> None:
    odd = pregnant().says(K.RHESUS, Coded("1", None, "fenotype Dw"), day(at(10)))
    assert stands(odd.says(K.RHESUS_C, "positief", day(at(10))), at(29, 1), "bloedonderzoek_27")[0] == "unknown"


def test_when_sources_contradict_each_other_on_rhesus_it_stays_needed() -> None:
    midwife = pregnant().says(K.RHESUS, "negatief", day(at(10)))
    doctor = (
        hospital().dossier(at(11)).says(K.RHESUS, "positief", day(at(12))).says(K.RHESUS_C, "positief", day(at(12)))
    )
    assert moment(path(midwife, doctor, on=at(29, 1)), "bloedonderzoek_27").state == "gap"


def test_anti_d_needs_what_no_source_sends_unless_she_is_positive() -> None:
    state, why = stands(pregnant().says(K.RHESUS, "negatief", day(at(10))), at(33), "anti_d")
    assert (state, why) == (
        "unknown",
        "Alleen bij RhD-negatief met een RhD-positieve foetus; niet bekend: de RhD-uitslag van de foetus.",
    )
    assert stands(pregnant().says(K.RHESUS, "positief", day(at(10))), at(33), "anti_d")[0] == "not_applicable"


def test_a_new_antibody_test_from_27_weeks_is_it_and_the_first_one_is_not() -> None:
    negative = pregnant().says(K.RHESUS, "negatief", day(at(10))).says(K.IRREGULAR_ANTIBODIES, "afwezig", day(at(10)))
    assert stands(negative, at(29, 1), "bloedonderzoek_27")[0] == "gap"
    again = negative.says(K.IRREGULAR_ANTIBODIES, "afwezig", day(at(27, 3)))
    assert stands(again, at(29, 1), "bloedonderzoek_27")[0] == "done"


def test_a_blood_test_of_which_nobody_says_what_it_was_may_have_been_it() -> None:
    perhaps = pregnant().says(K.RHESUS, "negatief", day(at(10))).act(A.LAB, day(at(27, 2)))
    found = moment(path(perhaps, on=at(29, 1)), "bloedonderzoek_27")
    assert found.state == "unknown"
    assert len(found.acts) == 1
    assert "kan zijn geweest" in str(found.why)


# --- who may do it ---


def test_an_act_of_an_organisation_that_does_not_do_this_is_not_it() -> None:
    assert stands(pregnant().act(A.INTAKE, day(at(10)), by=BLIJE_EI), at(14), "intake")[0] == "gap"
    assert stands(pregnant().act(A.TERMIJNECHO, day(at(11)), by=ECHO), at(14), "termijnecho")[0] == "done"


def test_the_kraamzorgs_intake_is_the_kraamzorg_intake() -> None:
    kraam = kraamzorg().dossier(at(20)).act(A.INTAKE, day(at(31)))
    assert moment(path(pregnant(), kraam, on=at(36)), "kraamzorg_intake").state == "done"


# --- when ---


@pytest.mark.parametrize(
    ("kind", "on", "id", "timing"),
    [
        (A.TERMIJNECHO, at(9, 6), "termijnecho", "early"),
        (A.TERMIJNECHO, at(10), "termijnecho", None),
        (A.TERMIJNECHO, at(13), "termijnecho", "late"),
        (A.SEO_2, at(22), "seo_2", "late"),
        (A.SEO_1, at(12, 2), "seo_1", "early"),
        (A.INTAKE, at(6), "intake", None),  # an early intake is no fault
        (A.INTAKE, at(13), "intake", "late"),
        (A.LAB, at(12, 6), "psie", None),
    ],
)
def test_done_too_early_or_too_late(kind: A, on: str, id: str, timing: str | None) -> None:
    found = moment(path(pregnant().act(kind, day(on)), on=at(30)), id)
    assert (found.state, found.timing) == ("done", timing)


def test_done_before_and_again_in_time_is_in_time_and_an_undated_act_is_never_late() -> None:
    twice = pregnant().act(A.TERMIJNECHO, day(at(9))).act(A.TERMIJNECHO, day(at(11)))
    assert moment(path(twice, on=at(30)), "termijnecho").timing is None
    undated = pregnant().act(A.TERMIJNECHO, day(at(14))).act(A.TERMIJNECHO)
    assert moment(path(undated, on=at(30)), "termijnecho").timing is None


def test_when_the_due_date_moves_what_was_in_time_may_become_late() -> None:
    scanned = pregnant().act(A.TERMIJNECHO, day(at(12, 5)))
    assert moment(path(scanned, on=at(20)), "termijnecho").timing is None
    moved = scanned.says(K.EDD, DUE - timedelta(days=5), day(at(13)), basis="definitive")
    assert moment(path(moved, on=at(20)), "termijnecho").timing == "late"


def test_a_blood_test_late_in_pregnancy_is_not_taken_for_the_first() -> None:
    state, why = stands(pregnant().act(A.LAB, day(at(30))), at(31), "psie")
    assert state == "unknown"
    assert "kan zijn geweest" in str(why)


# --- screenings and measurements ---


def noted(source: Source, kind: str, on: str, state: str | None = None) -> Source:
    made = Noted(kind, kind, source.organisation, source.evidence(), at=day(on), state=state, dossier="EpisodeOfCare/1")
    facts = source.facts

    def with_it() -> object:
        held = facts()
        return type(held)(**{f: getattr(held, f) for f in held.__dataclass_fields__} | {"noted": (*held.noted, made)})

    source.facts = with_it  # type: ignore[method-assign, assignment]
    return source


def test_a_screening_that_was_done_or_declined_counts() -> None:
    assert moment(path(noted(pregnant(), "nipt", at(11)), on=at(20)), "nipt").state == "done"
    declined = moment(path(noted(pregnant(), "seo_2", at(19), "declined"), on=at(30)), "seo_2")
    assert (declined.state, declined.why) == ("declined", f"Vastgelegd door 't Groen op {day(at(19)):%d-%m-%Y}.")
    assert moment(path(noted(pregnant(), "seo_2", at(19), "offered"), on=at(30)), "seo_2").state == "gap"


def test_a_test_of_hiv_is_part_of_the_first_blood_test() -> None:
    assert moment(path(noted(pregnant(), "hiv", at(10)), on=at(20)), "psie").state == "done"


def test_a_measured_position_from_35_weeks_is_the_position_check() -> None:
    def lie(on: str) -> CarePath:
        source = pregnant()
        seen = Measured(
            "fetal_lie", "ligging", None, None, "hoofd", GROEN, source.evidence(), day(on), None, "EpisodeOfCare/1"
        )
        facts = source.facts()
        source.facts = lambda: type(facts)(  # type: ignore[method-assign]
            **{f: getattr(facts, f) for f in facts.__dataclass_fields__} | {"measured": (seen,)}
        )
        return path(source, on=at(39))

    assert moment(lie(at(30)), "liggingscontrole").state == "not_applicable"
    assert moment(lie(at(36)), "liggingscontrole").state == "done"


# --- declined, silent, not in care, ended ---


def test_what_cannot_be_declined_stays_a_gap_and_says_what_was_recorded() -> None:
    state, why = stands(pregnant().act(A.TERMIJNECHO, day(at(11)), state="declined"), at(14), "termijnecho")
    assert state == "gap"
    assert why == f"Vastgelegd als niet gedaan. Vastgelegd door 't Groen op {day(at(11)):%d-%m-%Y}."


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (SourceState.FAILED, "Erasmus MC is niet bereikbaar."),
        (SourceState.REFUSED, "Erasmus MC heeft geweigerd."),
        (SourceState.NOT_ASKED, "Erasmus MC is niet gevraagd."),
    ],
)
def test_a_silent_source_is_named_with_what_is_the_matter(state: SourceState, words: str) -> None:
    view = path(pregnant(), hospital().dossier(), on=at(14), states={"zh-erasmus": state})
    assert moment(view, "termijnecho").why == words


def test_what_only_kraamzorg_does_is_unknown_where_no_kraamzorg_is_a_source() -> None:
    born = pregnant().says(K.BIRTH, day(at(40)))
    alone = moment(path(born, on=at(43)), "kraamzorg")
    assert (alone.state, alone.why) == ("unknown", "Geen organisatie die dit doet, is hier een bron.")
    assert moment(path(born, kraamzorg(), on=at(43)), "kraamzorg").state == "gap"
    only = kraamzorg().dossier(at(20)).says(K.BIRTH, day(at(40)))
    assert moment(path(only, on=at(52)), "nacontrole").state == "unknown"


def test_several_silent_ones_are_all_named() -> None:
    why = moment(path(pregnant(), on=at(14), not_asked=(ECHO, ERASMUS)), "termijnecho").why
    assert why == "Echocentrum en Erasmus MC zijn niet gevraagd."


def test_after_a_stillbirth_the_care_for_the_mother_goes_on_and_that_for_the_child_does_not() -> None:
    still = pregnant().says(K.BIRTH, day(at(38))).says(K.OUTCOME, "stillbirth", day(at(38)))
    view = path(still, kraamzorg(), on=at(52))
    assert [moment(view, m).state for m in ("kraamzorg", "nacontrole")] == ["gap", "gap"]
    assert [moment(view, m).state for m in ("hielprik", "overdracht_jgz", "hepatitis_b")] == ["not_applicable"] * 3


def test_nothing_of_the_child_after_its_death() -> None:
    died = pregnant().child("Patient/kind", day(at(39)), deceased=day(at(39, 1)))
    found = moment(path(died, on=at(42)), "hielprik")
    assert (found.state, found.why) == ("not_applicable", "Het kind is overleden.")


def test_after_the_birth_the_path_goes_on_with_windows_from_the_birth() -> None:
    view = path(pregnant().says(K.BIRTH, day(at(40))), on=at(40, 3))
    assert moment(view, "nacontrole").window.from_ == day(at(45))
    assert moment(view, "nacontrole").state == "upcoming"


def test_what_has_no_last_day_is_unknown_when_nothing_is_recorded_also_when_it_is_over() -> None:
    for source, on in ((pregnant(), at(30)), (pregnant().says(K.BIRTH, day(at(40))), at(45))):
        assert stands(source, on, "nipt") == ("unknown", "Niet vastgelegd; er is geen laatste dag waarop het kan.")
    lost = pregnant().says(K.OUTCOME, "miscarriage", day(at(9))).says(K.END_OF_PREGNANCY, day(at(9)))
    assert stands(lost, at(20), "nipt")[0] == "not_applicable"


def test_a_moment_that_did_not_exist_yet_does_not_apply() -> None:
    early = practice().dossier("2021-01-10").says(K.EDD, day("2021-08-08"), day("2021-01-10"), basis="definitive")
    assert stands(early, "2021-06-01", "seo_1") == ("not_applicable", "Bestaat sinds 01-09-2021.")


def test_what_others_do_is_unknown_and_says_who_does_it() -> None:
    state, why = stands(pregnant(), at(39), "kinkhoestvaccinatie")
    assert state == "unknown"
    assert why == "Gebeurt bij de jeugdgezondheidszorg, die hier geen bron is."


def test_needs_of_the_national_path() -> None:
    needs = {m.id: m.need for m in zorgpad().moments}
    assert needs["zorgcoordinator"] == needs["overdracht_jgz"] == "unseen"
    assert needs["nipt"] == needs["seo_1"] == needs["seo_2"] == needs["counseling"] == "choice"
