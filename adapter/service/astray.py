"""What stands in the dossier or contact of one woman and is about another: no fact of either until its source is right.

Whoever a resource in her dossier is about, and who is not herself, is as a rule her child. But somebody with a
pregnancy record of her own is not: then one of the two references is wrong, and only the source knows which.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adapter import fhir
from adapter.connectors.dossiers import is_pregnancy_record
from adapter.connectors.ownership import Links, links_of
from adapter.model.sources import Received, RecordKey
from adapter.store import Store

_DOSSIER = "EpisodeOfCare"
_SAID = "names a woman with a dossier of her own, in the dossier or contact of another: correct one of them"


class Astray:
    """Looks at what comes in from one source."""

    def __init__(self, store: Store, source: str) -> None:
        self._store = store
        self._source = source

    def placed(self, batch: list[Received]) -> list[Received]:
        """The batch, with what is astray set aside under whom it is about; behind it what was here already and proves,
        now that a dossier of hers comes in, to be another woman's.
        """
        strangers = {r.subject for r in batch if r.woman is not None and r.subject not in (None, r.woman)}
        astray = {s for s in strangers if s is not None and self._expects(s, batch)}
        moved = [one for received in batch for one in self._taken_for_a_child(received, batch)]
        return [*(self._own(r, batch) if r.subject in astray else r for r in batch), *moved]

    def _expects(self, patient: str, batch: list[Received]) -> bool:
        """Whether somebody has a pregnancy record of her own, in the batch or in the store."""
        if any(_is_dossier_of(patient, r) for r in batch):
            return True
        record, search = RecordKey(self._source, patient), self._store.search
        if not search.has_dossier(record):
            return False
        rows = search.in_record(record, _DOSSIER, search.last_position())
        return any(_is_dossier_of(patient, row.stored().received) for row in rows)

    def _own(self, received: Received, batch: list[Received]) -> Received:
        """Under whom it is about, and set aside; who she is, is no matter of dispute."""
        subject, woman = received.subject, received.woman
        if subject is None or woman in (None, subject):
            return received
        if received.type == "Patient":
            return replace(received, woman=subject)
        if woman in self._mothers(subject, batch):  # what was written down when she was born
            return received
        element = _links(received).element
        return replace(received, woman=subject, problem=f"{received.type}.{element} {_SAID}")

    def _mothers(self, patient: str, batch: list[Received]) -> tuple[str, ...]:
        """Whom her Patient names as linked to her."""
        found = next((r for r in batch if r.reference == patient), None)
        if found is None:
            search = self._store.search
            row = search.current(self._source, "Patient", patient.partition("/")[2], search.last_position())
            found = None if row is None else row.stored().received
        return () if found is None else _links(found).others

    def _taken_for_a_child(self, received: Received, batch: list[Received]) -> Iterator[Received]:
        """What is about her and stood with another woman until this dossier of hers came."""
        patient = received.subject
        if received.type != _DOSSIER or patient is None or received.woman != patient:
            return
        before = self._store.search.owner(self._source, "Patient", patient.partition("/")[2])
        if before in (None, patient) or not _is_dossier_of(patient, received):
            return
        arriving = {r.reference for r in batch}
        for held in self._store.versions_of(RecordKey(self._source, before)):
            if held.received.subject == patient and held.received.reference not in arriving:
                yield self._own(held.received, batch)


def _is_dossier_of(patient: str, received: Received) -> bool:
    if received.type != _DOSSIER or received.subject != patient or received.woman != patient:
        return False
    return is_pregnancy_record(fhir.read(received.body, received.media, received.fhir_version))


def _links(received: Received) -> Links:
    resource = fhir.read(received.body, received.media, received.fhir_version)
    return links_of(received.type, received.id, resource)
