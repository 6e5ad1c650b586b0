"""Where output goes: results to standard output, everything else to standard error; and the exit statuses."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.segment import Segment

from adapter.model.sources import Problem, SourceReport, SourceState

FAILED = 1
"""The job ran, but a source failed or refused, or a resource was set aside as invalid."""
WRONG = 2
"""Wrong usage or configuration."""


_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class _Plain(Console):
    """Prints what sources wrote as text only: no control sequence of theirs reaches the terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As the console does, with control characters in the text made visible."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else _UNPRINTABLE.sub("\ufffd", text), style, control)


def results() -> Console:
    """Standard output; wide enough to keep rows whole when it is not a terminal."""
    return _Plain(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 200)


def notes() -> Console:
    """Standard error."""
    return _Plain(file=sys.stderr, highlight=False, stderr=True)


def write_json(document: bytes) -> None:
    """One JSON document on standard output."""
    sys.stdout.buffer.write(document + b"\n")
    sys.stdout.buffer.flush()


def wrong(text: str) -> NoReturn:
    """Wrong usage or configuration: one line, exit status 2."""
    notes().print(f"adapter: {text}", markup=False, soft_wrap=True)
    raise typer.Exit(WRONG)


def fail(text: str, error: Exception) -> NoReturn:
    """Something unexpected: one line, and a traceback only for who asks; exit status 1."""
    if os.environ.get("ADAPTER_TRACEBACK"):
        raise error
    notes().print(f"adapter: {text}", markup=False, soft_wrap=True)
    sys.exit(FAILED)


def problem_line(problem: Problem) -> str:
    """One problem on one line: where, what, and what to do."""
    where = f"{problem.source}: {problem.where}" if problem.source else problem.where
    return f"{problem.severity}: {where}: {problem.what}" + (f" ({problem.advice})" if problem.advice else "")


def say_problems(problems: Sequence[Problem]) -> None:
    """Problems on standard error."""
    console = notes()
    for problem in problems:
        console.print(problem_line(problem), markup=False, soft_wrap=True)


def exit_status(reports: Sequence[SourceReport]) -> int:
    """0 when every source answered with valid resources, else 1. A search not offered is no failure."""
    bad = {SourceState.FAILED, SourceState.REFUSED}
    ours = any(p.source is None and p.severity == "error" for report in reports for p in report.problems)
    return FAILED if ours or any(report.state in bad or report.invalid for report in reports) else 0


@contextmanager
def progress(text: str) -> Iterator[None]:
    """A moving bar on a terminal, nothing elsewhere."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=notes(), transient=True, disable=not sys.stderr.isatty()) as bar:
        bar.add_task(text, total=None)
        yield
