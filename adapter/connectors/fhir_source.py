"""The `fhir` connector: discover dossiers, or find women by BSN, and fetch each dossier by the plan."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx

from adapter.connectors.bsn import find_women
from adapter.connectors.capability import read_offer
from adapter.connectors.config import SourceConfig
from adapter.connectors.dossiers import Group
from adapter.connectors.errors import NotOfferedError, RefusedError, SourceError, StopError
from adapter.connectors.http import Http
from adapter.connectors.ledger import Ledger
from adapter.connectors.plan import PERSON, PREGNANCY_RECORD, with_status
from adapter.connectors.ports import Ask, Deliver, PullOutcome
from adapter.connectors.pull import Pull, chunks, first
from adapter.connectors.resolve import count_missing
from adapter.fhir import Entry, Page
from adapter.model.identifiers import Bsn
from adapter.model.sources import Media, SourceState


class FhirConnector:
    """One EPD that speaks FHIR REST, STU3 or R4."""

    def __init__(self, config: SourceConfig, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.info = config.info
        self._config = config
        self._transport = transport

    async def aclose(self) -> None:
        """Nothing is held open between pulls."""

    async def pull(self, ask: Ask, deliver: Deliver) -> PullOutcome:
        """See `Connector.pull`."""
        config, limits = self._config, self._config.limits
        extra = config.women != "list"
        ledger = Ledger(config.info.id, deliver, limits.deliver, limits.problems, bsn_is_extra=extra)
        try:
            media = Media.XML if config.format == "xml" else Media.JSON
            async with Http(config.base_url or "", config.auth, limits, self._transport, media) as http:
                offer = await read_offer(http, config.info.fhir_version, ledger)
                pull = Pull(config.info, http, offer, limits, ledger, implied=config.women == "token")
                await _pull(pull, ask)
        except SourceError as error:
            ledger.stopped = error
            ledger.error("bron", error.what, error.advice)
            ledger.unanswered(ask.bsns, error)
        return ledger.outcome()


async def _pull(pull: Pull, ask: Ask) -> None:
    stopped: SourceError | None = None
    if pull.implied:
        for bsn in ask.bsns:
            pull.ledger.answer(bsn, SourceState.NOT_ASKED, "deze bron geeft alleen de vrouw van het token")
        if ask.discover or not ask.bsns:
            await _of_token(pull, ask.status)
            count_missing(pull)
        return
    if ask.discover:
        stopped = await _discover(pull, ask.status, alone=not ask.bsns)
    for batch in chunks(tuple(dict.fromkeys(ask.bsns)), pull.limits.dossiers_per_search):
        await _by_bsn(pull, batch)
    count_missing(pull)
    if stopped:
        raise stopped


async def _of_token(pull: Pull, status: Sequence[str]) -> None:
    """The one woman for whom the token was given: she is asked for by nothing else (MedMij: no BSN in any address)."""
    group = Group(pull, ())
    people = [found async for found in pull.pages(PERSON, ())]
    found = [page async for page in pull.pages(with_status(pull.plan.discovery, status), [PREGNANCY_RECORD])]
    where = pull.plan.discovery.name
    for page, media in found:
        group.adopt([e for e in page.entries if e.type == "EpisodeOfCare"], media, where)
        await group.take(page.entries, media, where)
        group.note(page.problems, where)
    for page, media in people:  # a child comes when the dossier says that it is hers
        await group.take([e for e in page.entries if f"{e.type}/{e.id}" in group.own.women], media, PERSON.type)
        group.note(page.problems, PERSON.type)
    await group.fetch()


async def _discover(pull: Pull, status: Sequence[str], alone: bool) -> SourceError | None:
    """Every dossier of a pregnancy. Gives back the failure that cut it short, when the rest can still go on."""
    search = with_status(pull.plan.discovery, status)
    slots = asyncio.Semaphore(pull.limits.groups)
    stopped: SourceError | None = None
    try:
        async with asyncio.TaskGroup() as tasks:
            try:
                async for page, media in pull.pages(search, [PREGNANCY_RECORD]):
                    await _start(pull, page, media, tasks, slots)
            except StopError:
                raise
            except NotOfferedError as error:
                pull.ledger.warn(search.name, error.what, "vrouwen zijn bij deze bron alleen met hun BSN te vinden")
                stopped = RefusedError("de bron laat geen dossiers zoeken", error.advice) if alone else None
            except SourceError as error:
                stopped = error  # the dossiers that were found are still fetched
    except BaseExceptionGroup as errors:
        raise first(errors) from None
    return stopped


async def _start(pull: Pull, page: Page, media: Media, tasks: asyncio.TaskGroup, slots: asyncio.Semaphore) -> None:
    Group(pull, ()).note(page.problems, pull.plan.discovery.name)
    dossiers = [e for e in page.entries if e.type == "EpisodeOfCare"]
    rest = [e for e in page.entries if e.type != "EpisodeOfCare"]
    for batch in chunks(dossiers, pull.limits.dossiers_per_search):
        await slots.acquire()
        tasks.create_task(_group(pull, batch, rest, media, slots))


async def _group(
    pull: Pull, dossiers: Sequence[Entry], rest: Sequence[Entry], media: Media, slots: asyncio.Semaphore
) -> None:
    try:
        group = Group(pull, ())
        where = pull.plan.discovery.name
        group.adopt(dossiers, media, where)
        await group.take([*dossiers, *rest], media, where)
        await group.fetch()
    finally:
        slots.release()


async def _by_bsn(pull: Pull, bsns: Sequence[Bsn]) -> None:
    """The women with these BSNs. One who was discovered already is not fetched again."""
    found = await find_women(pull, bsns)
    group = Group(pull, (woman for person in found for woman in person.women))
    for person in found:
        for woman in person.women:
            pull.ledger.known_as(woman, person.bsn)
    group.own.women = set(group.new)
    if not group.new:
        return
    for person in found:
        if person.page and any(woman in group.new for woman in person.women):
            await group.take(person.page.entries, person.media, "Patient/_search")
    await group.ask(pull.plan.by_woman, group.new)
    if pull.plan.by_woman in pull.unoffered:
        for woman in group.new:
            pull.ledger.mark(
                woman, RefusedError("deze bron geeft de dossiers van één vrouw niet (EpisodeOfCare?patient)")
            )
    await group.fetch()
