"""Whose each resource in a folder is, learnt from all of them together."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

import orjson

from adapter import fhir
from adapter.connectors.bsn import bsns_of
from adapter.connectors.ownership import DIRECTORY, Links, Ownership, links_of
from adapter.fhir import Entry, JsonObject
from adapter.model.sources import FhirVersion, Media

_REFERRED = frozenset({"Device", "Medication", "Specimen", "Binary", "BodySite", "BodyStructure"})


class Index:
    """Filled by `add`, then `settle` once, then asked."""

    def __init__(self) -> None:
        self.own = Ownership()
        self.by_bsn: dict[str, tuple[str, ...]] = {}
        self.majority: FhirVersion | None = None
        self._links: dict[str, Links] = {}
        self._referred: dict[str, list[str]] = {}  # reference -> who refers to it, for types that name no patient
        self._bsns: dict[str, set[str]] = {}
        self._signs: dict[FhirVersion, int] = {}
        self._by_reference: dict[str, str] = {}

    @property
    def women(self) -> set[str]:
        """Patient references of every woman found."""
        return self.own.women

    def add(self, entry: Entry, media: Media, version: FhirVersion | None) -> str | None:
        """Take in one resource; gives back what is wrong with it, if anything."""
        try:
            resource = fhir.read(entry.body, media, version or FhirVersion.STU3)
        except fhir.FhirError as error:
            return f"{entry.type}/{entry.id} is niet te lezen: {error}"
        if version:
            self._signs[version] = self._signs.get(version, 0) + 1
        links = links_of(entry.type or "", entry.id or "", resource)
        self._links[links.reference] = links
        for _, reference in fhir.references(resource):
            relative = fhir.relative(reference)
            if relative and relative.partition("/")[0] in _REFERRED:
                self._referred.setdefault(relative, []).append(links.reference)
        if links.type == "Patient":
            self._bsns[links.reference] = bsns_of(resource)
        return None

    def settle(self) -> None:
        """Work out whose everything is: dossiers, contacts, children, then whoever is left is a woman herself."""
        own, all_links = self.own, list(self._links.values())
        for kinds in ({"EpisodeOfCare"}, {"Encounter"}, None, {"Patient", "BodySite", "BodyStructure"}):
            for links in all_links:
                if kinds is None or links.type in kinds:
                    own.learn(links)
        for links in all_links:  # a record without any dossier (a woman with no data yet)
            patient = links.reference if links.type == "Patient" else links.patient
            if patient and links.type not in DIRECTORY and own.owner(links) is None:
                own.women.add(patient)
        for reference, referrers in self._referred.items():
            owner = next((o for r in referrers if r in self._links and (o := own.owner(self._links[r]))), None)
            if owner:
                self._by_reference[reference] = owner
        for woman, bsns in self._bsns.items():
            for bsn in bsns if woman in own.women else ():
                self.by_bsn[bsn] = (*self.by_bsn.get(bsn, ()), woman)
        self.majority = max(self._signs, key=lambda v: self._signs[v]) if self._signs else None

    def whose(self, links: Links) -> tuple[bool, str | None]:
        """Whether it is a directory resource; else the woman."""
        if links.type in DIRECTORY:
            return True, None
        return False, self.own.owner(links) or self._by_reference.get(links.reference)

    def unowned(self) -> Iterator[str]:
        """What belongs to nobody."""
        return (reference for reference, links in self._links.items() if self.whose(links) == (False, None))

    @staticmethod
    def key(reference: str, resource: JsonObject) -> bytes:
        """Equal for the same resource with the same content, also when it stands in a Bundle as well."""
        content = orjson.dumps(resource, default=str, option=orjson.OPT_SORT_KEYS)
        return blake2b(content, digest_size=12, key=reference.encode()[:64]).digest()
