"""`adapter run`: pull every source, link, build the views, decide; then print and stop, or keep serving."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from adapter.cli import options
from adapter.cli.gathering import everything, summaries
from adapter.cli.opening import opened
from adapter.cli.output import exit_status, notes, progress, results, say_problems, write_json
from adapter.cli.serving import listen, meanwhile, serving
from adapter.cli.tables import pregnancies_table, sources_table

if TYPE_CHECKING:
    import socket

    from adapter.model.sources import SourceReport
    from adapter.service.asked import Asked
    from adapter.service.port import Application


def run(
    config: options.Config = None,
    once: Annotated[bool, typer.Option("--once", help="Print the result and exit.")] = False,
    json: options.Json = False,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    host: options.Host = None,
    port: options.Port = None,
) -> None:
    """Pull every source, link, build the views, decide. With --once print and exit, else keep serving."""
    asked = options.asked(as_of, known_at)
    listener = None if once else listen(config, host, port)  # first of all: a port that is taken is said at once
    with opened(config) as (application, run_in_loop):
        if listener is not None:
            with suppress(KeyboardInterrupt):  # the way to stop it, not a failure
                run_in_loop(_serve(application, asked, listener, json=json))
            return
        with progress("bronnen bevragen, koppelen, besluiten"):
            reports = run_in_loop(application.pull())
            document = everything(application, reports, asked) if json else None
        _print(application, reports, asked, document)
        raise typer.Exit(exit_status(reports))


async def _serve(application: Application, asked: Asked, listener: socket.socket, *, json: bool) -> None:
    async with serving(application, listener) as server:
        # Serve from the first moment: /health/ready says when the first pull is done.
        with progress("bronnen bevragen, koppelen, besluiten"):
            reports = await application.pull()
            document = await asyncio.to_thread(everything, application, reports, asked) if json else None
        await asyncio.to_thread(_print, application, reports, asked, document)
        notes().print(f"adapter: serving on {server.address}; stop with Ctrl-C", markup=False)
        async with meanwhile(application.go_round()):
            await server.stopped()


def _print(application: Application, reports: Sequence[SourceReport], asked: Asked, document: bytes | None) -> None:
    if document is not None:
        write_json(document)
    else:
        console = results()
        console.print(sources_table(reports))
        console.print(pregnancies_table(summaries(application, asked)))
    say_problems([problem for report in reports for problem in report.problems])
