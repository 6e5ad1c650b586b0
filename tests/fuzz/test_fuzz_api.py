"""The JSON API as schemathesis asks it by what /openapi.json promises: never a 500, no body of another shape."""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from support.mutate import BSNS
from support.real_server import running

EXAMPLES = 200 if float(os.environ.get("FUZZ_SECONDS", "0")) > 60 else 4
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
MOST_SECONDS = 20.0


def faults_of(operation: Any) -> list[str]:
    """What goes wrong when this operation is asked."""
    faults: list[str] = []

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=EXAMPLES < 10,
        phases=[Phase.generate],
    )
    def ask(case: Any) -> None:
        try:
            response = case.call(timeout=MOST_SECONDS)
            case.validate_response(response, checks=CHECKS)
            said = [*response.headers.values(), response.text if response.status_code >= 400 else ""]
            assert not [bsn for bsn in BSNS if any(bsn in str(text) for text in said)]
        except (Exception, BaseExceptionGroup) as error:
            faults.append(f"{operation.method.upper()} {operation.path}: {str(error)[:800]}")

    ask()
    return faults[:1]


@pytest.mark.filterwarnings("ignore")  # of schemathesis, which warns of what it cannot generate
def test_whatever_the_json_api_is_asked(tmp_path):
    with running(tmp_path) as server:
        schema = schemathesis.openapi.from_url(f"{server.base}/openapi.json")
        operations = [one.ok() for one in schema.get_all_operations()]
        faults = [fault for operation in operations for fault in faults_of(operation)]
    assert len(operations) > 20
    assert not faults, "\n\n".join([f"{len(faults)} operations are faulty", *faults, *server.said[-40:]])
    assert not [line for line in server.said if any(bsn in line for bsn in BSNS)]
