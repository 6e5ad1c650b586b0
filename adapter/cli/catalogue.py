"""`adapter catalogue import`: an official list of prestaties into the catalogue, with what it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.output import results, wrong

app = typer.Typer(no_args_is_help=True)


@app.callback()
def catalogue() -> None:
    """The catalogue of prestaties."""


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="The list as CSV; the columns stand in docs/how-to/import-a-code-list.md.")
    ],
    source: Annotated[str, typer.Option("--source", help="Id in rules/sources.yaml of the list as published.")],
    mappings: Annotated[
        Path | None, typer.Option("--mappings", help="The mappings to change: your own copy. Default: the product's.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Change the catalogue; without it only say what would.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Turn provisional entries into verified ones from an official list, and say what changes."""
    from adapter.bootstrap import data_folder
    from adapter.claims.importing import ListError, import_list
    from adapter.cli.output import write_json
    from adapter.model import wire
    from adapter.rules import RuleError

    target = mappings or data_folder("mappings")
    try:
        report = import_list(file, target, source, write=write)
    except ListError as error:
        _refused([str(fault) for fault in error.faults])
    except RuleError as error:
        _refused([str(fault) for fault in error.faults])
    except OSError as error:
        wrong(f"cannot write {error.filename}: {error.strerror}")
    if json:
        write_json(wire.to_json(report))
        return
    console = results()

    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    for d in report.differences:
        say(f"{d.id}: {d.what}: {d.before or '–'} → {d.after or '–'}")
    for text in report.unplaced:
        say(f"niet te plaatsen (geen id, en geen gelijke naam): {text}")
    if report.still_provisional:
        say(f"blijft voorlopig: {', '.join(report.still_provisional)}")
    done = "geschreven" if write else "mogelijk; niets geschreven, gebruik --write"
    say(f"catalogus {report.catalogue_before} → {report.catalogue_after}: {len(report.differences)} wijzigingen {done}")


def _refused(faults: list[str]) -> None:
    from adapter.cli.output import notes

    for fault in faults[:200]:
        notes().print(f"error: {fault}", markup=False, soft_wrap=True)
    wrong(f"the list was refused: {len(faults)} faults; nothing was changed")
