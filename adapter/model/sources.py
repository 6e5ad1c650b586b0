"""What a source is, what it sent, and how asking it went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from adapter.model.evidence import Organisation


class FhirVersion(StrEnum):
    """The two FHIR versions of Dutch birth care: 3.0.2 (Nictiz Geboortezorg) and 4.0.1 (nl-core)."""

    STU3 = "3.0"
    R4 = "4.0"


class Media(StrEnum):
    """How a resource was written."""

    JSON = "application/fhir+json"
    XML = "application/fhir+xml"


class SourceState(StrEnum):
    """How asking a source went. Only `answered` lets silence mean anything."""

    ANSWERED = "answered"
    FAILED = "failed"
    REFUSED = "refused"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A configured source: the organisation that holds these dossiers, and how to read them."""

    id: str
    name: str
    organisation: Organisation
    dialect: str
    fhir_version: FhirVersion | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """One resource as a source sent it.

    `body` holds the bytes of this one resource (cut out of its Bundle, otherwise untouched). `woman` is the Patient
    reference of the woman in whose dossier it was found, None for a directory resource (Organization, Practitioner,
    PractitionerRole, Location …). `subject` is the Patient it is about: the woman, or a child of hers. `problem` is set
    when the resource was set aside as invalid: it is kept, and read by nobody.
    """

    source: str
    fhir_version: FhirVersion
    media: Media
    type: str
    id: str
    version: str | None
    body: bytes
    woman: str | None
    subject: str | None
    problem: str | None = None
    hash: str = ""  # of the content, `meta.lastUpdated` and `meta.versionId` left out: equal hash, nothing new

    @property
    def reference(self) -> str:
        """`Type/id`, as other resources of this source refer to it."""
        return f"{self.type}/{self.id}"


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A `Received` that is in the store: `seq` is our version number of it (1, 2, …), `received_at` when it came."""

    received: Received
    seq: int
    received_at: datetime

    @property
    def version(self) -> str:
        """The source's version id, or ours where it gives none."""
        return self.received.version or str(self.seq)


@dataclass(frozen=True, slots=True, order=True)
class RecordKey:
    """One woman's record at one source: the unit that is encrypted, linked and removed."""

    source: str
    woman: str  # Patient reference

    def __hash__(self) -> int:
        return hash(self.woman)  # a text knows its own; linking asks a hundred times for each record


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong and was not swallowed: what, where, and what to do about it. Never holds a BSN."""

    source: str | None
    where: str
    what: str
    advice: str = ""
    severity: str = "error"  # error, or warning (worth saying; nothing failed)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """How one source answered in one pull, over all women. `state` is that of the source as a whole.

    `sends`: it is not asked, but sends by itself; `at` is then when it last did. `counted`: whether the counts are
    known, which those of a pull by another process are not.
    """

    source: str
    organisation: Organisation
    state: SourceState
    at: datetime | None
    resources: int = 0
    new_versions: int = 0
    invalid: int = 0
    problems: tuple[Problem, ...] = ()
    sends: bool = False
    counted: bool = True
