"""The adapter on the official Nictiz dossiers, as folders of files and over HTTP; expectations written out by hand.

The material is not part of this project: where it is absent these tests skip. `test_region.py` covers the same ground
with synthetic data.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapter.model.carepath import CarePath
from adapter.model.decision import Decision
from adapter.model.sources import FhirVersion
from support.dossiers import Member, Source, case, configure, moved, run
from support.epd import served

MIDWIFE, HOSPITAL, KRAAMZORG = "08001234", "06020806", "33112345"
pytestmark = pytest.mark.repeats
PRACTICE = Member("Verloskundigenpraktijk 't Groen", MIDWIFE, "verloskunde")
ERASMUS = Member("Erasmus MC", HOSPITAL, "ziekenhuis")
BLIJE_EI = Member("Kraamzorg Het Blije Ei", KRAAMZORG, "kraamzorg")

FIRST, SECOND = "gz-izb-kwa-3A-V2_meerling_1elijn", "gz-izb-kwa-3B-V2_meerling_2elijn"
INTO_2021 = -1096


@contextmanager
def sources(tmp: Path, how: str, *cases: tuple[str, str], days: int = 0) -> Iterator[list[Source]]:
    """The cases as sources: folders of files, or EPDs that answer over HTTP."""
    found: list[Source] = []
    with ExitStack() as stack:
        for number, (name, agb) in enumerate(cases):
            folder = case(name)
            if days:
                folder = moved(folder, tmp / f"moved-{number}", days)
            if how == "http":
                url = stack.enter_context(served(folder, FhirVersion.STU3))
                found.append(Source(f"bron-{number}", agb, base_url=url))
            else:
                found.append(Source(f"bron-{number}", agb, path=folder))
        yield found


def twins(tmp: Path, members: list[Member], how: str = "files", days: int = 0) -> tuple[CarePath, Decision]:
    with sources(tmp, how, (FIRST, MIDWIFE), (SECOND, HOSPITAL), days=days) as found:
        return run(configure(tmp, found, members)).only()


def statuses(decision: Decision) -> list[str | None]:
    return [p.status for p in decision.phases]


def prestaties(decision: Decision) -> list[str | None]:
    return [p.prestatie.id if p.prestatie else None for p in decision.phases]


@pytest.mark.parametrize("how", ["files", "http"])
def test_one_woman_in_two_epds_is_one_pregnancy_with_one_timeline(tmp_path: Path, how: str) -> None:
    path, _ = twins(tmp_path, [PRACTICE, ERASMUS], how)

    assert [(r.organisation.agb, r.from_, r.to) for r in path.responsibility] == [
        (MIDWIFE, date(2024, 1, 6), date(2024, 1, 17)),
        (HOSPITAL, date(2024, 1, 18), None),
    ]
    assert path.facts["edd"].value == date(2024, 7, 31) and path.facts["edd"].basis == "definitive"
    assert path.facts["lmp"].value == date(2023, 10, 25)
    assert (path.facts["gravidity"].value, path.facts["parity"].value, path.facts["fetuses"].value) == (1, 0, 2)
    assert path.outcome == "birth" and path.ended_on == date(2024, 7, 24) and len(path.children) == 2
    assert path.gestational_age is not None
    assert (path.gestational_age.weeks, path.gestational_age.days) == (39, 0)
    assert {s.state for s in path.sources} == {"answered"}


def test_the_chorionicity_on_which_the_sources_differ_is_shown_with_both(tmp_path: Path) -> None:
    path, _ = twins(tmp_path, [PRACTICE, ERASMUS])

    (conflict,) = [c for c in path.conflicts if c.about == "chorionicity"]
    shown = {v.value: {e.source for e in v.evidence} for v in conflict.values}
    assert shown == {"monochoriaal_diamniotisch": {"bron-1"}, "dichoriaal_diamniotisch": {"bron-0"}}


def test_the_natal_phase_starts_with_the_sectio_and_ends_two_hours_after_a_derived_moment(tmp_path: Path) -> None:
    path, _ = twins(tmp_path, [PRACTICE, ERASMUS])

    nataal = path.phase("nataal")
    assert nataal.start.value == datetime(2024, 7, 24, 12, 3, tzinfo=UTC)
    assert nataal.end.derived  # no placenta in the dossier
    assert path.phase("prenataal").start.value == date(2024, 1, 6)
    assert path.phase("prenataal").end.value == nataal.start.value
    assert path.phase("postnataal").start.value == nataal.end.value


@pytest.mark.parametrize(
    ("members", "status", "claimed"),
    [
        ([PRACTICE, ERASMUS], ["igo", "igo", "igo"], ["geboortezorg-prenataal", "nataal-sectio", "postnataal-deel"]),
        # The midwife was responsible for part of the prenatal phase; after it only the outsider was. Whether a
        # kraamzorg organisation that is a member cared for her, nobody told us.
        ([PRACTICE], ["igo", "niet_igo", "onbepaald"], ["prenataal-deel", None, None]),
        ([BLIJE_EI], ["niet_igo", "niet_igo", "onbepaald"], [None, None, None]),
    ],
    ids=["both members", "hospital not a member", "neither"],
)
def test_regular_funding_counts_a_phase_for_which_a_member_was_responsible(
    tmp_path: Path, members: list[Member], status: list[str], claimed: list[str | None]
) -> None:
    _, decision = twins(tmp_path, members)

    assert statuses(decision) == status
    assert prestaties(decision) == claimed
    assert decision.stage == "voorlopig"  # who gave kraamzorg is not known
    assert decision.standing == "provisional"


@pytest.mark.parametrize(
    ("members", "status"),
    [
        # All that is known was given by members; who gave the kraamzorg could still break the postnatal phase.
        ([PRACTICE, ERASMUS], ["igo", "igo", "onbepaald"]),
        # The kraamzorg organisation was not asked. As a member it can hide no care outside the IGO, but who gave the
        # kraamzorg is not known.
        ([PRACTICE, ERASMUS, BLIJE_EI], ["igo", "igo", "onbepaald"]),
        ([PRACTICE], ["niet_igo", "niet_igo", "niet_igo"]),
        ([BLIJE_EI], ["niet_igo", "niet_igo", "niet_igo"]),
    ],
    ids=["both members", "all members", "hospital not a member", "neither"],
)
def test_in_the_experiment_care_outside_the_igo_breaks_the_bundle(
    tmp_path: Path, members: list[Member], status: list[str]
) -> None:
    path, decision = twins(tmp_path, members, days=INTO_2021)

    assert path.ended_on == date(2021, 7, 24)
    assert statuses(decision) == status
    assert bool(decision.outside_care) == (ERASMUS not in members)


def test_a_pregnancy_whose_end_nobody_wrote_is_not_settled(tmp_path: Path) -> None:
    """Handed over at 12 weeks, and the hospital is no source: there may well have been a birth."""
    with sources(tmp_path, "files", (FIRST, MIDWIFE)) as found:
        path, decision = run(configure(tmp_path, found, [PRACTICE])).only()

    assert (path.state, path.outcome, path.ended_on) == ("ended", "unknown", None)
    assert [p.state for p in path.phases] == ["ended", "ended", "ended"]
    assert statuses(decision) == ["igo", "onbepaald", "onbepaald"]
    assert {p.stage for p in decision.phases} == {"voorlopig"} == {decision.stage}


def test_an_insurer_without_a_uzovi_code_is_not_taken_for_one(tmp_path: Path) -> None:
    with sources(tmp_path, "files", ("gz-ize-kwa-casus1", "90000001")) as found:
        path, _ = run(configure(tmp_path, found, [PRACTICE], uzovi="1000")).only()

    assert (path.facts["insurer"].value, path.facts["insurer"].display) == (None, "NN")
    assert [c.about for c in path.conflicts].count("insurer") == 1


def test_a_vacuum_delivery_in_a_hospital_that_nobody_names_is_not_first_line(tmp_path: Path) -> None:
    with sources(tmp_path, "files", ("gz-izk-kwa-casus1", KRAAMZORG)) as found:
        path, decision = run(configure(tmp_path, found, [PRACTICE, BLIJE_EI])).only()

    assert path.facts["delivery_type"].value == "vacuum"
    assert prestaties(decision)[1] is None


def test_equal_dates_never_link_two_women(tmp_path: Path) -> None:
    with sources(tmp_path, "files", (FIRST, MIDWIFE), (SECOND, HOSPITAL), ("gz-izv-kwa-casus2", HOSPITAL)) as found:
        result = run(configure(tmp_path, found, [PRACTICE, ERASMUS]))

    assert len(result.paths) == 2
    jamila, fiona = sorted(result.paths, key=lambda p: str(p.woman.birth_date))
    assert jamila.facts["lmp"].value == fiona.facts["lmp"].value == date(2023, 10, 25)
    assert jamila.facts["edd"].value == fiona.facts["edd"].value == date(2024, 7, 31)
    assert jamila.woman.id != fiona.woman.id


def test_a_transfer_of_care_moves_the_responsibility(tmp_path: Path) -> None:
    members = [
        Member("Verloskundigenpraktijk 't Groen", MIDWIFE, "verloskunde", ura="08001234"),
        Member("Erasmus MC", HOSPITAL, "ziekenhuis", ura="06020806"),
    ]
    with sources(tmp_path, "files", ("gz-izv-kwa-casus2", HOSPITAL)) as found:
        path, decision = run(configure(tmp_path, found, members)).only()

    (referral,) = [r for r in path.referrals if r.kind == "overdracht"]
    assert referral.from_ and referral.from_.ura == "08001234"
    assert referral.to and referral.to.ura == "06020806"
    assert [r.organisation.ura for r in path.responsibility] == ["08001234", "06020806"]
    assert statuses(decision) == ["igo", "igo", "igo"]


def test_a_ura_is_never_read_as_an_agb_code(tmp_path: Path) -> None:
    """The dossier names organisations by URA only; a register with AGB codes alone cannot know them."""
    with sources(tmp_path, "files", ("gz-izv-kwa-casus2", HOSPITAL)) as found:
        _, decision = run(configure(tmp_path, found, [PRACTICE, ERASMUS])).only()

    assert statuses(decision) == ["onbepaald", "onbepaald", "onbepaald"]


def test_two_pregnancies_of_one_woman_stay_apart_and_the_earlier_one_ended_at_home(tmp_path: Path) -> None:
    now, before = ("gz-izb-kwa-1-V1_actieve_zwschap", MIDWIFE), ("gz-izb-kwa-2-V1_vorige_zwschap", MIDWIFE)
    with sources(tmp_path, "files", now, before) as found:
        config = configure(tmp_path, found, [PRACTICE])
        result = run(config, datetime(2024, 7, 29, 12, tzinfo=UTC))

    earlier, current = sorted(result.paths, key=lambda p: str(p.facts["edd"].value))
    assert earlier.woman.id == current.woman.id
    assert (earlier.outcome, earlier.ended_on) == ("birth", date(2022, 12, 20))
    assert earlier.facts["place_of_birth"].value == "thuis"
    assert earlier.facts["labour_start"].value == datetime(2022, 12, 20, 0, 19, tzinfo=UTC)
    assert (current.state, current.outcome) == ("ongoing", None)
    assert current.facts["edd"].value == date(2024, 10, 31)
    assert [c.value for c in current.facts["edd"].conflicts] == [date(2024, 11, 5)]
    assert (current.facts["gravidity"].value, current.facts["parity"].value) == (3, 1)
    assert [p.state for p in current.phases] == ["running", "not_started", "not_started"]


def test_kraamzorg_in_a_dossier_that_the_practice_manages(tmp_path: Path) -> None:
    with sources(tmp_path, "files", ("gz-izk-kwa-casus1", KRAAMZORG)) as found:
        path, decision = run(configure(tmp_path, found, [PRACTICE, BLIJE_EI], uzovi="1000")).only()

    # The home visits name the kraamzorg organisation, or a performer who works there; the rest is the practice's.
    assert {(i.organisation.agb, i.acts) for i in path.involved} == {(KRAAMZORG, 3), (MIDWIFE, 2)}
    assert [r.organisation.agb for r in path.responsibility] == [MIDWIFE]
    assert path.facts["kraamzorg_hours"].value == 43
    assert path.facts["insurer"].value == "1000"
    assert path.facts["labour_start"].value == datetime(2024, 4, 9, 6, 0, tzinfo=UTC)
    assert path.facts["placenta_birth"].value == datetime(2024, 4, 9, 12, 40, tzinfo=UTC)
    nataal = path.phase("nataal")
    assert nataal.start.value == datetime(2024, 4, 9, 6, 0, tzinfo=UTC)
    assert nataal.end.value == datetime(2024, 4, 9, 14, 40, tzinfo=UTC)
    assert not nataal.start.derived and not nataal.end.derived
    assert (path.facts["intended_place_of_birth"].value, path.facts["place_of_birth"].value) == ("thuis", "ziekenhuis")
    assert statuses(decision) == ["igo", "igo", "igo"]
    assert decision.phases[2].claim is not None and decision.phases[2].claim.uzovi == "1000"


def test_the_masked_qualification_dossiers_are_left_apart_and_said_so(tmp_path: Path) -> None:
    """The hospital's half comes without its Patient: a reference between them is all there is, and not enough."""
    halves = ("Vrouw2-Kaart3-1elijn", MIDWIFE), ("Vrouw2-Kaart3-2elijn", HOSPITAL)
    with sources(tmp_path, "files", *halves) as found:
        result = run(configure(tmp_path, found, [PRACTICE, ERASMUS]))

    assert len({p.woman.id for p in result.paths}) == 2
    notes = [n for p in result.paths for n in p.links]
    assert any(n.outcome == "proposed" and "een mens moet dit bevestigen" in n.text for n in notes)
    assert all(len([n for n in p.links if n.outcome == "proposed"]) == 1 for p in result.paths)  # told on both sides


QUALIFICATION = ("Vrouw1-Kaart1", "Vrouw1-Kaart2", "Vrouw2-Kaart3-1elijn", "Vrouw2-Kaart3-2elijn", "Vrouw3-GeenData")


def test_the_qualification_dossiers_in_one_epd_are_linked_by_their_references(tmp_path: Path) -> None:
    """As the qualification server holds them: shared Patients and Organizations, BSNs masked."""
    epd = tmp_path / "epd"
    for name in QUALIFICATION:
        folder = epd / name
        folder.mkdir(parents=True)
        for file in sorted(case(name).glob("*.json")):
            (folder / file.name).write_bytes(file.read_bytes())
    result = run(configure(tmp_path, [Source("epd", MIDWIFE, path=epd)], [PRACTICE, ERASMUS]))

    by_end = {p.ended_on: p for p in result.paths}
    assert set(by_end) == {None, date(2022, 12, 20), date(2024, 7, 24)}
    twins_of_jamila, first_of_hanna, second_of_hanna = (
        by_end[date(2024, 7, 24)],
        by_end[date(2022, 12, 20)],
        by_end[None],
    )
    assert first_of_hanna.woman.id == second_of_hanna.woman.id != twins_of_jamila.woman.id
    assert len(twins_of_jamila.children) == 2
    assert [r.organisation.agb for r in twins_of_jamila.responsibility] == [MIDWIFE, HOSPITAL]


def test_a_woman_without_a_dossier_has_no_pregnancy(tmp_path: Path) -> None:
    with sources(tmp_path, "files", ("Vrouw3-GeenData", MIDWIFE)) as found:
        result = run(configure(tmp_path, found, [PRACTICE]))

    assert not result.paths and result.reports[0].state == "answered"
