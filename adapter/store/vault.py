"""Seal and open what is kept: AES-256-GCM of packed bytes, bound to the row it stands in."""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
import zlib
from binascii import b2a_base64
from collections import OrderedDict
from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, insert, select, update

from adapter.store import packing
from adapter.store.errors import TamperedError
from adapter.store.keys import KEY_BYTES, NONCE_BYTES, KeyRing, Wrapped
from adapter.store.tables import meta, record_keys

_ZLIB = b"\x01"  # zlib, then AES-256-GCM: how an older program sealed; another way gets another number
_LOOSE = b"\x02"  # AES-256-GCM alone, bound to that as well
_PACKED = b"\x03"  # `packing` with its first dictionary, then AES-256-GCM, bound to that as well
_CACHED_KEYS = 16_384  # of as many records; about a kilobyte each
_SECRETS = ("store", "index", "audit")


class Sealer:
    """One data key. Thread-safe."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, body: bytes, bound_to: bytes) -> bytes:
        """Pack and encrypt; it opens only with the same `bound_to`."""
        nonce = os.urandom(NONCE_BYTES)
        return _PACKED + nonce + self._cipher.encrypt(nonce, packing.pack(body), _PACKED + bound_to)

    def seal_loose(self, body: bytes, bound_to: bytes) -> bytes:
        """Encrypt alone: for what is short."""
        nonce = os.urandom(NONCE_BYTES)
        return _LOOSE + nonce + self._cipher.encrypt(nonce, body, _LOOSE + bound_to)

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Decrypt and unpack. Raises `TamperedError`, which names the row."""
        try:
            how, start = sealed[:1], 1 + NONCE_BYTES
            if how == _PACKED:
                return packing.unpack(self._cipher.decrypt(sealed[1:start], sealed[start:], _PACKED + bound_to))
            if how == _LOOSE:
                return self._cipher.decrypt(sealed[1:start], sealed[start:], _LOOSE + bound_to)
            if how != _ZLIB:
                raise ValueError("unknown way of sealing")
            return zlib.decompress(self._cipher.decrypt(sealed[1:start], sealed[start:], bound_to))
        except (InvalidTag, ValueError, zlib.error, packing.PackingError):
            row = bound_to.decode(errors="replace").replace("\n", " ")
            raise TamperedError(f"{row}: does not decrypt; the row was changed outside this program") from None


class Vault:
    """The data keys of one store, unwrapped when needed and remembered for a while."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._cache: OrderedDict[int, Sealer] = OrderedDict()
        self._guard = threading.Lock()
        self._secrets: dict[str, bytes] = {}
        self._begun = hmac.new(bytes(KEY_BYTES), digestmod="sha256")  # so is this
        self.own = Sealer(bytes(KEY_BYTES))  # replaced by `unlock`

    def unlock(self, connection: Connection) -> None:
        """Read the store's own keys, or make them in a new store. Raises `WrongMasterKeyError`."""
        rows = {row.name: Wrapped(row.master, row.value) for row in connection.execute(select(meta)) if row.master}
        for name in _SECRETS:
            bound_to = b"meta\n" + name.encode()
            if name not in rows:
                rows[name] = self._ring.wrap(os.urandom(KEY_BYTES), bound_to)
                values = {"name": name, "value": rows[name].blob, "master": rows[name].master}
                connection.execute(insert(meta).values(values))
            self._secrets[name] = self._ring.unwrap(rows[name], bound_to)
        self.own = Sealer(self._secrets["store"])
        self._begun = hmac.new(self._secrets["index"], digestmod="sha256")

    def token(self, text: str) -> str:
        """The name under which an identifier is found: HMAC-SHA256, so that the identifier itself is nowhere."""
        return self._mac(text).hex()

    def short_token(self, text: str) -> str:
        """The same in 22 letters: 128 bits (RFC 2104, 5), where there are many to keep."""
        return b2a_base64(self._mac(text)[:16], newline=False)[:22].decode("ascii")

    def _mac(self, text: str) -> bytes:
        """HMAC-SHA256, begun once: that takes longer than the text."""
        mac = self._begun.copy()
        mac.update(text.encode("utf-8", "replace"))
        return mac.digest()

    def chain(self, *parts: bytes) -> bytes:
        """One link of the audit chain. Each part is counted, so that none can borrow bytes of its neighbour."""
        counted = b"".join([len(part).to_bytes(8, "big") + part for part in parts])
        return hmac.digest(self._secrets["audit"], counted, "sha256")

    def new_key(self, source: str, woman: str) -> tuple[Wrapped, Sealer]:
        """A fresh data key for one record."""
        key = os.urandom(KEY_BYTES)
        return self._ring.wrap(key, _record(source, woman)), Sealer(key)

    def sealer(self, key_id: int, source: str, woman: str, wrapped: Callable[[], Wrapped]) -> Sealer:
        """The data key of a record, by its row number."""
        with self._guard:
            if key_id in self._cache:
                self._cache.move_to_end(key_id)
                return self._cache[key_id]
        sealer = Sealer(self._ring.unwrap(wrapped(), _record(source, woman)))
        with self._guard:
            self._cache[key_id] = sealer
            while len(self._cache) > _CACHED_KEYS:
                self._cache.popitem(last=False)
        return sealer

    def record_key(self, source: str, woman: str, wrapped: Wrapped) -> bytes:
        """The data key of a record itself, to make a joint key of; never kept."""
        return self._ring.unwrap(wrapped, _record(source, woman))

    def joint(self, keys: Sequence[bytes]) -> Sealer:
        """One key out of those of several records: without any one of them there is no making it again."""
        digest = hashlib.sha256(b"adapter.store joint key\n")
        for key in keys:
            digest.update(len(key).to_bytes(2, "big") + key)
        return Sealer(digest.digest())

    def forget(self, key_ids: list[int]) -> None:
        """Drop destroyed keys from memory."""
        with self._guard:
            for key_id in key_ids:
                self._cache.pop(key_id, None)

    def rewrap_some(self, connection: Connection, most: int) -> int:
        """Wrap data keys of records under the master key in use, at most so many; gives how many were not yet."""
        self._ring.refresh()
        old = (record_keys.c.master != self._ring.current) & record_keys.c.wrapped.is_not(None)
        changed = 0
        for row in connection.execute(select(record_keys).where(old).order_by(record_keys.c.id).limit(most)).all():
            bound_to = _record(row.source, row.woman)
            fresh = self._ring.wrap(self._ring.unwrap(Wrapped(row.master, row.wrapped), bound_to), bound_to)
            # Only what is still as it was read: a key that was destroyed meanwhile stays destroyed.
            same = (record_keys.c.id == row.id) & (record_keys.c.wrapped == row.wrapped)
            values = {"wrapped": fresh.blob, "master": fresh.master}
            changed += connection.execute(update(record_keys).where(same).values(values)).rowcount
        return changed

    def rewrap_own(self, connection: Connection) -> int:
        """The same for the keys of the store itself."""
        changed = 0
        for name, secret in self._secrets.items():
            fresh = self._ring.wrap(secret, b"meta\n" + name.encode())
            chosen = (meta.c.name == name) & (meta.c.master != fresh.master)
            values = {"value": fresh.blob, "master": fresh.master}
            changed += connection.execute(update(meta).where(chosen).values(values)).rowcount
        return changed


def _record(source: str, woman: str) -> bytes:
    return f"record key\n{source}\n{woman}".encode("utf-8", "replace")
