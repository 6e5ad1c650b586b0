"""What the pages of the worklist and the casemix ask, answered from memory."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from adapter.model.decision import ClaimMade, Override
from adapter.service.payment.casemix import Casemix, Cell, Hours
from adapter.service.payment.persons import Persons
from adapter.service.payment.worklist import WorkItem, WorkPage, WorkPhase

NOW = datetime(2024, 7, 29, 7, 15, tzinfo=UTC)
TODAY = date(2024, 7, 29)
OVERRIDE = Override(
    "o-1", "zw-bakker-1", "prenataal", "niet_igo", "Zij kwam <b>pas</b> in week 30.", "anja", NOW, date(2024, 12, 31)
)
SETTLED = Override(
    "o-2",
    "zw-bakker-1",
    "prenataal",
    "igo",
    "De afdeling bevestigde dat dit high care was.",
    "anja",
    NOW - timedelta(days=9),
    date(2024, 12, 31),
    "in_force",
    "bram",
    NOW,
    "akkoord",
)
CLAIM = ClaimMade(
    "c-1", "zw-bakker-1", "prenataal", "d-1", "geboortezorg-prenataal", "1000", 123400, TODAY, "17", "a", NOW
)


def phase(name: str, state: str, status: str | None, prestatie: str | None = None, **more: object) -> WorkPhase:
    return WorkPhase(name, state, status, "voorlopig", prestatie, None, bool(more.get("ready")), more.get("expected"))  # type: ignore[arg-type]


def item(number: int) -> WorkItem:
    odd = bool(number % 2)
    return WorkItem(
        pregnancy=f"{number:08x}-0000-4000-8000-000000000000",
        as_of=TODAY,
        decided_at=NOW,
        state="ended" if odd else "ongoing",
        status="onbepaald" if odd else "igo",
        stage="voorlopig",
        standing="provisional",
        phase="postnataal" if odd else "prenataal",
        phase_state="ended" if odd else "running",
        insurer=None if odd else "1000",
        days=number if odd else None,
        phases=(
            phase("prenataal", "ended", "igo", "geboortezorg prenataal", ready=odd),
            phase("nataal", "not_started", None, expected="niet_igo"),
            phase("postnataal", "ended", "onbepaald"),
        ),
        missing=("Wie de kraamzorg gaf is niet bekend.", "De verzekeraar is niet bekend.", "Een bron zweeg.")
        if odd
        else (),
        risk=() if odd else ("Zij is verwezen naar een ziekenhuis dat geen lid is.",),
        outside=("Ziekenhuis <i>Elders</i>",) if odd else (),
        members=("Verloskundigenpraktijk 't Groen",),
        override="proposed" if odd else None,
    )


COUNTS = {
    "status": {"igo": 30, "niet_igo": 0, "gemengd": 0, "onbepaald": 30},
    "stage": {"voorlopig": 60, "definitief": 0},
    "phase": {"prenataal": 30, "nataal": 0, "postnataal": 30},
    "insurer": {"1000": 30, "onbekend": 30},
    "mark": {"ontbreekt": 30, "risico": 30, "klaar": 30, "besluit_persoon": 0, "voorstel": 30},
}
HIDDEN = Cell("geboorte, sectio caesarea", None, None, None, None, None, None, None)
MIX = Casemix(
    by="prestatie",
    since=None,
    until=None,
    as_of=TODAY,
    version="1",
    standing="provisional",
    minimum_cell=10,
    round_to=5,
    rules=("0123456789abcdef",),
    register="fedcba9876543210",
    definitions={"fase": "Een fase die loopt of is geëindigd."},
    cells=(Cell("geboortezorg prenataal", 120, 1400, 35, 20, 0, None, 14800000), HIDDEN),
    total=Cell("totaal", 130, 1500, 40, 25, None, None, 16000000),
    hours=Hours(130, 100, 25, 35, None, 12, 4, 18.0),
)


class SamplePayment:
    """The part of the port that the pages use."""

    def __init__(self) -> None:
        self.worklist = SimpleNamespace(page=self._page, everything=lambda ctx, choice: tuple(map(item, range(60))))
        self.overrides = SimpleNamespace(of=lambda ctx, pregnancy: Persons((SETTLED, OVERRIDE), (CLAIM,)))
        self.casemix = SimpleNamespace(figures=lambda ctx, by, since=None, until=None: MIX)

    def _page(self, ctx: object, choice: object, offset: int = 0, limit: int = 50) -> WorkPage:
        return WorkPage(tuple(map(item, range(60)))[offset : offset + limit], 60, 60, 1, COUNTS)
