"""Every interaction and operation of the FHIR endpoint, once.

Routing, validation of addresses and parameters, `/metadata`, the OperationDefinitions and the documentation are all
made from these tables and from the search parameters of `adapter.service.fhir_parameters`.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    types: tuple[str, ...]
    purpose: str  # of use: TREAT or HPAYMT
    title: str
    text: str
    parameters: tuple[OperationParameter, ...]


INTERACTIONS: tuple[Interaction, ...] = (
    Interaction("metadata", READ_VERBS, ("metadata",), "system", "What this endpoint offers."),
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

_AS_OF = OperationParameter("as_of", "in", "date", "The day asked about; today when absent.")
_KNOWN_AT = OperationParameter(
    "known_at", "in", "dateTime", "Only what was known at this instant counts; now when absent."
)
_BY = ("EpisodeOfCare", "Condition", "Patient")

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "CarePath",
        "care-path",
        _BY,
        "TREAT",
        "The shared care path of a pregnancy",
        "The care path over all sources, of the pregnancy that a dossier (EpisodeOfCare) or pregnancy (Condition)"
        " belongs to; of a Patient, one for each of her pregnancies. Each is a Binary with the JSON of our contract.",
        (_AS_OF, _KNOWN_AT, OperationParameter("return", "out", "Bundle", "A collection of Binary.", 1)),
    ),
    Operation(
        "IgoSelection",
        "igo-selection",
        _BY,
        "HPAYMT",
        "IGO or niet-IGO, and what to claim",
        "The decision about a pregnancy, with its reasons, for payment: it holds no clinical value. Asked of a dossier,"
        " a pregnancy or a Patient, as the care path is.",
        (_AS_OF, _KNOWN_AT, OperationParameter("return", "out", "Bundle", "A collection of Binary.", 1)),
    ),
    Operation(
        "Everything",
        "everything",
        ("Patient", "EpisodeOfCare"),
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
