"""A FHIR server on loopback for as long as a test needs it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from adapter.model.sources import FhirVersion
from adapter.simulation.epd import create_app


@contextmanager
def served(folder: Path, version: FhirVersion) -> Iterator[str]:
    """Serve a folder of resources; gives the base URL."""
    config = uvicorn.Config(create_app(folder, version), port=0, log_level="error", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive(), "the server did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/fhir"
    finally:
        server.should_exit = True
        thread.join(10)
