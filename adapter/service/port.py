"""What the doors (api, web, cli) ask of the application; `adapter.bootstrap` builds the one that answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from adapter.access import Context
from adapter.model.carepath import CarePath
from adapter.model.decision import Decision
from adapter.model.identifiers import Bsn
from adapter.model.projection import ClaimsProjection
from adapter.model.sources import FhirVersion, Problem, SourceReport, StoredVersion
from adapter.service.bounds import Bounds
from adapter.service.entrance import Entrance
from adapter.service.links.proposal import LinkDesk
from adapter.service.origin import Changes, Origins
from adapter.service.planning.plan import Plans
from adapter.service.summary import Figures, PregnancyPage

if TYPE_CHECKING:
    from adapter.service.access.emergency import Emergencies
    from adapter.service.audit.desk import AuditDesk
    from adapter.service.consents.desk import ConsentDesk
    from adapter.service.endpoint.service import FhirService
    from adapter.service.payment.desk import Payment
    from adapter.service.rulebook import Rulebook
    from adapter.service.signals import Signals


class UnknownPregnancyError(LookupError):
    """There is no pregnancy of that id, or not yet at the instant asked about."""


class ConfigurationError(Exception):
    """The configuration, or data it points to, has faults; nothing was started. Each fault names file and key."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{p.where}: {p.what}" for p in problems))
        self.problems = tuple(problems)


class Application(Protocol):
    """The use cases. Reading methods are synchronous and safe to call from several threads.

    Every method that takes a `Context` raises `access.DeniedError` when the policy says no, and writes an audit event.
    """

    @property
    def entrance(self) -> Entrance:
        """Who asks, by what a request carries."""
        ...

    @property
    def consents(self) -> ConsentDesk:
        """What women permit and forbid."""
        ...

    @property
    def bounds(self) -> Bounds:
        """How much one request may hold and one caller may ask."""
        ...

    @property
    def origins(self) -> Origins:
        """The stored resources behind the values of a care path."""
        ...

    @property
    def emergencies(self) -> Emergencies:
        """Noodtoegang."""
        ...

    @property
    def changes(self) -> Changes:
        """Whether what is known of a pregnancy changed."""
        ...

    @property
    def frame_ancestors(self) -> tuple[str, ...]:
        """Origins (`https://epd.example`) that may show the pages in a frame; none unless configured."""
        ...

    @property
    def planning(self) -> Plans:
        """Expected births, caseload and completeness of the region."""
        ...

    @property
    def payment(self) -> Payment:
        """Worklist, overrides, trials of other rules, runs, casemix: all for purpose payment."""
        ...

    @property
    def proposals(self) -> LinkDesk:
        """The desk where persons decide on links."""
        ...

    @property
    def audit(self) -> AuditDesk:
        """The audit log: for the log keeper, and for the woman about herself."""
        ...

    @property
    def signals(self) -> Signals:
        """What insurers, members and the woman tell of care that no EPD holds."""
        ...

    async def pull(
        self, sources: Collection[str] | None = None, bsns: Collection[Bsn] | None = None
    ) -> list[SourceReport]:
        """Ask the sources (all, or those named) and rebuild what changed."""
        ...

    async def go_round(self) -> None:
        """Pull every so often, and decide again each day what days change, until cancelled."""
        ...

    def pregnancies(
        self, ctx: Context, *, as_of: date | None, known_at: datetime | None, offset: int, limit: int
    ) -> PregnancyPage:
        """The list of pregnancies."""
        ...

    def care_path(
        self, ctx: Context, pregnancy: str, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> CarePath:
        """The shared care path. Raises `UnknownPregnancyError`."""
        ...

    def care_path_json(
        self, ctx: Context, pregnancy: str, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> bytes:
        """The same as JSON, in the published shape. Raises `UnknownPregnancyError`."""
        ...

    def decision(
        self, ctx: Context, pregnancy: str, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> Decision:
        """The decision. Raises `UnknownPregnancyError`."""
        ...

    def variables(
        self, ctx: Context, pregnancy: str, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> ClaimsProjection:
        """What the decision may know of this pregnancy, and nothing else. Raises `UnknownPregnancyError`."""
        ...

    def decisions(self, ctx: Context, pregnancy: str) -> list[Decision]:
        """Every decision made for this pregnancy, newest first. Raises `UnknownPregnancyError`."""
        ...

    def find(self, ctx: Context, bsn: Bsn) -> list[str]:
        """Ids of the pregnancies of the woman with this BSN."""
        ...

    def resource(self, ctx: Context, version: FhirVersion, reference: str) -> StoredVersion | None:
        """The latest stored version of one FHIR resource (`Type/id`), None when there is none."""
        ...

    @property
    def fhir(self) -> FhirService:
        """The FHIR endpoint of both versions."""
        ...

    def sources(self) -> list[str]:
        """Ids of the configured sources."""
        ...

    def reports(self, ctx: Context | None = None) -> list[SourceReport]:
        """How each configured source answered last. Without a context the program itself asks."""
        ...

    def figures(self) -> Figures:
        """Counts for operations."""
        ...

    def check(self) -> list[Problem]:
        """Faults and warnings in configuration, mappings, rule tables, profiles."""
        ...

    def rehearse(self) -> None:
        """Do what a first reader would wait for. Nobody looks: it keeps nothing, and nothing is logged."""
        ...

    def rulebook(
        self, ctx: Context, on: date | None = None, against: date | None = None, rule: str | None = None
    ) -> Rulebook:
        """The rules in force on a day, as parts and plain tables (Dutch); what differs from those of another day.

        `rule`: one that is looked for; then of the nearest day on which it is in force.
        """
        ...

    def ready(self) -> bool:
        """Whether the store answers and the first pull is done."""
        ...

    async def work(self) -> None:
        """Do queued work until cancelled."""
        ...

    async def aclose(self) -> None:
        """Let go of connections and files."""
        ...
