"""Every expression of the shipped dialects gives, compiled, what a FHIRPath engine gives.

On resources made up for the purpose and on the Nictiz dossiers.
"""

import functools
from decimal import Decimal

import orjson
import pytest
import yaml
from fhirpathpy import compile as engine
from fhirpathpy.models import models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import builders_facts as builders
from adapter.facts.paths import compile_path


def expressions():
    """All expressions of all dialect files, each with the type of what it is evaluated on."""
    found = set()
    for path in sorted((builders.ROOT / "mappings" / "dialects").glob("*.yaml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        for kind, parts in (data.get("paths") or {}).items():
            found |= {(kind, text) for texts in parts.values() for text in texts}
        for entry in (data.get("statements") or {}).values():
            kind = (entry or {}).get("resource", "Observation")
            texts = [*entry.get("value", []), *entry.get("at", [])]
            texts += [entry["when"]] if "when" in entry else []
            basis = entry.get("basis")
            texts += basis.get("from", []) if isinstance(basis, dict) else []
            found |= {(kind, text) for text in texts}
    return sorted(found)


EXPRESSIONS = expressions()


@functools.cache
def compiled(text, model):
    return compile_path(text), engine(text, models[model])


def plain(item):
    """What the engine gives, as plain JSON: it makes decimals of floats."""
    if isinstance(item, dict):
        return {key: plain(value) for key, value in item.items()}
    return float(item) if isinstance(item, Decimal) else item


def check(resource, text):
    # The engine's STU3 model lacks choices inside components; its R4 model lacks the resource that R4 does not have.
    model = "stu3" if resource.get("resourceType") == "ReferralRequest" else "r4"
    ours, theirs = compiled(text, model)
    assert ours.all(resource) == [plain(i) for i in theirs(resource)], text


texts = st.sampled_from(["2024-01-01", "2024-01-01T10:00:00+01:00", "Condition/1", "final", "246454002", "81954-0"])
systems = st.sampled_from(["http://snomed.info/sct", "http://loinc.org", "urn:x"])
urls = st.sampled_from(
    [
        builders.FOCUS,
        builders.ROLE,
        builders.NICTIZ_EXT + "bc-episodeofcare-groupIdentifier",
        builders.NICTIZ_EXT + "bc-bodysite-child",
        "http://hl7.org/fhir/StructureDefinition/condition-partOf",
        "http://hl7.org/fhir/StructureDefinition/workflow-episodeOfCare",
    ]
)
coding = st.fixed_dictionaries({"system": systems, "code": texts})
concept = st.fixed_dictionaries({"coding": st.lists(coding, min_size=1, max_size=3)})
reference = st.fixed_dictionaries({"reference": texts})
period = st.fixed_dictionaries({}, optional={"start": texts, "end": texts}).filter(bool)
quantity = st.fixed_dictionaries({"value": st.integers(0, 300), "code": st.just("d")})
identifier = st.fixed_dictionaries({"system": systems, "value": texts})
values = {
    "DateTime": texts, "Period": period, "CodeableConcept": concept, "Quantity": quantity, "Reference": reference,
    "Integer": st.integers(0, 9), "Boolean": st.booleans(), "Identifier": identifier, "Instant": texts,
}  # fmt: skip


def choice(name, *kinds):
    """One of the types of a choice element, or none of them."""
    one = [values[k].map(lambda v, key=name + k: {key: v}) for k in kinds]
    return st.one_of(st.just({}), *one)


extension = st.builds(lambda url, value: {"url": url, **value}, urls, choice("value", "Reference", "Identifier"))
component = st.builds(
    lambda code, value: {"code": code, **value}, concept, choice("value", "DateTime", "CodeableConcept")
)
several = st.lists(reference, min_size=1, max_size=2)
ELEMENTS = {
    "status": texts, "code": concept, "subject": reference, "context": reference, "encounter": reference,
    "patient": reference, "extension": st.lists(extension, min_size=1, max_size=3), "period": period,
    "method": concept, "component": st.lists(component, min_size=1, max_size=3), "managingOrganization": reference,
    "serviceProvider": reference, "authoredOn": texts, "start": texts, "end": texts, "assertedDate": texts,
}  # fmt: skip
PER_TYPE = {
    "Procedure": {"reasonReference": several, "partOf": several, "basedOn": several,
                  "performer": st.lists(st.fixed_dictionaries({"actor": reference}), min_size=1, max_size=2)},
    "Encounter": {"type": st.lists(concept, min_size=1, max_size=2), "episodeOfCare": several,
                  "participant": st.lists(st.fixed_dictionaries({"individual": reference}), min_size=1, max_size=2)},
    "Coverage": {"payor": several, "beneficiary": reference, "type": concept},
    "Observation": {"performer": several, "hasMember": several, "focus": several},
}  # fmt: skip
CHOICES = {
    "Observation": [("value", "DateTime", "Period", "CodeableConcept", "Quantity", "Integer", "Boolean"),
                    ("effective", "DateTime", "Period", "Instant")],
    "Procedure": [("performed", "DateTime", "Period")],
    "DiagnosticReport": [("effective", "DateTime", "Period")],
    "Condition": [("onset", "DateTime", "Period"), ("abatement", "DateTime", "Period")],
    "ClinicalImpression": [("effective", "DateTime", "Period")],
    "ReferralRequest": [("occurrence", "DateTime", "Period")],
    "ServiceRequest": [("occurrence", "DateTime", "Period")],
}  # fmt: skip


@st.composite
def resources(draw, kind):
    made = draw(st.fixed_dictionaries({}, optional=ELEMENTS | PER_TYPE.get(kind, {})))
    for name, *types in CHOICES.get(kind, []):
        made |= draw(choice(name, *types))
    return made if kind == "Reference" else {"resourceType": kind, **made}


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in EXPRESSIONS}))
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_compiled_expression_gives_what_an_engine_gives(kind, data):
    resource = data.draw(resources(kind))
    for of, text in EXPRESSIONS:
        if of == kind:
            check(resource, text)


@pytest.mark.parametrize(
    "name", ["gz-izb-kwa-3B-V2_meerling_2elijn", "gz-izk-kwa-casus1", "gz-izv-kwa-casus2", "gz-ize-kwa-casus1"]
)
def test_and_on_the_nictiz_dossiers(name):
    seen = set()
    for path in sorted(builders.nictiz_folder("cases", name).glob("*.json")):
        resource = orjson.loads(path.read_bytes())
        shape = (resource["resourceType"], tuple(sorted(resource)))
        if path.name == "_bundle.json" or shape in seen:  # one of each shape: the engine is slow
            continue
        seen.add(shape)
        for kind, text in EXPRESSIONS:
            if kind == resource["resourceType"]:
                check(resource, text)
