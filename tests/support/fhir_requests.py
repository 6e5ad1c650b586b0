"""Requests to the FHIR endpoints, valid and spoilt: addresses, parameters, headers, bodies in JSON and XML, Bundles."""

from __future__ import annotations

from random import Random
from typing import Any
from urllib.parse import quote

from adapter import fhir
from adapter.model.sources import FhirVersion
from adapter.service.endpoint.parameters import parameters
from support import mutate
from support.asgi import Asked
from support.fhir_server import encounter, episode, observation, patient
from support.mutate import BSNS

VERSIONS = {"stu3": FhirVersion.STU3, "r4": FhirVersion.R4}
TOKENS = {"stu3": "demo.source.vp", "r4": "demo.source.zh"}
OPERATIONS = ("$care-path", "$igo-selection", "$everything", "$unknown", "$")
METHODS = ("GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "X", "get")
ACCEPTS = (
    "application/fhir+json",
    "application/fhir+xml",
    "application/json",
    "text/html",
    "*/*",
    "image/png",
    "",
    "xml",
    ",;q=",
    "application/fhir+json;q=x",
    "application/fhir+xml;fhirVersion=4.0",
    "a" * 2000,
)
TYPES = (
    "application/fhir+json",
    "application/fhir+xml",
    "application/json",
    "text/csv",
    "",
    "application/x-www-form-urlencoded",
    ";",
)
HEADERS = {
    "accept": ACCEPTS,
    "content-type": TYPES,
    "if-match": ('W/"1"', 'W/"2"', '"1"', "*", "x", 'W/"x"', 'W/"99999999999999999999"', ""),
    "if-none-match": ("*", 'W/"1"', '"', ""),
    "if-none-exist": (
        f"identifier=http://fhir.nl/fhir/NamingSystem/bsn|{BSNS[0]}",
        "identifier=x",
        "",
        "?",
        "a=b",
        "_id=w1",
        "%",
    ),
    "prefer": (
        "return=minimal",
        "return=OperationOutcome",
        "handling=strict",
        "handling=lenient",
        "respond-async",
        "x",
        "=",
    ),
    "authorization": (
        "Bearer demo.source.nobody",
        "Bearer demo.woman.vp.w1",
        "Bearer demo.woman.vp.",
        "Basic eDp4",
        "Bearer",
        "",
    ),
    "accept-encoding": ("gzip", "br", "identity;q=0", ""),
    "content-encoding": ("gzip", "x"),
    "x-request-id": ("abc", BSNS[0], "a" * 300, "\n"),
    "x-correlation-id": ("abc", BSNS[1], f"{BSNS[1]}-1", "'"),
    "medmij-request-id": ("abc", BSNS[2]),
    "origin": ("http://localhost", "null", "http://evil.example"),
    "content-length": ("x", "-1", "99999999999999999999"),
    "if-modified-since": ("Sun, 22 Nov 2026 10:00:00 GMT", "x"),
    "range": ("bytes=0-1",),
}


def resources(at: str) -> list[dict[str, Any]]:
    """A dossier that is valid in this version."""
    seen = [observation(f"o{n}", effectiveDateTime=f"2026-03-0{n}") for n in range(1, 4)]
    pregnancy = {
        "resourceType": "Condition",
        "id": "p1",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "118185001"}]},
        "subject": {"reference": "Patient/w1"},
    }
    organisation = {"resourceType": "Organization", "id": "org", "name": "Groen", "identifier": [{"value": "o1"}]}
    if at == "stu3":
        return [patient(), patient("w2", BSNS[1]), episode(), encounter("c1"), *seen, pregnancy, organisation]
    for one in seen:
        one["encounter"] = {"reference": "Encounter/c1"}
        del one["context"]
    visit = {**encounter("c1"), "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}}
    return [patient(), patient("w2", BSNS[1]), episode(), visit, *seen, pregnancy, organisation]


class Requests:
    """Makes one request after another."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.valid = {at: resources(at) for at in VERSIONS}

    def load(self) -> list[Asked]:
        """What is there before it begins."""
        found = []
        for at, some in self.valid.items():
            entries = [self._entry(one) for one in some]
            bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
            headers = [(b"authorization", f"Bearer {TOKENS[at]}".encode()), (b"content-type", b"application/fhir+json")]
            found.append(Asked("POST", f"/fhir/{at}".encode(), b"", headers, mutate.dumped(bundle)))
        return found

    def next(self) -> Asked:
        """One more."""
        rng = self.rng
        at = rng.choice(tuple(VERSIONS))
        kind = rng.choice((self._read, self._search, self._search, self._post_search, self._write, self._write))
        kind = rng.choice((kind, kind, kind, self._bundle, self._operation, self._other))
        asked = kind(at)
        if rng.random() < 0.3:
            self._spoil_address(asked)
        for _ in range(rng.choice((0, 0, 1, 2))):
            name = rng.choice(tuple(HEADERS))
            value = rng.choice((*HEADERS[name], *HEADERS[name], rng.choice(mutate.TEXTS)))
            asked.headers = [(n, v) for n, v in asked.headers if n.decode() != name or rng.random() < 0.1]
            asked.headers.append((name.encode(), value.encode("utf-8", "replace")))
        if rng.random() < 0.05:
            asked.method = rng.choice(METHODS)
        return asked

    # Kinds of requests.

    def _read(self, at: str) -> Asked:
        one = self.rng.choice(self.valid[at])
        path = f"/fhir/{at}/{one['resourceType']}/{self.rng.choice((one['id'], one['id'], 'nobody', BSNS[0]))}"
        path += self.rng.choice(("", "", "/_history", "/_history/1", "/_history/99", "/_history/x", "/"))
        query = self.rng.choice(
            ("", "", "_format=xml", "_format=json", "_since=2026-01-01", "_count=1", "x=y", "_format=csv")
        )
        return self._asked("GET", path, query, at)

    def _search(self, at: str) -> Asked:
        kind = self.rng.choice((*parameters(VERSIONS[at]), "Observation", "Observation", "EpisodeOfCare", "Patient"))
        return self._asked("GET", f"/fhir/{at}/{kind}", self._query(at, kind), at)

    def _post_search(self, at: str) -> Asked:
        kind = self.rng.choice(("Patient", "Observation", "EpisodeOfCare", "Encounter"))
        body = f"identifier=http://fhir.nl/fhir/NamingSystem/bsn|{self.rng.choice(BSNS)}"
        body += self.rng.choice(("", "&_count=1", f"&{self._query(at, kind)}"))
        body = mutate.text(self.rng, body) if self.rng.random() < 0.3 else body
        form = "application/x-www-form-urlencoded"
        return self._asked("POST", f"/fhir/{at}/{kind}/_search", "", at, body.encode("utf-8", "replace"), form)

    def _write(self, at: str) -> Asked:
        one = self.rng.choice(self.valid[at])
        body, media = self._body(one, at)
        kind = one["resourceType"]
        if self.rng.random() < 0.4:
            return self._asked("POST", f"/fhir/{at}/{kind}", "", at, body, media)
        path = f"/fhir/{at}/{kind}/{one['id']}"
        if self.rng.random() < 0.15:
            return self._asked("PUT", f"/fhir/{at}/{kind}", self._query(at, kind), at, body, media)
        return self._asked("PUT", path, "", at, body, media)

    def _bundle(self, at: str) -> Asked:
        some = self.rng.sample(self.valid[at], self.rng.randrange(1, 6))
        entries = [self._entry(one) for one in some]
        for _ in range(self.rng.randrange(3)):
            kind = self.rng.choice(("Observation", "Patient"))
            url = self.rng.choice((f"{kind}?{self._query(at, kind)}", f"{kind}/o1", kind, "", "/", "?", "metadata"))
            entries.append({"request": {"method": self.rng.choice(("GET", "GET", "DELETE", "PATCH")), "url": url}})
        for entry in entries:
            if self.rng.random() < 0.2:
                entry["fullUrl"] = "urn:uuid:0e5f7b52-0000-4000-8000-000000000001"
            if self.rng.random() < 0.2:
                more = self.rng.choice(("ifMatch", "ifNoneExist", "ifNoneMatch", "ifModifiedSince"))
                entry["request"][more] = self.rng.choice(('W/"1"', "identifier=o1", "", "x", *mutate.TEXTS))
            if self.rng.random() < 0.2:
                entry["request"]["method"] = self.rng.choice(METHODS)
        bundle = {"resourceType": "Bundle", "type": self.rng.choice(("transaction", "batch")), "entry": entries}
        body, media = self._body(bundle, at)
        return self._asked("POST", f"/fhir/{at}", "", at, body, media)

    def _operation(self, at: str) -> Asked:
        about = self.rng.choice(("EpisodeOfCare/e1", "Patient/w1", "Condition/p1", "Observation/o1", "Patient/nobody"))
        path = f"/fhir/{at}/{about}/{self.rng.choice(OPERATIONS)}"
        day = self.rng.choice(("2026-05-01", *mutate.TEXTS))
        if self.rng.random() < 0.6:
            name = self.rng.choice(("as_of", "known_at", "_since", "_count", "_page", "x"))
            return self._asked("GET", path, f"{name}={quote(day)}", at)
        body = {"resourceType": "Parameters", "parameter": [{"name": "as_of", "valueDate": day}]}
        made, media = self._body(body, at)
        return self._asked("POST", path, "", at, made, media)

    def _other(self, at: str) -> Asked:
        base = f"/fhir/{at}"
        address = self.rng.choice(
            (
                "/metadata",
                "/_history",
                "/Observation/_history",
                "",
                "/",
                "/Subscription",
                "/Subscription/x",
                "/AuditEvent",
                "//",
            )
        )
        query = self.rng.choice(
            ("", "_since=2026-01-01T00:00:00Z", "_count=0", "_page=x", "_count=1", "_since=x", "patient=w1")
        )
        if address == "/Subscription":
            criteria = f"Observation?{self._query(at, 'Observation')}"
            channel = {"type": "rest-hook", "endpoint": "https://127.0.0.1:9/x", "header": ["a: b"]}
            one = {
                "resourceType": "Subscription",
                "status": "requested",
                "reason": "x",
                "criteria": criteria,
                "channel": channel,
            }
            body, media = self._body(one, at)
            return self._asked("POST", base + address, "", at, body, media)
        if self.rng.random() < 0.1:
            hook = {"hook": "patient-view", "hookInstance": "x", "context": {"patientId": "w1", "userId": "x"}}
            body, media = self._body(hook, at, xml=False)
            return self._asked("POST", "/cds-services/zorgpad", "", at, body, "application/json")
        return self._asked("GET", base + address, query, at)

    # Parts of requests.

    def _asked(self, method: str, path: str, query: str, at: str, body: bytes = b"", media: str = "") -> Asked:
        headers = [(b"authorization", f"Bearer {TOKENS[at]}".encode())] if self.rng.random() < 0.95 else []
        if media:
            headers.append((b"content-type", media.encode()))
        return Asked(method, quote(path, safe="/$%").encode(), query.encode("utf-8", "replace"), headers, body)

    def _entry(self, one: dict[str, Any]) -> dict[str, Any]:
        url = f"{one['resourceType']}/{one['id']}"
        return {"resource": one, "request": {"method": "PUT", "url": url}}

    def _body(self, value: dict[str, Any], at: str, *, xml: bool = True) -> tuple[bytes, str]:
        rng = self.rng
        if xml and rng.random() < 0.25:
            try:
                body = fhir.to_xml(value if rng.random() < 0.5 else mutate.tree(rng, value), VERSIONS[at])
            except (fhir.FhirError, ValueError, TypeError, AttributeError, KeyError):
                body = b"<x/>"
            return (mutate.xml(rng, body) if rng.random() < 0.7 else body), "application/fhir+xml"
        how = rng.random()
        if how < 0.15:
            return mutate.dumped(value), "application/fhir+json"
        body = mutate.dumped(mutate.tree(rng, value) if how < 0.8 else value)
        return (mutate.raw(rng, body) if how > 0.7 else body), "application/fhir+json"

    def _query(self, at: str, kind: str) -> str:
        known = parameters(VERSIONS[at]).get(kind, {})
        pairs = [self._pair(at, kind, tuple(known)) for _ in range(self.rng.choice((0, 1, 1, 2, 3)))]
        return "&".join(f"{quote(n, safe=':._$')}={quote(v, safe=':/,|')}" for n, v in pairs)

    def _pair(self, at: str, kind: str, known: tuple[str, ...]) -> tuple[str, str]:
        rng = self.rng
        general = (
            "_id",
            "_lastUpdated",
            "_count",
            "_include",
            "_revinclude",
            "_summary",
            "_sort",
            "_total",
            "_format",
            "_page",
        )
        name = rng.choice(
            (*known, *known, *general, "nonsense", "patient.identifier", "context:Encounter.episodeofcare")
        )
        name += rng.choice(("", "", "", "", ":missing", ":not", ":Patient", ":exact", ":", ".identifier", ".", ".a.b"))
        value = rng.choice(
            (
                "Patient/w1",
                "w1",
                "EpisodeOfCare/e1",
                "Encounter/c1",
                "http://snomed.info/sct|57036006",
                "|x",
                "x|",
                "true",
                "o1",
                "ge2026-03-01",
                "le2026",
                "eb2026-03-02T10:00:00Z",
                "2026-03",
                "1",
                "0",
                "-1",
                "count",
                "Observation:patient",
                "EpisodeOfCare:organization",
                "Encounter:episodeofcare",
                "_lastUpdated",
                "-_lastUpdated",
                "a,b,c",
                ",",
                "\\,",
                "$",
                rng.choice(mutate.TEXTS),
                *BSNS[:1],
                f"http://fhir.nl/fhir/NamingSystem/bsn|{BSNS[1]}",
            )
        )
        return name, value

    def _spoil_address(self, asked: Asked) -> None:
        rng = self.rng
        if rng.random() < 0.5:
            asked.query = (
                mutate.raw(rng, asked.query) if rng.random() < 0.3 else mutate.text(rng, asked.query.decode()).encode()
            )
            return
        parts = asked.path.split(b"/")
        at = rng.randrange(len(parts))
        parts[at] = rng.choice(
            (
                b"",
                b"..",
                b"%2e%2e",
                b"%00",
                b"%ff",
                b"%",
                b"a" * 3000,
                b"Patient",
                b"_search",
                b"$x",
                BSNS[0].encode(),
                b"%F0%9F%92%A9",
            )
        )
        asked.path = b"/".join(parts) or b"/"
