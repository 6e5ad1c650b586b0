"""Situations a claims controller knows: the regular rules, what cannot be said, and which date counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapter.model.evidence import OrganisationKind
from adapter.model.facts import ActKind, Outcome
from adapter.model.moments import Span
from adapter.model.projection import ClaimsProjection, Kraamzorg
from adapter.model.register import Contract
from adapter.model.sources import SourceState
from tests.support.claims_world import (
    ALWAYS,
    BORN,
    MEMBERS,
    an_igo,
    answers,
    beeld,
    blauw,
    care,
    decide,
    decided,
    elders,
    end_unknown,
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
    silent,
    stad,
    vreemd,
    with_care,
    with_phase,
)

A = ActKind


def statuses(given: ClaimsProjection, **rules: str) -> list[str | None]:
    return [p.status for p in decide(given, an_igo(**rules) if rules else None).phases]


class TestTheRegularRules:
    def test_outside_care_is_listed_and_breaks_nothing(self) -> None:
        said = decide(with_care(2024, care(A.ECHO, rood, date(2024, 3, 1))))
        assert (said.status, len(said.outside_care)) == ("igo", 1)

    def test_a_part_of_the_phase_is_enough(self) -> None:
        given = pregnancy(
            responsibility=(held(groen, date(2024, 1, 2), date(2024, 2, 1)), held(rood, date(2024, 2, 1)))
        )
        assert statuses(given) == ["igo", "niet_igo", "igo"]  # postnatal: the kraamzorg is a member

    def test_any_member_care_counts_when_the_parameter_says_so(self) -> None:
        given = pregnancy(responsibility=(held(rood),), acts=(care(A.ECHO, groen, date(2024, 3, 1)),))
        assert decided(given).status == "niet_igo"
        assert decided(given, igo=an_igo(member_care="any")).status == "igo"
        no_care = replace(given, acts=())
        assert decided(no_care, igo=an_igo(member_care="any")).status == "niet_igo"
        assert decided(pregnancy(), igo=an_igo(member_care="any")).status == "igo"

    def test_a_membership_that_began_during_the_phase(self) -> None:
        later = [member(groen, "verloskunde", since=date(2024, 3, 1)), member(kraam, "kraamzorg")]
        assert decided(pregnancy(), igo=an_igo(members=later)).status == "igo"

    def test_an_unanswered_member_could_have_been_responsible(self) -> None:
        given = pregnancy(responsibility=(held(rood),), sources=silent(stad))
        said = decide(given)
        assert said.phases[0].status == "onbepaald"
        assert any(m.variable == "responsible" and "Stadsziekenhuis" in m.why for m in said.missing)

    @pytest.mark.parametrize("who", [kraam, beeld])
    def test_an_unanswered_member_that_is_never_responsible_cannot_turn_it(self, who: object) -> None:
        given = pregnancy(responsibility=(held(rood),), sources=silent(who))  # type: ignore[arg-type]
        assert (decided(given).status, decided(given).stage) == ("niet_igo", "voorlopig")

    def test_an_unanswered_outsider_cannot_turn_it(self) -> None:
        given = pregnancy(responsibility=(held(rood),), sources=silent(elders, state=SourceState.NOT_ASKED))
        assert decided(given).status == "niet_igo"

    def test_a_member_without_a_source_is_not_answered(self) -> None:
        given = pregnancy(sources=tuple(answers(m) for m in MEMBERS if m is not stad))
        said = decide(given)
        assert (said.status, said.stage) == ("igo", "voorlopig")
        assert [m.why for m in said.missing] == ["Stadsziekenhuis is lid van de IGO en heeft geen bron."]

    def test_a_member_that_joined_in_a_later_phase_is_asked_of_that_phase_only(self) -> None:
        members = [
            member(groen, "verloskunde"),
            member(kraam, "kraamzorg"),
            member(stad, "ziekenhuis", date(2024, 7, 1)),
        ]
        given = pregnancy(sources=(answers(groen), answers(kraam), replace(silent(stad)[-1], source=None)))
        said = decide(given, an_igo(members=members))
        assert [p.stage for p in said.phases] == ["definitief", "definitief", "voorlopig"]

    def test_but_one_that_the_data_name_is_asked_always(self) -> None:
        members = [
            member(groen, "verloskunde"),
            member(kraam, "kraamzorg"),
            member(stad, "ziekenhuis", date(2024, 7, 1)),
        ]
        listed = (answers(groen), answers(kraam), replace(silent(stad)[-1], source=None))
        given = with_care(2024, care(A.ECHO, stad, date(2024, 3, 1)), sources=listed)
        assert decided(given, igo=an_igo(members=members)).stage == "voorlopig"

    def test_a_source_of_an_unknown_organisation_may_be_a_member(self) -> None:
        unknown = organisation(None, "Praktijk zonder code", OrganisationKind.ONBEKEND)
        given = pregnancy(responsibility=(held(rood),), sources=silent(unknown))
        assert decided(given).status == "onbepaald"

    def test_uncontracted_care_is_igo_when_the_parameter_says_so(self) -> None:
        free = an_igo([], uncontracted=True)
        assert decided(pregnancy(), igo=free).status == "igo"
        assert decided(pregnancy(2022), igo=free).status == "niet_igo"  # the experiment required a contract


class TestTheDayOfHandover:
    def test_by_the_day_it_touches_both_phases_and_proves_nothing_for_the_birth(self) -> None:
        on_the_day = date(2024, 6, 1)
        given = pregnancy(responsibility=(held(rood, date(2024, 1, 2), on_the_day), held(stad, on_the_day)))
        said = decide(given)
        assert [p.status for p in said.phases] == ["niet_igo", "onbepaald", "igo"]
        assert any("tijdstip niet bekend" in m.why for m in said.missing)

    def test_by_the_instant_it_is_certain(self) -> None:
        at = datetime(2024, 6, 1, 1, tzinfo=UTC)
        before_birth = pregnancy(responsibility=(held(rood, date(2024, 1, 2), at), held(stad, at)))
        assert statuses(before_birth) == ["igo", "igo", "igo"]
        during = datetime(2024, 6, 1, 4, tzinfo=UTC)
        in_labour = pregnancy(responsibility=(held(rood, date(2024, 1, 2), during), held(stad, during)))
        assert statuses(in_labour) == ["niet_igo", "igo", "igo"]
        after = BORN.replace(hour=20)
        later = pregnancy(responsibility=(held(stad, date(2024, 1, 2), after), held(rood, after)))
        assert statuses(later)[:2] == ["igo", "igo"]

    def test_it_does_not_matter_between_members(self) -> None:
        on_the_day = date(2024, 6, 1)
        given = pregnancy(responsibility=(held(groen, date(2024, 1, 2), on_the_day), held(stad, on_the_day)))
        assert decide(given).status == "igo"


class TestInsurerAndContract:
    def test_a_contract_for_everybody_covers_an_unknown_insurer(self) -> None:
        everybody = an_igo([Contract(("*",), ALWAYS)])
        said = decide(pregnancy(insurance=()), everybody)
        assert (said.status, said.stage) == ("igo", "definitief")

    def test_no_contract_at_all_needs_no_insurer(self) -> None:
        assert decided(pregnancy(insurance=()), igo=an_igo([])).status == "niet_igo"

    def test_two_insurers_and_a_contract_with_each(self) -> None:
        both = pregnancy(insurance=(insured("1000"), insured("2000")))
        assert decided(both, igo=an_igo([Contract(("1000", "2000"), ALWAYS)])).status == "igo"
        assert decided(both).status == "onbepaald"
        assert decided(pregnancy(insurance=(insured("3000"), insured("2000")))).status == "niet_igo"

    def test_sources_that_contradict_each_other_on_insurance(self) -> None:
        said = decide(pregnancy(insurance=(insured("1000"), insured(None, False))))
        told = next(r for r in said.phases[0].reasons if r.rule.endswith("/verzekerd"))
        assert (told.outcome, "spreken elkaar tegen" in told.text) == ("unknown", True)

    @pytest.mark.parametrize(
        ("parameter", "expected"),
        [
            ("phase_start", ["niet_igo", "igo", "igo"]),
            ("pregnancy_start", ["niet_igo"] * 3),
            ("phase_end", ["igo"] * 3),
        ],
    )
    def test_the_day_that_counts_for_the_contract(self, parameter: str, expected: list[str]) -> None:
        igo = an_igo([Contract(("1000",), date(2024, 3, 1))], contract_by=parameter)
        assert [p.status for p in decide(pregnancy(), igo).phases] == expected

    @pytest.mark.parametrize(
        ("parameter", "expected"),
        [
            ("phase_start", ["niet_igo", "igo", "igo"]),
            ("pregnancy_start", ["niet_igo"] * 3),
            ("phase_end", ["igo"] * 3),
        ],
    )
    def test_the_day_that_counts_for_the_insurer(self, parameter: str, expected: list[str]) -> None:
        switched = (
            insured("2000", valid=Span(None, date(2024, 2, 29))),
            insured("1000", valid=Span(date(2024, 3, 1), None)),
        )
        given = pregnancy(insurance=switched)
        assert [p.status for p in decide(given, an_igo(insurer_on=parameter)).phases] == expected

    def test_minimum_decides_only_where_it_is_set(self) -> None:
        met = an_igo([Contract(("1000",), ALWAYS, minimum=("verloskunde", "kraamzorg"))])
        said = decided(pregnancy(), igo=met)
        assert said.status == "igo"
        assert any(r.rule.endswith("/minimum") and r.outcome == "met" for r in said.reasons)
        assert not any(r.rule.endswith("/minimum") for r in decided(pregnancy()).reasons)


class TestTheTurnOfTheRegime:
    def straddling(self) -> ClaimsProjection:
        given = with_phase(pregnancy(2023, acts=()), "prenataal", start=date(2022, 10, 1))
        return replace(
            given, responsibility=(held(groen, date(2022, 10, 1)),), acts=(care(A.ECHO, rood, date(2023, 2, 1)),)
        )

    @pytest.mark.parametrize(
        ("parameter", "regimes", "expected"),
        [
            ("phase_start", ["experiment", "regular", "regular"], ["niet_igo", "igo", "igo"]),
            ("pregnancy_start", ["experiment"] * 3, ["niet_igo", "igo", "igo"]),
            ("phase_end", ["regular"] * 3, ["igo"] * 3),
        ],
    )
    def test_which_day_counts(self, parameter: str, regimes: list[str], expected: list[str]) -> None:
        said = decide(self.straddling(), an_igo(regime_by=parameter))
        assert [p.regime for p in said.phases] == [f"selection-{r}" for r in regimes]
        assert [p.status for p in said.phases] == expected

    def test_the_pregnancy_names_both_rule_sets(self) -> None:
        said = decide(self.straddling())
        assert (said.rule_set.id, said.rule_set.version) == ("selection-experiment+selection-regular", "2017.1+2023.1")


class TestABirthThatCannotBeOne:
    """A birth before 16+0 is a loss that was written down as a birth, or a wrong date: nobody can tell which."""

    @pytest.mark.parametrize("outcome", [Outcome.BIRTH, Outcome.STILLBIRTH])
    def test_its_phases_are_onbepaald_and_a_source_is_asked(self, outcome: Outcome) -> None:
        said = decide(pregnancy(2024, outcome=outcome, gestational_days_at_end=111))
        assert [p.status for p in said.phases] == ["igo", "onbepaald", "onbepaald"]
        assert said.stage == "voorlopig"
        assert {m.variable for m in said.missing} == {"outcome"}

    def test_from_16_weeks_it_is_a_birth(self) -> None:
        assert statuses(pregnancy(2024, gestational_days_at_end=112)) == ["igo"] * 3


class TestUnknownOrganisations:
    nameless = organisation(None, "Praktijk zonder code", OrganisationKind.VERLOSKUNDIGENPRAKTIJK)
    by_ura = organisation(None, "Ziekenhuis met URA", OrganisationKind.ZIEKENHUIS, ura="00001234")

    def test_an_organisation_without_codes_may_be_a_member(self) -> None:
        said = decide(with_care(2022, care(A.CONSULT, self.nameless, date(2022, 3, 1))))
        assert said.phases[0].status == "onbepaald"
        assert decided(pregnancy(responsibility=(held(self.nameless),))).status == "onbepaald"

    def test_kraamzorg_without_codes_may_be_a_member(self) -> None:
        unknown = organisation(None, "Kraamzorg zonder code", OrganisationKind.KRAAMZORG)
        given = pregnancy(responsibility=(held(rood),), kraamzorg=Kraamzorg((unknown,), None, True, None, ()), acts=())
        assert decided(given, "postnataal").status == "onbepaald"

    def test_a_ura_is_never_read_as_an_agb_code(self) -> None:
        look_alike = organisation(None, "Elders", OrganisationKind.ZIEKENHUIS, ura="06001234")
        assert decided(with_care(2022, care(A.CONSULT, look_alike, date(2022, 3, 1)))).status == "onbepaald"

    def test_a_code_of_both_kinds_tells_them_apart(self) -> None:
        igo = an_igo(
            members=[member(groen, "verloskunde"), member(kraam, "kraamzorg"), member(self.by_ura, "ziekenhuis")]
        )
        given = with_care(
            2022,
            care(A.CONSULT, self.by_ura, date(2022, 3, 1)),
            sources=tuple(answers(o) for o in (groen, kraam, self.by_ura)),
        )
        assert decided(given, igo=igo).status == "igo"

    def test_a_kind_that_no_member_has_is_outside(self) -> None:
        insurer = organisation(None, "Verzekeraar", OrganisationKind.ZORGVERZEKERAAR)
        assert decided(with_care(2022, care(A.CONSULT, insurer, date(2022, 3, 1)))).status == "niet_igo"

    def test_care_on_an_unknown_day_by_a_member_of_a_part_of_the_time(self) -> None:
        igo = an_igo(
            members=[
                member(groen, "verloskunde"),
                member(kraam, "kraamzorg"),
                member(beeld, "echoscopie", since=date(2022, 3, 1)),
            ]
        )
        given = with_care(2022, care(A.ECHO, beeld, None), sources=tuple(answers(o) for o in (groen, kraam, beeld)))
        assert decided(given, igo=igo).status == "onbepaald"

    def test_is_named_by_what_is_known_of_it(self) -> None:
        nameless = replace(rood, name=None)
        told = next(
            r
            for r in decided(with_care(2022, care(A.ECHO, nameless, date(2022, 3, 1)))).reasons
            if r.rule.endswith("/zorg_buiten")
        )
        assert "organisatie met AGB-code 08009999" in told.text
        by_ura = replace(self.by_ura, name=None)
        assert (
            "organisatie met URA 00001234"
            in decide(with_care(2022, care(A.ECHO, by_ura, date(2022, 3, 1)))).missing[0].why
        )
        neither = replace(self.nameless, name=None)
        assert (
            "onbekende organisatie (bron:"
            in decide(with_care(2022, care(A.ECHO, neither, date(2022, 3, 1)))).missing[0].why
        )


class TestThePregnancyAsAWhole:
    def test_a_phase_not_begun_has_an_expectation_and_no_status(self) -> None:
        said = decide(ongoing())
        assert [(p.status, p.expected) for p in said.phases] == [("igo", None), (None, "igo"), (None, "igo")]
        assert (said.status, said.stage) == ("igo", "voorlopig")

    def test_before_any_phase_has_begun_nothing_is_decided(self) -> None:
        said = decide(with_phase(ongoing(acts=()), "prenataal", state="not_started", start=None))
        assert (said.status, said.stage, said.missing) == ("onbepaald", "voorlopig", ())

    def test_a_phase_that_does_not_apply_does_not_count(self) -> None:
        said = decide(miscarriage(2024))
        assert [p.status for p in said.phases] == ["igo", None, None]
        assert (said.status, said.stage) == ("igo", "definitief")

    def test_that_a_phase_does_not_apply_is_as_settled_as_the_phase_before_it(self) -> None:
        assert [p.stage for p in decide(miscarriage(2024)).phases] == ["definitief"] * 3
        unasked = replace(miscarriage(2024), sources=silent(stad))
        assert [p.stage for p in decide(unasked).phases] == ["voorlopig"] * 3

    def test_nothing_is_settled_where_nobody_knows_how_it_ended(self) -> None:
        said = decide(end_unknown())
        assert [(p.status, p.stage) for p in said.phases] == [
            ("igo", "voorlopig"),
            ("onbepaald", "voorlopig"),
            ("onbepaald", "voorlopig"),
        ]
        assert (said.status, said.stage) == ("onbepaald", "voorlopig")
        assert "of er een bevalling was" in next(m.why for m in said.missing if m.variable == "outcome")
        told = " ".join(r.text for r in said.phases[1].reasons)
        assert "was in de natale fase verantwoordelijk voor de verloskundige zorg en" not in told

    def test_mixed(self) -> None:
        given = pregnancy(
            responsibility=(held(groen, date(2024, 1, 2), date(2024, 2, 1)), held(elders, date(2024, 2, 1)))
        )
        assert decide(given).status == "gemengd"

    def test_undecided_wins_over_mixed(self) -> None:
        given = pregnancy(responsibility=(held(rood, date(2024, 1, 2), date(2024, 3, 1)),), acts=())
        assert statuses(given) == ["niet_igo", "onbepaald", "igo"]
        assert decide(given).status == "onbepaald"

    def test_a_phase_without_a_known_start_is_decided_by_its_last_day(self) -> None:
        given = with_phase(pregnancy(), "prenataal", start=None)
        assert decided(given).regime_day == date(2024, 6, 1)
        assert decided(given, "nataal", an_igo(regime_by="pregnancy_start")).regime_day == date(2024, 6, 1)


class TestReasons:
    def test_every_condition_is_told_met_or_not_with_evidence_and_source(self) -> None:
        said = decided(with_care(2022, care(A.ECHO, rood, date(2022, 3, 1)), insurance=()))
        tested = {r.rule.split("/")[1]: r for r in said.reasons if r.rule.startswith("selection-experiment/")}
        assert {name: r.outcome for name, r in tested.items()} == {
            "verzekerd": "unknown",
            "contract": "unknown",
            "lid": "met",
            "zorg_buiten": "not_met",
            "derde_lijn": "met",
        }
        assert all(r.cites for r in said.reasons)
        assert tested["zorg_buiten"].evidence[0].organisation == "08009999"

    def test_the_smallest_change_is_told(self) -> None:
        assert decided(with_care(2022, care(A.ECHO, rood, date(2022, 3, 1)))).igo_if == (
            "Als alle zorg in de prenatale fase door leden van de IGO werd gegeven "
            "(nu ook door Verloskundigenpraktijk Rood), is deze fase IGO.",
        )
        assert decided(pregnancy(insurance=(insured("2000"),))).igo_if == (
            "Als de IGO op 2 januari 2024 een contract had met verzekeraar 2000, is deze fase IGO.",
        )

    def test_two_changes_where_one_is_not_enough(self) -> None:
        given = pregnancy(insurance=(insured("2000"),), responsibility=(held(rood),))
        (only,) = decided(given).igo_if
        assert "contract had met verzekeraar 2000 en een lid van de IGO" in only

    def test_igo_needs_no_change_and_2016_has_none(self) -> None:
        assert decided(pregnancy()).igo_if == ()
        assert decided(pregnancy(2016)).igo_if == ()

    def test_only_answers_that_could_turn_it_are_missing(self) -> None:
        broken = with_care(2022, care(A.ECHO, rood, date(2022, 3, 1)), insurance=())
        assert decide(broken).phases[0].status == "niet_igo"
        assert "insurer" not in {m.variable for m in decide(broken).missing if m.phase == "prenataal"}
        assert "insurer" in {m.variable for m in decide(pregnancy(2022, insurance=())).missing}

    def test_a_kraamzorg_organisation_outside_is_named(self) -> None:
        given = pregnancy(kraamzorg=Kraamzorg((vreemd,), None, True, None, ()), acts=())
        told = next(r for r in decided(given, "postnataal").reasons if r.rule.endswith("/kraamzorg_lid"))
        assert (told.outcome, told.text) == (
            "not_met",
            "Kraamzorg Vreemd geeft de kraamzorg en is geen lid van de IGO.",
        )

    def test_two_responsible_members_are_both_named(self) -> None:
        given = pregnancy(
            responsibility=(held(groen, date(2024, 1, 2), date(2024, 3, 1)), held(blauw, date(2024, 3, 1)))
        )
        told = next(r for r in decided(given).reasons if r.rule.endswith("/verantwoordelijk"))
        assert "Verloskundigenpraktijk 't Groen en Verloskundigenpraktijk Blauw" in told.text
