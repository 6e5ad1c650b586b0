"""Fetch the dossiers of a handful of women: the searches of the plan, then what they refer to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from adapter import fhir
from adapter.connectors.errors import FailedError, NotOfferedError, SourceError, StopError
from adapter.connectors.ownership import DIRECTORY, Links, Ownership, links_of
from adapter.connectors.plan import PREGNANCY_RECORD, READABLE, Search
from adapter.connectors.pull import Pull, fitting, together
from adapter.connectors.receive import received
from adapter.connectors.resolve import resolve
from adapter.fhir import Entry, JsonObject
from adapter.model.sources import Media, Received

_REFERRED = frozenset({*READABLE, "Device", "Medication", "Specimen", "ImagingStudy"})


class Group:
    """Up to `dossiers_per_search` dossiers. What is held here goes when the group is done, so memory stays flat."""

    def __init__(self, pull: Pull, women: Iterable[str]) -> None:
        self.pull = pull
        self.own = Ownership(women=set(women))
        self.new = [woman for woman in sorted(self.own.women) if pull.ledger.begin(woman)]
        self.seen: set[str] = set()
        self.tried: set[str] = set()
        self.referred: dict[str, str | None] = {}  # reference -> the woman in whose record it stands

    def adopt(self, entries: Sequence[Entry], media: Media, where: str) -> None:
        """The women of these dossiers become the women of this group; another kind of episode is left alone."""
        for entry in entries:
            read = self._read(entry, media, where)
            if read is None:
                continue
            _, links, resource = read
            if links.patient is None:
                self.pull.ledger.error(links.reference, "dit dossier noemt geen patiënt en is overgeslagen")
            elif is_pregnancy_record(resource) and links.patient not in self.own.women:
                self.own.women.add(links.patient)
                if self.pull.ledger.begin(links.patient):
                    self.new.append(links.patient)

    async def fetch(self) -> None:
        """Everything of these dossiers. Raises `StopError`; every other failure is marked on the woman it concerns."""
        women = self.own.women
        try:
            await self._fetch()
        except (StopError, asyncio.CancelledError) as error:
            cause = error if isinstance(error, StopError) else FailedError("het ophalen is afgebroken")
            for woman in women:
                self.pull.ledger.mark(woman, cause)
            raise
        self.pull.ledger.finish(women, self.pull.left_out())

    async def _fetch(self) -> None:
        plan = self.pull.plan
        dossiers = list(self.own.dossiers)
        await self.ask(plan.contacts, dossiers)
        await together(
            [
                *(self.ask(search, dossiers) for search in plan.by_dossier),
                *(self.ask(search, list(self.own.encounters)) for search in plan.by_contact),
                *(self.ask_about_her(search) for search in plan.about_woman if not search.loose),
            ]
        )
        children = sorted(self.own.children)
        await together(
            [
                *(self.ask(search, children) for search in plan.about_child),
                *(self.ask_about_her(search) for search in plan.about_woman if search.loose),
            ]
        )
        await resolve(self)

    async def ask_about_her(self, search: Search) -> None:
        """By her Patient; by nothing where the token says who she is."""
        if not self.pull.implied:
            await self.ask(search, self.new)
        elif self.new and not self.pull.skips(search):
            await self._batch(search, ())

    async def ask(self, search: Search, values: Sequence[str]) -> None:
        """One search for all these values, in batches."""
        if not values or self.pull.skips(search):
            return
        limits = self.pull.limits
        size = 1 if search in self.pull.singly else limits.dossiers_per_search
        for batch in fitting(values, size, limits.values_chars):
            await self._batch(search, batch)

    async def _batch(self, search: Search, batch: Sequence[str]) -> None:
        pull = self.pull
        if search in pull.unoffered:
            return
        if pull.gives_up(search):
            self._mark(batch, search, FailedError(f"{search.name} lukte bij deze bron herhaaldelijk niet"))
            return
        try:
            async for page, media in pull.pages(search, batch):
                await self.take(page.entries, media, search.name, loose=search.loose)
                self.note(page.problems, search.name)
        except StopError:
            raise
        except SourceError as error:
            if len(batch) > 1:
                await self._one_by_one(search, batch, error)
            elif isinstance(error, NotOfferedError) and search not in pull.worked:
                await self._not_offered(search, batch, error)
            else:
                self._mark(batch or self.new, search, error)

    async def _not_offered(self, search: Search, batch: Sequence[str], error: NotOfferedError) -> None:
        if search.include and search not in self.pull.plain:
            self.pull.plain.add(search)
            await self._batch(search, batch)
        else:
            self.pull.not_offered(search, error)

    async def _one_by_one(self, search: Search, batch: Sequence[str], error: SourceError) -> None:
        # A source that takes no list, or chokes on one record, must not cost the other women their answer.
        for value in batch:
            await self._batch(search, [value])
        if isinstance(error, NotOfferedError) and search in self.pull.worked:
            self.pull.singly.add(search)

    def _mark(self, values: Sequence[str], search: Search, error: SourceError) -> None:
        self.pull.ledger.error(search.name, error.what, error.advice)
        for value in values:
            woman = self.woman_of(value)
            if woman:
                self.pull.ledger.mark(woman, error)

    def woman_of(self, reference: str) -> str | None:
        """Whose record a dossier, contact or Patient belongs to."""
        own = self.own
        if reference in own.women:
            return reference
        found = own.dossiers.get(reference) or own.encounters.get(reference) or own.children.get(reference)
        return found or self.referred.get(reference)

    def note(self, problems: Iterable[str], where: str) -> None:
        """An entry that could not be read is an error; what the source itself remarks is a warning."""
        for problem in problems:
            report = self.pull.ledger.error if problem.startswith("Bundle.entry[") else self.pull.ledger.warn
            report(where, problem, "meld dit aan de leverancier van de bron")

    async def take(self, entries: Sequence[Entry], media: Media, where: str, *, loose: bool = False) -> None:
        """Deliver what belongs to these women (each resource once), and remember what it refers to."""
        read = [found for entry in entries if (found := self._read(entry, media, where))]
        if loose:
            read = [found for found in read if not self.own.elsewhere(found[1])]
        for _, links, resource in read:
            if links.type != "EpisodeOfCare" or (links.patient in self.own.women and is_pregnancy_record(resource)):
                self.own.learn(links)
        # What was included comes after what refers to it, whatever order the source chose.
        read.sort(key=lambda found: found[0].mode == "include")
        items = [item for found in read if (item := self._place(*found, media, where))]
        await self.pull.ledger.hand_over(items)

    def _read(self, entry: Entry, media: Media, where: str) -> tuple[Entry, Links, JsonObject] | None:
        if entry.mode == "outcome" or entry.type == "OperationOutcome":
            return None
        if not entry.type or not entry.id:
            self.pull.ledger.error(where, "een resource zonder type of id is overgeslagen")
            return None
        reference = f"{entry.type}/{entry.id}"
        if reference in self.seen or reference in self.pull.directory:
            return None  # came before in this group: most pages include the same directory
        try:
            resource = fhir.read(entry.body, media, self.pull.offer.version)
        except fhir.FhirError:
            self.pull.ledger.error(reference, "deze resource is niet te lezen en is overgeslagen")
            return None
        return entry, links_of(entry.type, entry.id, resource), resource

    def _place(self, entry: Entry, links: Links, resource: JsonObject, media: Media, where: str) -> Received | None:
        reference = links.reference
        woman: str | None = None
        if links.type in DIRECTORY:
            if reference in self.pull.directory:
                return None
            self.pull.directory.add(reference)
        else:
            # Only what names no patient itself (a Device, say) is hers because her record refers to it.
            woman = self.own.owner(links) or (None if links.patient else self.referred.get(reference))
            if links.type == "EpisodeOfCare" and reference not in self.own.dossiers:
                woman = None
            if woman is None:
                self.pull.ledger.warn(where, "de bron gaf resources waar niet om gevraagd was; die zijn niet bewaard")
                return None
            if reference in self.seen:
                return None
            self.seen.add(reference)
        for referred in fhir.referred(entry.body, media, resource):
            if referred.partition("/")[0] in _REFERRED:
                self.referred.setdefault(referred, woman)
        source, version = self.pull.info.id, self.pull.offer.version
        return received(entry, links, resource, source=source, version=version, media=media, woman=woman)


def is_pregnancy_record(dossier: JsonObject) -> bool:
    """Whether EpisodeOfCare.type says maternal record; other care of the woman is not ours to keep."""
    types = dossier.get("type")
    for concept in types if isinstance(types, list) else ():
        codings = concept.get("coding") if isinstance(concept, dict) else None
        for coding in codings if isinstance(codings, list) else ():
            if isinstance(coding, dict) and f"{coding.get('system')}|{coding.get('code')}" == PREGNANCY_RECORD:
                return True
    return False
