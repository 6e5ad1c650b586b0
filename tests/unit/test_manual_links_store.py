"""What persons say of pairs, as the store keeps it: added to only, the latest holds, gone with either record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapter.model.sources import FhirVersion, Media, Received, RecordKey
from adapter.store import ConflictError, Judged, Judgement, KeyRing, LinkRow, Store

AT = datetime(2024, 5, 1, 8, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
A, B, C = (Judged(source, "Patient/1", "Patient/1") for source in ("kz", "vp", "zh"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/store.db", KeyRing(b"a" * 32)) as opened:
        for one in (A, B, C):
            body = b'{"resourceType": "Patient"}'
            patient = Received(
                one.source, FhirVersion.R4, Media.JSON, "Patient", "1", "1", body, one.woman, one.woman, None, "h"
            )
            opened.append([patient], AT)
        yield opened


def said(a: Judged, b: Judged, verdict: str, at: datetime = AT, decision: str = "d") -> Judgement:
    return Judgement(decision, "woman", a, b, verdict, b'{"reason": "gebeld"}', at, "uzi-1")


def verdicts(found: list[Judgement]) -> list[tuple[str, str, str]]:
    return [(one.a.source, one.b.source, one.verdict) for one in found]


def test_the_latest_of_a_pair_holds_and_what_was_before_stays(store: Store) -> None:
    store.judge([said(A, B, "same")], [], AT)
    store.judge([said(A, B, "undone", LATER, "e")], [], LATER)
    assert verdicts(store.judgements("woman")) == [("kz", "vp", "undone")]
    assert verdicts(store.judgements("woman", AT)) == [("kz", "vp", "same")]
    assert store.judgements("woman", AT - timedelta(seconds=1)) == []
    assert store.judgements("pregnancy") == []
    rows, total = store.judgement_log(0, 10)
    assert ([row.decision for row in rows], total) == (["e", "d"], 2)
    assert [row.verdict for row in store.judged_at_once("d")] == ["same"]


def test_a_pair_is_found_from_either_side_and_by_its_id(store: Store) -> None:
    store.judge([said(A, B, "same"), said(B, C, "apart")], [], AT)
    assert len(store.judgements(within=[B.record])) == 2
    assert verdicts(store.judgements(within=[C.record])) == [("vp", "zh", "apart")]
    assert store.judgements(within=[RecordKey("vp", "Patient/2")]) == []
    pair = store.pair("woman", ("vp", "Patient/1"), ("kz", "Patient/1"))
    assert pair == store.pair("woman", ("kz", "Patient/1"), ("vp", "Patient/1"))
    assert verdicts(store.judgements(pairs=[pair])) == [("kz", "vp", "same")]
    assert pair != store.pair("pregnancy", ("vp", "Patient/1"), ("kz", "Patient/1"))


def test_the_work_that_follows_is_asked_for_in_the_same_transaction(store: Store) -> None:
    store.judge([said(A, B, "same")], [("record", "kz|Patient/1")], AT)
    assert [(i.kind, i.key) for i in store.pending()] == [("record", "kz|Patient/1")]


def test_who_did_not_see_the_last_judgement_is_refused_and_nothing_is_kept(store: Store) -> None:
    seen, *_ = store.judging_stamp()
    store.judge([said(A, B, "same")], [], AT, after=seen)
    with pytest.raises(ConflictError, match="meanwhile"):
        store.judge([said(A, C, "apart")], [("record", "kz|Patient/1")], AT, after=seen)
    assert len(store.judgements()) == 1
    assert store.pending() == []


@pytest.mark.parametrize("removed", [A, B])
def test_what_was_said_is_gone_when_either_record_is_removed(store: Store, removed: Judged) -> None:
    store.judge([said(A, B, "same")], [], AT)
    assert store.judgements()[0].body == b'{"reason": "gebeld"}'
    store.forget(removed.record, "bezwaar", LATER)
    (left,) = store.judgements()
    assert (left.verdict, left.body) == ("same", b"")


def test_links_that_may_hold_a_proposal_are_found_alone(store: Store) -> None:
    def row(source: str, proposals: int | None) -> LinkRow:
        return LinkRow("woman", source, "Patient/1", "w", "automatic", b"{}", AT, proposals=proposals)

    store.add_links([row("kz", 0), row("vp", 2), row("zh", None)])
    assert [r.source for r in store.links("woman", proposing=True)] == ["vp", "zh"]
    store.add_links([row("vp", 0)])
    assert [r.source for r in store.links("woman", proposing=True)] == ["zh"]
