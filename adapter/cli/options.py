"""The options that several commands share, and what they mean."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.output import wrong
from adapter.model.identifiers import Bsn, InvalidIdentifierError
from adapter.service.asked import Asked, BadQuestionError, read_asked, read_day

Config = Annotated[
    Path | None,
    typer.Option("--config", help="Configuration file; default adapter.toml here if there is one.", show_default=False),
]
AsOf = Annotated[str | None, typer.Option("--as-of", help="The day asked about, 2024-07-29. Default: today.")]
KnownAt = Annotated[
    str | None, typer.Option("--known-at", help="What was known at this instant, 2024-07-29T12:00:00Z. Default: now.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Host = Annotated[
    str | None,
    typer.Option("--host", help="Address to listen on; loopback only while access is not set up. Default: [serve]."),
]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port to listen on. Default: [serve].")]


def asked(as_of: str | None, known_at: str | None) -> Asked:
    """The day and instant asked about; wrong text ends the command with status 2."""
    try:
        return read_asked(as_of, known_at)
    except BadQuestionError as error:
        wrong(f"--{error.parameter.replace('_', '-')}: {error.advice}")


def day(text: str | None, option: str) -> date:
    """A day, today when not given."""
    try:
        return read_day(text) or today()
    except BadQuestionError as error:
        wrong(f"{option}: {error.advice}")


def today() -> date:
    """Today in Europe/Amsterdam."""
    from adapter.model.moments import AMSTERDAM

    return datetime.now(AMSTERDAM).date()


def bsns_from_stdin() -> list[Bsn]:
    """BSNs from standard input, one a line; empty lines are skipped. A bad line ends the command, named by number."""
    found = []
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            found.append(Bsn(line.strip()))
        except InvalidIdentifierError as error:
            wrong(f"standard input, line {number}: {error}")
    if not found:
        wrong("--bsn-stdin: standard input holds no BSN; give one a line")
    return found
