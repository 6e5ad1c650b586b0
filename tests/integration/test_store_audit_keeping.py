"""The audit log over time: what a forger can do shows, old lines go behind a checkpoint, writers do not tear it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from adapter.store import AuditHead, AuditQuestion, KeyRing, Store
from adapter.store.audit_keeping import AuditBrokenError

pytestmark = pytest.mark.integration

AT = datetime(2019, 5, 1, 8, tzinfo=UTC)
KEY = b"a" * 32


@dataclass(frozen=True)
class Line:
    recorded: datetime
    patient: str | None = "w-1"
    marks: tuple[str, str, str, str, str] = ("u-1", "read", "R", "0", "")

    def to_json(self) -> bytes:
        return b'{"at":"%d"}' % self.recorded.timestamp()


def day(number: int) -> datetime:
    return AT + timedelta(days=number)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url, KeyRing(KEY)) as opened:
        opened.add_audit([Line(day(n)) for n in range(10)])
        yield opened


def log_of(url: str) -> str:
    """Where the log of a store stands."""
    return url.replace(".db", "-audit.db") if url.startswith("sqlite") else url


def sql(url: str, *statements: str) -> None:
    engine = create_engine(log_of(url), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()


def unlock(url: str, table: str = "audit") -> None:
    if url.startswith("sqlite"):
        sql(url, f"DROP TRIGGER {table}_no_update", f"DROP TRIGGER {table}_no_delete")
    else:
        sql(url, f"DROP TRIGGER {table}_append_only ON {table}")


def test_old_lines_go_and_the_rest_is_proved_as_before(store: Store) -> None:
    assert store.prune_audit(day(4), day(11)) == 4
    proof = store.prove_audit()
    assert (proof.first, proof.last, proof.broken) == (5, 10, None)
    store.add_audit([Line(day(12))])
    assert store.prune_audit(day(4), day(12)) == 0
    assert store.prune_audit(day(30), day(31)) == 7
    assert store.prove_audit().broken is None
    store.add_audit([Line(day(40))])
    assert store.prove_audit().last == 12
    assert store.verify_audit() is None


def test_only_what_is_older_than_every_younger_line_goes(store: Store) -> None:
    store.add_audit([Line(day(0)), Line(day(30))])  # a clock that was set back: line 11 is older than line 5
    assert store.prune_audit(day(4), day(31)) == 4


def test_pruning_that_was_killed_half_way_is_finished_by_the_next(store: Store) -> None:
    store._checkpoint(4, 4, day(4), day(11))  # and then the power went
    assert store.prove_audit().broken is None
    assert store.prune_audit(day(4), day(12)) == 4
    assert store.prove_audit().first == 5


def test_nothing_goes_from_a_log_that_is_not_whole(store: Store, store_url: str) -> None:
    unlock(store_url)
    sql(store_url, "UPDATE audit SET patient = 'w-2' WHERE position = 2")
    with pytest.raises(AuditBrokenError, match="audit line 2: it was changed"):
        store.prune_audit(day(4), day(11))
    assert store.audit_row(1) is not None


@pytest.mark.parametrize("statement", ["DELETE FROM audit WHERE position > 4", "DELETE FROM audit WHERE position = 5"])
def test_the_database_lets_go_only_of_what_a_checkpoint_covers(store: Store, store_url: str, statement: str) -> None:
    store.prune_audit(day(4), day(11))
    with pytest.raises(Exception, match="append-only"):
        sql(store_url, statement)


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE audit_checkpoints SET position = 6, chain = (SELECT chain FROM audit WHERE position = 6)",
        "UPDATE audit_checkpoints SET until = until + 1",
        "UPDATE audit_checkpoints SET lines = 3",
    ],
)
def test_a_forged_checkpoint_shows(store: Store, store_url: str, harm: str) -> None:
    store.prune_audit(day(4), day(11))
    unlock(store_url, "audit_checkpoints")
    sql(store_url, harm)
    assert "checkpoint" in store.prove_audit().why


def test_cutting_the_end_off_and_moving_the_head_shows(store: Store, store_url: str) -> None:
    store.add_audit([Line(day(11))])
    unlock(store_url)
    sql(store_url, "DELETE FROM audit WHERE position = 11")
    with store._ledger.writing() as connection:  # with all rights on the database, and no key
        chain = connection.execute(text("SELECT chain FROM audit WHERE position = 10")).scalar_one()
        value = (10).to_bytes(8, "big") + bytes(chain)
        connection.execute(text("UPDATE meta SET value = :v WHERE name = 'audit_head'"), {"v": value})
    proof = store.prove_audit()
    assert (proof.broken, proof.why) == (11, "the end of the log was moved: what came behind it is gone")


@pytest.mark.parametrize(
    "harm",
    ["actor = NULL", "actor = 'x'", "kind = 'search'", "outcome = '4'", "emergency = 1", "action = 'C'"],
)
def test_what_a_line_is_found_by_is_chained_too(store: Store, store_url: str, harm: str) -> None:
    unlock(store_url)
    sql(store_url, f"UPDATE audit SET {harm} WHERE position = 3")
    assert store.verify_audit() == 3


def test_a_noted_head_must_be_in_the_chain(store: Store) -> None:
    head = store.audit_head()
    store.add_audit([Line(day(11))])
    assert store.prove_audit(head).broken is None
    assert store.prove_audit(AuditHead(10, "00" * 32)).broken == 10
    assert "12 lines were noted" in store.prove_audit(AuditHead(12, head.chain)).why


def test_lines_of_an_older_program_are_proved_still(store_url: str) -> None:
    with Store.open(store_url, KeyRing(KEY)) as store:
        row = {"recorded": AT, "patient": None, "actor": None, "position": 1}
        row["body"] = store._vault.own.seal(b"{}", b"audit\n1")
        row["chain"] = store._next(b"\x00" * 32, row)
        with store._ledger.writing() as connection:
            names = ("position", "recorded", "body", "chain")
            values = {**row, "recorded": int(AT.timestamp() * 1_000_000)}
            listed = ", ".join(f":{n}" for n in names)
            connection.execute(text(f"INSERT INTO audit ({', '.join(names)}) VALUES ({listed})"), values)
            head = (1).to_bytes(8, "big") + row["chain"]
            connection.execute(text("INSERT INTO meta (name, value) VALUES ('audit_head', :v)"), {"v": head})
        assert store.verify_audit() is None
        store.add_audit([Line(day(1))])
        assert store.verify_audit() is None


def test_writers_at_once_make_one_chain(store: Store, store_url: str) -> None:
    with Store.open(store_url, KeyRing(KEY)) as other, ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            done = [pool.submit(each.add_audit, [Line(day(20))] * 3) for each in (store, other, store, other)]
            for each in done:
                each.result()
        assert other.prove_audit() == store.prove_audit()
    assert (store.prove_audit().last, store.prove_audit().broken) == (130, None)


def test_lines_are_found_by_who_what_and_noodtoegang(store: Store) -> None:
    store.add_audit(
        [
            Line(day(20), "w-2", ("u-2", "search", "E", "0", "")),
            Line(day(21), "w-3", ("u-2", "denied", "R", "4", "")),
            Line(day(22), "w-2", ("u-1", "read", "R", "0", "1")),
        ]
    )

    def found(**asked: object) -> list[int]:
        return [row.position for row in store.audit_rows(AuditQuestion(**asked), 100)]  # type: ignore[arg-type]

    assert found(actor="u-2") == [12, 11]
    assert found(actor="u-9") == []
    assert found(emergency=True) == [13]
    assert found(kinds=("denied", "search")) == [12, 11]
    assert found(outcomes=("4",)) == found(actions=("R",), since=day(21), until=day(21)) == [12]
    assert found(patients=("w-2", "w-3"), before=13) == [12, 11]
