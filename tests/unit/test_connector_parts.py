"""Configuration, ownership and the books of a pull."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapter.connectors import Auth, ConfigurationError, Limits, SourceConfig
from adapter.connectors.ledger import masked
from adapter.connectors.ownership import Ownership, links_of
from adapter.connectors.sniff import sniff
from adapter.model.evidence import Organisation
from adapter.model.sources import FhirVersion, SourceInfo
from adapter.simulation.epd_sample import sample_bsn

INFO = SourceInfo("vp", "VP", Organisation("agb:08001234"), "nictiz")


def fhir_source(**given: Any) -> SourceConfig:
    return SourceConfig(INFO, "fhir", **{"base_url": "https://epd.example/fhir", **given})


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"base_url": None}, "base_url"),
        ({"base_url": "ftp://epd/fhir"}, "https://"),
        ({"base_url": "https://u:p@epd.example/fhir"}, "no user"),
        ({"base_url": "https://epd.example/fhir?token=1"}, "query"),
        ({"auth": Auth("smart-backend")}, "client_id"),
        ({"auth": Auth("smart-backend", client_id="c")}, "key_env or key_file"),
        (
            {"auth": Auth("smart-backend", client_id="c", key_env="K", token_url="http://epd.example/token")},
            "https only",
        ),
        ({"auth": Auth("mtls")}, "supported now: none, bearer"),
        ({"auth": Auth("nuts-node")}, "supported now: none, bearer"),
        ({"auth": Auth("bearer")}, "token_env or token_file"),
        ({"auth": Auth("bearer", "T", Path("t"))}, "token_env or token_file"),
        ({"auth": Auth("bearer", "T"), "base_url": "http://epd.example/fhir"}, "https only"),
        ({"women": "all"}, "follow"),
    ],
)
def test_what_can_never_work_is_refused_at_once(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match="source 'vp'") as caught:
        fhir_source(**given)
    assert says in str(caught.value)


def test_files_need_a_path_and_limits_are_positive() -> None:
    with pytest.raises(ConfigurationError, match="path"):
        SourceConfig(INFO, "files")
    with pytest.raises(ConfigurationError, match="concurrency"):
        Limits(concurrency=0)


def test_a_bearer_token_may_go_to_loopback_in_the_clear() -> None:
    fhir_source(base_url="http://127.0.0.1:9001/fhir", auth=Auth("bearer", "T"))
    fhir_source(base_url="http://localhost:9001/fhir", auth=Auth("bearer", "T"))


def learn(own: Ownership, kind: str, id_: str, **resource: Any) -> str | None:
    links = links_of(kind, id_, resource)
    own.learn(links)
    return own.owner(links)


def ref(reference: str) -> dict[str, str]:
    return {"reference": reference}


def test_a_child_in_its_mothers_dossier_is_her_record() -> None:
    own = Ownership()
    learn(own, "EpisodeOfCare", "e", patient=ref("https://epd.example/fhir/Patient/w"))
    learn(own, "Encounter", "c", episodeOfCare=[ref("EpisodeOfCare/e")], subject=ref("Patient/w"))
    assert learn(own, "Observation", "1", context=ref("Encounter/c"), subject=ref("Patient/k")) == "Patient/w"
    assert learn(own, "RelatedPerson", "m", patient=ref("Patient/k")) == "Patient/w"
    assert learn(own, "Patient", "k") == "Patient/w"
    assert learn(own, "BodySite", "f", patient=ref("Patient/w"), extension=[{"valueReference": ref("Patient/k2")}])
    assert learn(own, "Patient", "k2") == "Patient/w"
    assert learn(own, "Observation", "2", subject=ref("Patient/other")) is None
    assert learn(own, "Organization", "o") is None


@pytest.mark.parametrize(
    "subject", [None, "Patient/w", 7, [], {"reference": 5}, [{"reference": "#in"}], {"reference": ""}]
)
def test_a_reference_of_the_wrong_shape_counts_as_absent(subject: Any) -> None:
    assert links_of("Observation", "1", {"subject": subject, "context": subject}).patient is None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (b'{"resourceType":"Observation","context":{"reference":"x"}}', FhirVersion.STU3),
        (b"<Condition><context>", FhirVersion.STU3),
        (b'{"resourceType": "ReferralRequest"}', FhirVersion.STU3),
        (b'{"clinicalStatus": {"coding": []}}', FhirVersion.R4),
        (b"<ServiceRequest xmlns='http://hl7.org/fhir'>", FhirVersion.R4),
        (b'{"resourceType":"Patient"}', None),
    ],
)
def test_versions_differ_in_what_they_write(text: bytes, version: FhirVersion | None) -> None:
    assert sniff(text) is version


def test_a_bsn_used_as_an_id_is_hidden_in_reports() -> None:
    bsn = sample_bsn(1).value
    assert masked(f"Patient/{bsn}") == "Patient/*********"
    assert masked("Patient/123456789") == "Patient/123456789"
    assert masked("Organization/org") == "Organization/org"
