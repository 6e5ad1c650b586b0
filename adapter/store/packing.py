"""Packing what is sealed: zstd (RFC 8878) with a dictionary, for most of what a resource says every other says too.

The dictionary was trained on a generated region (`docs/store_dictionary.py`). What was packed with it can only be
unpacked with it, so it never changes: a better one gets a name of its own, beside this one.
"""

from __future__ import annotations

import threading
from pathlib import Path

import zstandard

PackingError = zstandard.ZstdError
DICTIONARY = Path(__file__).parent / "resources-1.zstd-dictionary"
_LEVEL = 1  # a higher one makes a resource 5 % smaller in 1.4 times the time
_TRAINED = zstandard.ZstdCompressionDict(DICTIONARY.read_bytes(), dict_type=zstandard.DICT_TYPE_FULLDICT)
_TRAINED.precompute_compress(level=_LEVEL)


class _Tools(threading.local):
    """Each thread has its own: zstd's may not be used by two at once."""

    def __init__(self) -> None:
        self.pack = zstandard.ZstdCompressor(
            level=_LEVEL, dict_data=_TRAINED, write_checksum=False, write_dict_id=False
        ).compress
        self.unpack = zstandard.ZstdDecompressor(dict_data=_TRAINED).decompress


_tools = _Tools()


def pack(body: bytes) -> bytes:
    """Make it small."""
    return _tools.pack(body)


def unpack(packed: bytes) -> bytes:
    """What `pack` made small. Raises `PackingError`."""
    return _tools.unpack(packed)
