"""The early warning of an ongoing pregnancy: each sign, how much it weighs, and what somebody could still do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from adapter import selection
from adapter.model.decision import EarlyWarning
from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.facts import ActKind, ReferralKind
from adapter.model.projection import Kraamzorg, ProjectedReferral
from tests.support.claims_world import (
    an_igo,
    book,
    care,
    decide,
    elders,
    evidence,
    groen,
    kraam,
    ongoing,
    pregnancy,
    rood,
    stad,
    vreemd,
)

BY_MEMBER = Kraamzorg((kraam,), None, True, None, ())
NAMELESS = Organisation("bron:x", None, None, "Ziekenhuis zonder code", OrganisationKind.ZIEKENHUIS)
FROM_HOME = {"intended_place_of_birth": "thuis", "kraamzorg": BY_MEMBER, "moved": False}


def referred(to: Organisation | None, kind: ReferralKind, day: date | None = date(2024, 3, 1)) -> Any:
    return (ProjectedReferral(kind, day, groen, to, (evidence(groen, "ReferralRequest/1"),)),)


def warned(**changes: Any) -> EarlyWarning:
    found = decide(ongoing(2024, **{**FROM_HOME, **changes})).warning
    assert found is not None
    return found


@dataclass(frozen=True)
class Case:
    row: str
    risk: str
    given: dict[str, Any]
    advice: str | None


OVER, CONSULT = ReferralKind.OVERDRACHT, ReferralKind.CONSULT
CASES = [
    Case("vroeg-overdracht", "waarschijnlijk", {"referrals": referred(elders, OVER)}, "Vraag de verwijzer of de zorg"),
    Case(
        "vroeg-consult", "mogelijk", {"referrals": referred(elders, CONSULT, None)}, "Vraag de verwijzer of het consult"
    ),
    Case(
        "vroeg-kraamzorg",
        "waarschijnlijk",
        {"kraamzorg": Kraamzorg((vreemd,), None, True, None, ())},
        "Bespreek of zij kraamzorg van een lid",
    ),
    Case(
        "vroeg-kraamzorg-waar",
        "mogelijk",
        {"kraamzorg": Kraamzorg((), None, True, None, ())},
        "Vraag bij welke organisatie de kraamzorg",
    ),
    Case(
        "vroeg-ziekenhuis",
        "waarschijnlijk",
        {"intended_place_of_birth": "ziekenhuis", "acts": (care(ActKind.CONSULT, elders, date(2024, 2, 1)),)},
        "Bespreek of de bevalling",
    ),
    Case(
        "vroeg-ziekenhuis-welk",
        "mogelijk",
        {"intended_place_of_birth": "ziekenhuis"},
        "Vraag in welk ziekenhuis",
    ),
    Case("vroeg-verhuisd", "mogelijk", {"moved": True}, "Vraag wie de zorg voortzet"),
    Case("vroeg-geen", "geen", {}, None),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.row)
def test_each_sign(case: Case) -> None:
    warning = warned(**case.given)
    assert (warning.reasons[0].rule, warning.risk, warning.standing) == (case.row, case.risk, "provisional")
    assert case.advice is None or any(a.startswith(case.advice) for a in warning.advice)
    asked = [r.rule for r in warning.reasons[1:]]
    assert asked == [f"vroegsignaal/{n}" for n in ("verwijzing", "kraamzorg", "gewenste_plaats", "verhuisd")]


def test_every_row_has_its_case() -> None:
    assert {c.row for c in CASES} == {r.id for t in book().tables["vroegsignaal"] for r in t.rows}


@pytest.mark.parametrize(
    ("given", "rule", "outcome"),
    [
        ({"referrals": referred(stad, OVER)}, "verwijzing", "met"),
        ({"referrals": referred(None, OVER)}, "verwijzing", "met"),
        ({"referrals": referred(elders, ReferralKind.OVERIG)}, "verwijzing", "not_met"),
        ({"kraamzorg": Kraamzorg((), None, None, True, ())}, "kraamzorg", "met"),
        ({"kraamzorg": Kraamzorg((), None, None, None, ())}, "kraamzorg", "unknown"),
        ({"kraamzorg": Kraamzorg((replace(vreemd, agb=None),), None, None, None, ())}, "kraamzorg", "unknown"),
        ({"intended_place_of_birth": "nog_niet_bepaald"}, "gewenste_plaats", "unknown"),
        ({"intended_place_of_birth": "ziekenhuis", "referrals": referred(stad, CONSULT)}, "gewenste_plaats", "met"),
        ({"intended_place_of_birth": "ziekenhuis", "referrals": referred(rood, CONSULT)}, "gewenste_plaats", "unknown"),
        (
            {"intended_place_of_birth": "ziekenhuis", "referrals": referred(NAMELESS, OVER)},
            "gewenste_plaats",
            "unknown",
        ),
        ({"intended_place_of_birth": "ziekenhuis", "referrals": referred(None, OVER)}, "gewenste_plaats", "unknown"),
        ({"moved": None}, "verhuisd", "unknown"),
    ],
)
def test_what_each_condition_says(given: dict[str, Any], rule: str, outcome: str) -> None:
    (said,) = [r for r in warned(**given).reasons if r.rule == f"vroegsignaal/{rule}"]
    assert said.outcome == outcome


def test_a_handing_over_counts_before_a_later_consult() -> None:
    both = (*referred(elders, OVER), *referred(rood, CONSULT, date(2024, 3, 9)))
    assert "Ziekenhuis Elders" in warned(referrals=both).reasons[1].text


def test_once_it_is_over_there_is_nothing_to_warn_of() -> None:
    assert decide(pregnancy(2024)).warning is None


def test_without_such_a_table_there_is_no_warning() -> None:
    tables = {k: v for k, v in book().tables.items() if k != "vroegsignaal"}
    assert selection.decide(ongoing(2024), an_igo(), replace(book(), tables=tables)).warning is None
