"""A desk for links from memory: one proposal, one decision, and what was asked of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from adapter.model.carepath import LinkEvidence
from adapter.model.evidence import Evidence
from adapter.service.links.proposal import (
    Bound,
    Found,
    JudgedPair,
    LinkDecision,
    LinkDecisionPage,
    Party,
    Proposal,
    ProposalDetail,
    ProposalPage,
    Row,
    Threshold,
)

AT = datetime(2024, 7, 29, 12, tzinfo=UTC)
ID = "1534f01b4c24b4470add7518f9437318"
A = Party("kz", "Patient/1", "Kraamzorg", "S. <b>Bakker</b>", date(1991, 3, 14), "w-1", ("p-1",))
B = Party("vp", "Patient/2", "Praktijk", "Sanne Bakker", date(1991, 3, 14), "w-2", ("p-2",))
C = Party("zh", "Patient/3", "Ziekenhuis", "S. Bakker", date(1991, 3, 14), "w-3", ("p-3",))
PROPOSAL = Proposal(ID, "woman", "open", 23.0, (Threshold(18.0, "voorleggen"),), AT, A, B)
EVIDENCE = (LinkEvidence("dezelfde geboortedatum", 10.0, (Evidence("kz", "Patient/1", "1", "birthDate"),)),)
DETAIL = ProposalDetail(PROPOSAL, EVIDENCE, (Row("BSN", None, "aanwezig", "unknown"),), (A,), (B,), "0.a.b.c")
PAIR = JudgedPair("kz", "Patient/1", "vp", "Patient/2", True)
MADE = LinkDecision("d-1", "woman", "same", "uzi-1", "V. Kundige", AT, "gebeld", (PAIR,), True)


class Desk:
    """A desk that knows one proposal, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.fails: Exception | None = None

    def _answer(self, found: Any, *asked: Any) -> Any:
        self.asked.append(asked)
        if self.fails:
            raise self.fails
        return found

    def queue(self, ctx: Any, *, kind: Any = None, state: Any = None, offset: int = 0, limit: int = 50) -> Any:
        return self._answer(ProposalPage((PROPOSAL,), 1, 1, 0), "queue", ctx, kind, state, offset, limit)

    def proposal(self, ctx: Any, id: str) -> Any:
        return self._answer(DETAIL, "proposal", ctx, id)

    def decide(self, ctx: Any, id: str, verdict: str, reason: str, seen: str) -> Any:
        return self._answer(MADE, "decide", ctx, id, verdict, reason, seen)

    def judge(self, ctx: Any, kind: str, verdict: str, one: Any, other: Any, reason: str) -> Any:
        return self._answer(MADE, "judge", ctx, kind, verdict, one, other, reason)

    def seek(self, ctx: Any, bsn: str, birth_date: str, name: str) -> Any:
        return self._answer(Found((A, B, C), False), "seek", ctx, bsn, birth_date, name)

    def undo(self, ctx: Any, decision: str, reason: str) -> Any:
        return self._answer(MADE, "undo", ctx, decision, reason)

    def bound(self, ctx: Any, pregnancy: str) -> Any:
        found = Bound(pregnancy, "w-1", A.name, (A, B), (A, B), (B,))
        return self._answer(found, "bound", ctx, pregnancy)

    def decisions(self, ctx: Any, *, offset: int = 0, limit: int = 50) -> Any:
        return self._answer(LinkDecisionPage((MADE,), 1), "decisions", ctx, offset, limit)
