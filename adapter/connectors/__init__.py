"""Reach one EPD: page, retry, and say honestly what could not be fetched."""

from __future__ import annotations

import httpx

from adapter.connectors.config import Auth, Limits, SourceConfig
from adapter.connectors.credentials import read_key, token
from adapter.connectors.errors import ConfigurationError, SourceError
from adapter.connectors.fhir_source import FhirConnector
from adapter.connectors.files_source import FilesConnector
from adapter.connectors.ports import Ask, Connector, Deliver, PullOutcome, WomanAnswer
from adapter.connectors.push_source import PushConnector

__all__ = [
    "Ask",
    "Auth",
    "ConfigurationError",
    "Connector",
    "Deliver",
    "Limits",
    "PullOutcome",
    "SourceConfig",
    "SourceError",
    "WomanAnswer",
    "connect",
    "read_key",
    "token",
]


def connect(config: SourceConfig, transport: httpx.AsyncBaseTransport | None = None) -> Connector:
    """The connector of one source. `transport` replaces the network (an in-process server in tests)."""
    if config.kind == "files":
        return FilesConnector(config)
    if config.kind == "push":
        return PushConnector(config)
    return FhirConnector(config, transport)
