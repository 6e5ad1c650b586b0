"""The care path over the official dossiers (Nictiz Geboortezorg STU3 examples)."""

from __future__ import annotations

from adapter.carepath import PathSettings, PregnancyInput, build
from adapter.model.carepath import CarePath
from adapter.model.facts import Outcome, SourceFacts
from builders_carepath import ERASMUS, GROEN, KNOWN_AT, day, zorgpad
from builders_facts import case


def together(*facts: SourceFacts) -> CarePath:
    dossiers = frozenset((f.source, d.reference) for f in facts for d in f.dossiers)
    one = PregnancyInput("p", "w", facts, dossiers)
    return build(one, zorgpad(), PathSettings(), day("2024-07-29"), KNOWN_AT)


def test_the_twins_of_kaart_3_first_line_then_second_line() -> None:
    first = case("gz-izb-kwa-3A-V2_meerling_1elijn", own=GROEN)
    second = case("gz-izb-kwa-3B-V2_meerling_2elijn", own=ERASMUS)
    view = together(first, second)
    assert [(r.organisation.id, r.from_, r.to) for r in view.responsibility] == [
        (GROEN.id, day("2024-01-06"), day("2024-01-17")),
        (ERASMUS.id, day("2024-01-18"), None),
    ]
    assert (view.facts["edd"].value, view.facts["edd"].basis) == (day("2024-07-31"), "definitive")
    assert {c.about for c in view.conflicts} >= {"edd", "chorionicity"}
    assert (view.outcome, view.ended_on, len(view.children)) == (Outcome.BIRTH, day("2024-07-24"), 2)
    assert view.phase("nataal").start.basis == "operation_start"


def test_an_overdracht_inside_one_dossier() -> None:
    view = together(case("gz-izv-kwa-casus2", own=ERASMUS))
    assert [r.organisation.kind.value for r in view.responsibility] == ["verloskundigenpraktijk", "ziekenhuis"]
    assert view.responsibility[1].basis == "referral"
    assert "gestational_age" in {c.about for c in view.conflicts}


def test_a_practice_is_responsible_from_the_kraamzorgs_system() -> None:
    view = together(case("gz-izk-kwa-casus1"))
    assert [r.organisation.name for r in view.responsibility] == ["Wolkendroom Vroedvrouwenpraktijk"]
    assert "Kraamzorg Het Blije Ei" in {i.organisation.name for i in view.involved}
    natal = view.phase("nataal")
    assert (natal.start.basis, natal.end.basis) == ("labour_start", "placenta_birth")


def test_a_running_pregnancy() -> None:
    view = together(case("gz-izb-kwa-1-V1_actieve_zwschap", own=GROEN))
    assert (view.state, view.gestational_age and view.gestational_age.weeks) == ("ongoing", 26)
