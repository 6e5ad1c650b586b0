"""Whatever stands in an address or a condition: it is read, or refused by a fault that repeats none of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapter.api.fhir.door import route
from adapter.model.sources import FhirVersion, Media
from adapter.service.endpoint.fault import FhirFault
from adapter.service.endpoint.pairs import pairs_of
from adapter.service.endpoint.parameters import parameters
from adapter.service.endpoint.query import Handling, read_query
from adapter.service.endpoint.values import date_matches, wanted_date
from adapter.store.identifiers import values_in

BSN = "999911120"
VERSIONS = st.sampled_from(FhirVersion)
PLAIN = st.text(max_size=40)
PIECES = st.sampled_from(
    [
        BSN,
        "Patient/",
        "|",
        ",",
        "\\",
        ":",
        ".",
        "ge",
        "2026-01-01",
        "T10:00:00",
        "+14:00",
        "0001",
        "9999-12-31",
        "1e9",
        "-",
        "\x00",
    ]
)
TEXTS = st.lists(PIECES | PLAIN, max_size=5).map("".join)


@st.composite
def queries(draw):
    version = draw(VERSIONS)
    kind = draw(st.sampled_from(sorted(parameters(version))) | PLAIN)
    known = sorted(parameters(version).get(kind, {"identifier": None}))
    general = ["_id", "_count", "_lastUpdated", "_include", "_revinclude", "_sort", "_summary", "_total", "_format"]
    names = st.sampled_from([*known, *general]) | TEXTS
    tails = st.sampled_from(
        ["", "", ":missing", ":not", ":Patient", ".identifier", ":", ".", ":Encounter.episodeofcare"]
    )
    pairs = draw(st.lists(st.tuples(st.builds(lambda n, t: n + t, names, tails), TEXTS), max_size=4))
    return kind, pairs, version, draw(st.sampled_from(Handling))


@given(queries())
def test_a_query_is_read_or_refused(asked):
    try:
        query = read_query(*asked)
    except FhirFault as fault:
        assert fault.status in (400, 404)
        assert BSN not in fault.text + (fault.expression or "")
    else:
        assert 0 <= query.count <= 1000
        assert not [name for name in query.ignored if BSN in name]


@given(TEXTS)
def test_a_form_is_read_or_refused(text):
    try:
        pairs = pairs_of(text, "the body")
    except FhirFault as fault:
        assert BSN not in fault.text
    else:
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in pairs)


@given(st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", BSN]), st.lists(TEXTS, max_size=5))
def test_an_address_is_known_or_refused(method, parts):
    try:
        interaction, values = route(method, tuple(parts))
    except FhirFault as fault:
        assert fault.status in (404, 405)
        assert BSN not in fault.text
    else:
        assert method in interaction.methods
        assert set(values) <= {"type", "id", "version", "operation"}


@given(TEXTS)
def test_a_date_is_a_stretch_of_time_or_no_date(text):
    try:
        wanted = wanted_date(text)
    except ValueError as error:
        assert BSN not in str(error)
    else:
        assert wanted.span is not None
        assert wanted.span[0] < wanted.span[1]
        assert date_matches(wanted.span, wanted) == (wanted.prefix in ("eq", "ge", "le", "ap"))


@given(st.binary(max_size=200) | TEXTS.map(str.encode), st.sampled_from(Media))
def test_any_bytes_hold_identifiers_or_none(body, media):
    for whole in (body, b'{"identifier":' + body, b"<a><identifier>" + body):
        assert all(isinstance(value, str) and value for value in values_in(whole, media))
