"""Whose each pushed resource is: by what came with it, by what the store already has, else provisionally its subject.

A pull knows in whose dossier it looks; a push may bring a child's observation before the dossier it belongs to. What
cannot be placed yet stands under the Patient it is about, as a record of its own, and moves to the woman as soon as a
dossier, a contact or the child says whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from adapter import fhir
from adapter.connectors.ownership import DIRECTORY, Links, Ownership, links_of, subject_of
from adapter.fhir import JsonObject
from adapter.model.sources import FhirVersion, Media, Received, RecordKey
from adapter.service.endpoint.fault import FhirFault
from adapter.store import Store

_CARRIED = frozenset({"Device", "Medication", "Specimen", "Binary", "BodySite", "BodyStructure"})
"""Types that may name no patient: they are whose resource refers to them."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One resource that came in: as sent, and read; `where` in the request it stands."""

    kind: str
    id: str
    body: bytes
    media: Media
    resource: JsonObject
    where: str

    @property
    def reference(self) -> str:
        """`Type/id`."""
        return f"{self.kind}/{self.id}"


class Owners:
    """Places the arrivals of one source."""

    def __init__(self, store: Store, source: str, version: FhirVersion) -> None:
        self._store = store
        self._source = source
        self._version = version

    def place(self, arrivals: Sequence[Arrival], woman: str | None = None) -> list[Received]:
        """What to keep: the arrivals with their owner, and what was here that now proves to be another's.

        `woman`: whose they are where nothing else says. Raises `FhirFault` (422) for what belongs to nobody.
        """
        links = {a.reference: links_of(a.kind, a.id, a.resource) for a in arrivals}
        own = self._known(links.values())
        _learn(own, links.values())
        for link in links.values():
            patient = link.reference if link.type == "Patient" else link.patient
            if patient and link.type not in DIRECTORY and own.owner(link) is None:
                own.women.add(patient)
        carried = _carried(arrivals, links, own)
        ready = []
        for arrival in arrivals:
            link = links[arrival.reference]
            owner = own.owner(link) or carried.get(arrival.reference) or self._before(arrival)
            if owner is None and arrival.kind not in DIRECTORY:
                owner = woman
                if owner is None:
                    text = f"{arrival.kind}: nothing says whose it is; send it together with what refers to it"
                    raise FhirFault(422, "business-rule", text, arrival.where)
            ready.append(self._received(arrival, link, owner))
        self._wait(links.values(), own)
        return [*ready, *self._moving(links.values(), own, {a.reference for a in arrivals})]

    def _received(self, arrival: Arrival, link: Links, owner: str | None) -> Received:
        return Received(
            source=self._source,
            fhir_version=self._version,
            media=arrival.media,
            type=arrival.kind,
            id=arrival.id,
            version=None,
            body=arrival.body,
            woman=None if arrival.kind in DIRECTORY else owner,
            subject=subject_of(link),
        )

    def _known(self, links: Iterable[Links]) -> Ownership:
        """What the store knows of the patients, dossiers and contacts that these name."""
        own = Ownership()
        named = {c for link in links for c in link.contexts}
        patients = {p for link in links for p in (link.patient, *link.others) if p}
        for reference in sorted(named | patients):
            kind, _, id = reference.partition("/")
            woman = self._store.search.owner(self._source, kind, id)
            if woman is None:
                continue
            if kind == "Patient":
                self._know_patient(own, reference, woman)
                continue
            own.women.add(woman)
            (own.dossiers if kind == "EpisodeOfCare" else own.encounters)[reference] = woman
        for patient in sorted(patients - own.women - own.children.keys()):
            if self._store.search.has_dossier(RecordKey(self._source, patient)):
                own.women.add(patient)
        return own

    def _know_patient(self, own: Ownership, patient: str, woman: str) -> None:
        if woman != patient:
            own.women.add(woman)
            own.children[patient] = woman
        elif self._store.search.has_dossier(RecordKey(self._source, patient)):
            own.women.add(patient)  # else it may yet prove to be a child

    def _before(self, arrival: Arrival) -> str | None:
        """Whose it was as we have it."""
        return self._store.search.owner(self._source, arrival.kind, arrival.id)

    def _wait(self, links: Iterable[Links], own: Ownership) -> None:
        """Remember which dossiers and contacts are waited for, and by the record of whom."""
        rows = []
        for link in links:
            owner = own.owner(link)
            if owner is not None and owner == link.patient and own.elsewhere(link):
                rows += [(context, owner) for context in link.contexts]
        self._store.search.wait_for(self._source, rows)

    def _moving(self, links: Iterable[Links], own: Ownership, arriving: set[str]) -> list[Received]:
        """What stands under another Patient and now proves to be of one of these women."""
        moved: dict[str, Received] = {}
        records = {child for child, woman in own.children.items() if child != woman}
        for link in links:
            if link.type in ("EpisodeOfCare", "Encounter"):
                records.update(self._store.search.waiting_for(self._source, link.reference))
        for patient in sorted(records):
            held = [stored.received for stored in self._store.versions_of(RecordKey(self._source, patient))]
            placed = [(one, _links(one)) for one in held]
            _learn(own, [link for _, link in placed])
            for one, link in placed:
                owner = own.owner(link)
                if owner not in (None, one.woman) and one.reference not in arriving:
                    moved[one.reference] = replace(one, woman=owner)
        return list(moved.values())


def _links(one: Received) -> Links:
    return links_of(one.type, one.id, fhir.read(one.body, one.media, one.fhir_version))


def _learn(own: Ownership, links: Iterable[Links]) -> None:
    given = list(links)
    for kinds in ({"EpisodeOfCare"}, {"Encounter"}, None, {"Patient", "BodySite", "BodyStructure"}):
        for link in given:
            if kinds is None or link.type in kinds:
                own.learn(link)


def _carried(arrivals: Sequence[Arrival], links: dict[str, Links], own: Ownership) -> dict[str, str]:
    found: dict[str, str] = {}
    for arrival in arrivals:
        owner = own.owner(links[arrival.reference])
        if owner is None:
            continue
        for _, text in fhir.references(arrival.resource):
            relative = fhir.relative(text)
            if relative and relative.partition("/")[0] in _CARRIED:
                found.setdefault(relative, owner)
    return found
