"""The `files` connector: a folder or file of FHIR, as an export or a test set.

Two walks over the files: the first learns whose everything is and keeps only that, the second hands over. So memory
grows with the number of resources by their references alone, never by their content.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from adapter import fhir
from adapter.connectors.config import SourceConfig
from adapter.connectors.errors import FailedError, SourceError
from adapter.connectors.files_index import Index
from adapter.connectors.files_read import FhirFile, Stamp, files_in, resources_in
from adapter.connectors.ledger import Ledger
from adapter.connectors.ownership import links_of
from adapter.connectors.ports import Ask, Deliver, PullOutcome
from adapter.connectors.receive import received
from adapter.model.sources import FhirVersion, Received, SourceState


class FilesConnector:
    """One folder that stands for one EPD."""

    def __init__(self, config: SourceConfig) -> None:
        self.info = config.info
        self._config = config

    async def aclose(self) -> None:
        """Nothing is held open between pulls."""

    async def pull(self, ask: Ask, deliver: Deliver) -> PullOutcome:
        """See `Connector.pull`."""
        limits = self._config.limits
        ledger = Ledger(self.info.id, deliver, limits.deliver, limits.problems)
        try:
            files, index = await asyncio.to_thread(self._survey, ledger)
            women = _chosen(index, ask, ledger)
            parts = self._parts(files, index, women, ledger)
            while part := await asyncio.to_thread(next, parts, None):
                await ledger.hand_over(part)
            ledger.finish(women)
        except SourceError as error:
            ledger.stopped = error
            ledger.error("map", error.what, error.advice)
            ledger.unanswered(ask.bsns, error)
        return ledger.outcome()

    def _survey(self, ledger: Ledger) -> tuple[dict[FhirFile, Stamp | None], Index]:
        if self._config.path is None:
            raise FailedError("er is geen map ingesteld", "stel `path` in voor deze bron")
        unreadable: list[str] = []
        files = {file: file.stamp() for file in files_in(self._config.path, unreadable)}
        for folder in unreadable:
            ledger.error(folder, "deze map is niet te lezen", "controleer de rechten; de rest is gelezen")
        index = Index()
        guessed = False
        for file in files:
            for found in resources_in(file, self.info.fhir_version, self._config.limits.file_bytes):
                if found.problem or found.entry is None:
                    ledger.error(
                        found.where, found.problem or "", "herstel of verwijder dit bestand; de rest is gelezen"
                    )
                    continue
                guessed = guessed or found.version is None
                problem = index.add(found.entry, file.media, found.version)
                if problem:
                    ledger.error(found.where, problem, "herstel of verwijder dit bestand; de rest is gelezen")
        index.settle()
        if guessed and index.majority is None:
            ledger.warn("map", "FHIR-versie onbekend; gelezen als 3.0", "stel fhir_version in voor deze bron")
        for reference in index.unowned():
            ledger.warn(reference, "hoort bij geen enkel dossier en is niet bewaard")
        return files, index

    def _parts(
        self, files: dict[FhirFile, Stamp | None], index: Index, women: set[str], ledger: Ledger
    ) -> Iterator[list[Received]]:
        part: list[Received] = []
        done: set[bytes] = set()
        for file, stamp in files.items():
            for found in resources_in(file, self.info.fhir_version, self._config.limits.file_bytes):
                entry = found.entry
                if entry is None or not entry.type or not entry.id:
                    continue
                version = found.version or index.majority or FhirVersion.STU3
                try:
                    resource = fhir.read(entry.body, file.media, version)
                except fhir.FhirError:
                    continue  # said in the survey
                links = links_of(entry.type, entry.id, resource)
                directory, woman = index.whose(links)
                key = index.key(links.reference, resource)
                if key in done or not (directory or woman in women):
                    continue
                done.add(key)
                part.append(
                    received(
                        entry, links, resource, source=self.info.id, version=version, media=file.media, woman=woman
                    )
                )
                if len(part) >= self._config.limits.deliver:
                    yield part
                    part = []
            if file.stamp() != stamp:
                ledger.error(file.name, "is veranderd terwijl het gelezen werd", "vraag deze bron opnieuw")
        if part:
            yield part


def _chosen(index: Index, ask: Ask, ledger: Ledger) -> set[str]:
    """The women asked for; the ledger gets an answer for each BSN."""
    chosen = set(index.women) if ask.discover else set()
    for bsn in dict.fromkeys(ask.bsns):
        women = index.by_bsn.get(bsn.value, ())
        for woman in women:
            chosen.add(woman)
            ledger.known_as(woman, bsn)
        if not women:
            ledger.answer(bsn, SourceState.ANSWERED)
    for woman in sorted(chosen):
        ledger.begin(woman)
    return chosen
