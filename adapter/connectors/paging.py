"""The pages of one search: `next` is followed on the same server only, never twice, and not without end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urljoin

from adapter import fhir
from adapter.connectors.errors import FailedError, MissingError, NotOfferedError
from adapter.connectors.http import Http, Reply
from adapter.fhir import Page
from adapter.model.sources import FhirVersion, Media


async def pages(
    http: Http, version: FhirVersion, path: str, query: dict[str, str | list[str]], most: int
) -> AsyncIterator[tuple[Page, Media]]:
    """Every page of a search, as it comes. Raises `SourceError`; pages already given stay good."""
    try:
        reply = await http.get(path, query)
    except MissingError as error:
        raise NotOfferedError(error.what) from None
    seen: set[str] = set()
    for _ in range(most):
        page = split(reply, version)
        yield page, reply.media
        if page.next is None:
            return
        url = _next(http, reply, page.next, seen)
        try:
            reply = await http.get(url)
        except (MissingError, NotOfferedError) as error:
            raise FailedError(f"een vervolgpagina was er niet meer: {error.what}") from None
    raise FailedError(f"meer dan {most} pagina's in één zoekvraag", "verhoog `pages`, of vraag grotere pagina's")


def split(reply: Reply, version: FhirVersion) -> Page:
    """The Bundle (or the one resource) in a reply. Raises `FailedError` when it is neither."""
    page = fhir.split(reply.body, reply.media, version)
    if not any(entry.type for entry in page.entries) and not _is_bundle(reply, version):
        raise FailedError("de bron gaf een antwoord dat niet te lezen is", "meld dit aan de leverancier van de bron")
    return page


def _is_bundle(reply: Reply, version: FhirVersion) -> bool:
    try:
        resource = fhir.read(reply.body, reply.media, version)
    except fhir.FhirError:
        return False
    return resource.get("resourceType") == "Bundle" and isinstance(resource.get("entry", []), list)


def _next(http: Http, reply: Reply, link: str, seen: set[str]) -> str:
    url = urljoin(reply.url, link)
    if not http.same_origin(url):
        raise FailedError(
            "de volgende pagina ligt op een andere server; die is niet gevraagd",
            "laat de bron zijn eigen adres in `next` zetten, of stel base_url in op dat adres",
        )
    seen.add(reply.url)
    if url in seen:
        raise FailedError("de pagina's van de bron verwijzen in een kring")
    return url
