"""Care that was given, is planned or was declined: contacts, procedures, reports, appointments."""

from __future__ import annotations

from typing import Any

from adapter.facts.binding import Binder
from adapter.facts.dialect import Code
from adapter.facts.organisations import Organisations, Whose
from adapter.facts.record import Item, Record
from adapter.facts.referrals import sender_of
from adapter.model.evidence import Organisation
from adapter.model.facts import Act, ActKind, Coded
from adapter.model.moments import day_of

ACT_TYPES = frozenset({"Encounter", "Procedure", "DiagnosticReport", "Appointment", "Observation"})


REPORTS = ("DiagnosticReport/", "Observation/")
CONTACTS = frozenset({"Encounter", "Appointment"})


def read_act(record: Record, organisations: Organisations, binder: Binder, item: Item) -> Act | None:
    """The act that a resource records; None when it records none, or may not count."""
    if item.type == "Observation" and not _is_act(record, item):
        return None
    coded, kind = _kind(record, item)
    if item.type == "Observation" and (kind is None or item.json.get("valueBoolean") is False):
        return None
    state = _state(record, item)
    if state is None:
        return None
    bound = binder.bind(item)
    whose = organisations.whose(item, bound.encounter if bound.encounter is not item else None, bound.dossier)
    if kind is None:
        untyped = record.dialect.untyped if coded is None and item.type in CONTACTS else {}
        kind = untyped.get(whose.organisation.kind, ActKind.OVERIG)
    return Act(
        kind=kind,
        organisation=whose.organisation,
        organisation_basis=whose.basis,
        evidence=record.evidence(item, _path(item, coded), whose.code),
        code=coded,
        when=record.span(item),
        state=state,
        discipline=_discipline(record, whose),
        referrer=_referrer(record, organisations, item),
        about=bound.about,
        dossier=bound.dossier,
        pregnancy=bound.pregnancy,
        other_organisations=whose.others,
        practitioners=whose.persons,
    )


def _is_act(record: Record, item: Item) -> bool:
    return not record.dialect.acts["Observation"].keys().isdisjoint(record.codes(item))


def _kind(record: Record, item: Item) -> tuple[Coded | None, ActKind | None]:
    """The code as sent and the kind it means; a code that we do not know is kept without a kind."""
    kinds = record.dialect.acts.get(item.type, {})
    first: Coded | None = None
    for concept in record.dialect.part(item.json, "code"):
        if not isinstance(concept, dict):
            continue
        for coding in concept.get("coding") or ():
            code = record.dialect.code_of(coding)
            if code is None:
                continue
            coded = Coded(code[1], coding.get("system"), coding.get("display") or concept.get("text"))
            first = first or coded
            for candidate in _candidates(code):
                if candidate in kinds:
                    return coded, kinds[candidate]
        text = concept.get("text")
        if first is None and isinstance(text, str):
            first = Coded(text, None, text)
            if item.type in CONTACTS and text.strip().casefold() in record.dialect.act_texts:
                return first, record.dialect.act_texts[text.strip().casefold()]
    return first, None


def _candidates(code: Code) -> list[Code]:
    """The code whole; then, for a post-coordinated SNOMED expression, its focus concepts in order."""
    system, text = code
    if "+" not in text and ":" not in text:
        return [code]
    focus = text.split(":", 1)[0]
    return [code, *((system, part.split("|", 1)[0].strip()) for part in focus.split("+"))]


def _state(record: Record, item: Item) -> str | None:
    if record.dialect.part(item.json, "not_done") == [True]:
        status, _ = record.dialect.text(item.json, "status")
        return None if status == "entered-in-error" else "declined"
    status, _ = record.dialect.text(item.json, "status")
    if status is None:
        return "unknown"
    return record.dialect.states.get(item.type, {}).get(status, "unknown")


def _discipline(record: Record, whose: Whose) -> str | None:
    return whose.discipline or record.dialect.disciplines.get(whose.organisation.kind)


def _referrer(record: Record, organisations: Organisations, item: Item) -> Organisation | None:
    for reference in record.dialect.part(item.json, "referral"):
        request = record.find(reference)
        if request is not None:
            sender = sender_of(record, organisations, request)
            if sender is not None:
                return sender
    return None


def _path(item: Item, coded: Any) -> str:
    if coded is None:
        return ""
    return {"Encounter": "type", "Appointment": "serviceType"}.get(item.type, "code")


def without_reports(acts: list[Act]) -> list[Act]:
    """Each act once: a report (DiagnosticReport, Observation) of an act that the same record also holds is not another.

    The same care when kind, code, organisation, state and first day are the same.
    """
    done = {_sameness(act) for act in acts if not act.evidence.reference.startswith(REPORTS)}
    return [act for act in acts if not (act.evidence.reference.startswith(REPORTS) and _sameness(act) in done)]


def _sameness(act: Act) -> tuple[object, ...]:
    start = act.when.start or act.when.end if act.when is not None else None
    day = day_of(start) if start is not None else None
    return act.kind, act.code.code if act.code else None, act.organisation.id, day, act.state
