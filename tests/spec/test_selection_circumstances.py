"""Questions that only a table of an IGO, an insurer or a year to come asks: what each answers, and what it misses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from adapter import rules, selection
from adapter.model.facts import Outcome, ReferralKind
from adapter.model.moments import Span
from adapter.model.projection import ClaimsProjection, Insurance, ProjectedReferral
from tests.support.claims_world import (
    MAPPINGS,
    an_igo,
    decided,
    elders,
    end_unknown,
    evidence,
    groen,
    miscarriage,
    ongoing,
    pregnancy,
    rood,
    stad,
)

ASKED = {
    "fase": "prenataal: met, nataal: met, postnataal: met",
    "geboorteplaats": "thuis: met, geboortecentrum: met, ziekenhuis: not_met, onderweg: met, buitenland: not_met, "
    "onbekend: unknown, nvt: met",
    "meerling": "ja: not_met, nee: met, onbekend: unknown",
    "praktijkwissel": "ja: not_met, nee: met, onbekend: unknown",
    "verhuisd": "ja: not_met, nee: met, onbekend: unknown",
    "einde_voor_16_weken": "ja: not_met, nee: met, onbekend: unknown, nvt: met",
    "overdracht_buiten": "ja: not_met, nee: met",
}


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rules.RuleBook]:
    """Rules that ask all of them, and decide nothing by it."""
    inputs = "".join(
        f"      {name}: {{question: V, values: {{{values}}}, cites: [eigen-lezing], standing: provisional}}\n"
        for name, values in ASKED.items()
    )
    path = tmp_path_factory.mktemp("regels") / "igo.yaml"
    path.write_text(
        "tables:\n  - id: selection-regular\n    title: Alles gevraagd\n    decides: selectie\n    version: '1'\n"
        f"    from: 2023-01-01\n    outcomes: [igo]\n    inputs:\n{inputs}    rows:\n"
        "      - {id: alles, outcome: igo, text: Alles., cites: [eigen-lezing], standing: provisional}\n",
        "utf-8",
    )
    yield rules.load(MAPPINGS, [path])


def answers(book: rules.RuleBook, given: ClaimsProjection, place: int) -> dict[str, str]:
    said = selection.decide(given, an_igo(), book).phases[place]
    return {r.rule.partition("/")[2]: r.outcome for r in said.reasons if r.rule.startswith("selection-regular/")}


def handed(receiver: object, day: date | None, kind: ReferralKind = ReferralKind.OVERDRACHT) -> ProjectedReferral:
    return ProjectedReferral(kind, day, groen, receiver, (evidence(groen, "ReferralRequest/1"),))  # type: ignore[arg-type]


KNOWN = pregnancy(2024, practice_switch=False, moved=False)
CASES: list[tuple[ClaimsProjection, int, str, str | None]] = [
    (KNOWN, 0, "fase", "met"),
    (KNOWN, 0, "geboorteplaats", None),
    (KNOWN, 1, "geboorteplaats", "met"),
    (replace(KNOWN, place_of_birth="ziekenhuis"), 2, "geboorteplaats", "not_met"),
    (replace(KNOWN, place_of_birth=None), 1, "geboorteplaats", "unknown"),
    (replace(KNOWN, place_of_birth="een code van elders"), 1, "geboorteplaats", "unknown"),
    (ongoing(2024), 1, "geboorteplaats", None),
    (KNOWN, 0, "meerling", "met"),
    (replace(KNOWN, children=2), 0, "meerling", "not_met"),
    (replace(KNOWN, children=None), 0, "meerling", "unknown"),
    (KNOWN, 0, "praktijkwissel", "met"),
    (replace(KNOWN, practice_switch=True), 0, "praktijkwissel", "not_met"),
    (replace(KNOWN, practice_switch=None), 0, "praktijkwissel", "unknown"),
    (KNOWN, 0, "verhuisd", "met"),
    (replace(KNOWN, moved=True), 0, "verhuisd", "not_met"),
    (replace(KNOWN, moved=None), 0, "verhuisd", "unknown"),
    (KNOWN, 0, "einde_voor_16_weken", "met"),
    (ongoing(2024), 0, "einde_voor_16_weken", None),
    (miscarriage(2024), 0, "einde_voor_16_weken", "not_met"),
    (miscarriage(2024, Outcome.ECTOPIC, None), 0, "einde_voor_16_weken", "not_met"),
    (miscarriage(2024, Outcome.MISCARRIAGE, None), 0, "einde_voor_16_weken", "unknown"),
    (end_unknown(2024), 0, "einde_voor_16_weken", "unknown"),
    (replace(KNOWN, gestational_days_at_end=None), 0, "einde_voor_16_weken", "met"),
    (KNOWN, 0, "overdracht_buiten", "met"),
    (replace(KNOWN, referrals=(handed(elders, date(2024, 3, 1)),)), 0, "overdracht_buiten", "not_met"),
    (replace(KNOWN, referrals=(handed(stad, date(2024, 3, 1)),)), 0, "overdracht_buiten", "met"),
    (replace(KNOWN, referrals=(handed(elders, None), handed(None, date(2024, 3, 1)))), 0, "overdracht_buiten", "met"),
    (replace(KNOWN, referrals=(handed(elders, date(2024, 7, 1)),)), 0, "overdracht_buiten", "met"),
    (replace(KNOWN, referrals=(handed(rood, date(2024, 3, 1), ReferralKind.CONSULT),)), 0, "overdracht_buiten", "met"),
]


@pytest.mark.parametrize(("given", "place", "asked", "outcome"), CASES)
def test_what_is_answered(
    asking: rules.RuleBook, given: ClaimsProjection, place: int, asked: str, outcome: str | None
) -> None:
    assert answers(asking, given, place).get(asked) == outcome


def test_where_it_decides_the_missing_answer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "igo.yaml"
    path.write_text(
        "tables:\n  - id: selection-regular\n    title: Meerling\n    decides: selectie\n    version: '1'\n"
        "    from: 2023-01-01\n    outcomes: [igo, niet_igo, onbepaald]\n    inputs:\n"
        f"      meerling: {{question: V, values: {{{ASKED['meerling']}}}, cites: [eigen-lezing], standing: verified}}\n"
        "    rows:\n"
        "      - {id: a, when: {meerling: ja}, outcome: niet_igo, text: t, cites: [eigen-lezing], standing: verified}\n"
        "      - {id: b, when: {meerling: nee}, outcome: igo, text: t, cites: [eigen-lezing], standing: verified}\n"
        "      - {id: c, when: {meerling: onbekend}, outcome: onbepaald, text: t, cites: [eigen-lezing], "
        "standing: verified}\n",
        "utf-8",
    )
    book = rules.load(MAPPINGS, [path])
    said = selection.decide(replace(KNOWN, children=None), an_igo(), book)
    assert said.status == "onbepaald"
    assert "children" in {m.variable for m in said.missing}


def test_an_insurer_that_is_named_without_a_code_is_no_insurer() -> None:
    named = Insurance(None, True, Span(None, None), (evidence(groen, "Coverage/1"),))
    said = decided(pregnancy(2024, insurance=(named,)))
    assert said.status == "onbepaald"
    assert any("is genoemd zonder UZOVI-code" in r.text for r in said.reasons)
