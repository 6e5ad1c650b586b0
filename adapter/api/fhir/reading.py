"""Read, search and history."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from adapter import fhir
from adapter.api.fhir import answers, links
from adapter.api.fhir.answers import Entry
from adapter.api.fhir.consenting import may_be_recorded, recorded
from adapter.api.fhir.exchange import ID, LOOSE, Exchange
from adapter.service.endpoint.endpoint import Answered
from adapter.service.endpoint.fault import FhirFault, bad, not_found
from adapter.service.endpoint.query import MOST, PAGE, Handling, Query, read_query
from adapter.service.endpoint.search import Match, Place, Result
from adapter.service.endpoint.turn import Turn
from adapter.store.search import Row

Handler = Callable[[Exchange], Awaitable[Response]]
T = TypeVar("T")
_KNOWN = LOOSE | {"_since", "_count", "_at", "_page"}
_NO_ORDER = (
    "_sort=_id is for a search that is narrowed (to a woman, an id, an identifier): this one goes source by source"
)
_NO_TOTAL = "no total: this search looks through all there is, page by page; _summary=count counts what it finds"


async def read(exchange: Exchange) -> Response:
    """The latest version of a resource, or the one that is named."""
    _named(exchange)
    seq = _version_number(exchange.version_id) if exchange.version_id else None
    # Not in another thread: going there and back takes longer than reading one row.
    with exchange.service.turn:
        found = exchange.endpoint.read(exchange.caller, exchange.kind, exchange.id, seq)
    row = found.rows[0]
    await exchange.service.audit.record(found.events)
    headers = answers.headers_of(row)
    if exchange.none_match(headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return answers.respond(exchange, answers.stored(exchange, row), 200, headers)


async def history(exchange: Exchange) -> Response:
    """Every version of a resource, newest first, as they stood at the first page."""
    _named(exchange)
    here = (exchange.kind, exchange.id, "_history")
    place = _place(exchange, here)
    found = await run_in_threadpool(exchange.endpoint.history, exchange.caller, exchange.kind, exchange.id)
    rows = [row for row in _since(exchange, found.rows) if row.position <= place.upto]
    left = [row for row in rows if not place.id or row.seq < int(place.id)]
    page = left[: _count(exchange)]
    following = Place(place.upto, "", str(page[-1].seq)) if len(left) > len(page) else None
    return await _listed(exchange, found, page, here, len(rows), following)


async def changes(exchange: Exchange) -> Response:
    """What changed, newest first; `_since` leaves out what is older."""
    here = (exchange.kind, "_history") if exchange.kind else ("_history",)
    place = _place(exchange, here)
    since = exchange.instant("_since") if not place.id else None
    after = exchange.service.position_before(since) if since else int(place.id or 0)
    most = _count(exchange)
    kind = exchange.kind or None
    found = await run_in_threadpool(exchange.endpoint.changes, exchange.caller, kind, after, place.upto, most)
    following = Place(found.following, "", str(after)) if found.following is not None else None
    return await _listed(exchange, found, list(found.rows), here, None, following)


def _place(exchange: Exchange, here: tuple[str, ...]) -> Place:
    """Where a page of a history begins; what was asked at its first page holds for all. Raises `FhirFault`."""
    token = exchange.one("_page")
    if token is None:
        return Place(exchange.service.last_position())
    exchange.pairs, place = links.read_token(exchange, "/".join(here), token)
    return place


async def search(exchange: Exchange) -> Response:
    """A page of a search."""
    return await found(exchange, *asked(exchange))


async def found(exchange: Exchange, query: Query, place: Place | None, seconds: float = 0.0) -> Response:
    """A page of what a search finds. Raises `TimeoutError` where the audit log takes more than so many seconds (0: for
    as long as it takes).
    """
    return answers.respond(exchange, await page(exchange, query, place, seconds))


async def page(exchange: Exchange, query: Query, place: Place | None, seconds: float = 0.0) -> bytes:
    """The Bundle of `found`, in the format asked for."""
    echo = links.hidden(exchange, query.echo)
    text = "&".join(f"{name}={value}" for name, value in echo)
    turn = exchange.service.turn
    result, read = await _quickly(turn, query, lambda: exchange.endpoint.search(exchange.caller, query, place, text))
    kept = exchange.service.audit.begin(read.events, seconds)
    own = await recorded(exchange, query, place)
    body = await _quickly(turn, query, lambda: _page(exchange, query, echo, result, own))
    await kept
    return body


def asked(exchange: Exchange) -> tuple[Query, Place | None]:
    """What is searched for, and where its page begins. Raises `FhirFault`."""
    token = exchange.one("_page")
    if token is not None:
        pairs, place = links.read_token(exchange, exchange.kind, token)
        return read_query(exchange.kind, pairs, exchange.version, exchange.handling), place
    pairs = [(name, _relative(exchange, value)) for name, value in links.opened(exchange, exchange.pairs)]
    return read_query(exchange.kind, pairs, exchange.version, exchange.handling), None


def _relative(exchange: Exchange, value: str) -> str:
    """A value in which an address of ours may stand in full."""
    return value.replace(f"{exchange.base}/", "") if exchange.base in value else value


async def _quickly(turn: Turn, query: Query, ask: Callable[[], T]) -> T:
    """Here where it is narrow, in another thread where it may take long: others must not wait for it."""
    if not _narrow(query):
        return await run_in_threadpool(ask)
    with turn:
        return ask()


def _narrow(query: Query) -> bool:
    return query.ids is not None or any(c.wanted and c.parameter.kind == "reference" for c in query.criteria)


def at_once(query: Query) -> bool:
    """Whether nothing in answering it waits, but for the audit log."""
    return _narrow(query) and not may_be_recorded(query.kind)


def _page(exchange: Exchange, query: Query, echo: links.Pairs, result: Result, own: Sequence[Entry]) -> bytes:
    here = (query.kind,)
    used: Sequence[tuple[str, str]] = query.echo
    if not result.sorted:
        used, echo = _unsorted(exchange, used), _unsorted(exchange, echo)
    pages = [("self", links.shown_link(exchange, here, echo))]
    if result.next is not None:
        pages.append(("next", links.next_link(exchange, here, query.kind, used, result.next)))
    entries = [_found(exchange, match, "match") for match in result.matches]
    entries += () if query.only_count else own
    entries += [_found(exchange, match, "include") for match in result.included]
    total = None if result.total is None else result.total + len(own)
    if issues := list(_warnings(result)):
        entries.append(Entry(None, None, None, fhir.operation_outcome(issues), mode="outcome"))
    return answers.bundle(exchange, "searchset", entries, pages, total)


def _found(exchange: Exchange, match: Match, mode: str) -> Entry:
    row = match.row
    return Entry(answers.full_url(exchange, row), row, match.body, mode=mode)


def _unsorted(exchange: Exchange, pairs: Sequence[tuple[str, str]]) -> links.Pairs:
    """The parameters that were used, where an order could not be given. Raises `FhirFault` where that is too little."""
    if exchange.handling is Handling.STRICT:
        raise FhirFault(400, "not-supported", _NO_ORDER, "http._sort")
    return [pair for pair in pairs if pair[0] != "_sort"]


def _warnings(result: Result) -> Iterator[fhir.Issue]:
    """What was asked of a search and is not done."""
    query = result.query
    if query.ignored:
        names = sorted(set(query.ignored))
        text = f"not supported here and ignored: {', '.join(names)}"
        yield fhir.Issue("warning", "not-supported", text, tuple(f"http.{name}" for name in names if " " not in name))
    if not result.sorted:
        yield fhir.Issue("warning", "not-supported", f"ignored: {_NO_ORDER}", ("http._sort",))
    if query.exact_total and result.total is None:
        yield fhir.Issue("warning", "too-costly", _NO_TOTAL, ("http._total",))


async def _listed(
    exchange: Exchange,
    found: Answered,
    rows: list[Row],
    here: tuple[str, ...],
    total: int | None,
    following: Place | None,
) -> Response:
    await exchange.service.audit.record(found.events)
    kept = _kept(exchange)
    pages = [("self", links.self_link(exchange, here, kept))]
    if following is not None:
        pages.append(("next", links.next_link(exchange, here, "/".join(here), kept, following)))
    entries = [_version(exchange, row) for row in rows]
    return answers.respond(exchange, answers.bundle(exchange, "history", entries, pages, total))


def _version(exchange: Exchange, row: Row) -> Entry:
    address = f"{row.type}/{exchange.endpoint.served.id(row, exchange.caller)}"
    request = {"method": "POST" if row.seq == 1 else "PUT", "url": row.type if row.seq == 1 else address}
    at = row.received_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    status = "201 Created" if row.seq == 1 else "200 OK"
    response = {"status": status, "etag": answers.tag_of(row), "lastModified": at}
    return Entry(exchange.address(address), row, None, None, (("request", request), ("response", response)))


def _kept(exchange: Exchange) -> list[tuple[str, str]]:
    return [(name, value) for name, value in exchange.pairs if name in ("_since", "_count", "_format")]


def _since(exchange: Exchange, rows: tuple[Row, ...]) -> list[Row]:
    since = exchange.instant("_since")
    return [row for row in rows if since is None or row.received_at >= since]


def _count(exchange: Exchange) -> int:
    text = exchange.one("_count")
    if text is None:
        return PAGE
    if not (text.isascii() and text.isdigit()) or not int(text[:9]) > 0:
        raise bad("_count is a whole number above 0", "http._count", "value")
    return min(int(text[:9]), MOST)


def _version_number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise not_found("no such version: ours are whole numbers", "http.version")
    return int(text)


def _named(exchange: Exchange) -> None:
    if not ID.fullmatch(exchange.id):
        raise bad("an address is [type]/[id]; an id has at most 64 letters, digits, '-' and '.'", "http.id")
    unknown = next((name for name, _ in exchange.pairs if name not in _KNOWN), None)
    if unknown is not None and exchange.handling == "strict":
        raise FhirFault(400, "not-supported", "a read takes no parameters but _format", "http")
