"""`adapter check` and `adapter rulebook`: is everything in order, and what are the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapter.cli import options
from adapter.cli.opening import configuration
from adapter.cli.output import WRONG, problem_line, results, wrong


def check(config: options.Config = None) -> None:
    """Validate configuration, mappings, rule tables and profiles; name every fault with file and line or key."""
    from adapter.bootstrap.wire import DEFAULT_CONFIG
    from adapter.bootstrap.wire import check as load_everything
    from adapter.service.port import ConfigurationError

    path = config or DEFAULT_CONFIG
    if not path.is_file():
        wrong(f"--config: there is no file {path}")
    try:
        problems = tuple(load_everything(path).warnings)
    except ConfigurationError as error:
        problems = error.problems
    console = results()
    for problem in problems:
        console.print(problem_line(problem), markup=False, soft_wrap=True)
    errors = sum(problem.severity == "error" for problem in problems)
    console.print(f"errors: {errors}, warnings: {len(problems) - errors}")
    if errors:
        raise typer.Exit(WRONG)


def rulebook(
    config: options.Config = None,
    on: Annotated[str | None, typer.Option("--on", help="The rules in force on this day. Default: today.")] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Name what differs from the rules of this other day.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write to this folder, not to standard output.")] = None,
) -> None:
    """The rules as a readable document (Markdown, Dutch): those of the product, or of a configuration with its own."""
    from adapter.bootstrap.wire import DEFAULT_CONFIG
    from adapter.bootstrap.wire import rulebook as composed
    from adapter.service.rulebook import markdown

    on_day = options.day(on, "--on")
    other = options.day(against, "--against") if against else None
    with configuration(config):
        made = composed(config or (DEFAULT_CONFIG if DEFAULT_CONFIG.is_file() else None), on_day, other)
    text = markdown(made)
    if out is None:
        typer.echo(text)
        return
    target = out / f"rulebook-{on_day.isoformat()}.md"
    try:
        out.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        wrong(f"--out: cannot write {target}: {error.strerror}")
    typer.echo(str(target))
