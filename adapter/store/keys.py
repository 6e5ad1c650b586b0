"""The master key: it wraps the data keys and seals nothing else (NIST SP 800-38D; AES-256-GCM)."""

from __future__ import annotations

import base64
import binascii
import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapter.store.errors import KeyRingError, TamperedError, WrongMasterKeyError

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_VARIABLE = "ADAPTER_MASTER_KEY"
OLDER_VARIABLE = "ADAPTER_MASTER_KEY_OLDER"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key under a master key; `master` is the fingerprint of the master key that opens it."""

    master: str
    blob: bytes


def fingerprint(master: bytes) -> str:
    """Which master key this is, without giving it away."""
    return hashlib.sha256(b"adapter.store master key\n" + master).hexdigest()[:16]


def parse_key(text: str, where: str) -> bytes:
    """Read a key of 32 bytes from hex or base64. Raises `KeyRingError`, which names `where` and not the text."""
    text = text.strip()
    for decode in (bytes.fromhex, lambda t: base64.b64decode(t, validate=True), base64.urlsafe_b64decode):
        try:
            key = decode(text)
        except (ValueError, binascii.Error):
            continue
        if len(key) == KEY_BYTES:
            return key
    raise KeyRingError(f"{where}: a master key is {KEY_BYTES} bytes, in hex (64 characters) or base64 (44 characters)")


@dataclass(frozen=True, slots=True, repr=False)
class _Masters:
    current: str
    all: Mapping[str, AESGCM]
    secrets: tuple[bytes, ...]
    seen: tuple[int, int, int] | None = None  # of the file, when it was read


class KeyRing:
    """The master key in use and the older ones that may still open what they wrapped.

    Rotation: put the new key in front, keep the old one behind it, run `Store.rewrap()`, then drop the old one. A ring
    that came from a file looks there again before it wraps, and when it meets a key it does not hold: programs that
    run on meanwhile follow by themselves.
    """

    def __init__(self, current: bytes, older: Sequence[bytes] = ()) -> None:
        self._path: Path | None = None
        self._held = _masters([current, *older])

    @property
    def current(self) -> str:
        """The fingerprint of the master key in use."""
        return self._held.current

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Those of all keys on the ring, the one in use first."""
        return tuple(self._held.all)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._held.all)})"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> KeyRing:
        """Read `ADAPTER_MASTER_KEY` and, comma separated, `ADAPTER_MASTER_KEY_OLDER`. Raises `KeyRingError`."""
        if not environment.get(KEY_VARIABLE):
            raise KeyRingError(f"no master key: set {KEY_VARIABLE} (32 bytes, hex or base64) or name a key file")
        older = [part for part in environment.get(OLDER_VARIABLE, "").split(",") if part.strip()]
        return cls(
            parse_key(environment[KEY_VARIABLE], KEY_VARIABLE), [parse_key(part, OLDER_VARIABLE) for part in older]
        )

    @classmethod
    def from_keyfile(cls, path: Path) -> KeyRing:
        """Read a key file: one key a line, the one in use first; `#` starts a comment. Raises `KeyRingError`."""
        seen, keys = _seen(path), _keys_of(path)
        ring = cls(keys[0], keys[1:])
        ring._path, ring._held = path, _masters(keys, seen)
        return ring

    @classmethod
    def create(cls, path: Path) -> KeyRing:
        """Read the key file, or make one with a fresh key that only its owner can read (mode 0600)."""
        # Written beside it and linked into place: two processes that start at once end up with one and the same key.
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(KEY_BYTES) + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(fresh, path)
        except OSError as error:
            if not path.is_file():  # where it is there already, that one is the key
                raise KeyRingError(f"cannot write the key file {path}: {error.strerror}") from error
        finally:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
        return cls.from_keyfile(path)

    def derived(self, info: bytes, length: int) -> tuple[bytes, ...]:
        """A secret for one use, from each master key, the one in use first: HKDF (RFC 5869) with SHA-384.

        Whoever holds the ring has the same secrets, and none of them leads back to a master key.
        """
        self.refresh()
        secrets = self._held.secrets
        return tuple(HKDF(hashes.SHA384(), length, b"adapter.store derived", info).derive(key) for key in secrets)

    def wrap(self, key: bytes, bound_to: bytes) -> Wrapped:
        """Wrap a data key under the master key in use; it opens only with the same `bound_to`."""
        self.refresh()
        held, nonce = self._held, os.urandom(NONCE_BYTES)
        return Wrapped(held.current, nonce + held.all[held.current].encrypt(nonce, key, bound_to))

    def unwrap(self, wrapped: Wrapped, bound_to: bytes) -> bytes:
        """Open a data key. Raises `WrongMasterKeyError` (not on the ring) or `TamperedError` (does not open)."""
        if wrapped.master not in self._held.all:
            self.refresh()
        master = self._held.all.get(wrapped.master)
        if master is None:
            raise WrongMasterKeyError(
                f"this store was sealed with master key {wrapped.master}, and the key ring holds"
                f" {', '.join(self.fingerprints)}: give the key this store was made with, as the current or as an older"
                " key"
            )
        try:
            return master.decrypt(wrapped.blob[:NONCE_BYTES], wrapped.blob[NONCE_BYTES:], bound_to)
        except InvalidTag:
            raise TamperedError("a wrapped data key does not open: its row was changed outside this program") from None

    def refresh(self) -> None:
        """Take over what is in the key file now. A file that cannot be read changes nothing: the keys at hand hold."""
        if self._path is None or (seen := _seen(self._path)) in (None, self._held.seen):
            return
        with contextlib.suppress(KeyRingError):
            self._held = _masters(_keys_of(self._path), seen)


def rotate(path: Path) -> str:
    """Put a fresh key in front of a key file; gives its fingerprint. Raises `KeyRingError`."""
    with _alone(path):
        keys = _keys_of(path)
        fresh = secrets.token_bytes(KEY_BYTES)
        _replace(path, [fresh, *keys])
    return fingerprint(fresh)


def drop(path: Path, in_use: Collection[str]) -> list[str]:
    """Take the keys out of a key file that wrap nothing any more; gives their fingerprints. Raises `KeyRingError`."""
    with _alone(path):
        first, *older = _keys_of(path)
        gone = [key for key in older if fingerprint(key) not in in_use]
        if gone:
            _replace(path, [first, *(key for key in older if key not in gone)])
    return [fingerprint(key) for key in gone]


def _masters(keys: Sequence[bytes], seen: tuple[int, int, int] | None = None) -> _Masters:
    for key in keys:
        if len(key) != KEY_BYTES:
            raise KeyRingError(f"a master key is {KEY_BYTES} bytes, not {len(key)}")
    return _Masters(fingerprint(keys[0]), {fingerprint(key): AESGCM(key) for key in keys}, tuple(keys), seen)


def _keys_of(path: Path) -> list[bytes]:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyRingError(f"cannot read the key file {path}: {error}") from error
    numbered = [(number, line.split("#")[0].strip()) for number, line in enumerate(lines, 1)]
    keys = [parse_key(line, f"{path}, line {number}") for number, line in numbered if line]
    if not keys:
        raise KeyRingError(f"the key file {path} holds no key")
    return keys


def _seen(path: Path) -> tuple[int, int, int] | None:
    try:
        now = path.stat()
    except OSError:
        return None
    return now.st_ino, now.st_mtime_ns, now.st_size


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Nobody else changes this key file meanwhile: a key that was lost between two writers may have been used."""
    try:
        lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise KeyRingError(f"cannot write beside the key file {path}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _replace(path: Path, keys: Sequence[bytes]) -> None:
    """Whole or not at all; durable before anything is wrapped under it."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(f"{key.hex()}\n" for key in keys)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise KeyRingError(f"cannot write the key file {path}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
