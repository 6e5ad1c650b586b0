"""What was decided of the care path made by hand, and what stood there before."""

from __future__ import annotations

from datetime import timedelta

from adapter.model.decision import (
    Change,
    Claim,
    Decision,
    Fallback,
    FallbackPrestatie,
    Forecast,
    Inputs,
    MissingVariable,
    NotToClaim,
    OutsideCare,
    PhaseDecision,
    PrestatieChoice,
    Reason,
    RuleSetRef,
)
from doors.sample_path import ACTS, ECHO, NOW, PATH, TODAY, ev, week

ASKED = {"met": "verantwoordelijk", "not_met": "zorg_buiten", "unknown": "verzekerd"}


def reason(outcome: str, text: str, standing: str = "provisional", cites: str = "NR/REG-2312, art. 4") -> Reason:
    return Reason(
        f"selection-regular/{ASKED[outcome]}", outcome, text, cites, standing, (ev("vp-groen", "Encounter/1"),)
    )


PRESTATIE = PrestatieChoice("geboortezorg-prenataal", "geboortezorg prenataal", None, "provisional")


def phase(name: str, state: str, status: str | None, **more: object) -> PhaseDecision:
    given = {
        "phase": name,
        "state": state,
        "regime": "selection-regular",
        "status": status,
        "stage": "voorlopig",
        "standing": "provisional",
        "prestatie": None,
        "claim": None,
        "not_to_claim": (),
        "fallback": (),
        "reasons": (),
        "igo_if": (),
        "forecast": None,
    } | more
    return PhaseDecision(**given)


DECISION = Decision(
    id="d-2",
    pregnancy=PATH.pregnancy,
    as_of=TODAY,
    known_at=NOW,
    decided_at=NOW,
    rule_set=RuleSetRef("selection-regular", "2023.1"),
    inputs=Inputs("4f1c", "a9b2", "77d0", "c3e1", "0b5a"),
    status="igo",
    stage="voorlopig",
    standing="provisional",
    phases=(
        phase(
            "prenataal",
            "running",
            "igo",
            prestatie=PRESTATIE,
            claim=Claim(
                "53000001",
                "1000",
                PRESTATIE.id,
                1,
                week(8, 2),
                None,
                123400,
                123400,
                False,
                ("de code van de prestatie is nog niet bekend", "de fase loopt nog"),
            ),
            not_to_claim=(NotToClaim("08001234", "volledige prenatale zorg", "zit in de integrale prestatie"),),
            reasons=(
                reason(
                    "met",
                    "De verantwoordelijke zorgaanbieder is lid van de IGO op de eerste dag van de fase.",
                    "verified",
                ),
                reason("met", "Er is een contract met verzekeraar 1000 dat deze fase dekt."),
                reason("unknown", "Of de kraamzorg lid is, is niet na te gaan: Kraamzorg De Lente antwoordde niet."),
            ),
            fallback=(Fallback("08001234", FallbackPrestatie("032", None, "volledige prenatale zorg", "provisional")),),
        ),
        phase(
            "nataal",
            "not_started",
            None,
            forecast=Forecast(
                "igo",
                PrestatieChoice("geboortezorg-nataal", "geboortezorg nataal", None, "provisional"),
                ("Het Stadsziekenhuis is verantwoordelijk en lid.",),
            ),
        ),
        phase(
            "postnataal",
            "not_started",
            None,
            forecast=Forecast("onbepaald", None, ("De kraamzorg antwoordde niet.",)),
            igo_if=("als de kraamzorgorganisatie lid van de IGO blijkt",),
        ),
    ),
    outside_care=(OutsideCare(ECHO, "prenataal", "termijnecho", (ACTS[3].evidence,), week(10, 5)),),
    missing=(MissingVariable("insurer", "de verzekeraar op de eerste dag van de natale fase", "nataal"),),
    replaces="d-1",
    changed=(Change("status", "onbepaald", "igo"),),
)
EARLIER = Decision(
    **{f: getattr(DECISION, f) for f in DECISION.__dataclass_fields__}
    | {
        "id": "d-1",
        "status": "onbepaald",
        "replaces": None,
        "changed": (),
        "decided_at": NOW - timedelta(days=20),
        "as_of": TODAY - timedelta(days=20),
    }
)
