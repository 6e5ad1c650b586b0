"""What the fuzzer found in the search of the audit log."""

from __future__ import annotations

import pytest

from adapter.service.audit.fhir_search import read_question
from adapter.service.endpoint.fault import FhirFault


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("_page", "9" * 30),
        ("_page", "-1"),
        ("_page", "٣"),
        ("_count", "9" * 30),
        ("_count", "x"),
        ("date", "lt0001-01-01"),
        ("date", "eb0001"),
        ("date", "ne2026"),
    ],
)
def test_what_cannot_be_a_page_or_a_day_is_refused(name, text):
    with pytest.raises(FhirFault) as refused:
        read_question([(name, text)], lambda _: None)
    assert refused.value.status == 400


@pytest.mark.parametrize(("text", "limit"), [("0", 1), ("5", 5), ("999999999", 1000)])
def test_a_count_is_bounded(text, limit):
    question, used = read_question([("_count", text)], lambda _: None)
    assert question.limit <= limit
    assert used == [("_count", text)]
