"""The bundle of the experiment (until 2023): what breaks it, what does not, and what cannot be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.facts import ActKind
from adapter.model.projection import ClaimsProjection, Kraamzorg
from adapter.model.sources import SourceState
from tests.support.claims_world import (
    an_igo,
    answers,
    beeld,
    care,
    decide,
    decided,
    elders,
    groen,
    held,
    kraam,
    member,
    organisation,
    pregnancy,
    rood,
    silent,
    stad,
    with_care,
    with_phase,
)

A = ActKind


def statuses(given: ClaimsProjection, **rules: str) -> list[str | None]:
    return [p.status for p in decide(given, an_igo(**rules) if rules else None).phases]


class TestTheBundleOfTheExperiment:
    def test_breaks_in_the_phase_of_the_outside_care_only(self) -> None:
        given = with_care(2022, care(A.ECHO, rood, date(2022, 3, 1)))
        said = decide(given)
        assert [p.status for p in said.phases] == ["niet_igo", "igo", "igo"]
        assert said.status == "gemengd"
        assert [(o.organisation.name, o.what, o.phase, o.day) for o in said.outside_care] == [
            ("Verloskundigenpraktijk Rood", "echo", "prenataal", date(2022, 3, 1))
        ]

    def test_breaks_in_every_phase_when_the_parameter_says_so(self) -> None:
        given = with_care(2022, care(A.ECHO, rood, date(2022, 3, 1)))
        assert statuses(given, break_scope="pregnancy") == ["niet_igo"] * 3

    def test_with_that_parameter_nothing_is_final_before_the_last_phase_is_over(self) -> None:
        given = with_phase(pregnancy(2022), "postnataal", state="running", end=None)
        assert decide(given).phases[0].stage == "definitief"
        assert decide(given, an_igo(break_scope="pregnancy")).phases[0].stage == "voorlopig"

    @pytest.mark.parametrize("kind", [A.HIGH_CARE, A.GUO, A.NIPT, A.PRECONCEPTIE, A.NEONATOLOGIE, A.FERTILITEIT])
    def test_does_not_break_on_what_is_outside_its_scope(self, kind: ActKind) -> None:
        said = decided(with_care(2022, care(kind, elders, date(2022, 3, 1), line="derde_lijn")))
        assert said.status == "igo"
        told = [r for r in said.reasons if r.rule.startswith("scope-2022-")]
        assert told and told[0].evidence and "telt niet als zorg buiten de IGO" in told[0].text

    def test_asks_a_person_about_third_line_care(self) -> None:
        said = decide(with_care(2022, care(A.OPNAME, elders, date(2022, 3, 1), line="derde_lijn")))
        assert said.phases[0].status == "onbepaald"
        question = next(m for m in said.missing if m.variable == "high_care")
        assert "Ziekenhuis Elders" in question.why and "1 maart 2022" in question.why and question.why.count("?") == 1
        assert any("high care obstetrie blijkt te zijn" in text for text in said.phases[0].igo_if)

    @pytest.mark.parametrize("who", [stad, kraam])
    def test_is_not_put_in_doubt_by_the_silence_of_a_member(self, who: Organisation) -> None:
        """Members' care never breaks a bundle; the missing answer keeps the phase voorlopig, and is named."""
        said = decide(pregnancy(2022, sources=silent(who)))
        assert [(p.status, p.stage) for p in said.phases] == [("igo", "voorlopig")] * 3
        assert (said.status, said.standing) == ("igo", "provisional")
        assert [m.why for m in said.missing] == [f"{who.name} gaf geen antwoord (storing)."]
        asked = [r for r in said.phases[0].reasons if r.rule == "selection-experiment/zorg_buiten"]
        assert [(r.outcome, r.standing) for r in asked] == [("met", "provisional")]
        assert f"{who.name} gaf geen antwoord" in asked[0].text and "alle bronnen" not in asked[0].text

    def test_is_put_in_doubt_by_the_silence_of_whoever_was_a_member_for_a_part_of_the_phase(self) -> None:
        later = [member(groen, "verloskunde"), member(kraam, "kraamzorg"), member(stad, "ziekenhuis", date(2022, 3, 1))]
        said = decide(pregnancy(2022, sources=silent(stad)), an_igo(members=later))
        assert [p.status for p in said.phases] == ["onbepaald", "igo", "igo"]

    @pytest.mark.parametrize("state", [SourceState.FAILED, SourceState.REFUSED, SourceState.NOT_ASKED])
    def test_is_put_in_doubt_by_the_silence_of_an_organisation_of_an_unknown_kind(self, state: SourceState) -> None:
        unknown = organisation(None, "Praktijk zonder code", OrganisationKind.ONBEKEND)
        said = decide(pregnancy(2022, sources=silent(unknown, state=state)))
        assert said.status == "onbepaald"

    def test_kraamzorg_that_nobody_knows_of_leaves_the_postnatal_phase_open(self) -> None:
        given = pregnancy(2022, kraamzorg=Kraamzorg((), None, None, None, ()), acts=pregnancy(2022).acts[:3])
        said = decide(replace(given, sources=silent(kraam)))
        assert [p.status for p in said.phases] == ["igo", "igo", "onbepaald"]

    def test_is_broken_by_a_responsible_outsider_without_a_single_act(self) -> None:
        given = pregnancy(
            2022,
            responsibility=(
                held(groen, date(2022, 1, 2), date(2022, 3, 1)),
                held(rood, date(2022, 3, 1), date(2022, 5, 1)),
            ),
        )
        said = decide(given)
        assert said.phases[0].status == "niet_igo"
        assert said.outside_care[0].what == "verantwoordelijk voor de verloskundige zorg"

    def test_member_left_before_the_care(self) -> None:
        igo = an_igo(
            members=[
                member(groen, "verloskunde"),
                member(kraam, "kraamzorg"),
                member(beeld, "echoscopie", until=date(2022, 2, 1)),
            ]
        )
        given = with_care(
            2022, care(A.ECHO, beeld, date(2022, 3, 1)), sources=tuple(answers(o) for o in (groen, kraam, beeld))
        )
        assert decided(given, igo=igo).status == "niet_igo"
        same_day = with_care(2022, care(A.ECHO, beeld, date(2022, 2, 1)), sources=given.sources)
        assert decided(same_day, igo=igo).status == "igo"

    def test_counts_from_the_physical_intake(self) -> None:
        early = care(A.ECHO, rood, date(2022, 1, 10))
        given = pregnancy(
            2022,
            acts=(early, care(A.INTAKE, groen, date(2022, 1, 20))),
            responsibility=(held(groen, date(2022, 1, 20)),),
        )
        said = decided(given)
        assert (said.status, said.start) == ("igo", date(2022, 1, 20))

    def test_intake_in_2023_falls_under_the_regular_rules(self) -> None:
        given = with_phase(
            pregnancy(2023, acts=(care(A.INTAKE, groen, date(2023, 1, 5)),)), "prenataal", start=date(2022, 12, 20)
        )
        assert decided(given).regime == "selection-regular"

    def test_an_intake_by_kraamzorg_is_not_the_intake(self) -> None:
        given = with_care(2022, care(A.INTAKE, kraam, date(2022, 3, 10)))
        assert decided(replace(given, acts=given.acts[1:])).start == date(2022, 1, 2)

    def test_care_on_an_unknown_day_by_an_outsider_cannot_be_placed(self) -> None:
        said = decide(with_care(2022, care(A.CONSULT, rood, None, None)))
        assert [p.status for p in said.phases] == ["onbepaald"] * 3
        assert "outside_care" in {m.variable for m in said.missing}

    def test_care_on_an_unknown_day_by_a_member_is_care_by_a_member(self) -> None:
        assert decided(with_care(2022, care(A.CONSULT, groen, None, None))).status == "igo"

    def test_care_of_an_unknown_kind_is_a_question(self) -> None:
        said = decide(with_care(2022, care(A.OVERIG, rood, date(2022, 3, 1))))
        assert said.phases[0].status == "onbepaald"
        assert "overige zorg op 1 maart 2022" in said.missing[0].why

    def test_kraamzorg_that_nobody_knows_of_may_be_outside(self) -> None:
        unknown = pregnancy(2022, kraamzorg=Kraamzorg((), None, None, None, ()), acts=pregnancy(2022).acts[:3])
        assert statuses(unknown) == ["igo", "igo", "onbepaald"]

    def test_other_disciplines_are_told_by_what_they_do(self) -> None:
        assert (
            decided(with_care(2022, care(A.CONSULT, rood, date(2022, 3, 1), discipline="dietetiek"))).status
            == "onbepaald"
        )

    def test_many_outsiders_are_counted_not_recited(self) -> None:
        extra = [
            care(
                A.CONSULT,
                organisation(f"0800{n}", f"Praktijk {n}", OrganisationKind.VERLOSKUNDIGENPRAKTIJK),
                date(2022, 3, 1),
            )
            for n in range(5551, 5556)
        ]
        told = next(r for r in decided(with_care(2022, *extra)).reasons if r.rule.endswith("/zorg_buiten"))
        assert "(en nog 2)" in told.text and len(told.evidence) == 5
