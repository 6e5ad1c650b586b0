"""`adapter whatif`, `adapter test-month`, `adapter redecide`: rules over everything that is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapter.cli import options
from adapter.cli.opening import configuration, context, opened
from adapter.cli.output import results, write_json, wrong


def whatif(
    config: options.Config = None,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", help="Folder of draft rules: a whole set, or files laid over those in force."),
    ] = None,
    register: Annotated[Path | None, typer.Option("--register", help="Draft register (members, contracts).")] = None,
    catalogues: Annotated[Path | None, typer.Option("--catalogues", help="Folder of draft catalogues.")] = None,
    insurer: Annotated[str | None, typer.Option("--insurer", help="Only women insured there (UZOVI).")] = None,
    since: Annotated[str | None, typer.Option("--since", help="Only with a phase that ended from this day.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="… up to this day.")] = None,
    json: options.Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="The phases that change, as a table.")] = False,
) -> None:
    """Whose outcome changes under a draft of rules, register or catalogue; nothing is touched."""
    from adapter.access import Purpose
    from adapter.model import wire
    from adapter.service.payment.sheets import csv_bytes
    from adapter.service.payment.whatif import Draft, Population
    from adapter.service.payment.whatif_sheet import HEADS, rows

    if rules is None and register is None and catalogues is None:
        wrong("give a draft: --rules DIR, --register FILE or --catalogues DIR")
    first = options.day(since, "--since") if since else None
    last = options.day(until, "--until") if until else None
    with opened(config) as (application, _), configuration(config):
        report = application.payment.trials.trial(
            context(Purpose.HPAYMT), Draft(rules, register, catalogues), Population(insurer, first, last)
        )
    if json:
        write_json(wire.to_json(report))
    elif csv:
        write_json(csv_bytes(HEADS, rows(report)).rstrip(b"\n"))
    else:
        console = results()
        for total in report.totals:
            if total.before != total.after:
                text = f"{total.phase}, {total.insurer}: {total.count} van {total.before} naar {total.after}"
                console.print(f"{text} ({total.amount_before / 100:.2f} → {total.amount_after / 100:.2f} euro)")
        for member in report.members:
            if member.changed:
                said = f"{member.changed} van {member.pregnancies} anders, {member.to_niet_igo} fasen naar niet-IGO"
                console.print(f"{member.member}: {said}, {member.to_igo} naar IGO", markup=False)
        console.print(f"bekeken: {report.looked_at}, anders: {len(report.changed)}, niet te lezen: {report.unreadable}")
        console.print("er is niets gewijzigd")


def test_month(
    month: Annotated[str, typer.Argument(help="The month, 2024-07.")],
    config: options.Config = None,
    json: options.Json = False,
) -> None:
    """What would be claimed for the phases that ended in a month; nothing is sent or kept."""
    from adapter.access import Purpose
    from adapter.model import wire

    year, _, number = month.partition("-")
    if not (len(month) == 7 and year.isdigit() and number.isdigit() and 1 <= int(number) <= 12 and int(year) > 1999):
        wrong("give a month such as 2024-07")
    with opened(config) as (application, _):
        report = application.payment.month.report(context(Purpose.HPAYMT), int(year), int(number))
    if json:
        write_json(wire.to_json(report))
        return
    console = results()
    for total in report.totals:
        amounts = f"{total.amount_ready / 100:.2f} euro klaar, {total.amount_blocked / 100:.2f} euro nog niet"
        console.print(f"{total.insurer}: {total.prestatie}: {total.ready} klaar, {total.blocked} nog niet ({amounts})")
    for why, count in report.blocked.items():
        console.print(f"tegengehouden, {count} keer: {why}", markup=False)
    said = f"{report.igo} IGO, {report.niet_igo} niet-IGO, {report.onbepaald} onbepaald"
    console.print(f"{report.month}: {report.phases} fasen geëindigd: {said}; er is niets verstuurd")


def redecide(config: options.Config = None, json: options.Json = False) -> None:
    """Decide everything again by the rules, register and catalogue in force; unchanged outcomes keep their decision."""
    from adapter.access import SYSTEM, Context, Purpose
    from adapter.model import wire

    with opened(config) as (application, _):
        report = application.payment.runs.run(Context(SYSTEM, Purpose.HOPERAT))
    if json:
        write_json(wire.to_json(report))
        return
    said = f"gelijk {report.upheld}, anders {report.changed}, niet te lezen {report.unreadable}"
    results().print(f"opnieuw besloten: {said} (rules {report.rules}, {report.processes} processen)")
