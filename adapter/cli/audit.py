"""`adapter audit`: is the audit log whole, where does it end, and take out what is older than it must be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from adapter.cli import options
from adapter.cli.opening import configuration
from adapter.cli.output import FAILED, results, write_json, wrong

if TYPE_CHECKING:
    from adapter.store import AuditHead

app = typer.Typer(no_args_is_help=True)
Head = Annotated[
    str | None,
    typer.Option("--head", help="A head noted earlier (LINE:HASH): it must be part of the log still."),
]


@app.callback()
def audit() -> None:
    """The audit log."""


@app.command()
def verify(config: options.Config = None, head: Head = None, json: options.Json = False) -> None:
    """Go over every line; names the first that was changed or is gone (exit status 1)."""
    from adapter.access import log
    from adapter.bootstrap.keeping import keeping
    from adapter.model import wire

    noted = _noted(head)
    with configuration(config), keeping(config) as kept:
        proof = kept.store.prove_audit(noted)
    if json:
        write_json(wire.to_json(proof))
    elif proof.broken is None:
        text = f"whole: lines {proof.first} to {proof.last}" if proof.last >= proof.first else "whole: no lines yet"
        results().print(f"{text}; head {proof.last}:{proof.head}", markup=False, soft_wrap=True)
    else:
        log.configure()
        log.AUDIT_BROKEN.log(line=proof.broken)
        results().print(f"BROKEN at line {proof.broken}: {proof.why}", markup=False, soft_wrap=True)
    if proof.broken is not None:
        raise typer.Exit(FAILED)


@app.command()
def head(config: options.Config = None) -> None:
    """The number and hash of the last line, to note where nobody who can change the database can change it."""
    from adapter.bootstrap.keeping import keeping

    with configuration(config), keeping(config) as kept:
        last = kept.store.audit_head()
    typer.echo(f"{last.lines}:{last.chain}")


@app.command()
def prune(config: options.Config = None) -> None:
    """Take out what is older than [access.limits] log_years; what remains can be proved as before."""
    from adapter.bootstrap.keeping import keeping
    from adapter.store import StoreError

    with configuration(config), keeping(config) as kept:
        try:
            gone = kept.prune()
        except StoreError as error:
            results().print(f"BROKEN: {error}", markup=False, soft_wrap=True)
            raise typer.Exit(FAILED) from None
    results().print(f"{gone} lines older than {kept.log_years} years taken out", markup=False)


def _noted(text: str | None) -> AuditHead | None:
    from adapter.store import AuditHead

    if text is None:
        return None
    lines, _, chain = text.strip().partition(":")
    if not (lines.isascii() and lines.isdigit() and len(chain) == 64):
        wrong("--head: write it as `adapter audit head` printed it: LINE:HASH")
    return AuditHead(int(lines), chain.lower())
