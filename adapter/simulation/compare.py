"""Hold a result of the adapter (`adapter run --once --json`) against the truth of a written region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

JsonObject = Mapping[str, Any]


def differences(result: JsonObject, truth: JsonObject, without: str | None = None) -> Iterator[str]:
    """Every difference, one sentence each; nothing when all is as it should be.

    `truth` is the content of `truth.json`. With `without`, only pregnancies with a truth for when that source does not
    answer are held against it.
    """
    seen = [(pregnancy, _references(pregnancy)) for pregnancy in result["pregnancies"]]
    for woman in truth["women"]:
        for expected in woman["pregnancies"]:
            wanted = expected["truth"] if without is None else expected["truth_without"].get(without)
            if wanted is None:
                continue
            dossiers = {(source, reference) for source, reference in expected["dossiers"] if source != without}
            found = [pregnancy for pregnancy, references in seen if references & dossiers]
            if len(found) != 1 and not woman["apart"]:
                yield f"{expected['pregnancy']}: {len(found)} pregnancies found for its dossiers, not one"
            for pregnancy in found[:1]:
                for difference in _compare(pregnancy, wanted):
                    yield f"{expected['pregnancy']}: {difference}"


def _references(value: object) -> set[tuple[str, str]]:
    """Every (source, reference) that occurs as evidence."""
    if isinstance(value, dict):
        own = {(value["source"], value["reference"])} if value.get("source") and value.get("reference") else set()
        return own.union(*(_references(v) for v in value.values()))
    if isinstance(value, list):
        return set().union(*(_references(v) for v in value))
    return set()


def _compare(pregnancy: JsonObject, wanted: JsonObject) -> Iterator[str]:
    path, decision = pregnancy["care_path"], pregnancy["decision"]
    for name, got in (("state", path["state"]), ("outcome", path["outcome"]), ("status", decision["status"]),
                      ("stage", decision["stage"])):  # fmt: skip
        if got != wanted[name]:
            yield f"{name} is {got}, should be {wanted[name]}"
    for phase in decision["phases"]:
        should = wanted["phases"][phase["phase"]]
        begun = should["state"] in ("running", "ended")
        prestatie = (phase["prestatie"] or {}).get("id")
        got_phase = {
            "state": phase["state"],
            "status": phase["status"],
            "prestatie": prestatie,
            "stage": phase["stage"],
        }
        for key, value in got_phase.items():
            asserted = should[key] != "?" and (begun or key in ("state", "status"))
            if asserted and value != should[key]:
                yield f"{phase['phase']}: {key} is {value}, should be {should[key]}"
    got = {(o["organisation"]["agb"] or o["organisation"]["name"], o["phase"]) for o in decision["outside_care"]}
    outside = {(o["organisation"], o["phase"]) for o in wanted["outside"]}
    if got != outside:
        yield f"care outside the IGO is {sorted(got)}, should be {sorted(outside)}"
