"""What members claim themselves where a phase is niet-IGO: whole or by week, with codes only for their year."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from adapter.claims.mono import WHOLE
from adapter.model.evidence import OrganisationKind
from adapter.model.facts import ActKind
from adapter.model.projection import ClaimsProjection, Kraamzorg
from adapter.model.register import Contract
from adapter.rules import evaluate
from tests.support.claims_world import (
    advise,
    advised,
    an_igo,
    beeld,
    blauw,
    care,
    catalogue,
    groen,
    held,
    insured,
    kraam,
    member,
    miscarriage,
    ongoing,
    organisation,
    pregnancy,
    rood,
    stad,
    with_care,
    with_phase,
)

A = ActKind
BORN = date(2024, 6, 1)
START = date(2024, 1, 2)
EARLY = BORN - timedelta(days=250)
uninsured = (insured(None, False),)


def names(given: ClaimsProjection, phase: str = "prenataal") -> list[tuple[str | None, str]]:
    return [(f.agb, f.prestatie.name) for f in advise(given)[phase].fallback]


def by_week(weeks: int, **changes: object) -> ClaimsProjection:
    """'t Groen referred her to the second line after so many weeks; she was 280 days along on 1 June."""
    at = BORN - timedelta(days=280 - weeks * 7)
    given = pregnancy(
        insurance=uninsured,
        responsibility=(held(groen, EARLY, at), held(stad, at)),
        acts=(care(A.INTAKE, groen, EARLY),),
        kraamzorg=Kraamzorg((), None, None, True, ()),
    )
    given = with_phase(given, "prenataal", start=EARLY)
    return replace(given, **changes)  # type: ignore[arg-type]


class TestObstetricCare:
    def test_one_practice_from_beginning_to_end_claims_one_whole(self) -> None:
        given = pregnancy(insurance=uninsured)
        assert ("08001234", "volledige verloskundige zorg") in names(given)
        assert [n for n in names(given, "nataal") if n[0] == "08001234"] == []
        assert [n for n in names(given, "postnataal") if n[0] == "08001234"] == []

    def test_one_phase_alone_is_claimed_as_that_phase(self) -> None:
        given = with_care(2022, care(A.ECHO, rood, date(2022, 3, 1)))
        assert names(given)[0] == ("08001234", "volledige prenatale zorg")

    @pytest.mark.parametrize(
        ("weeks", "name"),
        [
            (14, "prenatale zorg 0 t/m 14 weken"),
            (15, "prenatale zorg van 15 t/m 29 weken"),
            (29, "prenatale zorg van 15 t/m 29 weken"),
            (30, "prenatale zorg van 0 tot na 29 weken, doch voor de bevalling"),
        ],
    )
    def test_a_referral_to_the_second_line_is_claimed_by_week(self, weeks: int, name: str) -> None:
        assert names(by_week(weeks))[0] == ("08001234", name)

    @pytest.mark.parametrize(("weeks", "words"), [(12, "0 t/m 14 weken"), (20, "15 t/m 29 weken"), (33, "na 29 weken")])
    def test_a_switch_of_practice_is_claimed_by_both(self, weeks: int, words: str) -> None:
        at = BORN - timedelta(days=280 - weeks * 7)
        given = by_week(weeks, responsibility=(held(groen, EARLY, at), held(blauw, at)), practice_switch=True)
        found = dict(names(given))
        assert f"1e verloskundige, {words}" in found["08001234"]
        assert f"2e verloskundige, {words}" in found["08004321"]

    @pytest.mark.parametrize(("started", "role"), [(date(2024, 3, 1), "2e"), (EARLY, "1e")])
    def test_a_switch_of_which_the_other_practice_is_not_known(self, started: date, role: str) -> None:
        given = by_week(30, responsibility=(held(groen, started),), practice_switch=True)
        assert f"{role} verloskundige" in names(given)[0][1]

    def test_an_unknown_week_claims_nothing_yet(self) -> None:
        given = by_week(20, gestational_days_at_end=None, gestational_days=None)
        assert "08001234" not in dict(names(given))

    def test_a_miscarriage_is_claimed_by_week(self) -> None:
        given = replace(miscarriage(2024), insurance=uninsured)
        assert names(given) == [("08001234", "prenatale zorg 0 t/m 14 weken")]

    def test_while_it_runs_the_whole_phase_is_expected(self) -> None:
        given = ongoing(insurance=uninsured)
        assert names(given)[0] == ("08001234", "volledige prenatale zorg")
        handed_over = replace(
            given, responsibility=(held(groen, START, date(2024, 3, 1)), held(stad, date(2024, 3, 1)))
        )
        assert "t/m 29 weken" in names(handed_over)[0][1]

    def test_every_row_of_the_table_names_its_prestatie(self) -> None:
        table = catalogue().tables["verloskunde-prenataal"]
        for row in table.rows:
            inputs = {i.name: min(row.when.get(i.name, i.values)) for i in table.inputs}
            assert evaluate(table, inputs, BORN).row is row


class TestTheOthers:
    def test_kraamzorg_claims_hours_intake_registration_and_assistance(self) -> None:
        given = pregnancy(insurance=uninsured)
        visits = (
            care(A.PRENATAAL_HUISBEZOEK_KRAAMZORG, kraam, date(2024, 4, 1)),
            care(A.PARTUSASSISTENTIE, kraam, BORN, "nataal"),
        )
        given = replace(given, acts=(*given.acts, *visits))
        assert [n for n in names(given) if n[0] == "72001234"] == [
            ("72001234", "inschrijving kraamzorg"),
            ("72001234", "intake kraamzorg"),
        ]
        assert ("72001234", "partusassistentie") in names(given, "nataal")
        hours = next(f for f in advised(given, "postnataal").fallback if f.agb == "72001234")
        assert (hours.prestatie.list, hours.prestatie.name, hours.quantity, hours.unit) == (
            "011",
            "kraamzorg",
            49.0,
            "uur",
        )

    def test_kraamzorg_that_has_not_come_yet_is_known_already(self) -> None:
        given = pregnancy(insurance=uninsured)
        assert ("72001234", "kraamzorg") in names(replace(given, acts=given.acts[:3]), "postnataal")

    def test_a_hospital_claims_one_zorgproduct_for_birth_and_after(self) -> None:
        given = pregnancy(
            insurance=uninsured,
            acts=(
                care(A.CONSULT, stad, date(2024, 3, 1)),
                care(A.BEVALLING, stad, BORN, "nataal"),
                care(A.OPNAME, stad, BORN, "postnataal"),
            ),
            responsibility=(held(stad),),
        )
        said = advise(given)
        products = {phase: [f.prestatie for f in said[phase].fallback if f.agb == "06001234"] for phase in said}
        assert [len(products[p]) for p in ("prenataal", "nataal", "postnataal")] == [1, 1, 0]
        assert "159999" in products["prenataal"][0].name and "159899" in products["nataal"][0].name
        assert {(p.list, p.code, p.standing) for group in products.values() for p in group} == {
            ("041", None, "provisional")
        }

    def test_an_early_end_in_hospital_is_another_zorgproduct(self) -> None:
        given = replace(miscarriage(2024), insurance=uninsured, responsibility=(held(stad),), acts=())
        assert names(given) == [("06001234", "dbc-zorgproduct vroege zwangerschap (groep 150101)")]

    def test_an_echocentrum_has_no_prestatie_in_the_sources_and_says_so(self) -> None:
        given = replace(pregnancy(insurance=uninsured), acts=(care(A.TERMIJNECHO, beeld, date(2024, 2, 1)),))
        echo = next(f for f in advised(given).fallback if f.agb == "08055555")
        assert (echo.prestatie.list, echo.prestatie.code, echo.prestatie.standing) == ("onbekend", None, "provisional")

    def test_an_outsider_is_none_of_our_business(self) -> None:
        given = with_care(2022, care(A.ECHO, rood, date(2022, 3, 1)))
        assert rood.agb not in dict(names(given))

    def test_a_member_known_by_ura_only_has_the_agb_code_of_the_sources(self) -> None:
        both = organisation("06007777", "Ziekenhuis Beide", OrganisationKind.ZIEKENHUIS, ura="00007777")
        only_ura = replace(both, agb=None)
        igo = an_igo(members=[member(only_ura, "ziekenhuis"), member(groen, "verloskunde")])
        given = pregnancy(insurance=uninsured, responsibility=(held(both),), acts=())
        assert advised(given, igo=igo).fallback[0].agb == "06007777"


class TestDatesAndTariffs:
    def test_a_prestatie_has_the_days_of_the_care_and_the_rule_by_which_it_was_chosen(self) -> None:
        given = pregnancy(insurance=uninsured, acts=(*pregnancy().acts, care(A.TERMIJNECHO, beeld, date(2024, 2, 1))))
        mine = {f.agb: f for f in advised(given).fallback}
        echo, whole = mine["08055555"], mine["08001234"]
        assert (echo.from_, echo.to, echo.quantity) == (date(2024, 2, 1), date(2024, 2, 1), 1.0)
        assert (whole.from_, whole.to) == (date(2024, 1, 2), date(2024, 7, 13))
        assert (whole.prestatie.name, whole.why) == ("volledige verloskundige zorg", WHOLE)

    def test_the_tariff_is_that_of_the_contract_and_counts_by_the_hour(self) -> None:
        tariff = {"kraamzorg-uur": 6150, "volledige-natale-zorg": 70000}
        igo = an_igo([Contract(("1000",), date(2015, 1, 1), tariff=tariff)])
        outside = with_care(2022, care(A.POSTNATALE_ZORG, rood, date(2022, 6, 5), "postnataal"))
        said = {f.prestatie.name: f for f in advised(outside, "postnataal", igo=igo).fallback}
        assert (said["kraamzorg"].tariff, said["kraamzorg"].amount) == (6150, 301350)
        assert [(f.tariff, f.amount) for n, f in said.items() if n != "kraamzorg"] == [(None, None)] * (len(said) - 1)


class TestCodes:
    def test_hold_in_the_year_they_were_printed_for(self) -> None:
        said = advised(pregnancy(2017, insurance=uninsured)).fallback[0].prestatie
        assert (said.list, said.code, said.name, said.standing) == (
            "032",
            "1001",
            "volledige verloskundige zorg",
            "verified",
        )

    @pytest.mark.parametrize("year", [2018, 2024])
    def test_do_not_hold_in_another_year(self, year: int) -> None:
        said = advised(pregnancy(year, insurance=uninsured)).fallback[0].prestatie
        assert (said.code, said.standing) == (None, "provisional")

    def test_that_were_cut_off_in_the_source_are_provisional(self) -> None:
        assert catalogue().mono["tweede-na-29"].on(date(2017, 6, 1)).standing == "provisional"
        assert catalogue().mono["tweede-na-29"].on(None).code is None
