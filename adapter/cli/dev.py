"""`adapter dev`: a simulated region on disk, and simulated EPDs to serve it."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli import keys, options

app = typer.Typer(no_args_is_help=True)
DEMO_PORT = 8080
app.command("keys")(keys.keys)
app.command("token")(keys.token)
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


@app.command()
def demo(
    folder: Annotated[
        Path, typer.Option("--folder", help="Where the region is written, anew when product, options or day changed.")
    ] = Path("var/demo"),
    women: Annotated[int, typer.Option("--women", min=0, help="Generated women besides the fixed situations.")] = 0,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same region.")] = 1,
    once: Annotated[bool, typer.Option("--once", help="Print the result and exit.")] = False,
    port: options.Port = None,
) -> None:
    """Start three simulated EPDs and the adapter on them."""
    from adapter.cli.demo import alone, epds, prepare
    from adapter.cli.running import run

    with alone(folder, None if once else port or DEMO_PORT):
        config = prepare(folder, women, seed)
        with epds(folder):
            run(config=config, once=once, port=port or DEMO_PORT)


def _run_module(name: str, arguments: list[str]) -> None:
    sys.argv = [name, *arguments]
    runpy.run_module(name, run_name="__main__", alter_sys=True)
