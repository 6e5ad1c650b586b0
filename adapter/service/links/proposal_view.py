"""Proposals as a person sees them: who the two are, side by side, and what was seen when a decision is made."""

from __future__ import annotations

import hashlib

from adapter.model.carepath import ByHand
from adapter.model.facts import SourceFacts
from adapter.model.moments import day_of
from adapter.model.sources import RecordKey
from adapter.model.wire import to_json
from adapter.service.asked import BadQuestionError
from adapter.service.links import side_by_side
from adapter.service.links.by_hand import said
from adapter.service.links.judging import words
from adapter.service.links.pregnancies import PREGNANCY, Pregnancies
from adapter.service.links.proposal import (
    Bound,
    Changed,
    Party,
    Pointed,
    Proposal,
    ProposalDetail,
    Row,
    UnknownRecordError,
)
from adapter.service.links.proposal_queue import THRESHOLDS, Open, Pair
from adapter.service.links.women import WOMAN
from adapter.service.port import UnknownPregnancyError
from adapter.service.records import Records
from adapter.service.rooms import Rooms
from adapter.store import Judged, LinkRow

_PARTS = {
    "decided": "Er is inmiddels over dit voorstel besloten.",
    "records": "Bij een van beide kwamen records of dossiers bij, of gingen er weg.",
    "data": "Een bron stuurde nieuwe gegevens.",
    "evidence": "De onderbouwing is veranderd.",
}


class Shown:
    """Makes proposals readable."""

    def __init__(self, rooms: Rooms, records: Records, pregnancies: Pregnancies) -> None:
        self._rooms = rooms
        self._records = records
        self._pregnancies = pregnancies

    def proposal(self, open: Open) -> Proposal:
        """As it stands in the queue."""
        lead = open.lead
        later = None
        if open.later is not None:
            why = said(open.later)
            by = why.name or open.later.made_by
            later = ByHand(open.later.decision, by, open.later.made_at, why.reason)
        return Proposal(
            id=lead.id,
            kind=lead.kind,
            state="open" if later is None else "later",
            score=lead.score,
            thresholds=THRESHOLDS[lead.kind],
            since=lead.since,
            a=self.party(lead.kind, lead.a),
            b=self.party(lead.kind, lead.b),
            more=len(open.pairs) - 1,
            later=later,
        )

    def detail(self, open: Open) -> ProposalDetail:
        """With both sides, and what stands beside each."""
        lead = open.lead
        beside = [
            [self.row(lead.kind, Pointed(j.source, j.reference)) for j in self.beside(lead.kind, r)]
            for r in (lead.a, lead.b)
        ]
        a, b = (tuple(self.party(lead.kind, r) for r in rows) for rows in beside)
        return ProposalDetail(self.proposal(open), lead.evidence, self._rows(lead), a, b, self._seen(open))

    def _rows(self, pair: Pair) -> tuple[Row, ...]:
        a, b = self._facts(pair.a), self._facts(pair.b)
        if a is None or b is None:
            return ()
        if pair.kind == WOMAN:
            return side_by_side.women(a, b)
        return side_by_side.dossiers((a, pair.a.reference), (b, pair.b.reference))

    def party(self, kind: str, row: LinkRow) -> Party:
        """A record or dossier, as a person recognises it."""
        facts = self._facts(row)
        setup = self._rooms.sources.get(row.source)
        organisation = setup.info.name if setup else row.source
        target = row.target or ""
        pregnancies = (target,) if kind == PREGNANCY else self._pregnancies_of(target)
        born = day_of(facts.woman.birth_date) if facts and facts.woman.birth_date else None
        name = side_by_side.name(facts.woman) if facts else None
        return Party(row.source, row.reference, organisation, name, born, target, pregnancies)

    def _facts(self, row: LinkRow) -> SourceFacts | None:
        return self._records.facts(RecordKey(row.source, row.woman or row.reference))

    def _pregnancies_of(self, woman: str) -> tuple[str, ...]:
        records = self._pregnancies.records_of(woman)
        rows = self._rooms.store.links(PREGNANCY, within=records) if records else []
        return tuple(dict.fromkeys(r.target for r in rows if r.target))

    def beside(self, kind: str, row: LinkRow) -> list[Judged]:
        """What stands as the same woman (pregnancy) as this, itself first."""
        rows = self._rooms.store.links(kind, targets=[row.target] if row.target else [])
        return [judged(row), *(j for r in rows if (j := judged(r)) != judged(row))]

    def row(self, kind: str, pointed: Pointed) -> LinkRow:
        """The link of a record or dossier that a person pointed out. Raises `UnknownRecordError`."""
        key = RecordKey(pointed.source, pointed.reference)
        row = next((r for r in self._rooms.store.links(kind, records=[key]) if r.target and r.explanation), None)
        if row is None or self._facts(row) is None:
            raise UnknownRecordError("no such record or dossier is held")
        return row

    def bound(self, pregnancy: str) -> Bound:
        """What hangs together in one pregnancy. Raises `UnknownPregnancyError`."""
        store = self._rooms.store
        dossiers = store.links(PREGNANCY, targets=[pregnancy])
        women = self._pregnancies.women_of([RecordKey(r.source, r.woman) for r in dossiers if r.woman])
        if not women:
            raise UnknownPregnancyError(pregnancy)
        records = self._pregnancies.records_of(women[0])
        others = [r for r in store.links(PREGNANCY, within=records) if r.target not in (None, pregnancy)]
        hers = store.links(WOMAN, records=records)
        parts = [tuple(self.party(r.kind, r) for r in rows if r.explanation) for rows in (hers, dossiers, others)]
        name = next((party.name for party in parts[0] if party.name), None)
        return Bound(pregnancy, women[0], name, *parts)

    def women(self, proposal: Proposal) -> list[str]:
        """The women whom it is about."""
        if proposal.kind == WOMAN:
            return [proposal.a.target, proposal.b.target]
        rows = self._rooms.store.links(PREGNANCY, targets=[proposal.a.target])
        return self._pregnancies.women_of([RecordKey(r.source, r.woman) for r in rows if r.woman])

    def _seen(self, open: Open) -> str:
        """What a person saw of it, part by part: judgement, who stands beside whom, data, evidence."""
        lead, store = open.lead, self._rooms.store
        judged = max((j.position for j in store.judgements(lead.kind, pairs=[p.id for p in open.pairs])), default=0)
        beside = [sorted((j.source, j.reference) for j in self.beside(lead.kind, r)) for r in (lead.a, lead.b)]
        stamps = [store.stamp(r.source, r.woman or r.reference) for r in (lead.a, lead.b)]
        evidence = b"".join(to_json(e) for e in lead.evidence)
        return ".".join((str(judged), _short(repr(beside)), _short(repr(stamps)), _short(evidence.hex())))

    def overtaken(self, open: Open, seen: str) -> list[Changed]:
        """What changed since it was seen. Raises `BadQuestionError` where `seen` cannot be read."""
        now, then = self._seen(open).split("."), seen.split(".")
        if len(then) != len(now):
            raise BadQuestionError("seen", "give what came with the proposal")
        found = []
        for what, before, after in zip(_PARTS, then, now, strict=True):
            if before != after:
                found.append(Changed(what, self._what_changed(what, open)))
        return found

    def _what_changed(self, what: str, open: Open) -> str:
        if what == "decided" and open.later is not None:
            return f"{words(open.later)} uitgesteld."
        return _PARTS[what]


def judged(row: LinkRow) -> Judged:
    """A link as one side of a pair."""
    return Judged(row.source, row.reference, row.woman or row.reference)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
