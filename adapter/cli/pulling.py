"""`adapter pull`: ask the sources, and nothing more."""

from __future__ import annotations

from typing import Annotated

import typer

from adapter.cli import options
from adapter.cli.opening import opened
from adapter.cli.output import exit_status, progress, results, say_problems, write_json, wrong
from adapter.cli.tables import sources_table


def pull(
    config: options.Config = None,
    source: Annotated[list[str] | None, typer.Option("--source", help="Only this source (may be repeated).")] = None,
    bsn_stdin: Annotated[bool, typer.Option("--bsn-stdin", help="Ask for these women: BSNs, one a line.")] = False,
    json: options.Json = False,
) -> None:
    """Pull only: ask every source (or one), and keep what is new."""
    bsns = options.bsns_from_stdin() if bsn_stdin else None
    with opened(config) as (application, run_in_loop):
        known = application.sources()
        unknown = sorted(set(source or ()) - set(known))
        if unknown:
            wrong(f"--source: {', '.join(unknown)} is not configured; there is {', '.join(sorted(known))}")
        with progress("bronnen bevragen"):
            reports = run_in_loop(application.pull(sources=source or None, bsns=bsns))
        if json:
            from adapter.model import wire

            write_json(b'{"sources":[' + b",".join(wire.to_json(report) for report in reports) + b"]}")
        else:
            results().print(sources_table(reports))
        say_problems([problem for report in reports for problem in report.problems])
        raise typer.Exit(exit_status(reports))
