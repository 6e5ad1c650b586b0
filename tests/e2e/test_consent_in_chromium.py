"""The page of a woman's consents in a real Chromium: accessible, fitting, and filled in by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from adapter.access.consent import GroundCode, GroundKind
from adapter.model.evidence import OrganisationKind
from adapter.service.consents.consent import (
    ConsentDraft,
    ConsentPage,
    ConsentParty,
    ConsentRule,
    ConsentStatement,
    GroundBetween,
)
from doors import sample as SAMPLE
from support.serving import served

pytestmark = pytest.mark.e2e

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
HERE = "/zwangerschap/zw-1/toestemmingen"
PARTIES = tuple(
    ConsentParty(identity, name, kind)
    for identity, name, kind in (
        ("agb:08000101", "Praktijk <De Linde>", OrganisationKind.VERLOSKUNDIGENPRAKTIJK),
        ("agb:41000301", "Kraamzorg Lente", OrganisationKind.KRAAMZORG),
    )
)


def rule(permit: bool, **more: Any) -> ConsentRule:
    given = {"kinds": None, "start": None, "end": None, "pregnancy": "zw-1", **more}
    return ConsentRule(permit, "Praktijk <De Linde>", "elke organisatie van soort kraamzorg", **given)


STATEMENTS = (
    ConsentStatement("a", "lokaal", "Praktijk", AT, "active", (rule(True, end=date(2026, 12, 31)),), withdrawable=True),
    ConsentStatement("b", "praktijk", "Praktijk", AT, "active", (rule(False, kinds=("Condition",)),)),
    ConsentStatement("c", "lokaal", "Praktijk", AT, "withdrawn", (rule(True),), withdrawn_at=AT),
    ConsentStatement("d", "praktijk", "Praktijk", AT, "active", (), ("niet te lezen: period.start",)),
)
GROUNDS = (
    GroundBetween("Praktijk", "Ziekenhuis", GroundKind.REFERRAL, GroundCode.REFERRAL, "verwijzing", "x", False),
    GroundBetween("Praktijk", "Kraamzorg", GroundKind.NONE, GroundCode.OBJECTION, "bezwaar", "y", True),
    GroundBetween("Praktijk", "Praktijk", GroundKind.OWN, GroundCode.OWN, "eigen dossier", None, False),
    GroundBetween("Kraamzorg", "Praktijk", GroundKind.NONE, GroundCode.NOTHING, "niets", None, False),
)


class Desk:
    """Shows the same, and remembers what was recorded."""

    def __init__(self) -> None:
        self.recorded: list[ConsentDraft] = []

    def of(self, ctx: object, pregnancy: str) -> ConsentPage:
        return ConsentPage(pregnancy, STATEMENTS, GROUNDS, PARTIES, True, "Sanne <b>Bakker</b>")

    def record(self, ctx: object, pregnancy: str, draft: ConsentDraft) -> ConsentStatement:
        self.recorded.append(draft)
        return STATEMENTS[0]


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    application = SAMPLE.SampleApplication()
    application.consents = desk
    with served(application) as found:
        yield found


def test_it_is_accessible_and_fits(page: Any, axe: Any) -> None:
    page.goto(HERE)
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    assert axe(page) == []
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert axe(page) == []


def test_it_is_filled_in_by_keyboard_alone(page: Any, desk: Desk) -> None:
    page.goto(HERE)
    page.get_by_label("Zij heeft bezwaar tegen delen").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Praktijk")
    page.keyboard.press("Tab")
    page.keyboard.type("Kraamzorg")
    for _ in range(20):
        if page.evaluate("document.activeElement.tagName") == "BUTTON":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**?gedaan=vastgelegd")
    assert page.get_by_role("status").inner_text().startswith("Vastgelegd")
    (draft,) = desk.recorded
    assert (draft.permit, draft.holder.identity, draft.reader.identity) == (False, "agb:08000101", "agb:41000301")
    assert (draft.kinds, draft.this_pregnancy) == (None, True)
