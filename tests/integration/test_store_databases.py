"""The store on both databases: the same rows, the same answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, event, text

from adapter.model.decision import Decision, Inputs, RuleSetRef
from adapter.model.identifiers import Bsn
from adapter.model.sources import FhirVersion, Media, Received, RecordKey, SourceState
from adapter.store import (
    Answer,
    ConflictError,
    Judged,
    Judgement,
    KeyRing,
    LinkRow,
    NewerDatabaseError,
    StandingRow,
    Store,
    StoreError,
    TamperedError,
    WrongMasterKeyError,
)
from adapter.store.referred import NOBODY
from adapter.store.tables import APPEND_ONLY, metadata

pytestmark = pytest.mark.integration

AT = datetime(2024, 5, 1, 8, tzinfo=UTC)
KEY, OTHER_KEY = b"a" * 32, b"b" * 32
SECRET = "geheim-in-de-inhoud"
BSN = Bsn("999900006")
RECORD = RecordKey("vp", "Patient/1")


def hours(count: float) -> datetime:
    return AT + timedelta(hours=count)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url, KeyRing(KEY)) as opened:
        yield opened


def received(
    identifier: str = "1", content: str = "a", woman: str | None = "Patient/1", source: str = "vp"
) -> Received:
    body = f'{{"note": "{SECRET}", "value": "{content}"}}'.encode()
    kind = "EpisodeOfCare" if identifier.startswith("e") else "Observation"
    return Received(
        source, FhirVersion.R4, Media.JSON, kind, identifier, "7", body, woman, woman, None, f"hash-{content}"
    )


def link(target: str | None, at: datetime, kind: str = "woman", reference: str = "Patient/1") -> LinkRow:
    why = f'{{"why": "{SECRET}"}}'.encode()
    woman = reference if kind == "woman" else None
    return LinkRow(kind, "vp", reference, target, "automatic", why, at, None, woman)


def judgement(at: datetime) -> Judgement:
    one, other = Judged("vp", "Patient/1", "Patient/1"), Judged("zh", "Patient/9", "Patient/9")
    return Judgement("j1", "woman", one, other, "same", f'{{"reason": "{SECRET}"}}'.encode(), at, "uzi-1")


def decision(identifier: str, at: datetime, pregnancy: str = "p1") -> Decision:
    return Decision(
        id=identifier,
        pregnancy=pregnancy,
        as_of=date(2024, 5, 1),
        known_at=at,
        decided_at=at,
        rule_set=RuleSetRef("selection-regular", "2023.1"),
        inputs=Inputs("h", "r", "r", "c", "m"),
        status="igo",
        stage="voorlopig",
        standing="provisional",
        phases=(),
        outside_care=(),
        missing=(),
    )


@dataclass(frozen=True)
class Line:
    recorded: datetime
    patient: str | None
    what: str
    marks: tuple[str, str, str, str, str] = ("u-1", "read", "R", "0", "")

    def to_json(self) -> bytes:
        return json.dumps({"what": self.what, "detail": SECRET}).encode()


def sql(url: str, statement: str) -> list[tuple[Any, ...]]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


def log_of(url: str) -> str:
    """Where the audit log of a store stands."""
    return url.replace(".db", "-audit.db") if url.startswith("sqlite") else url


def test_versions_through_a_reopening(store_url: str) -> None:
    batch = [received(), received("2", woman="Patient/2"), received("o", woman=None), received(source="zh")]
    with Store.open(store_url, KeyRing(KEY)) as store:
        new = store.append(batch, AT)
        store.append([received(content="b")], hours(1))
    with Store.open(store_url, KeyRing(KEY)) as store:
        assert [version.received for version in new] == batch
        assert [version.seq for version in store.versions_of(RECORD)] == [2]
        assert store.versions_of(RECORD, AT) == [new[0]]
        assert [v.received for v in store.directory("vp", ["Observation/o", "Observation/1"])] == [batch[2]]
        assert store.append(batch[1:], hours(2)) == []
        assert store.sources() == ["vp", "zh"]
        assert store.record_keys() == [RECORD, RecordKey("vp", "Patient/2"), RecordKey("zh", "Patient/1")]
        assert [v.received.source for v in store.holders("Observation/1")] == ["vp", "zh"]
        assert store.counts()["versions"] == 5


def test_a_large_batch_goes_through_whole(store: Store) -> None:
    batch = [received(str(n), woman=f"Patient/{n % 700}") for n in range(3000)]
    assert len(store.append(batch, AT)) == 3000
    assert store.append(batch, AT) == []
    assert len(store.known_hashes("vp", [("Observation", str(n)) for n in range(4000)])) == 3000


def test_several_threads_append_at_once(store: Store) -> None:
    def work(thread: int) -> int:
        batch = [received(str(n), content=f"{thread}", woman=f"Patient/{n % 7}") for n in range(40)]
        return sum(len(store.append([one], hours(thread))) for one in batch)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 160
    for n in range(40):
        assert [v.seq for v in store.history("vp", f"Observation/{n}")] == [4, 3, 2, 1]


def test_no_body_explanation_or_identifier_stands_in_clear(store_url: str) -> None:
    with Store.open(store_url, KeyRing(KEY)) as store:
        store.append([received()], AT)
        store.index(RECORD, [BSN.value])
        store.add_links([link("w1", AT)])
        store.judge([judgement(AT)], [], AT)
        store.add_answers([Answer("vp", None, BSN, SourceState.ANSWERED, AT)])
        store.add_decision(decision("d1", AT))
        store.add_audit([Line(AT, "w1", "read")])
    for table in metadata.tables:
        for row in sql(store_url, f"SELECT * FROM {table}"):
            for value in row:
                shown = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                assert SECRET.encode() not in shown
                assert BSN.value.encode() not in shown


def test_what_came_in_some_records_and_about_nobody(store: Store) -> None:
    women = ("Patient/1", "Patient/2", None)
    store.append([received(f"{n}-{i}", woman=w) for i in (1, 2) for n, w in enumerate(women)], AT)
    store.append([received("1-1", "anders", "Patient/2"), received("9", source="zh", woman="Patient/1")], AT)
    search, upto, hers = store.search, store.search.last_position(), [RecordKey("vp", "Patient/2")]
    named = search.named_in(hers, FhirVersion.R4, "Observation", 0, upto, 100)
    assert [(r.id, r.seq) for r in named] == [("1-1", 2), ("2-2", 1), ("1-2", 1), ("2-1", 1), ("1-1", 1)]
    assert search.named_in(hers, FhirVersion.R4, None, 0, upto, 2) == named[:2]
    assert search.named_in(hers, FhirVersion.R4, None, named[2].position, named[0].position - 1, 9) == named[1:2]
    assert search.named_in(hers, FhirVersion.STU3, None, 0, upto, 9) == []
    assert [r.id for r in search.named_in([], FhirVersion.R4, None, 0, upto, 9)] == ["2-2", "2-1"]
    assert search.ids_in(hers, "Observation", upto) == [("vp", i) for i in ("1-1", "1-2", "2-1", "2-2")]
    assert set(search.held_at("vp")) == {RECORD, *hers}


def test_to_whom_was_referred_is_kept_as_long_as_it_is_read_so(store_url: str) -> None:
    other, zh = RecordKey("vp", "Patient/2"), RecordKey("zh", "Patient/1")
    with Store.open(store_url, KeyRing(KEY)) as ours, Store.open(store_url, KeyRing(KEY)) as theirs:
        ours.append([received(), received("2", woman="Patient/2"), received("3", source="zh")], AT)
        upto = ours.referred.newest("vp", 0)
        assert (upto, ours.referred.newest("vp", upto), ours.referred.newest("geen", 0)) == (2, 2, 0)
        assert ours.referred.know("1", "vp", (0, 2), [(RECORD, {"agb:1", "ura:2"}), (other, {NOBODY}), (zh, {"agb:1"})])
        assert not theirs.referred.know("1", "vp", (0, 1), [(RECORD, set())]), "it was taken in meanwhile"
        assert theirs.referred.to(["agb:1"]) == {RECORD, zh}
        assert theirs.referred.to(["agb:1", "ura:2", "agb:9"]) == {RECORD, zh}
        assert (theirs.referred.to([NOBODY]), theirs.referred.to([])) == ({other}, set())
        assert theirs.referred.progress("1") == {"vp": 2}
        assert ours.referred.know("1", "vp", (2, 5), [(other, {"agb:9"})])
        assert (ours.referred.to(["agb:9"]), ours.referred.to([NOBODY])) == ({other}, set())
        ours.forget(RECORD, "op haar verzoek", AT)
        assert (ours.referred.to(["ura:2"]), ours.referred.to(["agb:1"])) == (set(), {zh})
        assert ours.referred.know("1", "vp", (5, 6), [(RECORD, {"ura:2"})])
        assert ours.referred.to(["ura:2"]) == set(), "what was removed does not come back"
        assert ours.referred.progress("2") == {}
        assert ours.referred.know("2", "vp", (0, 6), [])
        assert (ours.referred.to(["agb:9"]), ours.referred.to(["agb:1"])) == (set(), {zh}), "all was read otherwise"
        assert ours.referred.progress("2") == {"vp": 6}


def test_identities(store: Store) -> None:
    other = RecordKey("zh", "Patient/9")
    store.index(RECORD, [BSN.value])
    assert store.find([BSN.value]) == {BSN.value: []}  # nothing was kept of it yet
    store.append([received(), replace(received("9", woman=other.woman), source=other.source)], AT)
    store.index(RECORD, [BSN.value, "vries 1990-01-01"])
    store.index(other, [BSN.value])
    store.index(other, [BSN.value])
    assert store.find([BSN.value, "nobody"]) == {BSN.value: [RECORD, other], "nobody": []}
    store.index(RECORD, ["vries 1990-01-01"])
    assert store.find([BSN.value]) == {BSN.value: [other]}


def test_links_are_taken_back_and_seen_as_they_were(store: Store) -> None:
    store.append([received()], AT)
    store.add_links([link("w1", AT), link("w2", AT, reference="Patient/2")])
    store.add_links([link("w3", hours(1))])
    store.add_links([link(None, hours(2))])
    assert store.links("woman", hours(-1)) == []
    assert [row.target for row in store.links("woman", AT)] == ["w1", "w2"]
    assert store.links("woman", AT, targets=["w1"]) == [link("w1", AT)]
    assert store.links("woman", targets=["w1", "w3"]) == []
    assert [row.target for row in store.links("woman", records=[RECORD])] == [None]
    assert store.links("woman", hours(1), records=[RECORD], targets=["w3"]) == [link("w3", hours(1))]
    assert store.links("woman", records=[]) == store.links("pregnancy") == []


def test_the_explanation_of_a_link_goes_with_its_record(store: Store) -> None:
    store.append([received(), received("e1")], AT)
    dossier = replace(link("p1", AT, "pregnancy", "EpisodeOfCare/e1"), woman="Patient/1")
    own = replace(link("w1", AT, "woman_of_pregnancy", "p1"), source="")
    store.add_links([link("w1", AT), dossier, own])
    assert store.links("pregnancy") == [dossier]
    store.forget(RECORD, "bezwaar", hours(1))
    store.add_links([link("w1", hours(2))])
    rows = [*store.links("woman"), *store.links("woman", AT), *store.links("pregnancy")]
    assert [row.explanation for row in rows] == [b"", b"", b""]
    assert store.links("woman_of_pregnancy") == [own]


def test_the_latest_answer_of_each_source(store: Store) -> None:
    hers = Answer("vp", "Patient/1", None, SourceState.FAILED, AT, "timeout")
    by_bsn = Answer("zh", None, BSN, SourceState.ANSWERED, AT)
    whole = [Answer(source, None, None, SourceState.ANSWERED, AT) for source in ("vp", "zh", "kz")]
    store.add_answers([hers, by_bsn, *whole, Answer("vp", "Patient/2", None, SourceState.REFUSED, hours(3))])
    assert store.answers_for([RECORD], BSN) == [whole[2], hers, by_bsn]
    assert store.answers_for([RECORD]) == [whole[2], hers, whole[1]]
    down = Answer("zh", None, None, SourceState.FAILED, hours(1), "down")
    store.add_answers([down])
    assert store.answers_for([RECORD], BSN) == [whole[2], hers, down]
    assert store.answers_for([RECORD], BSN, AT) == [whole[2], hers, by_bsn]
    assert store.answers_for([], None, hours(-1)) == []


def test_however_often_was_asked_the_last_answers_are_found(store: Store) -> None:
    for pull in range(200):
        at = AT + timedelta(minutes=pull)
        hers = Answer("vp", "Patient/1", BSN, SourceState.FAILED, at)
        others = [Answer("vp", f"Patient/{n}", None, SourceState.FAILED, at) for n in range(2, 12)]
        store.add_answers([Answer("vp", None, None, SourceState.ANSWERED, at), hers, *others])
    expected = [Answer("vp", "Patient/1", BSN, SourceState.FAILED, AT + timedelta(minutes=199))]
    assert store.answers_for([RECORD], BSN) == expected
    (then,) = store.answers_for([RECORD], BSN, AT + timedelta(minutes=50, seconds=1))
    assert then.at == AT + timedelta(minutes=50)


def test_what_is_kept_is_replaced_and_sealed(store: Store, store_url: str) -> None:
    assert store.kept("plan") is None
    store.keep("plan", b"een")
    store.keep("other", b"iets")
    store.keep("plan", b"twee")
    assert (store.kept("plan"), store.kept("other")) == (b"twee", b"iets")
    with Store.open(store_url, KeyRing(KEY)) as again:
        assert again.kept("plan") == b"twee"


def test_decisions_are_added_and_never_changed(store: Store) -> None:
    first, second, other = decision("d1", AT), decision("d2", hours(1)), decision("d3", AT, "p2")
    for one in (first, second, other, first):
        store.add_decision(one)
    assert store.latest_decision("p1") == second
    assert store.latest_decision("p1", AT) == first
    assert store.latest_decision("p1", hours(-1)) is store.latest_decision("p9") is None
    assert store.decisions("p1") == [second, first]
    assert store.latest_decisions() == [second, other]
    assert store.latest_decisions(["p2", "p9"]) == [other]
    with pytest.raises(ConflictError, match="never changed"):
        store.add_decision(replace(first, status="niet_igo"))


def test_the_outbox_keeps_what_was_asked_again(store: Store) -> None:
    store.enqueue("rebuild", "a", AT)
    store.enqueue_all([("rebuild", "b"), ("rebuild", "a")], hours(1))
    seen = store.pending()
    assert [(intent.key, intent.at) for intent in seen] == [("a", AT), ("b", hours(1))]
    assert len(store.pending(1)) == 1
    store.enqueue("rebuild", "b", hours(2))
    store.done(seen)
    assert [intent.key for intent in store.pending()] == ["b"]
    store.done(store.pending())
    assert store.pending() == []


def test_the_audit_log_reads_back_and_proves_itself(store: Store) -> None:
    assert store.verify_audit() is None
    store.add_audit([])
    store.add_audit([Line(AT, "w1", "a"), Line(hours(1), None, "b")])
    store.add_audit([Line(hours(2), "w1", "c")])
    assert [json.loads(line)["what"] for line in store.audit()] == ["c", "b", "a"]
    assert [json.loads(line)["what"] for line in store.audit(patient="w1", limit=1)] == ["c"]
    assert [json.loads(line)["what"] for line in store.audit(since=hours(1), until=hours(1))] == ["b"]
    assert store.audit_head().lines == 3
    assert store.verify_audit() is None


def unlocked(url: str, table: str) -> None:
    """What somebody with the rights of the database could do."""
    if url.startswith("sqlite"):
        sql(url, f"DROP TRIGGER {table}_no_update")
        sql(url, f"DROP TRIGGER {table}_no_delete")
    else:
        sql(url, f"DROP TRIGGER {table}_append_only ON {table}")


@pytest.mark.parametrize(
    ("harm", "line"),
    [
        ("DELETE FROM audit WHERE position = 2", 2),
        ("DELETE FROM audit WHERE position = 3", 3),
        ("DELETE FROM audit", 1),
        ("UPDATE audit SET recorded = recorded + 1 WHERE position = 2", 2),
        ("UPDATE audit SET patient = NULL WHERE position = 1", 1),
    ],
)
def test_a_line_that_is_gone_or_changed_shows(store_url: str, harm: str, line: int) -> None:
    with Store.open(store_url, KeyRing(KEY)) as store:
        store.add_audit([Line(hours(n), "w1", str(n)) for n in range(3)])
        unlocked(log_of(store_url), "audit")
        sql(log_of(store_url), harm)
        assert store.verify_audit() == line


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_database_refuses_to_change_what_is_kept(store_url: str, table: str) -> None:
    with Store.open(store_url, KeyRing(KEY)) as store:
        store.append([received()], AT)
        store.add_links([link("w1", AT)])
        store.judge([judgement(AT)], [], AT)
        store.add_answers([Answer("vp", None, None, SourceState.ANSWERED, AT)])
        store.add_decision(decision("d1", AT))
        store.add_audit([Line(AT, None, "a")])
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET position = position + 1"):
        with pytest.raises(Exception, match="append-only"):
            sql(log_of(store_url) if table == "audit" else store_url, statement)


def test_a_row_put_in_the_place_of_another_does_not_open(store_url: str) -> None:
    with Store.open(store_url, KeyRing(KEY)) as store:
        store.append([received("1"), received("2", "b")], AT)
        unlocked(store_url, "source_versions")
        sql(store_url, "UPDATE source_versions SET body = (SELECT body FROM source_versions v WHERE v.id = '2')")
        with pytest.raises(TamperedError, match=r"source_versions vp Observation 1 1: does not decrypt"):
            store.versions_of(RECORD)


def test_removal_leaves_nothing_that_opens(store_url: str) -> None:
    with Store.open(store_url, KeyRing(KEY)) as store:
        store.append([received(), received("2", woman="Patient/2")], AT)
        ((before,),) = sql(store_url, "SELECT wrapped FROM record_keys WHERE woman = 'Patient/1'")
        store.forget(RECORD, "bezwaar", hours(1))
        assert store.versions_of(RECORD, AT) == []
        assert sql(store_url, "SELECT wrapped FROM record_keys WHERE woman = 'Patient/1'") == [(None,)]
        assert store.counts()["versions"] == 2
        assert len(store.versions_of(RecordKey("vp", "Patient/2"))) == 1
    if store_url.startswith("sqlite"):
        for file in Path(store_url.removeprefix("sqlite:///")).parent.iterdir():
            assert before not in file.read_bytes(), file


def test_the_master_key_is_changed_by_wrapping_again(store_url: str) -> None:
    with Store.open(store_url, KeyRing(KEY)) as store:
        store.append([received(), received("o", woman=None)], AT)
        store.index(RECORD, [BSN.value])
        store.add_decision(decision("d1", AT))
    with pytest.raises(WrongMasterKeyError, match="give the key this store was made with"):
        Store.open(store_url, KeyRing(OTHER_KEY))
    with Store.open(store_url, KeyRing(OTHER_KEY, [KEY])) as store:
        assert store.rewrap() == 5  # two records, three of the store
        assert store.rewrap() == 0
    with Store.open(store_url, KeyRing(OTHER_KEY)) as store:
        assert len(store.versions_of(RECORD)) == 1
        assert store.find([BSN.value]) == {BSN.value: [RECORD]}
        assert store.latest_decision("p1") == decision("d1", AT)


def test_a_newer_database_is_left_alone(store_url: str) -> None:
    Store.open(store_url, KeyRing(KEY)).close()
    sql(store_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerDatabaseError, match="9999, newer than this program"):
        Store.open(store_url, KeyRing(KEY))


def test_the_migrations_make_the_tables_that_the_program_uses(empty_url: str) -> None:
    Store.open(empty_url, KeyRing(KEY)).close()
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_two_processes_may_open_a_new_database_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: Store.open(empty_url, KeyRing(KEY)), range(4)))
    stores[0].append([received()], AT)
    assert [len(store.versions_of(RECORD)) for store in stores] == [1, 1, 1, 1]
    for store in stores:
        store.close()


def test_an_error_halfway_leaves_nothing_behind(store: Store) -> None:
    def fail(connection: Connection, *_: object) -> None:
        raise StoreError("power cut")

    event.listen(store._database._engine, "commit", fail)
    try:
        with pytest.raises(StoreError, match="power cut"):
            store.append([received()], AT, intent="rebuild")
    finally:
        event.remove(store._database._engine, "commit", fail)
    assert (store.counts()["versions"], store.pending()) == (0, [])
    assert len(store.append([received()], AT)) == 1


def test_a_decision_comes_in_place_of_the_one_that_was_read_alone(store_url: str) -> None:
    def standing(number: int, decided: str, line: bytes = b"eerst") -> StandingRow:
        return StandingRow(f"p{number}", decided, line, b"projectie", (RECORD,), number)

    with Store.open(store_url, KeyRing(KEY)) as ours, Store.open(store_url, KeyRing(KEY)) as theirs:
        ours.append([received()], AT)
        ours.add_links([link(f"p{n}", AT, "pregnancy", f"EpisodeOfCare/{n}") for n in (1, 2)])
        ours.keep_standing([standing(1, "d1"), standing(2, "d2")])
        read = ours.standings(1, 2)
        theirs.keep_standing([standing(1, "van een ander", b"anders")])  # between the reading and the writing
        rows = [replace(row, decision=f"nieuw {row.pregnancy}", line=b"nieuw") for row in read]
        assert ours.restate(rows, [row.decision for row in read]) == [False, True]
        now = {row.pregnancy: (row.decision, row.line) for row in theirs.standing_lines()}
        assert now == {"p1": ("van een ander", b"anders"), "p2": ("nieuw p2", b"nieuw")}
        assert ours.restate([], []) == []


def test_when_a_source_last_sent_anything_and_when_anything_of_a_woman(store: Store) -> None:
    search = store.search
    assert (search.last_of("vp"), search.last_in(RECORD)) == (None, None)
    store.append([received("1")], hours(1))
    assert (search.last_of("vp"), search.last_of("zh")) == (hours(1), None)
    store.append([received("2", woman="Patient/2"), received("3", source="zh")], hours(2))
    store.append([received("1", "b")], hours(3))
    store.append([received("4", woman="Patient/2")], hours(4))
    assert (search.last_of("vp"), search.last_of("zh")) == (hours(4), hours(2))
    assert (search.last_of("vp"), search.last_of("zh")) == (hours(4), hours(2)), "with nothing new since"
    assert search.last_in(RECORD) == hours(3)
    assert [search.last_in(RECORD, hours(h)) for h in (0, 1, 2.5)] == [None, hours(1), hours(1)]
