"""The command line as a process of its own that has its modules loaded already: loading is most of a short run.

Python's fork server loads them once; every process is a fork of it, with nothing of this one in it.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LOADED = ["adapter.cli", "adapter.cli.pulling", "adapter.bootstrap", "adapter.simulation.register"]


@dataclass(frozen=True)
class Ran:
    """How a process ended, and what it said."""

    status: int
    out: bytes
    err: bytes


def run(code: str, arguments: Sequence[str], timeout: float) -> Ran:
    """Execute Python with these arguments; a process that takes longer is killed, and `TimeoutError` raised."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = context.Process(target=_execute, args=(code, list(arguments), dict(os.environ), str(out), str(err)))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"{arguments} took more than {timeout:.0f} seconds: {err.read_text('utf-8')}")
        return Ran(process.exitcode, out.read_bytes(), err.read_bytes())


def _execute(code: str, arguments: list[str], environment: dict[str, str], out: str, err: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for path, number in ((out, 1), (err, 2)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, number)
        os.close(file)
    sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    sys.argv = ["-c", *arguments]
    exec(code, {"__name__": "__main__"})
