"""Several processes that serve one listener: `adapter serve --workers`."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import socket
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from typing import TYPE_CHECKING

from adapter.cli.opening import opened
from adapter.cli.output import notes

if TYPE_CHECKING:
    from adapter.service.port import Application

_STOP_SECONDS = 15.0


def share(config: Path | None, listener: socket.socket, count: int) -> int:
    """Serve in that many processes until stopped; gives the exit status.

    Where one of them ends by itself the others are stopped too: what started us starts us anew, and nothing runs on
    at half strength unseen.
    """
    context = multiprocessing.get_context("spawn")
    listening = context.Semaphore(0)
    given = (config, listener, listening)
    workers = [context.Process(target=_serve, args=given, name=f"serve {n + 1}") for n in range(count)]
    try:
        for worker in workers:
            worker.start()
        for _ in workers:
            while not listening.acquire(timeout=0.1) and all(w.is_alive() for w in workers):
                pass
        host, port = listener.getsockname()[:2]
        notes().print(f"adapter: {count} processes serve on http://{host}:{port}; stop with Ctrl-C", markup=False)
        ended = wait([worker.sentinel for worker in workers])
        gone = next(worker for worker in workers if worker.sentinel in ended)
        notes().print(f"adapter: process '{gone.name}' ended; the others are stopped", markup=False)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        _stop([worker for worker in workers if worker.pid is not None])


def _stop(workers: list[BaseProcess]) -> None:
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(_STOP_SECONDS)
        if worker.is_alive():
            worker.kill()
            worker.join()


def _serve(config: Path | None, address: socket.socket, listening: Semaphore) -> None:
    gc.disable()  # until it serves
    from adapter.cli.serving import another, serving
    from adapter.service.processes import end_with_parent

    os.setsid()  # Ctrl-C goes to whoever started us, who then tells us
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    end_with_parent()
    listener = another(address)
    listening.release()  # who asks now is answered as soon as the rest is there

    async def serve(application: Application) -> None:
        async with serving(application, listener) as server:
            await server.stopped()

    with suppress(KeyboardInterrupt), opened(config, quick=True) as (application, run_in_loop):
        run_in_loop(serve(application))
