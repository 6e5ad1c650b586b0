"""Master keys: where they come from, what is said when they are wrong, and that they are never shown."""

from __future__ import annotations

import base64
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapter.store import KeyRing, KeyRingError, TamperedError, WrongMasterKeyError
from adapter.store.keys import KEY_VARIABLE, OLDER_VARIABLE
from adapter.store.vault import Sealer

KEY, OLD = b"a" * 32, b"b" * 32


@pytest.mark.parametrize(
    "text", [KEY.hex(), base64.b64encode(b"\xff" * 32).decode(), base64.urlsafe_b64encode(b"\xff" * 32).decode()]
)
def test_a_key_is_hex_or_base64(text: str) -> None:
    assert KeyRing.from_environment({KEY_VARIABLE: f" {text}\n"}).current


@pytest.mark.parametrize("text", ["geheim", "ab" * 31, "zz" * 32, "é" * 32])
def test_another_text_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(KeyRingError, match=KEY_VARIABLE) as caught:
        KeyRing.from_environment({KEY_VARIABLE: text})
    assert text not in str(caught.value)


def test_no_key_says_where_to_put_one() -> None:
    with pytest.raises(KeyRingError, match=f"set {KEY_VARIABLE}"):
        KeyRing.from_environment({})
    with pytest.raises(KeyRingError, match="32 bytes, not 5"):
        KeyRing(b"short")


def test_older_keys_open_what_they_wrapped() -> None:
    wrapped = KeyRing(OLD).wrap(b"data key", b"row")
    ring = KeyRing.from_environment({KEY_VARIABLE: KEY.hex(), OLDER_VARIABLE: f"{OLD.hex()}, "})
    assert ring.unwrap(wrapped, b"row") == b"data key"
    assert ring.wrap(b"data key", b"row").master == ring.current != wrapped.master


def test_a_strange_key_or_place_does_not_open() -> None:
    wrapped = KeyRing(KEY).wrap(b"data key", b"row")
    with pytest.raises(WrongMasterKeyError, match=wrapped.master):
        KeyRing(OLD).unwrap(wrapped, b"row")
    with pytest.raises(TamperedError):
        KeyRing(KEY).unwrap(wrapped, b"another row")


def test_a_ring_shows_no_key() -> None:
    assert "61" * 4 not in repr(KeyRing(KEY))
    assert "aaaa" not in repr(KeyRing(KEY))


def test_a_key_file_holds_the_current_key_first(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"# keys of the store\n{KEY.hex()}  # 2024\n\n{OLD.hex()}\n")
    assert KeyRing.from_keyfile(path).current == KeyRing(KEY).current
    assert KeyRing.from_keyfile(path).unwrap(KeyRing(OLD).wrap(b"x", b""), b"") == b"x"


@pytest.mark.parametrize(("content", "says"), [("", "holds no key"), ("\nabc\n", "line 2"), ("é", "cannot read")])
def test_a_bad_key_file_is_named(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "keys"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(KeyRingError, match=says) as caught:
        KeyRing.from_keyfile(path)
    assert str(path) in str(caught.value)


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyRingError, match="cannot read the key file"):
        KeyRing.from_keyfile(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyRingError, match="cannot write the key file"):
        KeyRing.create(tmp_path / "file" / "keys")


def test_a_new_key_file_is_for_its_owner_alone_and_made_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys"
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: KeyRing.create(path), range(8)))
    assert len({ring.current for ring in rings}) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["keys"]


@pytest.mark.parametrize("seal", [Sealer.seal, Sealer.seal_loose])
@pytest.mark.parametrize("body", [b"", b"{}", b"x" * 100_000, bytes(range(256))])
def test_what_is_sealed_opens_in_its_own_place_and_way_only(
    body: bytes, seal: Callable[[Sealer, bytes, bytes], bytes]
) -> None:
    sealer = Sealer(KEY)
    sealed = seal(sealer, body, b"row 1")
    assert sealer.open(sealed, b"row 1") == body
    assert seal(sealer, body, b"row 1") != sealed
    harmed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    otherwise = [bytes([way]) + sealed[1:] for way in range(4) if way != sealed[0]]
    for data, place in ((sealed, b"row 2"), (harmed, b"row 1"), (b"", b"row 1"), *((o, b"row 1") for o in otherwise)):
        with pytest.raises(TamperedError, match=place.decode()):
            sealer.open(data, place)
