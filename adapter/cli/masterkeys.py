"""`adapter keys`: another master key while everything runs on."""

from __future__ import annotations

import typer

from adapter.cli import options
from adapter.cli.opening import configuration
from adapter.cli.output import notes, results, wrong

app = typer.Typer(no_args_is_help=True)

_IN_ENVIRONMENT = (
    "the master key stands in ADAPTER_MASTER_KEY: (1) start every process with the new key in"
    " ADAPTER_MASTER_KEY_OLDER, (2) then with the new key in ADAPTER_MASTER_KEY and the old one in"
    " ADAPTER_MASTER_KEY_OLDER, (3) run `adapter keys rewrap`, (4) then leave the old one out"
)


@app.callback()
def keys() -> None:
    """The master keys of the store."""


@app.command()
def status(config: options.Config = None) -> None:
    """Which master keys there are, by fingerprint, and how many data keys each wraps."""
    from adapter.bootstrap.keeping import keeping

    with configuration(config), keeping(config) as kept:
        wrapped = kept.store.masters()
        held = kept.ring.fingerprints
    for at, master in enumerate((*held, *sorted(set(wrapped) - set(held)))):
        where = "in use" if at == 0 else "older" if master in held else "NOT ON THE RING"
        results().print(f"{master}  {where}: wraps {wrapped.get(master, 0)} data keys", markup=False)


@app.command()
def rotate(config: options.Config = None) -> None:
    """Make a new master key, put it in front, and wrap every data key under it. Processes that run follow."""
    from adapter.bootstrap.keeping import keeping
    from adapter.store import KeyRingError
    from adapter.store.keys import rotate as put_in_front

    with configuration(config), keeping(config) as kept:
        if kept.key_file is None:
            wrong(_IN_ENVIRONMENT)
        try:
            fresh = put_in_front(kept.key_file)
        except KeyRingError as error:
            wrong(str(error))
        notes().print(f"adapter: {fresh} is the master key now; back up {kept.key_file}", markup=False, soft_wrap=True)
        changed = kept.store.rewrap(told=_told)
    results().print(
        f"{changed} data keys wrapped under {fresh}; `adapter keys drop` takes out the old one", markup=False
    )


@app.command()
def rewrap(config: options.Config = None) -> None:
    """Wrap every data key under the master key in use; goes on where an earlier run was broken off."""
    from adapter.bootstrap.keeping import keeping

    with configuration(config), keeping(config) as kept:
        changed = kept.store.rewrap(told=_told)
        current = kept.ring.current
    results().print(f"{changed} data keys wrapped under {current}", markup=False)


@app.command()
def drop(config: options.Config = None) -> None:
    """Take the keys out of the key file that wrap nothing any more. Keep them as long as backups that need them."""
    from adapter.bootstrap.keeping import keeping
    from adapter.store import KeyRingError
    from adapter.store.keys import drop as take_out

    with configuration(config), keeping(config) as kept:
        if kept.key_file is None:
            wrong(_IN_ENVIRONMENT)
        try:
            gone = take_out(kept.key_file, kept.store.masters())
        except KeyRingError as error:
            wrong(str(error))
    results().print(f"taken out: {', '.join(gone)}" if gone else "every key is still needed", markup=False)


def _told(done: int) -> None:
    notes().print(f"adapter: {done} data keys wrapped", markup=False)
