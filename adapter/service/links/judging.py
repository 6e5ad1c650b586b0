"""Keep what a person decided of links, refuse what contradicts another decision, and do the work that follows."""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapter.access import Actor, log
from adapter.model.carepath import LinkEvidence
from adapter.model.sources import RecordKey
from adapter.service import dutch
from adapter.service.links.by_hand import Key, Pairs, Said, Verdict, body, said
from adapter.service.links.proposal import Changed, OvertakenError
from adapter.service.links.women import RECORD_JOB, WOMAN
from adapter.service.rooms import Rooms
from adapter.service.work import WOMAN_JOB, Work
from adapter.store import ConflictError, Judged, Judgement, record_intent

_TRIES = 5
_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person says: of which pairs, what, why. The first record of the first pair is the one that moves."""

    kind: str
    verdict: Verdict
    pairs: tuple[tuple[Judged, Judged], ...]
    actor: Actor
    reason: str
    evidence: tuple[LinkEvidence, ...] = ()
    undoes: str | None = None


class Judging:
    """The only way in for judgements."""

    def __init__(self, rooms: Rooms, work: Work) -> None:
        self._rooms = rooms
        self._work = work

    def keep(self, ruling: Ruling, records: Sequence[RecordKey], women: Iterable[str]) -> str:
        """Keep it, and let what follows happen. Returns the id of the decision. Raises `OvertakenError`.

        `records`: those to link again, who moves first; `women`: those that it touches, to rebuild.
        """
        store, now = self._rooms.store, self._rooms.clock()
        decision = str(uuid.uuid4())
        why = body(Said(ruling.reason, ruling.actor.name, ruling.evidence, ruling.undoes))
        rows = [self._row(decision, ruling, one, other, why) for one, other in ruling.pairs]
        jobs = [(RECORD_JOB, record_intent(r)) for r in dict.fromkeys(records)]
        rebuild = [(WOMAN_JOB, woman) for woman in sorted(set(women))]
        jobs = jobs or rebuild  # linking asks by itself for the women it touches to be rebuilt
        for _ in range(_TRIES):
            after, *_ = store.judging_stamp()
            self._check(ruling)
            try:
                store.judge(rows, jobs, now, after=after)
            except ConflictError:
                continue
            self._follow(jobs, rebuild)
            return decision
        raise OvertakenError(Changed("decided", "Er wordt op dit moment veel besloten; probeer het opnieuw."))

    def _row(self, decision: str, ruling: Ruling, one: Judged, other: Judged, why: bytes) -> Judgement:
        a, b = sorted((one, other))
        at = self._rooms.clock()
        return Judgement(decision, ruling.kind, a, b, ruling.verdict.value, why, at, ruling.actor.id)

    def _check(self, ruling: Ruling) -> None:
        """Whether it can stand beside what other persons decided."""
        if ruling.verdict not in (Verdict.SAME, Verdict.APART):
            return
        pairs = self._closure(ruling.kind, {j.record for pair in ruling.pairs for j in pair})
        found: list[Changed] = []
        for one, other in ruling.pairs:
            a, b = (one.source, one.reference), (other.source, other.reference)
            if ruling.verdict is Verdict.SAME:
                between = ((x, y) for x in pairs.together(a) for y in pairs.together(b))
                against = [j for x, y in between if pairs.apart(x, y) and (j := pairs.of(x, y))]
            else:
                against = [j for x, y in _way(pairs, a, b) if (j := pairs.of(x, y))]
            found += [contradiction(j) for j in against]
        if found:
            raise OvertakenError(*dict.fromkeys(found))

    def _closure(self, kind: str, records: set[RecordKey]) -> Pairs:
        """Every judgement that these records hang together by."""
        known: set[RecordKey] = set()
        judgements: dict[str, Judgement] = {}
        while ahead := records - known:
            known |= ahead
            for judgement in self._rooms.store.judgements(kind, within=ahead):
                judgements[judgement.pair] = judgement
                records = records | {judgement.a.record, judgement.b.record}
        return Pairs(judgements.values())

    def _follow(self, jobs: Sequence[tuple[str, str]], rebuild: Sequence[tuple[str, str]]) -> None:
        """Do the work at once, so that the person sees what came of it. What is not done here waits in the outbox."""
        store = self._rooms.store
        keys = list(jobs)
        try:
            for _ in range(_ROUNDS):
                waiting = store.waiting(keys)
                if not waiting:
                    return
                self._work.finish(waiting)
                keys = [*jobs, *rebuild, *((WOMAN_JOB, w) for w in self._women(jobs))]
        except Exception as error:  # it waits in the outbox, for the worker to try again and to say what is wrong
            where = traceback.extract_tb(error.__traceback__)[-1]
            log.JOB_FAILED.log(kind="decision", error=f"{type(error).__name__} at {where.name}:{where.lineno}")

    def _women(self, jobs: Sequence[tuple[str, str]]) -> list[str]:
        """The women under whom the records of these jobs stand by now."""
        records = [RecordKey(*key.split("|", 1)) for kind, key in jobs if kind == RECORD_JOB]
        rows = self._rooms.store.links(WOMAN, records=records) if records else []
        return sorted({r.target for r in rows if r.target})


def _way(pairs: Pairs, a: Key, b: Key) -> list[tuple[Key, Key]]:
    """The pairs by which persons made two one, from the one to the other; nothing where they did not."""
    came: dict[Key, Key | None] = {a: None}
    ahead = [a]
    while ahead:
        at = ahead.pop(0)
        for next_ in sorted(pairs.same_as(at) - came.keys()):
            came[next_] = at
            ahead.append(next_)
    steps: list[tuple[Key, Key]] = []
    at_: Key | None = b if b in came else None
    while at_ is not None and (before := came[at_]) is not None:
        steps.append((before, at_))
        at_ = before
    return steps


def contradiction(judgement: Judgement) -> Changed:
    """That another decision stands against it."""
    what = {Verdict.SAME: "gekoppeld", Verdict.APART: "apart gehouden"}[Verdict(judgement.verdict)]
    text = f"{words(judgement)} {what}. Maak dat besluit eerst ongedaan."
    return Changed("contradiction", text, judgement.decision)


def words(judgement: Judgement) -> str:
    """Who decided, when, and on which two."""
    who = said(judgement).name or judgement.made_by
    a, b = judgement.a, judgement.b
    return f"{who} heeft op {dutch.instant(judgement.made_at)} {a.source} {a.reference} en {b.source} {b.reference}"
