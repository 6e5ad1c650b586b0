"""The operations: `$care-path`, `$igo-selection`, `$everything`, as `declared` describes them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from adapter.access import Action, EventType, Resource
from adapter.api.fhir import answers, links
from adapter.api.fhir.answers import Entry
from adapter.api.fhir.declared import OPERATIONS, Operation, definition_url, operation_of
from adapter.api.fhir.exchange import Exchange
from adapter.api.fhir.writing import sent
from adapter.fhir import JsonObject
from adapter.model import wire
from adapter.model.carepath import CarePath
from adapter.model.decision import Decision
from adapter.model.sources import FhirVersion
from adapter.service.endpoint.fault import FhirFault, bad
from adapter.service.endpoint.pairs import place_of, shown
from adapter.service.endpoint.query import MOST
from adapter.service.endpoint.search import Match, Place
from adapter.service.port import UnknownPregnancyError

Part = dict[str, Any]
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


async def ask(exchange: Exchange) -> Response:
    """Answer an operation. Raises `FhirFault`."""
    operation = operation_of(exchange.operation, exchange.kind)
    if operation is None:
        known = any(o.code == exchange.operation for o in OPERATIONS)
        text = "this operation is not for that type" if known else "there is no such operation"
        raise FhirFault(404, "not-supported", f"{text}; see metadata", "http.operation")
    if exchange.request.method == "POST":
        exchange.pairs += await _parameters(exchange)
    _known(exchange, operation)
    if operation.code == "everything":
        return await _everything(exchange)
    as_of, known_at = _day(exchange), exchange.instant("known_at")
    made = await run_in_threadpool(_pregnancies, exchange, operation, as_of, known_at)
    parameters: JsonObject = {"resourceType": "Parameters"}
    if made:
        parameters["parameter"] = made
    return answers.respond(exchange, answers.written(exchange, parameters))


async def _parameters(exchange: Exchange) -> list[tuple[str, str]]:
    """What a posted Parameters resource asks."""
    if not await exchange.request.body():
        return []
    given = (await sent(exchange)).resource
    if given.get("resourceType") != "Parameters":
        raise bad("an operation takes a Parameters resource", "resourceType", "value")
    listed = given.get("parameter", [])
    if not isinstance(listed, list):
        raise bad("parameter is a list", "Parameters.parameter", "structure")
    return [_given(parameter, f"Parameters.parameter[{at}]") for at, parameter in enumerate(listed)]


def _given(parameter: Any, where: str) -> tuple[str, str]:
    """Name and value of a posted parameter: all that is asked here is a name with one plain value."""
    if not isinstance(parameter, dict) or not isinstance(parameter.get("name"), str):
        raise bad("a parameter is an object with a name and a value[x]", where, "structure")
    values = [value for name, value in parameter.items() if name.startswith("value")]
    if len(values) != 1 or isinstance(values[0], bool | dict | list):
        raise bad("a parameter has one value[x] with a date, an instant or a number: valueDate", where, "value")
    return parameter["name"], str(values[0])


def _known(exchange: Exchange, operation: Operation) -> None:
    taken = [p.name for p in operation.parameters if p.use == "in"]
    names = {*taken, "_format", "_pretty", "_page"}
    unknown = next((name for name, _ in exchange.pairs if name not in names), None)
    if unknown is not None and exchange.handling != "lenient":
        text = f"{shown(unknown)} is no parameter of this operation: {', '.join(taken)}"
        raise FhirFault(400, "not-supported", text, place_of(unknown))


def _day(exchange: Exchange) -> date | None:
    text = exchange.one("as_of")
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text) is None:  # Python takes weeks and dates without dashes too
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise bad("as_of is a day: 2026-01-31", "http.as_of", "value") from None


def _pregnancies(
    exchange: Exchange, operation: Operation, as_of: date | None, known_at: datetime | None
) -> list[JsonObject]:
    context, application = exchange.caller.context, exchange.application
    what = Resource.CARE_PATH if operation.code == "care-path" else Resource.DECISION
    exchange.endpoint.allowed(context, Action.READ, what)  # before it is looked for: who may not ask hears no more
    found: list[JsonObject] = []
    for pregnancy in exchange.service.dossiers(exchange.version).pregnancies(
        exchange.caller, exchange.kind, exchange.id
    ):
        try:
            if operation.code == "care-path":
                parts = _of_path(application.care_path(context, pregnancy, as_of=as_of, known_at=known_at))
            else:
                parts = _of_decision(application.decision(context, pregnancy, as_of=as_of, known_at=known_at))
        except UnknownPregnancyError:
            continue  # not yet, at that instant
        found.append({"name": "pregnancy", "part": [{"name": "id", "valueString": pregnancy}, *parts]})
    return found


def _of_path(path: CarePath) -> list[Part]:
    data = wire.to_data(path)
    due = data["facts"]["edd"]["value"]
    return [
        {"name": "state", "valueCode": data["state"]},
        *([{"name": "outcome", "valueCode": data["outcome"]}] if data["outcome"] else []),
        *([{"name": "due", "valueDate": due[:10]}] if isinstance(due, str) else []),
        *({"name": "gap", "valueString": gap["moment"]} for gap in data["gaps"]),
        _document(data),
    ]


def _of_decision(decision: Decision) -> list[Part]:
    data = wire.to_data(decision)
    return [
        {"name": "decision", "valueString": data["id"]},
        *({"name": name, "valueCode": data[name]} for name in ("status", "stage", "standing")),
        *({"name": "missing", "valueString": one["variable"]} for one in data["missing"]),
        _document(data),
    ]


def _document(data: object) -> Part:
    text = base64.b64encode(orjson.dumps(data)).decode()
    return {"name": "document", "valueAttachment": {"contentType": "application/json", "data": text}}


async def _everything(exchange: Exchange) -> Response:
    token, since = exchange.one("_page"), exchange.instant("_since")
    name = f"{exchange.kind}/{exchange.id}/$everything"
    place = links.read_token(exchange, name, token)[1] if token else Place(exchange.service.last_position())
    size = _count(exchange)
    dossiers = exchange.service.dossiers(exchange.version)
    found = await run_in_threadpool(dossiers.everything, exchange.caller, exchange.kind, exchange.id, place.upto)
    if since is not None:
        found = [match for match in found if match.row.received_at >= since]
    start = int(place.id or 0)
    page = found[start : start + size]
    rows = [match.row for match in page]
    endpoint = exchange.endpoint
    grant = endpoint.reading(exchange.caller.context)
    caller, query = exchange.caller, f"{exchange.kind}/$everything"
    events = endpoint.seen(caller.context, EventType.SEARCH, rows, grant, query=query, checks=caller.checks)
    await exchange.service.audit.record(events)
    pages = [("self", links.self_link(exchange, (exchange.kind, exchange.id, "$everything"), _shown(exchange)))]
    if start + size < len(found):
        kept = [(n, v) for n, v in exchange.pairs if n in ("_since", "_count", "_format")]
        following = links.page_token(exchange, name, [], Place(place.upto, "", str(start + size)))
        address = links.self_link(exchange, (exchange.kind, exchange.id, "$everything"), kept)
        pages.append(("next", f"{address}{'&' if kept else '?'}_page={following}"))
    body = await run_in_threadpool(_bundle, exchange, page, pages, len(found))
    return answers.respond(exchange, body)


def _bundle(exchange: Exchange, page: Iterable[Match], pages: list[tuple[str, str]], total: int) -> bytes:
    entries = [Entry(answers.full_url(exchange, m.row), m.row, m.body, mode="match") for m in page]
    return answers.bundle(exchange, "searchset", entries, pages, total)


def _shown(exchange: Exchange) -> list[tuple[str, str]]:
    return [(name, value) for name, value in exchange.pairs if name != "_page"]


def _count(exchange: Exchange) -> int:
    text = exchange.one("_count") or str(MOST)
    if not (text.isascii() and text.isdigit()) or not int(text[:9]) > 0:
        raise bad("_count is a whole number above 0", "http._count", "value")
    return min(int(text[:9]), MOST)


def definition(operation: Operation, version: FhirVersion) -> JsonObject:
    """The OperationDefinition of an operation, as it is published in `profiles/`."""
    stu3 = version is FhirVersion.STU3
    made: JsonObject = {
        "resourceType": "OperationDefinition",
        "id": operation.code,
        "url": definition_url(operation, version),
        "name": operation.name,
        "status": "active",
        "kind": "operation",
        "description": f"{operation.title}. {operation.text}",
        "code": operation.code,
        "resource": list(operation.types),
        "system": False,
        "type": False,
        "instance": True,
    }
    made["idempotent" if stu3 else "affectsState"] = stu3
    made["parameter"] = _defined(operation)
    return made


def _defined(operation: Operation) -> list[JsonObject]:
    found: list[JsonObject] = []
    for parameter in operation.parameters:
        outer, _, inner = parameter.name.partition(".")
        made: JsonObject = {"name": inner or outer, "use": parameter.use, "min": parameter.min, "max": parameter.max}
        made["documentation"] = parameter.text
        if parameter.type:
            made["type"] = parameter.type
        if inner:
            next(p for p in found if p["name"] == outer).setdefault("part", []).append(made)
        else:
            found.append(made)
    return found
