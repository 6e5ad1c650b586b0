"""`adapter dev`: a simulated region on disk, and simulated EPDs to serve it."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)
_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command()
def region(
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    women: Annotated[int, typer.Option("--women", min=0, help="Generated women besides the fixed situations.")] = 0,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same region.")] = 1,
) -> None:
    """Write a simulated region: what each EPD holds, the truth, and a configuration to run it."""
    from adapter import simulation

    simulation.write_region(out, women=women, seed=seed)
    typer.echo(str(out))


@app.command(context_settings=_PASS_ON)
def epd(context: typer.Context) -> None:
    """Serve one simulated EPD; the arguments are those of `python -m adapter.simulation.epd`."""
    _run_module("adapter.simulation.epd", context.args)


@app.command(context_settings=_PASS_ON)
def demo(context: typer.Context) -> None:
    """Start three simulated EPDs and the adapter on them."""
    _run_module("adapter.bootstrap.demo", context.args)


def _run_module(name: str, arguments: list[str]) -> None:
    sys.argv = [name, *arguments]
    runpy.run_module(name, run_name="__main__", alter_sys=True)
