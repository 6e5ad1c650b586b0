"""The desk where persons decide on links. Nothing is merged: a decision stands beside the evidence, and can be undone.

Decisions are kept as pairs (same, apart), added to only. Linking reads them and holds them above the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from adapter.access import Action, Context, Entity, EventType, Grant, Resource
from adapter.access.redact import redact
from adapter.model.sources import RecordKey
from adapter.service.access.reach import Reach
from adapter.service.asked import BadQuestionError
from adapter.service.guard import Guard
from adapter.service.links.by_hand import Verdict, said
from adapter.service.links.judging import Judging, Ruling, words
from adapter.service.links.pregnancies import PREGNANCY, Pregnancies
from adapter.service.links.proposal import (
    KINDS,
    Bound,
    Changed,
    Found,
    JudgedPair,
    Kind,
    LinkDecision,
    LinkDecisionPage,
    OvertakenError,
    Pointed,
    ProposalDetail,
    ProposalPage,
    UnknownProposalError,
    UnknownRecordError,
)
from adapter.service.links.proposal_queue import Open, ProposalQueue
from adapter.service.links.proposal_view import Shown, judged
from adapter.service.links.seeking import Seeking, read_sought
from adapter.service.links.women import WOMAN
from adapter.service.port import UnknownPregnancyError
from adapter.service.records import Records
from adapter.service.rooms import Rooms
from adapter.service.work import Work
from adapter.store import Judged, Judgement, LinkRow

LONGEST = 1000
"""Characters that a reason may have."""

SPLIT = "split"
_MOST = 100_000


class Proposals:
    """Implements `adapter.service.proposal.LinkDesk`."""

    def __init__(
        self, rooms: Rooms, records: Records, pregnancies: Pregnancies, work: Work, reach: Reach | None = None
    ) -> None:
        self._rooms = rooms
        self._reach = reach or Reach(rooms)
        self._guard = Guard(rooms)
        self._shown = Shown(rooms, records, pregnancies)
        self._pregnancies = pregnancies
        self._judging = Judging(rooms, work)
        self._queue = ProposalQueue(rooms)
        self._seeking = Seeking(rooms, self._shown)

    def queue(
        self, ctx: Context, *, kind: str | None = None, state: str | None = None, offset: int = 0, limit: int = 50
    ) -> ProposalPage:
        """What is for a person to decide."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.LINK)
        desk = self._reach.desk(ctx)
        every = [o for o in self._queue.open() if (kind is None or o.lead.kind == kind) and _shows(desk, _of(o))]
        later = sum(o.later is not None for o in every)
        chosen = [o for o in every if state is None or (o.later is not None) == (state == "later")]
        shown = tuple(self._shown.proposal(o) for o in chosen[offset : offset + limit])
        self._guard.record(ctx, EventType.SEARCH, Action.EXECUTE, grant, [Entity("proposals", "")])
        return ProposalPage(shown, len(chosen), len(every) - later, later)

    def proposal(self, ctx: Context, id: str) -> ProposalDetail:
        """One proposal, both sides. Raises `UnknownProposalError`; `OvertakenError` where it was decided already."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.LINK)
        detail = self._shown.detail(self._open(ctx, id))
        if (desk := self._reach.desk(ctx)) is not None:  # that she is known elsewhere as well is not for this desk
            a, b = (tuple(p for p in side if p.source in desk) for side in (detail.beside_a, detail.beside_b))
            detail = replace(detail, beside_a=a, beside_b=b)
        for woman in self._shown.women(detail.proposal):
            self._guard.record(ctx, EventType.READ, Action.READ, grant, [Entity("proposal", id)], patient=woman)
        return detail

    def decide(self, ctx: Context, id: str, verdict: str, reason: str, seen: str) -> LinkDecision:
        """Decide on a proposal. Raises `UnknownProposalError`, `OvertakenError`, `BadQuestionError`."""
        grant = self._guard.allowed(ctx, Action.CREATE, Resource.LINK)
        chosen = _verdict(verdict, (Verdict.SAME, Verdict.APART, Verdict.LATER))
        why = _reason(reason)
        open = self._open(ctx, id)
        if changes := self._shown.overtaken(open, seen):
            raise OvertakenError(*changes)
        lead = open.lead
        if chosen is Verdict.SAME:
            pairs = [(judged(lead.a), judged(lead.b))]
        elif chosen is Verdict.LATER:
            pairs = [(judged(p.a), judged(p.b)) for p in open.pairs]
        else:  # these two women are not one: nor are any two of their records
            pairs = [
                (a, b) for a in self._shown.beside(lead.kind, lead.a) for b in self._shown.beside(lead.kind, lead.b)
            ]
        ruling = Ruling(lead.kind, chosen, tuple(pairs), ctx.actor, why, lead.evidence)
        return self._ruled(ctx, grant, ruling)

    def judge(
        self, ctx: Context, kind: str, verdict: str, one: Pointed, other: Pointed | None, reason: str
    ) -> LinkDecision:
        """Link two, keep two apart, or split one off. Raises `UnknownRecordError`, `OvertakenError`."""
        grant = self._guard.allowed(ctx, Action.CREATE, Resource.LINK)
        if kind not in KINDS:
            raise BadQuestionError("kind", f"give {' or '.join(KINDS)}")
        chosen = Verdict.APART if verdict == SPLIT else _verdict(verdict, (Verdict.SAME, Verdict.APART))
        if (other is None) != (verdict == SPLIT):
            raise BadQuestionError("other", "same and apart are of two; split is of one")
        if other == one:
            raise BadQuestionError("other", "it is the same one: a link is between two")
        why = _reason(reason)
        row = self._shown.row(kind, one)
        if other is None:
            others = [j for j in self._shown.beside(kind, row) if j != judged(row)]
            if not others:
                raise OvertakenError(Changed("same", "Dit staat al op zichzelf."))
            pairs = tuple((judged(row), j) for j in others)
        else:
            second = self._shown.row(kind, other)
            self._one_woman(kind, chosen, row, second)
            pairs = ((judged(row), judged(second)),)
        if not _shows(self._reach.desk(ctx), (j.source for pair in pairs for j in pair)):
            raise UnknownRecordError("no such record or dossier is held")
        self._not_said_already(kind, chosen, pairs)
        return self._ruled(ctx, grant, Ruling(kind, chosen, pairs, ctx.actor, why))

    def seek(self, ctx: Context, bsn: str, birth_date: str, name: str) -> Found:
        """Records to link by hand. Raises `BadQuestionError`."""
        sought = read_sought(bsn, birth_date, name)
        grant = self._guard.allowed(ctx, Action.READ, Resource.LINK)
        found = self._seeking.found(sought, self._reach.desk(ctx))
        women: list[str | None] = list(dict.fromkeys(party.target for party in found.records))
        for woman in women or [None]:
            entities = [Entity("record", f"{p.source}:{p.reference}") for p in found.records if p.target == woman]
            query = f"by={sought.by}"
            self._guard.record(ctx, EventType.SEARCH, Action.EXECUTE, grant, entities, patient=woman, query=query)
        return found

    def undo(self, ctx: Context, decision: str, reason: str) -> LinkDecision:
        """Take a decision back. Raises `UnknownProposalError`, `OvertakenError`, `BadQuestionError`."""
        grant = self._guard.allowed(ctx, Action.UPDATE, Resource.LINK)
        why = _reason(reason)
        rows = self._rooms.store.judged_at_once(decision)
        shown = _shows(self._reach.desk(ctx), _judged_at(rows))
        if not rows or not shown or rows[0].verdict == Verdict.UNDONE:
            raise UnknownProposalError(decision)
        latest = self._rooms.store.judgements(rows[0].kind, pairs=[r.pair for r in rows])
        standing = [r for r in latest if r.decision == decision]
        if not standing:
            raise OvertakenError(*dict.fromkeys(_decided(r) for r in latest))
        pairs = tuple((r.a, r.b) for r in standing)
        return self._ruled(ctx, grant, Ruling(rows[0].kind, Verdict.UNDONE, pairs, ctx.actor, why, (), decision))

    def bound(self, ctx: Context, pregnancy: str) -> Bound:
        """What hangs together in one pregnancy now. Raises `UnknownPregnancyError`."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.LINK)
        found = self._shown.bound(pregnancy)
        if not _shows(self._reach.desk(ctx), (p.source for p in (*found.records, *found.dossiers, *found.others))):
            raise UnknownPregnancyError(pregnancy)
        self._guard.record(ctx, EventType.READ, Action.READ, grant, [Entity("links", pregnancy)], patient=found.woman)
        return found

    def decisions(self, ctx: Context, *, offset: int = 0, limit: int = 50) -> LinkDecisionPage:
        """Everything that persons decided, newest first."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.LINK)
        desk = self._reach.desk(ctx)
        rows, total = self._decided(offset, limit) if desk is None else self._decided_at(desk, offset, limit)
        standing = {j.position for j in self._rooms.store.judgements(pairs={r.pair for r in rows})} if rows else set()
        found = [
            _told([r for r in rows if r.decision == id], standing) for id in dict.fromkeys(r.decision for r in rows)
        ]
        self._guard.record(ctx, EventType.SEARCH, Action.EXECUTE, grant, [Entity("link-decisions", "")])
        return LinkDecisionPage(tuple(found), total)

    def _decided(self, offset: int, limit: int) -> tuple[list[Judgement], int]:
        return self._rooms.store.judgement_log(offset, limit)

    def _decided_at(self, desk: frozenset[str], offset: int, limit: int) -> tuple[list[Judgement], int]:
        """The decisions on records of these sources alone."""
        rows, _ = self._rooms.store.judgement_log(0, _MOST)
        by_decision = {id: [r for r in rows if r.decision == id] for id in dict.fromkeys(r.decision for r in rows)}
        mine = [some for some in by_decision.values() if _shows(desk, _judged_at(some))]
        return [r for some in mine[offset : offset + limit] for r in some], len(mine)

    def _ruled(self, ctx: Context, grant: Grant, ruling: Ruling) -> LinkDecision:
        """Keep it, link and rebuild the women it touches, and leave an audit event for each."""
        told = [j for pair in ruling.pairs for j in pair]
        records = list(dict.fromkeys(j.record for j in told))
        before = self._women_of(records)
        if ruling.verdict is Verdict.LATER:  # nothing follows from it
            decision = self._judging.keep(ruling, [], [])
        elif ruling.kind == WOMAN:
            jobs = [*records, *(r for w in before for r in self._pregnancies.records_of(w))]
            decision = self._judging.keep(ruling, jobs, before)
        else:
            decision = self._judging.keep(ruling, [], before)
        rows = self._rooms.store.judged_at_once(decision)
        entities = [Entity("link-decision", decision)]
        action = Action.UPDATE if ruling.verdict is Verdict.UNDONE else Action.CREATE
        for woman in dict.fromkeys((*before, *self._women_of(records))):
            what = f"{ruling.kind} {ruling.verdict}"
            self._guard.record(ctx, EventType.LINK, action, grant, entities, patient=woman, subtype=what)
        return _told(rows, {r.position for r in rows})

    def _open(self, ctx: Context, id: str) -> Open:
        desk, found = self._reach.desk(ctx), self._queue.of(id)
        if found is not None and _shows(desk, _of(found)):
            return found
        judged_already = self._rooms.store.judgements(pairs=[id]) if found is None else []
        for judgement in (j for j in judged_already if _shows(desk, _judged_at([j]))):
            if judgement.verdict in (Verdict.SAME, Verdict.APART):
                raise OvertakenError(_decided(judgement))
        raise UnknownProposalError(id)

    def _one_woman(self, kind: str, verdict: Verdict, a: LinkRow, b: LinkRow) -> None:
        """Dossiers can only be of one pregnancy where they are of one woman."""
        if kind == PREGNANCY and verdict is Verdict.SAME:
            records = [RecordKey(r.source, r.woman or "") for r in (a, b)]
            if len(self._women_of(records)) > 1:
                raise BadQuestionError("other", "these dossiers are of two women: link the women first")

    def _not_said_already(self, kind: str, verdict: Verdict, pairs: Sequence[tuple[Judged, Judged]]) -> None:
        store = self._rooms.store
        ids = [store.pair(kind, (a.source, a.reference), (b.source, b.reference)) for a, b in pairs]
        already = [j for j in store.judgements(kind, pairs=ids) if j.verdict == verdict]
        if len(already) == len(ids):
            raise OvertakenError(*(_decided(j) for j in already))

    def _women_of(self, records: Sequence[RecordKey]) -> list[str]:
        return self._pregnancies.women_of(records)


def _shows(desk: frozenset[str] | None, sources: Iterable[str]) -> bool:
    """Whether a desk for these sources (None: the whole region's) is for what stands at those."""
    return desk is None or desk.issuperset(sources)


def _of(open: Open) -> set[str]:
    return {row.source for pair in open.pairs for row in (pair.a, pair.b)}


def _judged_at(rows: Iterable[Judgement]) -> set[str]:
    return {judged.source for row in rows for judged in (row.a, row.b)}


def _verdict(text: str, allowed: tuple[Verdict, ...]) -> Verdict:
    if text not in allowed:
        raise BadQuestionError("verdict", f"give {', '.join(allowed)}")
    return Verdict(text)


def _reason(text: str) -> str:
    """Why, in the person's own words. Raises `BadQuestionError` where there is none, or a BSN stands in it."""
    reason = " ".join(text.split())
    if not any(c.isalnum() for c in reason):
        raise BadQuestionError("reason", "say why, in your own words")
    if len(reason) > LONGEST or not reason.isprintable():
        raise BadQuestionError("reason", f"at most {LONGEST} characters of plain text")
    if redact(reason) != reason:
        raise BadQuestionError("reason", "leave the BSN out")
    return reason


def _decided(judgement: Judgement) -> Changed:
    done = {"same": "gekoppeld", "apart": "apart gehouden", "later": "uitgesteld", "undone": "weer vrijgegeven"}
    return Changed("decided", f"{words(judgement)} {done[judgement.verdict]}.", judgement.decision)


def _told(rows: Sequence[Judgement], standing: set[int]) -> LinkDecision:
    first, why = rows[0], said(rows[0])
    kind: Kind = "woman" if first.kind == WOMAN else "pregnancy"
    pairs = tuple(
        JudgedPair(r.a.source, r.a.reference, r.b.source, r.b.reference, r.position in standing) for r in rows
    )
    return LinkDecision(
        id=first.decision,
        kind=kind,
        verdict=first.verdict,
        by=first.made_by,
        name=why.name,
        at=first.made_at,
        reason=why.reason,
        pairs=pairs,
        standing=first.verdict != Verdict.UNDONE and any(pair.standing for pair in pairs),
        undoes=why.undoes,
    )
