"""Narrowing opens no more than it needs: of a record who she is and who referred her, of history what is theirs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapter import bootstrap
from adapter.linking import with_own_numbers
from adapter.model.sources import FhirVersion, Media, Received, RecordKey
from adapter.service.consents.consent import ConsentDraft, ConsentParty
from adapter.service.records import Records
from adapter.store.search import Search
from support.reach_world import (
    ANNA,
    AT,
    BERTA,
    World,
    agb,
    care,
    care_provider,
    opened,
    organisation,
    referral,
    region,
    woman,
    written,
)


@pytest.fixture
def women(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Anna and Berta at the practice and the hospital, Anna referred from the one to the other."""
    holdings = {
        "vp": [*woman("vp", "anna", ANNA), referral("vp", "anna", "zh"), *woman("vp", "berta", BERTA)],
        "zh": [*woman("zh", "anna", ANNA), referral("zh", "anna", "zh", sender="vp"), *woman("zh", "berta", BERTA)],
        "vp2": [],
    }
    with region(tmp_path_factory.mktemp("kort"), holdings) as world:
        yield world


def test_what_is_read_in_brief_is_what_is_read_in_full(women: World) -> None:
    records = Records(women.application._rooms)
    hers = women.application._pregnancies.records_of
    all_of_them = [r for who in ("anna", "berta") for r in hers(women.woman("vp", who))]
    full, brief = records.facts_of(all_of_them), records.brief(all_of_them)
    assert full.keys() == brief.keys() == set(all_of_them)
    assert sum(len(f.referrals) for f in full.values()) == 2
    for record in all_of_them:
        mine, short = full[record], brief[record]
        plain = [replace(r, dossier=None, pregnancy=None) for r in mine.referrals]
        assert [replace(r, dossier=None, pregnancy=None) for r in short.referrals] == plain
        assert (short.woman.bsn, short.woman.name, short.woman.birth_date) == (
            mine.woman.bsn,
            mine.woman.name,
            mine.woman.birth_date,
        )
        assert with_own_numbers([short])[0].woman == short.woman


def test_the_women_of_a_reader_are_known_without_reading_their_dossiers(
    women: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> object:
        raise AssertionError("a dossier was read")

    monkeypatch.setattr(Records, "facts_of", read)
    application = women.application
    for source, seen in (("vp", 2), ("zh", 2), ("vp2", 0)):
        ctx = care(care_provider(source))
        assert len(application.reach.women(ctx) or ()) == seen
        assert bool(application._visible.lenses(ctx)) is bool(seen)


def test_to_whom_was_referred_is_known_to_the_next_process_without_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holdings = {"vp": [*woman("vp", "anna", ANNA), referral("vp", "anna", "zh")], "zh": [], "vp2": []}
    config = written(tmp_path, holdings)
    with opened(config):
        pass  # what came in was taken in
    read: list[object] = []
    brief = Records.brief

    def looked(self: Records, records: Collection[RecordKey]) -> object:
        read.append(records)
        return brief(self, records)

    monkeypatch.setattr(Records, "brief", looked)
    application = bootstrap.open_application(config, clock=lambda: AT)
    try:
        for source in ("vp2", "kz", "vp"):
            application.reach.women(care(care_provider(source)))
        assert read == []
        assert len(application.reach.women(care(care_provider("zh"))) or ()) == 1
        assert {r.woman for records in read for r in records} == {"Patient/vp-anna"}
    finally:
        asyncio.run(application.aclose())


def test_a_referral_that_comes_in_or_whose_receiver_becomes_known_counts_at_once(women: World) -> None:
    reader, store = care(care_provider("vp2")), women.application._rooms.store
    assert women.application.reach.women(reader) == frozenset()
    late = referral("vp", "berta", "later")
    store.append([received("vp", late, "Patient/vp-berta")], AT)
    assert women.application.reach.women(reader) == frozenset(), "to an organisation that nobody knows"
    store.append([received("vp", {**organisation("vp2"), "id": "later"}, None)], AT)
    assert women.application.reach.women(reader) == {women.woman("vp", "berta")}
    store.append([received("vp", {**late, "status": "entered-in-error"}, "Patient/vp-berta")], AT)
    assert women.application.reach.women(reader) == frozenset()


def received(source: str, resource: dict[str, Any], woman: str | None) -> Received:
    body, kind = json.dumps(resource).encode(), resource["resourceType"]
    return Received(source, FhirVersion.STU3, Media.JSON, kind, resource["id"], None, body, woman, woman)


def test_what_was_known_in_brief_is_read_anew_when_something_came(women: World) -> None:
    reader = care(care_provider("zh"))
    reach, anna = women.application.reach, women.woman("vp")
    assert {r.source for r in reach.several(reader, [anna, women.woman("vp", "berta")])[0].allowed} == {"vp", "zh"}
    objection = ConsentDraft(False, ConsentParty(agb("vp")), ConsentParty(agb("zh")), this_pregnancy=False)
    id = women.says(care_provider("vp"), objection, women.pregnancy("vp"))
    assert {r.source for r in reach.several(reader, [anna])[0].allowed} == {"zh"}
    women.application.consents.withdraw(care(care_provider("vp")), women.pregnancy("vp"), id, "op haar verzoek")
    assert {r.source for r in reach.records(reader, anna).allowed} == {"vp", "zh"}


def test_of_history_what_is_not_theirs_is_not_opened(women: World, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    at = Search.at

    def looked(self: Search, position: int) -> object:
        row = at(self, position)
        opened.append(row.source if row is not None else "")
        return row

    monkeypatch.setattr(Search, "at", looked)
    service = women.application.fhir
    for source, theirs in (("vp2", set()), ("vp", {"vp", "zh"}), ("zh", {"vp", "zh"})):
        opened.clear()
        caller = service.caller(care(care_provider(source)))
        found = service.endpoint(FhirVersion.STU3).changes(caller, None, 0, service.last_position(), 100)
        hers = {row.source for row in found.rows if row.woman}
        assert hers == theirs
        assert len(opened) == len(found.rows)
    typed = service.endpoint(FhirVersion.STU3).changes(caller, "Patient", 0, service.last_position(), 100)
    assert {row.type for row in typed.rows} == {"Patient"}
    few = service.endpoint(FhirVersion.STU3).changes(caller, None, 0, service.last_position(), 3)
    assert [r.position for r in few.rows] == sorted((r.position for r in found.rows), reverse=True)[:3]
