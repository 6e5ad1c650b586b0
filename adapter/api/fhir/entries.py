"""The entries of a Bundle that asks for something: its shape, and what each of them asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from adapter import fhir
from adapter.fhir import JsonObject
from adapter.model.sources import FhirVersion, Media
from adapter.service.endpoint.condition import Condition
from adapter.service.endpoint.fault import FhirFault, bad
from adapter.service.endpoint.query import Query
from adapter.service.endpoint.search import Place
from adapter.service.endpoint.write import Written
from adapter.store.search import Row


@dataclass(slots=True)
class Step:
    """One entry: what is asked, and what came of it.

    `own`: the id in the resource as it was sent. `first`: the entry that makes what this one would make only once.
    `asked`: what a search looks for, and where its page begins.
    """

    at: int
    method: str
    url: str
    full_url: str | None
    request: JsonObject
    resource: JsonObject | None
    own: object
    kind: str = ""
    id: str = ""
    renamed: bool = False
    expected: int | None = None
    condition: Condition | None = None
    first: Step | None = None
    asked: tuple[Query, Place | None] | None = None
    found: Row | None = None
    page: bytes | None = None
    written: Written | None = None
    fault: FhirFault | None = None
    shown: bool = False

    @property
    def where(self) -> str:
        """Where it stands in the Bundle."""
        return f"Bundle.entry[{self.at}]"

    @property
    def reference(self) -> str:
        """`Type/id` of what is kept."""
        return f"{self.kind}/{self.id}"

    @property
    def writes(self) -> bool:
        """Whether there is something to write: it is not refused, and what it makes only once is not there."""
        sends = self.method in ("POST", "PUT")
        return sends and self.fault is None and self.found is None and self.first is None

    def told(self, fault: FhirFault) -> FhirFault:
        """A fault in it, with its place in the Bundle."""
        inner = fault.expression or ""
        if inner.startswith("Bundle."):
            return fault
        if not inner or inner.startswith("http"):
            asked = self.method == "GET" and inner != "http.Authorization"
            inner = "request.url" if asked else "request"
        return FhirFault(fault.status, fault.code, fault.text, f"{self.where}.{inner}")


def steps_of(bundle: JsonObject, version: FhirVersion, most: int) -> list[Step]:
    """The entries, at most so many. Raises `FhirFault` for a Bundle of another shape than FHIR prescribes."""
    given = bundle.get("entry", [])
    if not isinstance(given, list):
        raise bad("entry is a list: put it between [ and ]", "Bundle.entry", "structure")
    if len(given) > most:
        text = f"a Bundle has at most {most} entries ([access.limits] entries)"
        raise FhirFault(413, "too-long", text, "Bundle.entry")
    steps = list(_steps(given))
    _well_shaped(bundle, given, version)
    _once(steps)
    return steps


def _steps(given: list[Any]) -> Iterator[Step]:
    for at, entry in enumerate(given):
        request = entry.get("request") if isinstance(entry, dict) else None
        if not isinstance(request, dict):
            raise bad("every entry has a request", f"Bundle.entry[{at}].request", "required")
        method, url = request.get("method"), request.get("url")
        if not isinstance(method, str) or not isinstance(url, str):
            raise bad("a request has a method and a url", f"Bundle.entry[{at}].request", "required")
        full, resource = entry.get("fullUrl"), entry.get("resource")
        yield Step(
            at,
            method,
            url,
            full if isinstance(full, str) else None,
            request,
            resource if isinstance(resource, dict) else None,
            resource.get("id") if isinstance(resource, dict) else None,
        )


def _well_shaped(bundle: JsonObject, given: list[Any], version: FhirVersion) -> None:
    """Check the Bundle around its resources: each of these is checked where it is kept."""
    bare = [{k: v for k, v in entry.items() if k != "resource" or not isinstance(v, dict)} for entry in given]
    around = {**bundle, "entry": bare} if "entry" in bundle else bundle
    problem = fhir.check(fhir.to_json(around), Media.JSON, version).problem
    if problem:
        path = problem.split(" ", 1)[0].rstrip(":")
        raise FhirFault(422, "structure", problem, path if path.startswith("Bundle.") else "Bundle")


def _once(steps: list[Step]) -> None:
    seen: set[str] = set()
    for step in steps:
        if step.full_url in seen:
            text = "another entry has this fullUrl: each has its own (bdl-7)"
            raise FhirFault(422, "invariant", text, f"{step.where}.fullUrl")
        if step.full_url:
            seen.add(step.full_url)
