"""All commands, one per file around here. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import typer

from adapter.cli import audit, catalogue, checking, dev, masterkeys, pulling, running, serving, showing, signals, whatif
from adapter.cli.output import fail

app = typer.Typer(
    name="adapter",
    help="One shared care path per pregnancy from several EPDs, and the IGO decision and claim that follow from it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("run")(running.run)
app.command("check")(checking.check)
app.command("pull")(pulling.pull)
app.command("show")(showing.show)
app.command("decide")(showing.decide)
app.command("rulebook")(checking.rulebook)
app.command("serve")(serving.serve)
app.command("worker")(serving.worker)
app.add_typer(signals.app, name="signals", help="Signals of care that no EPD holds: from insurers, members, the woman.")
app.command("whatif")(whatif.whatif)
app.command("test-month")(whatif.test_month)
app.command("redecide")(whatif.redecide)
app.add_typer(catalogue.app, name="catalogue", help="The catalogue of prestaties: import an official list.")
app.add_typer(audit.app, name="audit", help="The audit log: is it whole, and take out what is older than it is kept.")
app.add_typer(masterkeys.app, name="keys", help="The master keys of the store: change them while everything runs on.")
app.add_typer(dev.app, name="dev", help="A simulated region and simulated EPDs, for development and demonstration.")


def _as_ctrl_c(_: int, __: FrameType | None) -> None:
    """However we are told to stop, we leave nothing behind that we started."""
    signal.raise_signal(signal.SIGINT)


def main() -> None:
    """Run the command line. An error is one clear line; a traceback is not an answer to a user."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script that starts us with & has it ignored
    for stop in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, _as_ctrl_c)
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # the last door: whatever it is, say it in one line
        fail(f"unexpected {type(error).__name__}; run again with ADAPTER_TRACEBACK=1 to see where", error)
