"""Every interaction and operation of the FHIR endpoint, once.

Routing, validation of addresses and parameters, `/metadata`, the OperationDefinitions and the documentation are all
made from these tables and from the search parameters of `adapter.service.endpoint.parameters`.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapter.model.sources import FhirVersion

READ_VERBS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Interaction:
    """One interaction of http://hl7.org/fhir/http.html. `path`: literal parts, `{type}`, `{id}`, `{version}`."""

    code: str
    methods: tuple[str, ...]
    path: tuple[str, ...]
    level: str  # system or type: where a CapabilityStatement lists it
    text: str
    listed: str | None = None  # as a CapabilityStatement names it; None: it has no word for it

    @property
    def access(self) -> str:
        """The letter of a SMART scope (cruds) that it needs for its type; empty: none, or by entry."""
        return _LETTERS.get(self.code, "")


_LETTERS = {
    "audit": "s",
    "audit_event": "r",
    "subscribe": "c",
    "subscription": "r",
    "unsubscribe": "d",
    "search": "s",
    "read": "r",
    "history": "r",
    "changes": "s",  # SMART App Launch 2.2.0: history of a type or of all is a search
    "create": "c",
    "update": "u",
    "update_by_search": "u",
    "operation": "r",
}


@dataclass(frozen=True, slots=True)
class OperationParameter:
    """One parameter of an operation, in or out."""

    name: str
    use: str
    type: str
    text: str
    min: int = 0
    max: str = "1"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: a question that is no search. `types`: on an instance of which it is asked."""

    name: str
    code: str
    url: str  # made once, as all our addresses: it means nothing else and never changes
    types: tuple[str, ...]
    purpose: str  # of use: TREAT or HPAYMT
    title: str
    text: str
    parameters: tuple[OperationParameter, ...]


INTERACTIONS: tuple[Interaction, ...] = (
    Interaction("metadata", READ_VERBS, ("metadata",), "system", "What this endpoint offers."),
    Interaction(
        "subscribe", ("POST",), ("Subscription",), "type", "Be told, without data, that something changed.", "create"
    ),
    Interaction("subscription", READ_VERBS, ("Subscription", "{id}"), "type", "A subscription of yours.", "read"),
    Interaction("unsubscribe", ("DELETE",), ("Subscription", "{id}"), "type", "Be told no more.", "delete"),
    Interaction("audit", READ_VERBS, ("AuditEvent",), "type", "The audit log, for the log keeper.", "search-type"),
    Interaction("audit", ("POST",), ("AuditEvent", "_search"), "type", "The audit log, for the log keeper."),
    Interaction("audit_event", READ_VERBS, ("AuditEvent", "{id}"), "type", "One line of the audit log.", "read"),
    Interaction("search", READ_VERBS, ("{type}",), "type", "Search; parameters in the address.", "search-type"),
    Interaction("search", ("POST",), ("{type}", "_search"), "type", "Search; parameters in the body (for a BSN)."),
    Interaction("read", READ_VERBS, ("{type}", "{id}"), "type", "The latest version of a resource.", "read"),
    Interaction(
        "history",
        READ_VERBS,
        ("{type}", "{id}", "_history"),
        "type",
        "Every version of a resource, newest first.",
        "history-instance",
    ),
    Interaction(
        "read", READ_VERBS, ("{type}", "{id}", "_history", "{version}"), "type", "One version of a resource.", "vread"
    ),
    Interaction(
        "changes", READ_VERBS, ("{type}", "_history"), "type", "What changed of a type, `_since`.", "history-type"
    ),
    Interaction("changes", READ_VERBS, ("_history",), "system", "What changed, `_since`.", "history-system"),
    Interaction("create", ("POST",), ("{type}",), "type", "Make a resource; `If-None-Exist` for once.", "create"),
    Interaction(
        "update", ("PUT",), ("{type}", "{id}"), "type", "Make or change a resource under your own id.", "update"
    ),
    Interaction("update_by_search", ("PUT",), ("{type}",), "type", "Change the one resource that a search finds."),
    Interaction("bundle", ("POST",), (), "system", "A Bundle of many: all or nothing.", "transaction"),
    Interaction("bundle", ("POST",), (), "system", "A Bundle of many: each by itself.", "batch"),
    Interaction("operation", READ_VERBS, ("{type}", "{id}", "${operation}"), "type", "An operation, see below."),
    Interaction("operation", ("POST",), ("{type}", "{id}", "${operation}"), "type", "An operation, see below."),
)

OWN_TYPES = frozenset(i.path[0] for i in INTERACTIONS if i.level == "type") - {"{type}"}
"""Types that have interactions of their own, and none of those of `{type}`."""

_AS_OF = OperationParameter("as_of", "in", "date", "The day asked about; today when absent.")
_KNOWN_AT = OperationParameter(
    "known_at", "in", "instant", "Only what was known at this instant counts; now when absent."
)
_OUT = (
    OperationParameter("pregnancy", "out", "", "One for each pregnancy, with the parts below.", 0, "*"),
    OperationParameter("pregnancy.id", "out", "string", "Our id of the pregnancy; it stays the same.", 1),
)
_DOCUMENT = OperationParameter(
    "pregnancy.document", "out", "Attachment", "The whole of it: application/json, as docs/reference/json.md.", 1
)
_BY = ("EpisodeOfCare", "Condition", "Patient")

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "CarePath",
        "care-path",
        "urn:uuid:5b0e8a57-7c57-4f3a-9f5e-5f8f6a2f1c01",
        _BY,
        "TREAT",
        "The shared care path of a pregnancy",
        "The care path over all sources, of the pregnancy that a dossier (EpisodeOfCare) or pregnancy (Condition)"
        " belongs to; of a Patient, one for each of her pregnancies.",
        (
            _AS_OF,
            _KNOWN_AT,
            *_OUT,
            OperationParameter("pregnancy.state", "out", "code", "ongoing or ended.", 1),
            OperationParameter("pregnancy.outcome", "out", "code", "How it ended."),
            OperationParameter("pregnancy.due", "out", "date", "The day she is due."),
            OperationParameter("pregnancy.gap", "out", "string", "A moment of the zorgpad that was missed.", 0, "*"),
            _DOCUMENT,
        ),
    ),
    Operation(
        "IgoSelection",
        "igo-selection",
        "urn:uuid:5b0e8a57-7c57-4f3a-9f5e-5f8f6a2f1c02",
        _BY,
        "HPAYMT",
        "IGO or niet-IGO, and what to claim",
        "The decision about a pregnancy, with its reasons, for payment: it holds no clinical value. Asked of a dossier,"
        " a pregnancy or a Patient, as the care path is.",
        (
            _AS_OF,
            _KNOWN_AT,
            *_OUT,
            OperationParameter("pregnancy.decision", "out", "string", "Our id of the decision.", 1),
            OperationParameter("pregnancy.status", "out", "code", "igo, niet_igo, gemengd or onbepaald.", 1),
            OperationParameter("pregnancy.stage", "out", "code", "voorlopig or definitief.", 1),
            OperationParameter("pregnancy.standing", "out", "code", "verified or provisional.", 1),
            OperationParameter("pregnancy.missing", "out", "string", "What is not known and is needed.", 0, "*"),
            _DOCUMENT,
        ),
    ),
    Operation(
        "Everything",
        "everything",
        "urn:uuid:5b0e8a57-7c57-4f3a-9f5e-5f8f6a2f1c03",
        ("EpisodeOfCare", "Patient"),
        "TREAT",
        "All that is known of a woman, or of one dossier",
        "Of a Patient: every resource of her record and of the records linked to it at other sources. Of an"
        " EpisodeOfCare: what is in that dossier. With the organisations and persons that they name.",
        (
            OperationParameter("_since", "in", "instant", "Only what came since."),
            OperationParameter("_count", "in", "integer", "Resources on a page."),
            OperationParameter("return", "out", "Bundle", "A searchset.", 1),
        ),
    ),
)


def operation_of(code: str, kind: str) -> Operation | None:
    """The operation of this code on this type."""
    return next((o for o in OPERATIONS if o.code == code and kind in o.types), None)


def definition_url(operation: Operation, version: FhirVersion) -> str:
    """The canonical address of an OperationDefinition: each FHIR version has its own."""
    return operation.url if version is FhirVersion.STU3 else f"{operation.url[:-2]}1{operation.url[-1]}"
