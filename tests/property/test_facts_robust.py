"""Whatever a source sends, reading it never raises, and never repeats a BSN."""

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import builders_facts as builders
from builders_facts import (
    LOINC,
    WOMAN,
    coding,
    concept,
    encounter,
    episode,
    ext,
    observation,
    patient,
    pregnancy,
    procedure,
    ref,
)
from support.examples import many

PERCENTILE = f"{builders.NICTIZ_EXT}bc-observation-percentile"
BSN = "999911121"  # fails the 11-proef
WHOLE = [
    patient(identifier=[{"system": builders.BSN_SYSTEM, "value": BSN}], name=[{"family": "Vermeer"}]),
    patient("kind", birthDate="2024-07-24"),
    episode(
        managing="Organization/a", diagnosis=[{"condition": ref("Condition/c1")}], careManager=ref("Practitioner/x")
    ),
    pregnancy(context=ref("EpisodeOfCare/e1")),
    encounter("11429006", serviceProvider=ref("Organization/a"), participant=[{"individual": ref("Practitioner/x")}]),
    procedure("3950001", subject="Patient/kind", performedDateTime="2024-07-24", partOf=[ref("Procedure/d")]),
    observation("161714006", focus="Condition/c1", valueDateTime="2024-08-08", method=concept("31541000146106")),
    observation("57036006", id="o2", valueQuantity={"value": 80, "code": "d"}, context="Encounter/n1"),
    observation(
        concept(coding("85354-9", LOINC)),
        id="o3",
        component=[{"code": concept(coding("8480-6", LOINC)), "valueQuantity": {"value": 120, "unit": "mmHg"}}],
    ),
    observation(
        concept(coding("11727-5", LOINC)),
        id="o4",
        focus="BodySite/f",
        valueQuantity={"value": 1800, "unit": "g", "comparator": "<"},
        interpretation={"extension": [ext(PERCENTILE, valueQuantity={"value": 40, "unit": "%"})]},
    ),
    observation("77262006", id="o5", subject="Patient/kind", valueBoolean=True),
    observation(concept(coding("883-9", LOINC)), id="o6", valueCodeableConcept=concept("112144000")),
    observation("423340009", id="o7", note=[{"text": "goed"}], comment="goed"),
    {"resourceType": "AllergyIntolerance", "id": "al", "patient": ref(WOMAN), "code": {"text": "Latex"}},
    {"resourceType": "Flag", "id": "fl", "subject": ref(WOMAN), "code": concept("432415000"), "period": {}},
    {"resourceType": "Practitioner", "id": "x", "name": [{"given": ["Gemma"], "family": "Groeneboom"}]},
    {"resourceType": "Coverage", "id": "v", "beneficiary": ref(WOMAN), "payor": [ref("Organization/a")]},
    {"resourceType": "ReferralRequest", "id": "r", "requester": {"agent": ref("Organization/a")}, "recipient": []},
    builders.organisation("a", agb="08001234", kind="G3"),
    builders.role("m", "Organization/a"),
]
keys = st.sampled_from(["coding", "reference", "value", "url"])
leaves = st.sampled_from([None, True, False, -1, 0, 5, "", "x", "Patient/kind", "#1", "2024-13-01"])
json = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2), max_leaves=4
)


def places(value, path=()):
    """Every place inside a resource, its type and id left alone."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if path or key not in ("resourceType", "id"):
            yield (*path, key)
            yield from places(item, (*path, key))


def with_change(resource, path, new):
    changed = orjson.loads(orjson.dumps(resource))
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return changed


@settings(max_examples=many(150), deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_element_may_be_anything(data):
    which = data.draw(st.integers(0, len(WHOLE) - 1))
    path = data.draw(st.sampled_from(list(places(WHOLE[which]))))
    changed = with_change(WHOLE[which], path, data.draw(json))
    dialect = data.draw(st.sampled_from(["nictiz-geboortezorg-stu3", "nl-core-r4"]))
    found = builders.read(*WHOLE[:which], changed, *WHOLE[which + 1 :], dialect=dialect)
    assert found.woman.reference == WOMAN
    assert set(found.set_aside) <= {f"{changed['resourceType']}/{changed['id']}"}
    if path[0] != "identifier":  # a number under another system is not known to be a BSN
        assert BSN not in repr(found)


@settings(max_examples=many(100), deadline=None, derandomize=True)
@given(order=st.permutations(WHOLE))
def test_the_order_in_which_resources_came_does_not_matter(order):
    found, usual = builders.read(*order), builders.read(*WHOLE)
    assert set(found.statements) == set(usual.statements)
    assert set(found.acts) == set(usual.acts)
    assert set(found.dossiers) == set(usual.dossiers)
    assert set(found.measured) == set(usual.measured)
    assert set(found.noted) == set(usual.noted)
    assert found.references == usual.references
