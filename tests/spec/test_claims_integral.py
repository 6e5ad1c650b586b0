"""The integral claim: one pregnancy for each way to choose a prestatie, and all that may block the claim."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest

from adapter.model.carepath import PhaseName
from adapter.model.evidence import Organisation
from adapter.model.facts import ActKind, Outcome, ReferralKind
from adapter.model.projection import ClaimsProjection, Kraamzorg, ProjectedReferral
from adapter.model.register import Contract
from tests.support.claims_world import (
    ALWAYS,
    advise,
    advised,
    an_igo,
    blauw,
    care,
    catalogue,
    decided,
    elders,
    end_unknown,
    groen,
    held,
    kraam,
    member,
    miscarriage,
    ongoing,
    pregnancy,
    rood,
    silent,
    stad,
    vreemd,
    with_phase,
)

A = ActKind
BIRTH = date(2024, 6, 1)
EVERYTHING = an_igo([Contract(("*",), ALWAYS)])


def in_hospital(delivery: str | None = "spontaan", **changes: object) -> ClaimsProjection:
    """Referred in May; born in the member hospital."""
    at = date(2024, 5, 20)
    given = pregnancy(
        responsibility=(held(groen, date(2024, 1, 2), at), held(stad, at)),
        acts=(care(A.INTAKE, groen, date(2024, 1, 2)), care(A.BEVALLING, stad, BIRTH, "nataal")),
        place_of_birth="ziekenhuis",
        birth_organisation=stad,
        delivery_type=delivery,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Case:
    row: str
    why: str
    given: ClaimsProjection
    prestatie: str | None
    phase: PhaseName = "prenataal"


CASES = [
    Case("prenataal-eindigend-voor-16-weken", "miscarriage in 2022", miscarriage(2022), "begeleiding-tot-16-weken"),
    Case("prenataal-voor-16-weken-onder-prenataal", "miscarriage in 2023", miscarriage(2023), "geboortezorg-prenataal"),
    Case("prenataal-hele-fase", "a member from beginning to end", pregnancy(), "geboortezorg-prenataal"),
    Case(
        "prenataal-deel-van-de-fase",
        "she came from a practice outside the IGO",
        pregnancy(responsibility=(held(rood, None, date(2024, 3, 1)), held(groen, date(2024, 3, 1)))),
        "prenataal-deel",
    ),
    Case("nataal-eerste-lijn", "at home with the practice", pregnancy(), "nataal-eerstelijn", "nataal"),
    Case("nataal-tweede-lijn", "in the member hospital", in_hospital(), "nataal-tweedelijn", "nataal"),
    Case("nataal-sectio-caesarea", "caesarean there", in_hospital("primaire_sectio"), "nataal-sectio", "nataal"),
    Case(
        "nataal-lijn-onbekend",
        "igo by a laboratory alone (parameter any): nobody can tell the line",
        pregnancy(
            responsibility=(), acts=(care(A.LAB, kraam, BIRTH, "nataal"),), birth_organisation=None, delivery_type=None
        ),
        None,
        "nataal",
    ),
    Case("postnataal-volledig", "kraamzorg and checks by members", pregnancy(), "postnataal", "postnataal"),
    Case(
        "postnataal-met-verblijf",
        "mother or child stayed in the member hospital",
        in_hospital(acts=(care(A.OPNAME, stad, BIRTH, "postnataal"),)),
        "postnataal-verblijf",
        "postnataal",
    ),
    Case(
        "postnataal-zonder-kraamzorg-van-lid",
        "kraamzorg by an outsider",
        pregnancy(kraamzorg=Kraamzorg((vreemd,), 49.0, True, None, ()), acts=pregnancy().acts[:3]),
        "postnataal-deel",
        "postnataal",
    ),
    Case(
        "postnataal-zonder-controles-van-lid",
        "checks by an outsider",
        pregnancy(responsibility=(held(rood),), acts=(care(A.KRAAMZORG, kraam, BIRTH, "postnataal"),)),
        "postnataal-deel",
        "postnataal",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.row)
def test_the_prestatie_that_fits(case: Case) -> None:
    igo = an_igo(member_care="any") if case.row == "nataal-lijn-onbekend" else an_igo()
    said = advised(case.given, case.phase, igo)
    assert said.reasons[0].rule == case.row, case.why
    assert (said.prestatie.id if said.prestatie else None) == case.prestatie
    assert (said.claim is None) == (case.prestatie is None)


def test_every_row_of_every_choice_has_its_pregnancy() -> None:
    tables = catalogue().tables
    rows = {row.id for phase in ("prenataal", "nataal", "postnataal") for row in tables[phase].rows}
    assert rows == {case.row for case in CASES}


def test_nine_prestaties_two_names_verified_and_no_code() -> None:
    entries = catalogue().integral.values()
    assert len(entries) == 9
    assert {e.name for e in entries if e.standing == "verified"} == {
        "begeleiding eindigend voor 16 weken zwangerschap",
        "geboortezorg prenataal",
    }
    assert all(e.code is None and e.choice(date(2024, 1, 1)).standing == "provisional" for e in entries)


class TestChoosing:
    def test_an_early_end_is_an_end_before_16_weeks(self) -> None:
        chosen = {days: advised(miscarriage(2022, days=days)).prestatie for days in (111, 112)}
        assert {d: c.id for d, c in chosen.items() if c} == {
            111: "begeleiding-tot-16-weken",
            112: "geboortezorg-prenataal",
        }

    def test_an_ectopic_pregnancy_ends_early_at_any_age(self) -> None:
        said = advised(miscarriage(2022, Outcome.ECTOPIC, None))
        assert said.prestatie is not None and said.prestatie.id == "begeleiding-tot-16-weken"

    def test_an_unknown_age_leaves_the_choice_open(self) -> None:
        said = advised(miscarriage(2022, Outcome.MISCARRIAGE, None))
        assert said.claim is not None
        assert "nog niet bekend: Eindigde de zwangerschap vóór 16 weken?" in said.claim.blocked_by

    def test_switching_between_members_is_no_part(self) -> None:
        at = date(2024, 3, 1)
        both = (held(groen, date(2024, 1, 2), at), held(blauw, at))
        inside = pregnancy(responsibility=both, practice_switch=True)
        assert (advised(inside).prestatie or pytest.fail()).id == "geboortezorg-prenataal"
        assert (advised(pregnancy(moved=True)).prestatie or pytest.fail()).id == "prenataal-deel"

    def test_a_caesarean_elsewhere_is_not_the_members_caesarean(self) -> None:
        at = datetime(2024, 6, 1, 4, tzinfo=UTC)
        given = pregnancy(
            responsibility=(held(groen, date(2024, 1, 2), at), held(elders, at)),
            birth_organisation=elders,
            delivery_type="secundaire_sectio",
        )
        assert (advised(given, "nataal").prestatie or pytest.fail()).id == "nataal-eerstelijn"

    def test_a_caesarean_recorded_as_care_is_enough(self) -> None:
        given = in_hospital(None, acts=(care(A.SECTIO, stad, BIRTH, "nataal"),))
        assert (advised(given, "nataal").prestatie or pytest.fail()).id == "nataal-sectio"

    def test_an_unknown_kind_of_birth_in_hospital_blocks_the_claim(self) -> None:
        said = advised(in_hospital(None), "nataal")
        assert said.claim is not None and said.prestatie is not None
        assert said.prestatie.id == "nataal-tweedelijn"
        assert any("sectio" in why for why in said.claim.blocked_by)

    @pytest.mark.parametrize("delivery", ["vacuum", "forceps", "secundaire_sectio"])
    def test_a_delivery_by_a_specialist_whom_nobody_named_is_not_first_line(self, delivery: str) -> None:
        given = pregnancy(delivery_type=delivery, birth_organisation=None, place_of_birth="ziekenhuis")
        assert (decided(given, "nataal").status, advised(given, "nataal").prestatie) == ("igo", None)
        midwife = pregnancy(delivery_type="spontaan", birth_organisation=None, place_of_birth="ziekenhuis")
        assert (advised(midwife, "nataal").prestatie or pytest.fail()).id == "nataal-eerstelijn"

    def test_a_prenatal_phase_that_ended_nobody_knows_when_may_not_have_been_complete(self) -> None:
        claim = advised(end_unknown()).claim
        assert claim is not None and any("van begin tot eind" in why for why in claim.blocked_by)

    def test_a_caesarean_elsewhere_recorded_as_care_is_no_sectio_here(self) -> None:
        given = in_hospital(None, acts=(care(A.SECTIO, elders, BIRTH, "nataal"),))
        assert (advised(given, "nataal").prestatie or pytest.fail()).id == "nataal-tweedelijn"

    def test_a_caesarean_of_unknown_place_follows_who_was_responsible(self) -> None:
        given = in_hospital("sectio", birth_organisation=None, acts=())
        assert (advised(given, "nataal").prestatie or pytest.fail()).id == "nataal-sectio"

    def test_the_member_that_assisted_tells_the_line_where_nobody_was_responsible(self) -> None:
        given = pregnancy(responsibility=())
        said = advised(given, "nataal", an_igo(member_care="any"))
        assert (said.prestatie or pytest.fail()).id == "nataal-eerstelijn"

    def test_kraamzorg_declined_leaves_a_part(self) -> None:
        given = pregnancy(kraamzorg=Kraamzorg((), None, None, True, ()), acts=())
        assert (advised(given, "postnataal").prestatie or pytest.fail()).id == "postnataal-deel"

    def test_kraamzorg_unknown_blocks_the_claim(self) -> None:
        given = pregnancy(kraamzorg=Kraamzorg((), None, None, None, ()), acts=())
        claim = advised(given, "postnataal").claim
        assert claim is not None and "nog niet bekend: Gaf een lid van de IGO de kraamzorg?" in claim.blocked_by


class TestWhoWasThereAtTheBirth:
    """Born late on 1 June; the phase ends after midnight, on the day the practice takes over again."""

    def late(self, hospital: Organisation) -> ClaimsProjection:
        end = datetime(2024, 6, 1, 23, 30, tzinfo=UTC)
        given = in_hospital(
            birth_organisation=hospital,
            responsibility=(
                held(groen, date(2024, 1, 2), date(2024, 5, 30)),
                held(hospital, date(2024, 5, 31), BIRTH),
                held(groen, date(2024, 6, 2)),
            ),
        )
        return with_phase(with_phase(given, "nataal", end=end), "postnataal", start=end)

    def test_the_member_hospital(self) -> None:
        assert (advised(self.late(stad), "nataal").prestatie or pytest.fail()).id == "nataal-tweedelijn"

    def test_a_hospital_outside_leaves_nothing_natal_to_claim(self) -> None:
        assert advised(self.late(elders), "nataal").claim is None

    @pytest.mark.parametrize(
        ("since", "until", "prestatie"),
        [
            (ALWAYS, None, "geboortezorg-prenataal"),
            (ALWAYS, date(2024, 3, 1), "prenataal-deel"),  # left: from then on her care was not by a member
            (date(2024, 3, 1), None, "prenataal-deel"),  # joined: until then it was not
            (date(2024, 1, 2), date(2024, 6, 1), "geboortezorg-prenataal"),  # a member on every day of the phase
        ],
    )
    def test_a_practice_that_joined_or_left_meanwhile_gave_a_part(
        self, since: date, until: date | None, prestatie: str
    ) -> None:
        members = [member(groen, "verloskunde", since, until), member(kraam, "kraamzorg")]
        found = advised(pregnancy(), "prenataal", an_igo(members=members)).prestatie
        assert found is not None and found.id == prestatie

    def test_handed_over_by_an_outsider_before_the_phase_is_a_part(self) -> None:
        referral = ProjectedReferral(ReferralKind.OVERDRACHT, date(2024, 1, 2), rood, groen, ())
        assert (advised(pregnancy(referrals=(referral,))).prestatie or pytest.fail()).id == "prenataal-deel"
        for harmless in (
            replace(referral, sender=blauw),
            replace(referral, kind=ReferralKind.CONSULT),
            replace(referral, day=date(2024, 7, 1)),
        ):
            assert (advised(pregnancy(referrals=(harmless,))).prestatie or pytest.fail()).id == "geboortezorg-prenataal"


class TestTheClaim:
    def test_is_complete_as_data(self) -> None:
        igo = an_igo([Contract(("1000",), ALWAYS, tariff={"geboortezorg-prenataal": 123400})])
        claim = advised(pregnancy(), igo=igo).claim
        assert claim is not None
        assert (claim.claimant_agb, claim.uzovi, claim.prestatie, claim.quantity) == (
            "53000001",
            "1000",
            "geboortezorg-prenataal",
            1,
        )
        assert (claim.from_, claim.to, claim.tariff, claim.amount) == (date(2024, 1, 2), BIRTH, 123400, 123400)
        assert (claim.ready, claim.blocked_by) == (False, ("prestatiecode ontbreekt (voorlopige lijst)",))

    def test_says_everything_that_blocks_it(self) -> None:
        given = with_phase(ongoing(insurance=(), sources=silent(kraam)), "prenataal", start=None)
        claim = advised(given, igo=EVERYTHING).claim
        assert claim is not None and claim.blocked_by == (
            "prestatiecode ontbreekt (voorlopige lijst)",
            "fase loopt nog",
            "begin van de fase onbekend",
            "tarief nog niet afgesproken",
            "verzekeraar onbekend",
            "besluit is nog voorlopig",
        )

    def test_needs_an_end(self) -> None:
        claim = advised(with_phase(pregnancy(), "postnataal", end=None), "postnataal").claim
        assert claim is not None and "einde van de fase onbekend" in claim.blocked_by

    def test_needs_the_prestatie_to_be_agreed(self) -> None:
        claim = advised(pregnancy(), igo=an_igo([Contract(("1000",), ALWAYS, prestaties=("postnataal",))])).claim
        assert claim is not None
        assert "prestatie geboortezorg prenataal is niet overeengekomen met de verzekeraar" in claim.blocked_by

    def test_without_a_contract_is_blocked(self) -> None:
        claim = advised(pregnancy(), igo=an_igo([], uncontracted=True)).claim
        assert claim is not None and "geen contract met de verzekeraar" in claim.blocked_by

    def test_names_what_members_must_not_claim_beside_it(self) -> None:
        said = advise(pregnancy())
        beside = {phase: [(n.agb, n.prestatie) for n in claim.not_to_claim] for phase, claim in said.items()}
        assert beside == {
            "prenataal": [("08001234", "volledige prenatale zorg"), ("72001234", "inschrijving kraamzorg")],
            "nataal": [("08001234", "volledige natale zorg")],
            "postnataal": [("08001234", "volledige postnatale zorg"), ("72001234", "kraamzorg")],
        }
        assert {n.why for claim in said.values() for n in claim.not_to_claim} == {"valt binnen de integrale prestatie"}
        assert all(claim.fallback == () for claim in said.values())

    def test_waits_while_the_phase_is_undecided(self) -> None:
        said = advised(pregnancy(insurance=()))
        assert (said.prestatie, said.claim, said.not_to_claim, said.fallback) == (None, None, (), ())

    def test_of_a_phase_not_begun_is_a_forecast(self) -> None:
        said = advise(ongoing())
        assert said["prenataal"].forecast is None
        forecast = said["postnataal"].forecast
        assert forecast is not None and forecast.status == "igo" and forecast.prestatie is not None
        assert forecast.reasons and said["postnataal"].claim is None
        broken = advise(ongoing(insurance=()))["nataal"].forecast
        assert broken is not None and (broken.status, broken.prestatie) == ("onbepaald", None)

    def test_of_a_phase_that_does_not_apply_is_nothing(self) -> None:
        said = advised(miscarriage(2024), "nataal")
        assert (said.prestatie, said.claim, said.fallback, said.forecast) == (None, None, (), None)
