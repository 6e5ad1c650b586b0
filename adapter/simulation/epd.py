"""A simulated EPD: a small FHIR server (read and search, JSON and XML, STU3 or R4) over data in memory.

Run one: `python -m adapter.simulation.epd --port 9001 --data FOLDER --fhir 3.0`. It serves under `/fhir`. A BSN in a
URL is refused; `self` and `next` carry an opaque token and no values. Misbehaviour is switchable, see `Quirks`.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from adapter.fhir import JsonObject
from adapter.model.sources import FhirVersion, Media
from adapter.simulation import epd_render as render
from adapter.simulation.epd_quirks import Quirks
from adapter.simulation.epd_search import Searcher, SearchError, Slice
from adapter.simulation.epd_store import EpdStore, bodies_in, bodies_of

__all__ = ["Quirks", "Seen", "create_app", "main"]

_PREFIX = "/fhir"


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as the server saw it; kept so that tests can look at what was asked."""

    method: str
    url: str
    headers: dict[str, str]


class _CutOff(Response):
    """Promises the whole body and sends half of it; the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": bytes(self.body)[: len(self.body) // 2], "more_body": True})


class _Epd:
    def __init__(self, store: EpdStore, name: str, quirks: Quirks) -> None:
        self.store = store
        self.name = name
        self.quirks = quirks
        self.searcher = Searcher(store, quirks)
        self.seen: deque[Seen] = deque(maxlen=10_000)
        self.served = 0

    async def handle(self, request: Request) -> Response:
        """Every request comes through here."""
        self.served += 1
        self.seen.append(Seen(request.method, str(request.url), dict(request.headers)))
        quirks = self.quirks
        if quirks.slow:
            await asyncio.sleep(quirks.slow)
        response = self._gate(request) or await self._answer(request)
        if quirks.drop_after is not None and self.served > quirks.drop_after:
            return _CutOff(bytes(response.body), media_type=response.media_type)
        return response

    def _gate(self, request: Request) -> Response | None:
        quirks = self.quirks
        if quirks.down or self.served <= quirks.flaky:
            refused = self._say(request, SearchError(503, "transient", "this EPD is not available now"))
            refused.headers["Retry-After"] = "0"
            return refused
        token_wrong = quirks.bearer is not None and request.headers.get("Authorization") != f"Bearer {quirks.bearer}"
        if quirks.unauthorized or token_wrong:
            return self._say(request, SearchError(401, "login", "a valid token is needed"))
        return None

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._dispatch(request)
        except SearchError as error:
            return self._say(request, error)

    async def _dispatch(self, request: Request) -> Response:
        kind: str = request.path_params.get("kind", "")
        id_: str | None = request.path_params.get("id")
        status = self.quirks.status_for.get(f"{kind}/{id_}" if id_ else kind)
        if status:
            raise SearchError(status, "exception", "this request is not answered")
        if kind == "metadata":
            return self._metadata(request)
        if request.method == "POST":
            return await self._post(request, kind, id_)
        return self._read(request, kind, id_) if id_ else self._search(request, kind, request.url.query, post=False)

    def _metadata(self, request: Request) -> Response:
        if not self.quirks.metadata:
            raise SearchError(404, "not-found", "no CapabilityStatement here")
        return self._write(request, render.metadata(self.store.version, self.name, self.quirks), 200)

    async def _post(self, request: Request, kind: str, id_: str | None) -> Response:
        if id_ != "_search" or self.quirks.no_post_search:
            raise SearchError(405, "not-supported", "POST is not supported here")
        body = (await request.body()).decode("utf-8", "replace")
        return self._search(request, kind, body, post=True)

    def _search(self, request: Request, kind: str, query: str, *, post: bool) -> Response:
        given = parse_qsl(query, keep_blank_values=True)
        if any(reference in text for _, text in given for reference in self.quirks.poisoned):
            raise SearchError(500, "exception", "something went wrong")
        token = next((text for name, text in given if name == "_page"), None)
        if token is None:
            page = self.searcher.search(kind, given, post=post)
        else:
            name, _, start = token.rpartition(".")
            if not start.isdecimal():
                raise SearchError(400, "invalid", "this is no page of a search")
            page = self.searcher.page(name, int(start))
        return self._bundle(request, kind, page)

    def _bundle(self, request: Request, kind: str, page: Slice) -> Response:
        base = f"{request.url.scheme}://{request.url.netloc}{_PREFIX}"
        media = self._media(request)
        links = {"self": f"{base}/{kind}?_page={page.here}"}
        if page.next:
            following = page.here if self.quirks.next_loop else page.next
            links["next"] = f"{self.quirks.next_elsewhere or base}/{kind}?_page={following}"
        body = render.bundle(page, base, links, media, self.store.version)
        if page.number == self.quirks.malformed_page:
            body = body[: len(body) // 2]
        return Response(body, media_type=media.value)

    def _read(self, request: Request, kind: str, id_: str) -> Response:
        row = self.store.rows.get(f"{kind}/{id_}")
        if row is None:
            raise SearchError(404, "not-found", "there is no such resource")
        media = self._media(request)
        return Response(render.resource(row, media, self.store.version), media_type=media.value)

    def _say(self, request: Request, error: SearchError) -> Response:
        return self._write(request, render.outcome(error.code, error.text), error.status)

    def _write(self, request: Request, content: JsonObject, status: int) -> Response:
        media = self._media(request)
        return Response(render.written(content, media, self.store.version), status, media_type=media.value)

    def _media(self, request: Request) -> Media:
        if self.quirks.xml_only:
            return Media.XML
        asked = request.query_params.get("_format") or request.headers.get("Accept", "")
        return Media.XML if "xml" in asked and "json" not in asked else Media.JSON


def create_app(
    data: Iterable[JsonObject] | Path, version: FhirVersion, *, name: str = "EPD", quirks: Quirks | None = None
) -> Starlette:
    """The server over these resources, or over the files below a folder. `app.state.seen`: the requests so far.

    Raises `FhirError` for a resource that cannot be read.
    """
    store = EpdStore(version)
    store.load(bodies_in(data) if isinstance(data, Path) else bodies_of(data))
    epd = _Epd(store, name, quirks or Quirks())
    routes = [
        Route(f"{_PREFIX}/{{kind}}", epd.handle, methods=["GET"]),
        Route(f"{_PREFIX}/{{kind}}/{{id}}", epd.handle, methods=["GET", "POST"]),
    ]
    app = Starlette(routes=routes)
    app.state.seen = epd.seen
    app.state.epd = epd
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m adapter.simulation.epd", description="A simulated EPD")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", type=Path, required=True, help="a folder or file with NDJSON or JSON")
    parser.add_argument("--fhir", choices=["3.0", "4.0"], default="3.0")
    parser.add_argument("--name", default="EPD")
    for flag in ("down", "unauthorized", "no-post-search", "no-chained-search", "no-lists", "xml-only", "next-loop"):
        parser.add_argument(f"--{flag}", action="store_true")
    parser.add_argument("--slow", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--flaky", type=int, default=0, help="the first N requests get 503")
    parser.add_argument("--drop-after", type=int, help="cut answers off after N requests")
    parser.add_argument("--malformed-page", type=int, help="page N of every search is broken")
    parser.add_argument("--page-size", type=int, default=50)
    parser.add_argument("--bearer", help="the token that is required")
    given = parser.parse_args(arguments)
    app = create_app(given.data, FhirVersion(given.fhir), name=given.name, quirks=_quirks(given))
    uvicorn.run(app, host=given.host, port=given.port, log_level="warning", access_log=False)


def _quirks(given: argparse.Namespace) -> Quirks:
    return Quirks(
        down=given.down,
        unauthorized=given.unauthorized,
        slow=given.slow,
        flaky=given.flaky,
        drop_after=given.drop_after,
        malformed_page=given.malformed_page,
        next_loop=given.next_loop,
        no_post_search=given.no_post_search,
        no_chained_search=given.no_chained_search,
        no_lists=given.no_lists,
        xml_only=given.xml_only,
        bearer=given.bearer,
        default_page=given.page_size,
    )


if __name__ == "__main__":
    main()
