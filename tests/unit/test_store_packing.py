"""What is kept is packed and sealed; what an older program sealed opens too."""

from __future__ import annotations

import hashlib
import os
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from adapter.store import packing
from adapter.store.errors import TamperedError
from adapter.store.vault import Sealer

KEY = bytes(range(32))
ROW = b"source_versions\nvp\nObservation\n1\n1"
RESOURCE = (
    b'{"resourceType":"Observation","id":"1","status":"final","code":{"coding":[{"system":"http://loinc.org","code":'
    b'"29463-7"}]},"subject":{"reference":"Patient/1"},"context":{"reference":"EpisodeOfCare/1"}}'
)


@given(st.binary(max_size=100_000))
def test_whatever_is_packed_comes_back_as_it_was(body: bytes) -> None:
    assert packing.unpack(packing.pack(body)) == body


def test_a_resource_is_made_small() -> None:
    assert len(packing.pack(RESOURCE)) < len(RESOURCE) / 4


def test_the_dictionary_is_the_one_that_stores_were_packed_with() -> None:
    digest = hashlib.sha256(packing.DICTIONARY.read_bytes()).hexdigest()
    assert digest == "cbf44c11847d5139699d2a2b32bc5bda90e0d42582eb50a4f0d6e39641fe0b04"


def test_threads_do_not_mix_what_they_pack() -> None:
    bodies = [RESOURCE.replace(b"29463-7", str(n).encode()) for n in range(2000)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda body: packing.unpack(packing.pack(body)), bodies)) == bodies


def test_what_an_older_program_sealed_opens() -> None:
    nonce = os.urandom(12)
    sealed = b"\x01" + nonce + AESGCM(KEY).encrypt(nonce, zlib.compress(RESOURCE, 1), ROW)
    assert Sealer(KEY).open(sealed, ROW) == RESOURCE


@pytest.mark.parametrize("how", [0, 1, 2, 4, 255])
def test_how_it_was_sealed_cannot_be_changed_unseen(how: int) -> None:
    sealed = Sealer(KEY).seal(RESOURCE, ROW)
    with pytest.raises(TamperedError, match="source_versions vp Observation 1 1"):
        Sealer(KEY).open(bytes([how]) + sealed[1:], ROW)


def test_what_was_not_packed_is_not_taken_for_it() -> None:
    nonce = os.urandom(12)
    sealed = b"\x03" + nonce + AESGCM(KEY).encrypt(nonce, b"no frame of zstd", b"\x03" + ROW)
    with pytest.raises(TamperedError):
        Sealer(KEY).open(sealed, ROW)
