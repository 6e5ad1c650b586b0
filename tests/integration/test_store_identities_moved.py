"""An index made by an earlier version: shortened, under the keys of its records, with the profiles that were links."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import create_engine, text

from adapter.model.sources import FhirVersion, Media, Received, RecordKey
from adapter.store import KeyRing, Store
from support.migrating import migrated

KEYS = KeyRing(b"\x05" * 32)
AT = datetime(2024, 7, 29, 12, tzinfo=UTC)
A = RecordKey("vp", "Patient/a")


def test_an_index_of_before_is_taken_along(empty_url: str) -> None:
    token = sha256(b"of her").digest()
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        migrated(connection, "0010")
        keys = "INSERT INTO record_keys (id, source, woman, master, wrapped, created_at, destroyed_at) VALUES "
        connection.execute(
            text(f"{keys} (7, 'vp', 'Patient/1', 'm', '', 0, NULL), (8, 'vp', 'Patient/2', 'm', '', 0, 1)")
        )
        for woman in ("Patient/1", "Patient/2", "Patient/3"):
            row = {"token": token.hex(), "woman": woman}
            connection.execute(text("INSERT INTO identity_index VALUES (:token, 'vp', :woman)"), row)
        for position, kind in enumerate(("profile", "woman", "profile")):
            connection.execute(
                text(
                    "INSERT INTO links (kind, source, reference, how, explanation, key_id, made_at)"
                    " VALUES (:kind, 'vp', 'Patient/1', 'automatic', :body, 7, :at)"
                ),
                {"kind": kind, "body": b"%d" % position, "at": position},
            )
        migrated(connection, "head")
        index = connection.execute(text("SELECT token, record FROM identity_index")).all()
        order = "SELECT record, profile, made_at FROM identity_profiles ORDER BY position"
        profiles = [(r, bytes(p), at) for r, p, at in connection.execute(text(order))]
    engine.dispose()
    assert [tuple(row) for row in index] == [(b64encode(token[:16]).decode().rstrip("="), 7)]
    assert profiles == [(7, b"0", 0), (7, b"2", 2)]


def test_a_token_of_before_shortened_is_the_one_that_is_sought_by_now(store_url: str) -> None:
    with Store.open(store_url, KEYS) as store:
        received = Received(A.source, FhirVersion.R4, Media.JSON, "Patient", "a", "1", b"{}", A.woman, A.woman)
        store.append([received], AT)
        store.index(A, ["bsn:999900006"])
        before = store._vault.token("bsn:999900006")
    engine = create_engine(store_url)
    with engine.connect() as connection:
        (kept,) = connection.execute(text("SELECT token FROM identity_index")).scalars()
    engine.dispose()
    assert kept == b64encode(bytes.fromhex(before)[:16]).decode().rstrip("=")
