"""Pull: ask every source, all at once; then ask each for the women that only others knew of, by BSN."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from adapter import facts
from adapter.connectors import Ask, PullOutcome, WomanAnswer
from adapter.model.identifiers import Bsn
from adapter.model.sources import Problem, RecordKey, SourceReport, SourceState
from adapter.service.intake import Checker, Intake
from adapter.service.rooms import Rooms, SourceSetup
from adapter.store import Answer

_MAX_PROBLEMS = 200


class SourcePull:
    """One source in one pull."""

    def __init__(self, rooms: Rooms, checker: Checker, setup: SourceSetup, only: tuple[Bsn, ...] | None) -> None:
        self._rooms = rooms
        self.setup = setup
        self._only = only
        self.intake = Intake(rooms, checker, setup.info.id)
        self.outcomes: list[PullOutcome] = []
        self._withheld: Mapping[Bsn, str] = {}

    async def first_round(self, withheld: Mapping[Bsn, str]) -> None:
        """Discover, or ask for the women that were given."""
        if self._only is not None:
            await self._ask_by_bsn(self._only, withheld)
        elif self.setup.follow:
            await self._ask(Ask(discover=True))
        else:
            await self._ask(Ask(discover=False, bsns=tuple(Bsn(b) for b in self.setup.listed)))

    def lacking(self, known: Collection[Bsn]) -> tuple[Bsn, ...]:
        """The women known elsewhere that this source did not bring itself."""
        if self._only is not None or not self.setup.follow or not self._reachable:
            return ()
        mine = set(self.intake.tally.women.values())
        return tuple(sorted((b for b in known if b not in mine), key=lambda b: b.value))

    async def second_round(self, wanted: tuple[Bsn, ...], withheld: Mapping[Bsn, str]) -> None:
        """Ask by BSN for women known elsewhere."""
        if wanted:
            await self._ask_by_bsn(wanted, withheld)

    async def _ask_by_bsn(self, wanted: tuple[Bsn, ...], withheld: Mapping[Bsn, str]) -> None:
        """Ask for these women, save those for whom there is no ground to ask this source, and why not."""
        self._withheld = withheld
        asked = tuple(b for b in wanted if b not in withheld)
        if asked:
            await self._ask(Ask(discover=False, bsns=asked))

    @property
    def _reachable(self) -> bool:
        return all(o.state is SourceState.ANSWERED for o in self.outcomes)

    async def _ask(self, ask: Ask) -> None:
        try:
            try:
                outcome = await self.setup.connector.pull(ask, self.intake.take)
            finally:
                await self.intake.finish()  # also what came before a source broke off
        except Exception as error:  # a fault of ours at one source must not stop the others; it is reported, not lost
            what = f"unexpected {type(error).__name__} while pulling this source"
            problem = Problem(self.setup.info.id, "pull", what, "see the log")
            outcome = PullOutcome(SourceState.FAILED, 0, (), (problem,))
        self.outcomes.append(outcome)

    def report(self) -> SourceReport:
        """How the source answered over both rounds."""
        tally = self.intake.tally
        problems = [p for o in self.outcomes for p in o.problems] + tally.problems
        return SourceReport(
            source=self.setup.info.id,
            organisation=self.setup.info.organisation,
            state=_worst([o.state for o in self.outcomes]),
            at=self._rooms.clock(),
            resources=sum(o.resources for o in self.outcomes),
            new_versions=tally.new_versions,
            invalid=tally.invalid,
            problems=tuple(problems[:_MAX_PROBLEMS]),
        )

    def answers(self, report: SourceReport) -> list[Answer]:
        """What to remember of how this source answered: as a whole, and for each woman where that differs."""
        at = report.at or self._rooms.clock()
        problem = next((p.what for p in report.problems if p.severity == "error"), None)
        whole = self._only is None and self.setup.follow
        rows = [Answer(self.setup.info.id, None, None, report.state, at, problem)] if whole else []
        for woman in (w for o in self.outcomes for w in o.women):
            if not whole or woman.state is not SourceState.ANSWERED:
                rows.append(self._answer(woman, at))
        source, state = self.setup.info.id, SourceState.NOT_ASKED
        return rows + [Answer(source, None, bsn, state, at, why) for bsn, why in self._withheld.items()]

    def _answer(self, woman: WomanAnswer, at: datetime) -> Answer:
        bsn = woman.bsn or (self.intake.tally.women.get(woman.reference) if woman.reference else None)
        return Answer(self.setup.info.id, woman.reference, bsn, woman.state, at, woman.problem)


async def pull(
    rooms: Rooms,
    checker: Checker,
    sources: Collection[str] | None,
    bsns: Collection[Bsn] | None,
    whose: dict[RecordKey, Bsn] | None = None,
) -> list[SourceReport]:
    """Ask the sources (all, or those named) and take in what they send. One failing source never stops another.

    `whose` is filled with the BSN of each record that was sent, where it holds one.
    """
    only = None if bsns is None else tuple(bsns)
    chosen = [s for s in rooms.sources.values() if sources is None or s.info.id in sources]
    pulls = [SourcePull(rooms, checker, setup, only) for setup in chosen if not setup.sends]
    given = await _withheld(rooms, {p.setup.info.id: only or () for p in pulls}, {})
    await asyncio.gather(*(p.first_round(given.get(p.setup.info.id, {})) for p in pulls))
    known: defaultdict[Bsn, list[RecordKey]] = defaultdict(list)
    for p in pulls:
        for reference, bsn in p.intake.tally.women.items():
            if bsn is not None:
                known[bsn].append(RecordKey(p.setup.info.id, reference))
    if only is None and pulls:
        for bsn, record in await asyncio.to_thread(_sent, rooms):
            known[bsn].append(record)
    wanted = {p.setup.info.id: p.lacking(known) for p in pulls}
    without = await _withheld(rooms, wanted, known)
    await asyncio.gather(*(p.second_round(wanted[s], without.get(s, {})) for p in pulls for s in (p.setup.info.id,)))
    if whose is not None:
        for p in pulls:
            women = p.intake.tally.women.items()
            whose |= {RecordKey(p.setup.info.id, woman): bsn for woman, bsn in women if bsn is not None}
    reports = [p.report() for p in pulls]
    for one, report in zip(pulls, reports, strict=True):
        rooms.store.add_answers(one.answers(report))
    return reports + [sender(rooms, setup) for setup in chosen if setup.sends]


def _sent(rooms: Rooms) -> list[tuple[Bsn, RecordKey]]:
    """The women whom sources that send by themselves know: the others are asked for them as well."""
    search, found = rooms.store.search, []
    upto = search.last_position()
    for setup in rooms.sources.values():
        for record in search.held_at(setup.info.id) if setup.sends else ():
            kind, _, id = record.woman.partition("/")
            row = search.current(record.source, kind, id, upto)
            bsn = None if row is None or row.problem else facts.person(row.stored(), setup.info).bsn
            if bsn is not None:
                found.append((bsn, record))
    return found


def sender(rooms: Rooms, setup: SourceSetup) -> SourceReport:
    """Of a source that is not asked: when something last came of it."""
    last = rooms.store.search.last_of(setup.info.id)
    organisation = setup.info.organisation
    return SourceReport(setup.info.id, organisation, SourceState.NOT_ASKED, last, sends=True, counted=False)


async def _withheld(
    rooms: Rooms, wanted: Mapping[str, Collection[Bsn]], known: Mapping[Bsn, Collection[RecordKey]]
) -> Mapping[str, Mapping[Bsn, str]]:
    """For whom each source may not be asked for want of a ground, and why; nothing where no ground is required."""
    if rooms.lookups is None or not any(wanted.values()):
        return {}
    return await asyncio.to_thread(rooms.lookups.withheld, wanted, known)


def _worst(states: list[SourceState]) -> SourceState:
    order = (SourceState.REFUSED, SourceState.FAILED, SourceState.ANSWERED)
    return next((s for s in order if s in states), SourceState.NOT_ASKED)
