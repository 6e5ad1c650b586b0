"""Signals of care that no EPD holds: reading a file, and what a signal does to a projection and a decision."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from adapter.carepath.told import with_signals
from adapter.model.evidence import Organisation
from adapter.model.facts import ActKind
from adapter.model.projection import ClaimsProjection, Kraamzorg
from adapter.model.signals import Signal
from adapter.service.signal_file import SignalFileError, SignalRow, read_rows
from tests.support.claims_world import care, decide, decided, elders, ongoing, pregnancy, rood, vreemd, with_care

A = ActKind
PLAIN = {
    "reported_by": "verzekeraar",
    "reporter": "1000",
    "reported_on": "2022-09-01",
    "pregnancy": "z",
    "agb": "08009999",
}
PLAIN |= {"kind": "consult", "day": "2022-03-10", "return_code": "0587"}


def one(**changes: Any) -> SignalRow | tuple[int, str]:
    fields = {k: v for k, v in {**PLAIN, **changes}.items() if v is not None}
    (row,) = read_rows(json.dumps([fields]), json_file=True)
    return row


class TestReading:
    def test_csv_and_json_say_the_same(self) -> None:
        keys = list(PLAIN)
        for separator in ",;":
            text = f"\ufeff{separator.join(keys)}\r\n{separator.join(PLAIN[k] for k in keys)}\r\n"
            (row,) = read_rows(text, json_file=False)
            assert isinstance(row, SignalRow)
            assert replace(row, line=1) == one()
        (row,) = read_rows(json.dumps({"signals": [PLAIN]}), json_file=True)
        assert row == one()

    def test_what_a_row_says(self) -> None:
        row = one()
        assert isinstance(row, SignalRow)
        assert (row.reported_by, row.reporter, row.about, row.kind) == ("verzekeraar", "1000", "zorg", A.CONSULT)
        assert row.organisation == Organisation("agb:08009999", "08009999")
        assert (row.day, row.reported_on) == (date(2022, 3, 10), date(2022, 9, 1))

    @pytest.mark.parametrize(
        ("changes", "what"),
        [
            ({"reported_by": "buurvrouw"}, "reported_by must be one of verzekeraar, lid, vrouw"),
            ({"reported_by": None}, "reported_by is missing"),
            ({"reporter": None}, "reporter: give the UZOVI code"),
            ({"reporter": "x"}, "reporter: this is not a valid Uzovi code"),
            ({"reported_by": "lid", "reporter": None}, "reporter: give the AGB code"),
            ({"reported_by": "vrouw"}, "reporter: leave it empty"),
            ({"reported_on": None}, "reported_on is missing"),
            ({"reported_on": "gisteren"}, "reported_on: give a calendar date"),
            ({"bsn": "999900006"}, "give the pregnancy (its id here) or the bsn"),
            ({"pregnancy": None}, "give the pregnancy (its id here) or the bsn"),
            ({"pregnancy": None, "bsn": "123456789"}, "bsn: this is not a valid Bsn code"),
            ({"kind": "massage"}, "kind must be one of"),
            ({"day": None}, "care needs its day"),
            ({"day": "2023-01-01"}, "care cannot be told before it is given"),
            ({"phase": "later"}, "phase must be one of"),
            ({"return_code": "pijn in de buik"}, "no free text"),
            ({"claim": "a b"}, "no free text"),
            ({"opmerking": "x"}, "there is no key 'opmerking'"),
        ],
    )
    def test_a_faulty_row_is_named_and_never_quoted(self, changes: dict[str, Any], what: str) -> None:
        told = one(**changes)
        assert isinstance(told, tuple)
        assert what in told[1]
        assert "123456789" not in told[1] and "buik" not in told[1]

    def test_a_member_and_the_woman_tell_too(self) -> None:
        member = one(reported_by="lid", reporter="08001234")
        woman = one(
            reported_by="vrouw", reporter=None, agb=None, organisation="Praktijk Zuid", day=None, phase="nataal"
        )
        moved = one(reported_by="vrouw", reporter=None, about="verhuisd", day=None, agb=None, ura="12345678")
        assert isinstance(member, SignalRow) and member.reporter == "08001234"
        assert isinstance(woman, SignalRow) and woman.organisation == Organisation(
            "signaal:Praktijk Zuid", name="Praktijk Zuid"
        )
        assert isinstance(moved, SignalRow) and moved.organisation and moved.organisation.id == "ura:12345678"

    @pytest.mark.parametrize(
        ("text", "json_file"), [("a,b\n1,2\n", False), ("", False), ("{", True), ("{}", True), ('"x"', True)]
    )
    def test_a_file_that_cannot_be_read(self, text: str, json_file: bool) -> None:
        with pytest.raises(SignalFileError):
            list(read_rows(text, json_file=json_file))

    def test_the_other_rows_go_on(self) -> None:
        text = json.dumps([PLAIN, 5, {**PLAIN, "day": "x"}, PLAIN])
        assert [isinstance(r, SignalRow) for r in read_rows(text, json_file=True)] == [True, False, False, True]


def signal(day: date | None = date(2022, 3, 10), **changes: Any) -> Signal:
    plain = Signal(
        "s1",
        "zwangerschap",
        "zorg",
        "verzekeraar",
        "1000",
        date(2022, 9, 1),
        datetime(2022, 9, 1, tzinfo=UTC),
        rood,
        A.CONSULT,
        day,
        return_code="0587",
    )
    return replace(plain, **changes)


def told(given: ClaimsProjection, *signals: Signal) -> ClaimsProjection:
    return with_signals(given, signals, lambda o: o)


class TestDeciding:
    def test_outside_care_that_only_the_insurer_knows_breaks_a_bundle_of_the_experiment(self) -> None:
        said = decide(told(pregnancy(2022), signal()))
        assert [p.status for p in said.phases] == ["niet_igo", "igo", "igo"]
        (outside,) = said.outside_care
        assert outside.what == "consult (gemeld door verzekeraar 1000 op 2022-09-01, retourcode 0587)"
        assert [(e.source, e.reference) for e in outside.evidence] == [("signaal", "Signaal/s1")]
        assert any(e.source == "signaal" for r in said.phases[0].reasons for e in r.evidence)

    def test_under_the_regular_rules_it_is_counted_and_breaks_nothing(self) -> None:
        said = decide(told(pregnancy(2024), signal(date(2024, 3, 1))))
        assert [p.status for p in said.phases] == ["igo"] * 3
        assert len(said.outside_care) == 1

    def test_who_is_not_named_may_be_anybody(self) -> None:
        said = decided(told(pregnancy(2022), signal(organisation=None)))
        assert (said.status, said.stage) == ("onbepaald", "voorlopig")

    def test_care_after_the_day_asked_about_does_not_count_yet(self) -> None:
        given = ongoing(2022)
        assert told(given, signal(date(2022, 4, 2))) is given

    def test_only_the_phase_is_known(self) -> None:
        said = decide(told(pregnancy(2022, as_of=date(2022, 12, 1)), signal(None, phase="nataal")))
        assert [p.status for p in said.phases] == ["igo", "niet_igo", "igo"]

    @pytest.mark.parametrize(
        ("kind", "day", "phase"),
        [
            (A.CONSULT, date(2022, 6, 1), "prenataal"),
            (A.BEVALLING, date(2022, 6, 1), "nataal"),
            (A.KRAAMZORG, date(2022, 6, 1), "postnataal"),
            (A.KRAAMZORG, date(2022, 3, 1), "prenataal"),
            (A.CONSULT, date(2021, 3, 1), None),
        ],
    )
    def test_the_phase_follows_from_the_day(self, kind: ActKind, day: date, phase: str | None) -> None:
        given = told(pregnancy(2022, as_of=date(2022, 12, 1)), signal(day, kind=kind))
        assert [a.phase for a in given.acts if a.evidence.source == "signaal"] == [phase]

    def test_a_person_answers_whether_third_line_care_was_high_care(self) -> None:
        act = care(A.OPNAME, elders, date(2022, 3, 1), line="derde_lijn")
        asked = with_care(2022, act)
        assert decided(asked).status == "onbepaald"
        answer = signal(date(2022, 3, 1), reported_by="lid", reporter="06001234", organisation=elders, kind=A.HIGH_CARE)
        assert decided(told(asked, answer)).status == "igo"
        other_day = replace(answer, day=date(2022, 3, 2))
        assert decided(told(asked, other_day)).status == "onbepaald"
        plain = replace(answer, kind=A.OPNAME)
        assert decided(told(asked, plain)).status == "niet_igo"

    def test_kraamzorg_by_who_has_no_epd_here(self) -> None:
        given = pregnancy(2022, as_of=date(2022, 12, 1), kraamzorg=Kraamzorg((), None, None, None, ()))
        given = replace(given, acts=tuple(a for a in given.acts if a.kind is not A.KRAAMZORG))
        assert decided(given, "postnataal").status == "onbepaald"
        one = signal(date(2022, 6, 4), reported_by="vrouw", reporter=None, organisation=vreemd, kind=A.KRAAMZORG)
        assert decided(told(given, one), "postnataal").status == "niet_igo"
        declined = replace(one, about="kraamzorg_afgezien", organisation=None, kind=A.OVERIG)
        said = decided(told(given, declined), "postnataal")
        assert (said.status, said.stage) == ("igo", "definitief")

    def test_a_change_of_practice_is_known_from_her(self) -> None:
        switched = signal(None, about="praktijkwissel", reported_by="vrouw", reporter=None, organisation=None)
        given = pregnancy(2022, as_of=date(2022, 12, 1))
        assert given.practice_switch is False and told(given, switched).practice_switch is True

    def test_a_move_is_known_from_her(self) -> None:
        moved = signal(None, about="verhuisd", reported_by="vrouw", reporter=None, organisation=None)
        assert told(pregnancy(2022, as_of=date(2022, 12, 1)), moved).moved is True
