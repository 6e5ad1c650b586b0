"""Tables to take along, and the casemix: no formula in a file, no small count in a figure."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapter.claims.measures import Measures, load_measures
from adapter.model.decision import EarlyWarning, Forecast, Reason
from adapter.rules import RuleError
from adapter.service.payment import casemix
from adapter.service.payment.casemix import _cells, _hours, _names, _phases, _Sum
from adapter.service.payment.lines import Line, PhaseInLine, _risk
from adapter.service.payment.sheets import csv_bytes, harmless, xlsx_bytes
from doors.sample_decision import DECISION
from support.claims_world import MAPPINGS

NASTY = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "=cmd|' /C calc'!A0"]


class TestSheets:
    @pytest.mark.parametrize("text", NASTY)
    def test_no_text_becomes_a_formula(self, text: str) -> None:
        assert harmless(text).startswith("'")
        rows = list(
            csv.reader(io.StringIO(csv_bytes(["kop"], [[text]]).decode("utf-8-sig"), newline=""), delimiter=";")
        )
        assert rows[1][0] == f"'{text}"
        with zipfile.ZipFile(io.BytesIO(xlsx_bytes("blad", ["kop"], [[text]]))) as book:
            assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")

    def test_plain_texts_numbers_and_days_stay(self) -> None:
        body = csv_bytes(["a", "b", "c", "d"], [["x; y", 3, date(2024, 1, 2), None]])
        assert body.decode("utf-8-sig") == 'a;b;c;d\r\n"x; y";3;2024-01-02;\r\n'


MEASURES = load_measures(MAPPINGS)


def sums(**women: int) -> dict[str, _Sum]:
    return {n: _Sum(phases=k, women={f"{n}{i}" for i in range(k)}, by_members=3 * k) for n, k in women.items()}


class TestSuppression:
    def test_a_small_cell_is_hidden_and_never_alone(self) -> None:
        cells = {c.name: c.phases for c in _cells(sums(a=4, b=12, c=200), MEASURES)}
        assert cells == {"a": None, "b": None, "c": 200}
        assert {c.name: c.phases for c in _cells(sums(a=4, b=7, c=200), MEASURES)} == {"a": None, "b": None, "c": 200}
        assert {c.name: c.phases for c in _cells(sums(b=12, c=200), MEASURES)} == {"b": 10, "c": 200}

    @pytest.mark.parametrize(("count", "shown"), [(10, 10), (12, 10), (13, 15), (17, 15), (18, 20)])
    def test_what_is_shown_is_rounded(self, count: int, shown: int) -> None:
        assert [c.phases for c in _cells(sums(a=count), MEASURES)] == [shown]

    def test_a_filter_more_gives_no_small_count_away(self) -> None:
        """With and without one woman the figures are the same, or both hidden, or a whole step apart."""
        for count in range(1, 60):
            one, more = (next(iter(_cells(sums(a=n), MEASURES))).phases for n in (count, count + 1))
            assert one == more or None in (one, more) or abs(one - more) == MEASURES.round_to  # type: ignore[operator]

    def test_a_few_women_with_outside_care_are_hidden_in_a_large_cell(self) -> None:
        large = _Sum(
            phases=100, women={str(i) for i in range(100)}, outside=9, women_outside={"1", "2"}, with_outside=2
        )
        cell = next(iter(_cells({"a": large}, MEASURES)))
        assert (cell.phases, cell.outside, cell.with_outside, cell.outside_cost) == (100, None, None, None)


def phase(**changes: object) -> PhaseInLine:
    plain = PhaseInLine(
        phase="prenataal",
        state="ended",
        status="igo",
        stage="definitief",
        prestatie="geboortezorg-prenataal",
        name="geboortezorg prenataal",
        amount=100_000,
        ready=True,
        blocked=(),
        insurer="1000",
        start=date(2024, 1, 2),
        end=date(2024, 6, 1),
        expected=None,
        fallback=(),
        regime="selection-regular",
        care=(("08001234", 5), ("06001234", 2)),
        outside=(("Elders", 1),),
    )
    return PhaseInLine(**{f: changes.get(f, getattr(plain, f)) for f in plain.__struct_fields__})


def line(number: int, **changes: object) -> Line:
    given = {"missing": (), "stage": "definitief", "overridden": False, "phases": (phase(),)} | changes
    return Line(
        pregnancy=str(number),
        as_of=date(2024, 8, 1),
        decided_at=datetime(2024, 8, 1, tzinfo=UTC),
        state="ended",
        status="igo",
        standing="provisional",
        insurer="1000",
        risk=(),
        members=(),
        outside=(),
        outcome=b"",
        rules="r",
        **given,  # type: ignore[arg-type]
    )


class TestCounting:
    def test_a_member_counts_its_own_acts(self) -> None:
        assert _names("member", phase()) == [("08001234", "08001234"), ("06001234", "06001234"), ("buiten de IGO",) * 2]
        assert _names("period", phase()) == [("2024 kwartaal 2", None)]
        assert _names("insurer", phase(insurer=None)) == [("onbekend", None)]

    def test_only_phases_of_the_period_count(self) -> None:
        lines = [line(1), line(2, phases=(phase(end=date(2023, 12, 31)), phase(state="not_started", end=None)))]
        assert len(list(_phases(lines, date(2024, 1, 1), None))) == 1
        assert len(list(_phases(lines, None, None))) == 2

    def test_a_bundle_breaks_under_the_experiment_only(self) -> None:
        for regime, broken in (("selection-experiment", 1), ("selection-regular", 0)):
            total = _Sum()
            casemix._add(total, line(1), phase(regime=regime, status="niet_igo"), MEASURES, None)
            assert (total.broken, total.by_members, total.outside) == (broken, 7, 1)

    def test_outside_care_costs_what_the_parameter_says(self) -> None:
        priced = replace(MEASURES, outside_tariff={"prenataal": 5000})
        total = _Sum()
        casemix._add(total, line(1), phase(), priced, None)
        assert total.cost == 5000

    def test_hours_are_counted_with_the_time_that_questions_take(self) -> None:
        lines = [line(n) for n in range(60)] + [line(n, missing=(("a", "b"), ("c", "d"))) for n in range(60, 80)]
        found = _hours(lines, MEASURES)
        assert (found.pregnancies, found.without_person, found.questions, found.with_question) == (80, 60, 40, 20)
        assert found.saved_hours == round((60 * MEASURES.manual_minutes - 40 * MEASURES.question_minutes) / 60)
        assert _hours(lines[:5], MEASURES).saved_hours is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("minimum_cell: 0", "'minimum_cell' must be"),
        ("round_to: veel", "'round_to' must be"),
        ("extra: 1", "'extra' is no key"),
        ("outside_tariff: {bevalling: 1}", "'outside_tariff' holds"),
        ("definitions: [a]", "'definitions' holds"),
    ],
)
def test_faulty_measures_are_refused(tmp_path, changed: str, said: str) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "catalogues"
    folder.mkdir()
    key = changed.split(":", maxsplit=1)[0]
    text = (MAPPINGS / "catalogues" / "casemix.yaml").read_text("utf-8")
    kept: list[str] = []
    dropping = False
    for each in text.splitlines():
        dropping = each.startswith(f"{key}:") or (dropping and each.startswith(" "))
        kept += [] if dropping else [each]
    (folder / "casemix.yaml").write_text("\n".join([*kept, changed]), "utf-8")
    with pytest.raises(RuleError, match=said):
        load_measures(tmp_path)
    assert isinstance(MEASURES, Measures)


class TestRisk:
    ELSEWHERE = EarlyWarning(
        "waarschijnlijk", (Reason("vroeg", "not_met", "Kraamzorg elders.", "", "provisional"),), (), "provisional"
    )

    @pytest.mark.parametrize(
        ("now", "ahead", "told"),
        [
            ("igo", "igo", ("Kraamzorg elders.",)),
            ("igo", "niet_igo", ("Kraamzorg elders.", "Geen lid.")),
            ("niet_igo", "igo", ("Kraamzorg elders.",)),
            ("niet_igo", "niet_igo", ()),  # no bundle to break
        ],
    )
    def test_only_what_is_or_may_become_igo_can_break(self, now: str, ahead: str, told: tuple[str, ...]) -> None:
        running, later = DECISION.phases[0], DECISION.phases[-1]
        phases = (
            replace(running, state="running", status=now, forecast=None),
            replace(later, state="not_started", status=None, forecast=Forecast(ahead, None, ("Geen lid.",))),  # type: ignore[arg-type]
        )
        assert _risk(replace(DECISION, phases=phases, warning=self.ELSEWHERE)) == told
