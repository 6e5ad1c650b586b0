"""`adapter signals import`: take in what insurers, members and the woman tell of care that no EPD holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapter.cli import options
from adapter.cli.opening import context, opened
from adapter.cli.output import results, say_problems, write_json, wrong

app = typer.Typer(no_args_is_help=True)


@app.callback()
def signals() -> None:
    """Signals of care that no EPD holds."""


@app.command("import")
def take_in(
    file: Annotated[Path, typer.Argument(help="CSV or JSON (by its extension); see docs/reference/signals.md.")],
    config: options.Config = None,
    json: options.Json = False,
) -> None:
    """Keep the signals of a file, and decide again for the pregnancies they are about."""
    from adapter.access import Purpose
    from adapter.service.signal_file import SignalFileError

    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        wrong(f"{file}: cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}")
    with opened(config) as (application, run_in_loop):
        asked = context(Purpose.HPAYMT)
        kind = file.suffix.lower() == ".json"
        try:
            taken = run_in_loop(application.signals.take_in(asked, file.name, text, json_file=kind))
        except SignalFileError as error:
            wrong(f"{file}: {error}")
    if json:
        from adapter.model import wire

        write_json(wire.to_json(taken))
    else:
        line = f"{len(taken.added)} nieuw, {taken.known} al bekend, {len(taken.problems)} niet ingelezen"
        results().print(f"{line}; opnieuw besloten: {', '.join(taken.pregnancies) or 'niets'}", soft_wrap=True)
        say_problems(taken.problems)
    raise typer.Exit(1 if taken.problems else 0)
