"""A writer that is killed half-way (kill -9) leaves whole batches only, with their intents, and nothing torn."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from adapter.model.sources import RecordKey
from adapter.store import KeyRing, Store

pytestmark = pytest.mark.integration

SIZE = 50
AT = datetime(2024, 5, 1, tzinfo=UTC)

WRITER = """
import sys
from datetime import UTC, datetime
from adapter.model.sources import FhirVersion, Media, Received
from adapter.store import KeyRing, Store
store = Store.open(sys.argv[1], KeyRing(b"a" * 32))
for batch in range(1_000_000):
    woman = f"Patient/{batch}"
    store.append(
        [
            Received("vp", FhirVersion.R4, Media.JSON, "Observation", f"{batch}-{n}", None, b"{}" * 500, woman, woman)
            for n in range(50)
        ],
        datetime(2024, 5, 1, tzinfo=UTC),
        intent="rebuild",
    )
    print(batch, flush=True)
"""


@pytest.mark.parametrize("survived", [0, 3, 8])
def test_a_killed_writer_leaves_whole_batches(store_url: str, survived: int) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, store_url], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) >= survived:
                break
        writer.send_signal(signal.SIGKILL)
        writer.stdout.read()
    with Store.open(store_url, KeyRing(b"a" * 32)) as store:
        records = store.record_keys()
        assert len(records) > survived  # what was said to be kept is kept
        for record in records:
            assert len(store.versions_of(record)) == SIZE
        assert len(store.pending(10_000)) == len(records)
        again = store.versions_of(RecordKey("vp", "Patient/0"))
        assert store.append([version.received for version in again], AT) == []
