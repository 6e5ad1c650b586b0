"""Opens the application for one command, and says in clear lines what is wrong when that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from adapter.cli.output import WRONG, say_problems, wrong

if TYPE_CHECKING:
    from adapter.access import Context, Purpose
    from adapter.service.port import Application


Run = Callable[[Coroutine[Any, Any, Any]], Any]


@contextmanager
def opened(config: Path | None, *, quick: bool = False) -> Iterator[tuple[Application, Run]]:
    """The application, and what runs its coroutines: one event loop from opening to closing.

    `quick`: a loop that takes less for each request, where there is one. Configuration faults end the command with
    status 2.
    """
    from adapter.access import DeniedError, log
    from adapter.bootstrap import open_application
    from adapter.service.port import UnknownPregnancyError

    log.configure()  # or its lines would go to standard output, among the results
    with configuration(config):
        application: Application = open_application(config)
    with asyncio.Runner(loop_factory=_quick_loop() if quick else None) as runner:
        try:
            yield application, runner.run
        except UnknownPregnancyError:
            wrong("no pregnancy is known by this id; `adapter decide` lists them")
        except DeniedError:
            wrong("not allowed for this identity and purpose")
        finally:
            runner.run(application.aclose())


def _quick_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # not for every system
        return None
    return uvloop.new_event_loop


@contextmanager
def configuration(config: Path | None) -> Iterator[None]:
    """Around what reads the configuration: its faults end the command with status 2."""
    from adapter.service.port import ConfigurationError

    if config is not None and not config.is_file():
        wrong(f"--config: there is no file {config}")
    try:
        yield
    except ConfigurationError as error:
        say_problems(error.problems)
        raise typer.Exit(WRONG) from None


def context(purpose: Purpose) -> Context:
    """Who runs the command line: the demonstration identity, until access is configured."""
    from uuid import uuid4

    from adapter.access import DEMONSTRATION, Context

    return Context(actor=DEMONSTRATION, purpose=purpose, request_id=str(uuid4()), client="")
