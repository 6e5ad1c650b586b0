"""Train a dictionary for what the store packs (`adapter/store/packing.py`), on a generated region.

    .venv/bin/python docs/store_dictionary.py FILE

What lies in stores was packed with the dictionary that is there: a new one goes beside it, under another name and with
another number in `adapter/store/vault.py`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import orjson
import zstandard

from adapter.simulation import write_region

BYTES = 16_384  # twice as large: a resource 8 % smaller
WOMEN, SEED = 250, 4711


def samples(folder: Path) -> list[bytes | bytearray | memoryview]:
    """The resources of a region as its sources send them, without the numbers of persons: it is no secret."""
    write_region(folder, women=WOMEN, seed=SEED)
    found: list[bytes | bytearray | memoryview] = []
    for file in sorted(folder.rglob("*.ndjson")):
        for line in file.read_bytes().splitlines():
            resource = orjson.loads(line)
            if resource.get("resourceType") == "Patient":
                resource.pop("identifier", None)
            found.append(orjson.dumps(resource))
    return found


def main() -> None:
    """Write the dictionary."""
    with tempfile.TemporaryDirectory() as folder:
        trained = zstandard.train_dictionary(BYTES, samples(Path(folder)), level=3)
    Path(sys.argv[1]).write_bytes(trained.as_bytes())


if __name__ == "__main__":
    main()
