"""A BSN is no part of an address; a code or an id that only looks like one is."""

from __future__ import annotations

import pytest

from adapter.api.headers import names_bsn

BSN = "999911120"
DUE_DATE = "161714006"  # SNOMED CT; it passes the 11-proef
NUMBER = "123456782"  # of a source's own; it does too


@pytest.mark.parametrize(
    "query",
    [
        f"identifier={BSN}",
        f"identifier=|{BSN}",
        "identifier=123456789",
        f"patient.identifier={BSN}",
        f"identifier=http://fhir.nl/fhir/NamingSystem/bsn|{BSN}",
        f"identifier=http://fhir.nl/fhir/NamingSystem/BSN/|{BSN}",
        f"identifier=urn:oid:2.16.840.1.113883.2.4.6.3|{BSN}",
        f"identifier=https://epd.example.org/bsn-nummer|{BSN}",
        f"patient={BSN}",
        f"patient=Patient/w1,{BSN}",
        f"q={BSN}",
        f"{BSN}=1",
        f"code=http://snomed.info/sct|{DUE_DATE}&name={BSN}",
        f"code=http://x.nl/{BSN}|1",
    ],
)
def test_a_bsn_is_seen(query: str) -> None:
    assert names_bsn(query)


@pytest.mark.parametrize(
    "query",
    [
        f"code=http://snomed.info/sct|{DUE_DATE}",
        f"patient=Patient/w1&code=http://snomed.info/sct|{DUE_DATE},http://loinc.org|{NUMBER}",
        f"patient=Patient/{NUMBER}",
        f"context=http://127.0.0.1:8080/fhir/stu3/EpisodeOfCare/{NUMBER}",
        f"_id={NUMBER}",
        f"identifier=https://epd.example.org/patientnr|{NUMBER}",
        "date=ge2026-01-01",
    ],
)
def test_a_code_or_an_id_is_what_it_says_it_is(query: str) -> None:
    assert not names_bsn(query)
