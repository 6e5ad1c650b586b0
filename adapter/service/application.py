"""The use cases as the doors see them. Every one asks the policy first and leaves an audit event behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta

from adapter.access import (
    SYSTEM,
    Action,
    Context,
    Entity,
    EventType,
    Outcome,
    Purpose,
    Resource,
)
from adapter.access.consent.terms import NOTHING
from adapter.jobs import JobsError
from adapter.model.carepath import CarePath
from adapter.model.decision import Decision
from adapter.model.identifiers import Bsn
from adapter.model.moments import day_of
from adapter.model.projection import ClaimsProjection
from adapter.model.sources import FhirVersion, Problem, RecordKey, SourceReport, SourceState, StoredVersion
from adapter.service.access.emergency import Emergencies
from adapter.service.access.grounding import Grounding
from adapter.service.access.lens import Lens
from adapter.service.access.reach import Reach
from adapter.service.access.relations import Relations
from adapter.service.access.visible import Visible
from adapter.service.audit.desk import AuditDesk
from adapter.service.bounds import UNBOUND, Bounds
from adapter.service.changes import StoredChanges
from adapter.service.consents.desk import ConsentDesk
from adapter.service.consents.grounds import Grounds
from adapter.service.decide import decide, keep
from adapter.service.endpoint.service import FhirService
from adapter.service.entrance import Demonstration, Entrance
from adapter.service.guard import Guard
from adapter.service.intake import Checker
from adapter.service.links.pregnancies import Pregnancies
from adapter.service.links.proposals import Proposals
from adapter.service.links.women import Women
from adapter.service.lots import Elsewhere, Lots
from adapter.service.origins import StoredOrigins
from adapter.service.payment.desk import Drafting, Payment
from adapter.service.planning.planning import Planning
from adapter.service.port import UnknownPregnancyError
from adapter.service.pull import pull, sender
from adapter.service.records import Records
from adapter.service.rooms import Rooms
from adapter.service.rounds import Rounds
from adapter.service.rulebook import Rulebook, compose
from adapter.service.signals import Signals
from adapter.service.summaries import Summaries
from adapter.service.summary import Figures, PregnancyPage
from adapter.service.views import View, Views
from adapter.service.work import Work
from adapter.service.worker import Worker


class UseCases:
    """Implements `adapter.service.port.Application` over the wired rooms."""

    def __init__(
        self,
        rooms: Rooms,
        worker: Callable[[Work], Worker],
        check: Callable[[], list[Problem]],
        frame_ancestors: tuple[str, ...] = (),
        drafting: Drafting | None = None,
        elsewhere: Elsewhere | None = None,
        entrance: Entrance | None = None,
        ground: Grounding | None = None,
        bounds: Bounds = UNBOUND,
        pull_every: timedelta | None = None,
    ) -> None:
        """`elsewhere` does lots of much work in another process: it is sent there as it is. `ground`: what is asked
        before a reader sees what another organisation holds.
        """
        self.frame_ancestors = frame_ancestors
        self.bounds = bounds
        self.entrance: Entrance = entrance or Demonstration()
        self._rooms = rooms
        self._checker = Checker()
        self._check = check
        self._records = records = Records(rooms)
        self._pregnancies = Pregnancies(rooms, records)
        self._views = Views(rooms, self._pregnancies)
        ground = ground or Grounding()
        told = ground.told(rooms, self._pregnancies) if ground.told is not None else None
        self._relations = Relations(rooms, records, told) if told else None
        self.reach = Reach(rooms, self._relations, required=ground.required)
        self._visible = Visible(rooms, self.reach)
        self._guard = Guard(rooms)
        grounds = told or Grounds(rooms, self._pregnancies, NOTHING)
        self.consents = ConsentDesk(rooms, grounds, self._visible, ground.national_client)
        self.emergencies = Emergencies(rooms, self._pregnancies, ground.emergency)
        self.origins = StoredOrigins(rooms, self._views, self._visible)
        self.changes = StoredChanges(rooms, self._pregnancies, self._visible)
        self._summaries = Summaries(rooms, self._views)
        self.payment = Payment(rooms, self._pregnancies, self._views, self.pull, drafting)
        self.planning = Planning(rooms, self._views)
        work = Work(rooms, records, Women(rooms, records), self._pregnancies, self._views)
        self.proposals = Proposals(rooms, records, self._pregnancies, work, self.reach)
        self._worker = worker(work)
        self.lots = Lots(rooms.store, work, self._checker, elsewhere)
        opened = not self.entrance.configured
        self.fhir = FhirService(rooms, self._checker, self._settled, self.reach, bounds.notices, open=opened)
        self.signals = Signals(rooms, self._views, self._settled)
        self.audit = AuditDesk(rooms)
        once = self._worker.once
        self._rounds = Rounds(self.pull, self._pulled_at, self.payment.standing, rooms.clock, pull_every, once)
        self._reports: dict[str, SourceReport] = {}
        self._asked_all: datetime | None = None
        self._pulled = False

    async def pull(
        self, sources: Collection[str] | None = None, bsns: Collection[Bsn] | None = None
    ) -> list[SourceReport]:
        """Ask the sources (all, or those named) and rebuild what changed."""
        whose: dict[RecordKey, Bsn] = {}
        reports = await pull(self._rooms, self._checker, sources, bsns, whose)
        await self.lots.settle(whose)
        unfinished = await self._settled()
        if self._relations is not None:
            await asyncio.to_thread(self._relations.catch_up)
        await self.fhir.notifier.tell()
        if reports and unfinished is not None:
            reports[-1] = replace(reports[-1], problems=(*reports[-1].problems, unfinished))
        self._reports |= {r.source: r for r in reports}
        self._received(reports)
        self._pulled = True
        if sources is None and bsns is None:
            self._asked_all = self._rooms.clock()
        return reports

    async def _settled(self) -> Problem | None:
        """Do what follows from what was pulled; what cannot be done stays in the outbox, and is said."""
        try:
            left = await self._worker.settle()
        except JobsError as error:
            return Problem(None, "[jobs]", f"de wachtrij doet het niet: {error}", "het werk wacht in de opslag")
        if left == 0:
            return None
        what = f"{left} stukken werk zijn niet gelukt; wat daaruit volgt is nog niet bijgewerkt"
        return Problem(
            None, "verwerking", what, "zie het logboek (job.failed); bij de volgende keer opnieuw geprobeerd"
        )

    def _received(self, reports: Sequence[SourceReport]) -> None:
        """Data came in from other systems: one event for each source, on nobody's request but the program's."""
        audit, at = self._rooms.audit, self._rooms.clock()
        context = Context(SYSTEM, Purpose.HOPERAT)
        audit.record(
            *(
                audit.event(
                    context,
                    EventType.RECEIVE,
                    Action.CREATE,
                    at,
                    entities=[Entity("source", r.source)],
                    outcome=Outcome.SUCCESS if r.state is SourceState.ANSWERED else Outcome.MINOR_FAILURE,
                    query=f"resources={r.resources}&new={r.new_versions}",
                )
                for r in reports
                if not r.sends
            )
        )

    async def work(self) -> None:
        """Do queued work until cancelled."""
        await self._worker.run()

    async def go_round(self) -> None:
        """Pull every so often, and decide again each day what days change, until cancelled."""
        await asyncio.to_thread(self.planning.refresh)
        await self._rounds.go()

    def _pulled_at(self) -> datetime | None:
        """When all sources were last asked: by this process, or, of those that are followed, by any."""
        asked = {a.source: a.at for a in self._rooms.store.answers_for([])}
        followed = [source for source, setup in self._rooms.sources.items() if setup.follow]
        by_any = min(asked[s] for s in followed) if followed and all(s in asked for s in followed) else None
        return max((at for at in (by_any, self._asked_all) if at is not None), default=None)

    def pregnancies(
        self, ctx: Context, *, as_of: date | None, known_at: datetime | None, offset: int, limit: int
    ) -> PregnancyPage:
        """The list of pregnancies."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.PREGNANCIES)
        now = self._rooms.clock()
        day, lenses = as_of or day_of(now), self._visible.lenses(ctx, known_at)
        if lenses is None:
            page = self._summaries.page(day, known_at, now, offset, limit)
        else:
            page = self._summaries.narrowed(lenses, day, known_at, now, offset, limit)
        query = f"offset={offset}&limit={limit}"
        entities = [Entity("pregnancies", ""), *(Entity("pregnancy", i.pregnancy) for i in page.items if lenses)]
        self._guard.record(ctx, EventType.SEARCH, Action.EXECUTE, grant, entities, query=query)
        return page

    def care_path(
        self, ctx: Context, pregnancy: str, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> CarePath:
        """The shared care path. Raises `UnknownPregnancyError`."""
        return self._seen(ctx, pregnancy, as_of, known_at).path

    def care_path_json(
        self, ctx: Context, pregnancy: str, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> bytes:
        """The same as JSON, in the published shape."""
        return self._seen(ctx, pregnancy, as_of, known_at).json()

    def _seen(self, ctx: Context, pregnancy: str, as_of: date | None, known_at: datetime | None) -> View:
        """The view, as far as may be seen, and a line in the log that it was."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.CARE_PATH)
        lens = self._visible.look(ctx, pregnancy, known_at)
        view = self._view(pregnancy, as_of, known_at, lens)
        checks = lens.seen.checks() if lens is not None else ()
        entities = [Entity("pregnancy", pregnancy)]
        self._guard.record(ctx, EventType.READ, Action.READ, grant, entities, patient=view.path.woman.id, checks=checks)
        return view

    def dossiers(self, ctx: Context, pregnancy: str) -> list[tuple[str, str]]:
        """The dossiers (source, reference) that count as this pregnancy. Raises `UnknownPregnancyError`."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.CARE_PATH)
        given = self._views.gather(pregnancy, None, self._visible.look(ctx, pregnancy))
        entities = [Entity("pregnancy", pregnancy)]
        self._guard.record(ctx, EventType.READ, Action.READ, grant, entities, patient=given.woman)
        return sorted(given.dossiers)

    def decision(
        self, ctx: Context, pregnancy: str, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> Decision:
        """The decision. For today and now it is kept if it says more; for another day or instant it is only shown."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.DECISION)
        view = self._view(pregnancy, as_of, known_at)
        decided = decide(self._rooms, view.projection, self._rooms.clock())
        made = decided.decision
        if as_of is None and known_at is None:
            made = keep(self._rooms, decided, self._pregnancies.records_of(view.path.woman.id))
        entities = [Entity("pregnancy", pregnancy), Entity("decision", made.id)]
        self._guard.record(ctx, EventType.DECIDE, Action.EXECUTE, grant, entities, patient=view.path.woman.id)
        return made

    def variables(
        self, ctx: Context, pregnancy: str, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> ClaimsProjection:
        """What the decision may know of this pregnancy, and nothing else. Raises `UnknownPregnancyError`."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.DECISION)
        view = self._view(pregnancy, as_of, known_at)
        woman = view.path.woman.id
        self._guard.record(ctx, EventType.READ, Action.READ, grant, [Entity("pregnancy", pregnancy)], patient=woman)
        return view.projection

    def decisions(self, ctx: Context, pregnancy: str) -> list[Decision]:
        """Every decision made for this pregnancy, newest first. Raises `UnknownPregnancyError`."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.DECISION)
        made = self._rooms.store.decisions(pregnancy)
        if not made and pregnancy not in self._views.ids():
            raise UnknownPregnancyError(pregnancy)
        self._guard.record(ctx, EventType.READ, Action.READ, grant, [Entity("pregnancy", pregnancy)])
        return made

    def find(self, ctx: Context, bsn: Bsn) -> list[str]:
        """Ids of the pregnancies of the woman with this BSN."""
        grant = self._guard.allowed(ctx, Action.EXECUTE, Resource.IDENTITY)
        records = [r for found in self._rooms.store.find([f"bsn:{bsn.value}"]).values() for r in found]
        known = self._pregnancies.women_of(records)
        women = [w for w in known if self.reach.records(ctx, w).allowed]  # of others not even that they are known
        found = [p for woman in women for p in self._visible.of_woman(ctx, woman)]
        entities = [Entity("pregnancy", p) for p in found]
        self._guard.record(ctx, EventType.SEARCH, Action.EXECUTE, grant, entities, patient=next(iter(women), None))
        return found

    def resource(self, ctx: Context, version: FhirVersion, reference: str) -> StoredVersion | None:
        """The latest stored version of one FHIR resource (`Type/id`), None when there is none."""
        grant = self._guard.allowed(ctx, Action.READ, Resource.SOURCE_RESOURCE)
        held = [v for v in self._rooms.store.holders(reference, version) if v.received.problem is None]
        held = [v for v in held if self._sees(ctx, v)]
        entities = [Entity("resource", f"{v.received.source}:{reference}") for v in held[:1]]
        self._guard.record(ctx, EventType.READ, Action.READ, grant, entities)
        return held[0] if held else None

    def _sees(self, ctx: Context, version: StoredVersion) -> bool:
        got = version.received
        if got.woman is None or not self.reach.narrows(ctx):
            return True
        record = RecordKey(got.source, got.woman)
        parts = self._rooms.store.search.pregnancies_of(record)
        women = self._pregnancies.women_of([record])
        return any(self.reach.records(ctx, woman).shows(got.source, got.type, parts) for woman in women)

    def sources(self) -> list[str]:
        """Ids of the configured sources."""
        return list(self._rooms.sources)

    def reports(self, ctx: Context | None = None) -> list[SourceReport]:
        """How each configured source answered last: in this process, or by what the store remembers of it."""
        if ctx is not None:
            self._guard.allowed(ctx, Action.READ, Resource.SOURCE)
        remembered = {a.source: a for a in self._rooms.store.answers_for([])}
        found: list[SourceReport] = []
        for source, setup in self._rooms.sources.items():
            if setup.sends:
                problems = self._reports[source].problems if source in self._reports else ()
                found.append(replace(sender(self._rooms, setup), problems=problems))
            elif source in self._reports:
                found.append(self._reports[source])
            elif source in remembered:
                last = remembered[source]
                problems = (Problem(source, "", last.problem),) if last.problem else ()
                who = setup.info.organisation
                found.append(SourceReport(source, who, last.state, last.at, problems=problems, counted=False))
        return found

    def figures(self) -> Figures:
        """Counts for operations."""
        counts = self._rooms.store.counts()
        standing: dict[str, int] = {}
        for made in self._rooms.store.latest_decisions():
            standing[made.status] = standing.get(made.status, 0) + 1
        return Figures(
            resources=counts["versions"],
            set_aside=counts["invalid"],
            pregnancies=len(self._views.ids()),
            decisions=standing,
            queue_depth=counts["outbox"],
        )

    def check(self) -> list[Problem]:
        """Faults and warnings in configuration, mappings, rule tables, profiles."""
        return self._check()

    def rulebook(
        self, ctx: Context, on: date | None = None, against: date | None = None, rule: str | None = None
    ) -> Rulebook:
        """The rules in force on a day, as parts and plain tables (Dutch); what differs from those of another day.

        `rule`: one that is looked for; then of the nearest day on which it is in force.
        """
        self._guard.allowed(ctx, Action.READ, Resource.DECISION)
        rooms = self._rooms
        if rooms.keeper is not None:
            rooms.keeper.look()
        day = on or day_of(rooms.clock())
        return compose(rooms.rules, day, rooms.mappings, rooms.catalogue, rooms.igo, against, rule)

    def ready(self) -> bool:
        """Whether the store answers and the first pull is done (by this process, or an earlier one), if one is due."""
        self._rooms.store.ping()
        if all(setup.sends for setup in self._rooms.sources.values()):
            return True  # nothing is ever pulled
        if not self._pulled:  # data without work that waits: an earlier process came to the end of its pull
            counts = self._rooms.store.counts()
            self._pulled = bool(counts["versions"]) and not counts["outbox"]
        return self._pulled

    def rehearse(self) -> None:
        """Make one view and keep nothing of it: what is put together once (SQL, validators, what a mapping is compiled
        to) is there before the first reader comes.
        """
        pregnancy = self._rooms.store.a_pregnancy()
        if pregnancy is None:
            return
        now = self._rooms.clock()
        with suppress(UnknownPregnancyError), self._rooms.store.looking(), self._records.together(keep=False):
            self._views.compute(self._views.gather(pregnancy, None), day_of(now), now).json()

    async def aclose(self) -> None:
        """Let go of connections, processes and files."""
        await self.fhir.aclose()
        await self.entrance.aclose()
        await self._worker.aclose()
        if self.bounds.throttle is not None:
            await self.bounds.throttle.aclose()
        await asyncio.to_thread(self.planning.close)
        for setup in self._rooms.sources.values():
            await setup.connector.aclose()
        await asyncio.to_thread(self._checker.close)
        self._rooms.store.close()

    def _view(self, pregnancy: str, as_of: date | None, known_at: datetime | None, lens: Lens | None = None) -> View:
        now = self._rooms.clock()
        return self._views.view(pregnancy, as_of or day_of(now), known_at, now, lens)
