"""`adapter show` and `adapter decide`: one care path, and all decisions, as text or JSON."""

from __future__ import annotations

from typing import Annotated

import typer

from adapter.cli import options
from adapter.cli.gathering import care_path, decision, summaries, variables
from adapter.cli.opening import opened
from adapter.cli.output import results, write_json


def show(
    pregnancy: Annotated[str, typer.Argument(help="Id of the pregnancy, as `adapter decide` lists it.")],
    config: options.Config = None,
    json: options.Json = False,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    payment: Annotated[
        bool,
        typer.Option("--payment", help="Only what the decision may know: the dossier that goes with the rulebook."),
    ] = False,
) -> None:
    """The care path of one pregnancy, and what the decision knows of it."""
    asked = options.asked(as_of, known_at)
    with opened(config) as (application, _):
        if json:
            from adapter.model import wire

            read = variables if payment else care_path
            write_json(wire.to_json(read(application, pregnancy, asked)))
            return
        from adapter.cli.dossier import dossier_text
        from adapter.cli.text import care_path_text

        if not payment:
            results().print(care_path_text(care_path(application, pregnancy, asked)), soft_wrap=True)
            results().print()
        results().print(dossier_text(variables(application, pregnancy, asked)), soft_wrap=True)


def decide(
    config: options.Config = None,
    json: options.Json = False,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
) -> None:
    """Decisions for all pregnancies, with reasons."""
    asked = options.asked(as_of, known_at)
    with opened(config) as (application, _):
        made = [decision(application, item.pregnancy, asked) for item in summaries(application, asked)]
        if json:
            from adapter.model import wire

            write_json(b'{"decisions":[' + b",".join(wire.to_json(one) for one in made) + b"]}")
            return
        from adapter.cli.text import decision_text

        console = results()
        for one in made:
            console.print(decision_text(one), soft_wrap=True)
