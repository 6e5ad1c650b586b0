"""Holding a result against the truth of a region: silent when right, one sentence for every difference."""

from __future__ import annotations

import json
from typing import Any

import orjson

from adapter.simulation.compare import differences
from adapter.simulation.region import picked


def truth() -> dict[str, Any]:
    cases = [case for case in picked() if case.situation in ("thuisbevalling-alles-binnen", "bron-kraamzorg-zwijgt")]
    return {"women": [orjson.loads(orjson.dumps(case.truth())) for case in cases]}


def perfect(given: dict[str, Any]) -> dict[str, Any]:
    found = []
    for woman in given["women"]:
        for pregnancy in woman["pregnancies"]:
            told = pregnancy["truth"]
            phases = [
                {"phase": name, **phase, "prestatie": {"id": phase["prestatie"]}}
                for name, phase in told["phases"].items()
            ]
            evidence = [{"source": source, "reference": reference} for source, reference in pregnancy["dossiers"]]
            path = {"state": told["state"], "outcome": told["outcome"], "responsibility": [{"evidence": evidence}]}
            decision = {"status": told["status"], "stage": told["stage"], "phases": phases, "outside_care": []}
            found.append({"care_path": path, "decision": decision})
    return {"pregnancies": found}


def test_silent_when_everything_is_as_it_should_be() -> None:
    assert list(differences(perfect(truth()), truth())) == []


def test_names_the_pregnancy_and_what_differs() -> None:
    result = json.loads(json.dumps(perfect(truth())))
    result["pregnancies"][0]["decision"]["phases"][1]["prestatie"] = {"id": "nataal-sectio"}
    assert list(differences(result, truth())) == [
        "thuisbevalling-alles-binnen-1: nataal: prestatie is nataal-sectio, should be nataal-eerstelijn"
    ]


def test_says_so_when_a_pregnancy_is_missing() -> None:
    result = perfect(truth())
    del result["pregnancies"][0]
    assert list(differences(result, truth())) == [
        "thuisbevalling-alles-binnen-1: 0 pregnancies found for its dossiers, not one"
    ]


def test_with_a_source_down_only_what_has_a_truth_for_that_counts() -> None:
    found = list(differences(perfect(truth()), truth(), without="kz-lente"))
    assert found
    assert all(line.startswith("bron-kraamzorg-zwijgt-1:") for line in found)
