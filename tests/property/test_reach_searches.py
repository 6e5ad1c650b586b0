"""Whatever is searched by, nothing is found or brought along that is outside what its caller may see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.access import Context
from adapter.model.sources import FhirVersion, RecordKey
from adapter.service.endpoint.fault import FhirFault
from adapter.service.endpoint.parameters import Kind, parameters
from adapter.service.endpoint.query import Handling, read_query
from adapter.service.endpoint.search import Place
from support.examples import many
from support.reach_world import ANNA, BERTA, World, care, care_provider, herself, referral, region, woman

VERSION = FhirVersion.STU3
KINDS = ["Patient", "EpisodeOfCare", "Observation", "ReferralRequest", "Organization"]
IDS = [f"{s}-{w}{rest}" for s in ("vp", "zh", "kz") for w in ("anna", "berta") for rest in ("", "-dossier", "-hb")]
BSN = "http://fhir.nl/fhir/NamingSystem/bsn|"
VALUES = [
    *IDS,
    *(f"{kind}/{id}" for kind in ("Patient", "EpisodeOfCare") for id in IDS),
    *(f"{BSN}{number}" for number in (ANNA, BERTA)),
    ANNA,
    "38082009",
    "active",
    "1990-05-04",
    "ge2000-01-01",
    "Anna,Berta",
    "true",
]
READERS = {
    "practice": care(care_provider("vp")),
    "hospital": care(care_provider("zh")),
    "maternity care": care(care_provider("kz")),
    "other practice": care(care_provider("vp2")),
    "part of a token": care(care_provider("vp"), scopes=("system/Patient.rs", "system/EpisodeOfCare.rs")),
    "Anna": herself("vp", "vp-anna"),
    "bound to Anna": care(care_provider("vp"), woman=RecordKey("vp", "Patient/vp-anna")),
}
MAY = {
    "practice": {"vp-anna", "vp-berta", "zh-anna"},
    "hospital": {"zh-anna", "vp-anna"},
    "maternity care": {"kz-anna", "kz-berta"},
    "other practice": set(),
    "part of a token": {"vp-anna", "vp-berta", "zh-anna"},
    "Anna": {"vp-anna", "zh-anna", "kz-anna"},
    "bound to Anna": {"vp-anna", "zh-anna"},
}
"""The Patients of the records that each may see."""


@pytest.fixture(scope="module")
def women(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Anna everywhere, referred from the practice to the hospital; Berta at the practice and the maternity care."""
    holdings = {
        "vp": [*woman("vp", "anna", ANNA), referral("vp", "anna", "zh"), *woman("vp", "berta", BERTA)],
        "zh": [*woman("zh", "anna", ANNA), referral("zh", "anna", "zh", sender="vp")],
        "kz": [*woman("kz", "anna", ANNA), *woman("kz", "berta", BERTA)],
    }
    with region(tmp_path_factory.mktemp("searches"), holdings) as world:
        yield world


def names(kind: str) -> st.SearchStrategy[str]:
    """A parameter of the type, plain, with a modifier, or chained."""
    known = parameters(VERSION)[kind]
    plain = sorted(known)
    references = [n for n in plain if known[n].kind is Kind.REFERENCE]
    chained = [
        f"{n}:{target}.{inner}"
        for n in references
        for target in known[n].targets
        for inner in sorted(parameters(VERSION).get(target, {}))
    ]
    modified = [f"{n}:missing" for n in plain] + [f"{n}:not" for n in plain if known[n].kind is Kind.TOKEN]
    return st.sampled_from([*plain, *chained, *modified, "_id"])


def results(kind: str) -> st.SearchStrategy[tuple[str, str]]:
    """A parameter that says what to do with the result."""
    version = parameters(VERSION)
    include = [f"{kind}:{n}" for n, p in version[kind].items() if p.kind is Kind.REFERENCE]
    reverse = [
        f"{k}:{n}"
        for k, some in version.items()
        for n, p in some.items()
        if p.kind is Kind.REFERENCE and kind in p.targets
    ]
    pairs = [*(("_include", i) for i in include), *(("_revinclude", r) for r in reverse)]
    more = [("_count", "1"), ("_sort", "-_lastUpdated"), ("_summary", "count"), ("_lastUpdated", "ge2020-01-01")]
    return st.sampled_from([*pairs, *more])


@st.composite
def searches(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    kind = draw(st.sampled_from(KINDS))
    criteria = draw(st.lists(st.tuples(names(kind), st.sampled_from(VALUES)), max_size=3))
    return kind, [*criteria, *draw(st.lists(results(kind), max_size=3))]


@pytest.mark.parametrize("who", list(READERS))
@settings(max_examples=many(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(search=searches())
def test_no_search_goes_beyond_what_its_reader_may_see(
    women: World, who: str, search: tuple[str, list[tuple[str, str]]]
) -> None:
    kind, pairs = search
    ctx: Context = READERS[who]
    service = women.application.fhir
    caller = service.caller(ctx, None, ctx.woman)
    try:
        query = read_query(kind, pairs, VERSION, Handling.LENIENT)
    except FhirFault:
        return
    place: Place | None = None
    for _ in range(40):
        result, answered = service.endpoint(VERSION).search(caller, query, place, "")
        for row in answered.rows:
            assert row.woman is None or row.woman.removeprefix("Patient/") in MAY[who], (kind, pairs)
            if ctx.scopes is not None:
                assert row.type in ("Patient", "EpisodeOfCare")
        if not MAY[who] and kind != "Organization":
            assert not result.total
        place = result.next
        if place is None:
            break


@pytest.mark.parametrize("who", list(READERS))
def test_a_search_for_everything_finds_all_that_its_reader_may_see(women: World, who: str) -> None:
    """So that the property is not true because nothing is ever found."""
    ctx = READERS[who]
    service = women.application.fhir
    query = read_query("Patient", [], VERSION)
    result, _ = service.endpoint(VERSION).search(service.caller(ctx, None, ctx.woman), query, None, "")
    assert {m.row.id for m in result.matches} == MAY[who]
