"""The planner of the IGO: expected births per week and place, the caseload, and how certain that is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from time import perf_counter

from adapter.model.carepath import CarePath
from adapter.model.facts import ActKind as A
from adapter.model.facts import StatementKind as K
from adapter.model.sources import SourceState
from adapter.service.payment.sheets import csv_bytes
from adapter.service.planning.plan import PLACES, Plan, PlanLine, line_of, plan
from adapter.service.planning.sheet import HEADS, rows
from builders_carepath import ECHO, GROEN, OOSTER, Source, day, hospital, path, practice, zorgpad

TODAY = day("2024-07-29")  # a Monday
NOW = datetime(2024, 7, 29, 12, tzinfo=UTC)


def line(due: date | None = TODAY, **more: object) -> PlanLine:
    given: dict[str, object] = {
        "ongoing": True,
        "postnatal": False,
        "due": due,
        "place": "thuis",
        "responsible": GROEN,
        "children": 1,
        "doubts": frozenset(),
        "share": 0.5,
        "sources": (("'t Groen", True),),
        "facts": (("edd", "present"),),
    }
    return PlanLine(**{**given, **more})  # type: ignore[arg-type]


def planned(*lines: PlanLine, on: date = TODAY) -> Plan:
    return plan(lines, on, NOW)


def pregnant(due: str = "2024-08-08", basis: str = "definitive") -> Source:
    start = day(due) - timedelta(days=200)
    made = practice().dossier(start.isoformat())
    return made.says(K.EDD, day(due), start, basis=basis).act(A.INTAKE, start)


def seen(source: Source, on: str = "2024-07-29", **more: object) -> CarePath:
    return path(source, on=on, **more)  # type: ignore[arg-type]


def test_forty_weeks_from_the_monday_of_the_week_asked_about() -> None:
    made = planned(on=day("2024-08-01"))
    assert (len(made.weeks), made.weeks[0].week, made.weeks[0].from_) == (40, "2024-W31", TODAY)
    assert made.weeks[-1].to == TODAY + timedelta(days=279)
    assert [w.from_ for w in made.weeks[1:]] == [w.to + timedelta(days=1) for w in made.weeks[:-1]]


def test_a_birth_counts_in_the_week_of_its_due_date_and_for_its_place() -> None:
    made = planned(line(day("2024-08-04")), line(day("2024-08-05"), place="ziekenhuis", children=2))
    first, second = made.weeks[:2]
    assert (first.births, first.places["thuis"], first.places["ziekenhuis"]) == (1, 1, 0)
    assert (second.births, second.children, second.places["ziekenhuis"]) == (1, 2, 1)
    assert made.births == made.pregnant == 2


def test_who_is_overdue_may_give_birth_any_day_and_who_is_due_later_is_counted_apart() -> None:
    made = planned(line(TODAY - timedelta(days=9)), line(TODAY + timedelta(weeks=41)), line(None))
    assert made.weeks[0].births == 1
    assert (made.births, made.later, made.undated, made.pregnant) == (1, 1, 1, 3)


def test_a_pregnancy_that_ended_is_no_expected_birth_but_postnatal_care_is_a_case() -> None:
    made = planned(line(ongoing=False, postnatal=True), line(ongoing=False))
    assert (made.pregnant, made.births) == (0, 0)
    assert [(c.pregnant, c.postnatal) for c in made.caseload] == [(0, 1)]
    assert made.share_uncertain is None


def test_the_caseload_is_that_of_who_is_responsible_now_and_nobody_comes_last() -> None:
    soon, far = TODAY + timedelta(days=28), TODAY + timedelta(days=29)
    made = planned(line(None, responsible=None), line(far), line(soon, responsible=OOSTER), line(soon), line(far))
    found = [(c.organisation.name if c.organisation else None, c.pregnant, c.near) for c in made.caseload]
    assert found == [("'t Groen", 3, 1), ("Ooster", 1, 1), (None, 1, 0)]


def test_the_uncertain_share_counts_each_pregnancy_once_and_the_doubts_each_reason() -> None:
    both = line(doubts=frozenset({"not_confirmed", "place_unknown"}))
    made = planned(both, line(), line(doubts=frozenset({"fetuses_unknown"})), line())
    assert (made.uncertain, made.share_uncertain, made.weeks[0].uncertain) == (1, 0.25, 1)
    assert (made.doubts["not_confirmed"], made.doubts["place_unknown"], made.doubts["fetuses_unknown"]) == (1, 1, 1)


def test_a_fact_counts_only_where_it_should_be_known_by_now() -> None:
    asked = zorgpad().expectations
    early, late = pregnant("2025-01-20"), pregnant("2024-08-01")
    names = [{key for key, _ in line_of(seen(s), asked).facts} for s in (early, late)]
    assert "intended_place_of_birth" not in names[0]
    assert "intended_place_of_birth" in names[1]
    assert not {"place_of_birth", "chorionicity"} & (names[0] | names[1])
    held = dict(line_of(seen(late), asked).facts)
    assert (held["edd"], held["intended_place_of_birth"]) == ("present", "absent")
    silent = seen(late, not_asked=(ECHO,))
    assert dict(line_of(silent, asked).facts)["intended_place_of_birth"] == "unknown"


def test_all_lines_are_all_there_is() -> None:
    made = planned(line())
    assert (made.known, made.counted, made.complete) == (1, 1, True)


def test_completeness_of_the_region_is_the_mean_and_says_which_sources_and_facts() -> None:
    made = planned(line(), line(share=1.0, sources=(("'t Groen", False),), facts=(("edd", "unknown"),)))
    assert made.completeness.share == 0.75
    assert [(s.name, s.asked, s.answered) for s in made.completeness.sources] == [("'t Groen", 2, 1)]
    assert made.completeness.facts["edd"] == {"present": 1, "absent": 0, "unknown": 1}


def test_a_due_date_that_an_ultrasound_confirmed_and_a_place_leave_no_doubt() -> None:
    sure = pregnant().says(K.INTENDED_PLACE_OF_BIRTH, "thuis", day("2024-07-01")).says(K.FETUSES, 1, day("2024-02-01"))
    found = line_of(seen(sure))
    assert (found.due, found.place, found.responsible and found.responsible.name) == (
        day("2024-08-08"),
        "thuis",
        "'t Groen",
    )
    assert found.doubts == frozenset()


def test_each_doubt_is_named() -> None:
    assert line_of(seen(pregnant(basis="lmp"))).doubts == {"not_confirmed", "place_unknown", "fetuses_unknown"}
    assert "no_due_date" in line_of(seen(practice().dossier("2024-05-01"))).doubts
    late = pregnant("2024-07-20")
    assert "overdue" in line_of(seen(late)).doubts
    other = hospital().dossier("2024-05-01").says(K.EDD, day("2024-08-01"), day("2024-05-01"), basis="definitive")
    assert "disputed" in line_of(path(pregnant(), other, on="2024-07-29")).doubts
    undecided = pregnant().says(K.INTENDED_PLACE_OF_BIRTH, "nog_niet_bepaald", day("2024-07-01"))
    assert (line_of(seen(undecided)).place, "place_unknown" in line_of(seen(undecided)).doubts) == ("onbekend", True)


def test_a_word_for_a_place_that_we_do_not_know_is_another_place() -> None:
    elsewhere = pregnant().says(K.INTENDED_PLACE_OF_BIRTH, "vakantiehuis", day("2024-07-01"))
    assert line_of(seen(elsewhere)).place == "anders"


def test_a_line_holds_no_name_of_a_woman_nor_an_id() -> None:
    text = repr(line_of(seen(pregnant(), not_asked=(ECHO,), states={"vp-groen": SourceState.ANSWERED})))
    assert "w1" not in text
    assert "p1" not in text


def test_the_table_has_a_row_for_each_week() -> None:
    made = planned(line(day("2024-08-04")))
    lines = csv_bytes(HEADS, rows(made)).decode("utf-8-sig").splitlines()
    assert len(lines) == 41
    assert lines[1] == "2024-W31;2024-07-29;2024-08-04;1;1;0;1;0;0;0;0"
    assert len(HEADS) == 6 + len(PLACES)


def test_five_thousand_pregnancies_are_counted_within_a_second() -> None:
    many = [line(TODAY + timedelta(days=n % 280), responsible=(GROEN, OOSTER)[n % 2]) for n in range(5000)]
    start = perf_counter()
    made = planned(*many)
    assert perf_counter() - start < 1
    assert made.births == 5000
