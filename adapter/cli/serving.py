"""`adapter serve` and `adapter worker`, and the HTTP server that `adapter run` shares with them."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapter.cli import options
from adapter.cli.opening import configuration, opened
from adapter.cli.output import notes, wrong

if TYPE_CHECKING:
    from adapter.service.port import Application

_BACKLOG = 2048
_SHARED = sys.platform == "linux"
"""Elsewhere an address that is shared (SO_REUSEPORT) goes to the last that came."""
_GRACE = 5  # seconds that answers under way get when we are stopped


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that runs."""

    address: str
    task: asyncio.Task[None]

    async def stopped(self) -> None:
        """Wait until it stops."""
        await asyncio.wait([self.task])  # who stops waiting does not stop the server
        self.task.result()


def listen(config: Path | None, host: str | None, port: int | None, *, several: bool = False) -> socket.socket:
    """A listener on the options, or on what `[serve]` says. Ends the command with status 2 where that cannot be.

    `several`: where the system can share an address, it holds the address alone; each process listens for itself.
    """
    if host is not None:
        _allowed(host, "--host", config)
    if host is None or port is None:
        from adapter.bootstrap import listening

        with configuration(config):
            configured_host, configured_port = listening(config)
        if host is None:
            host = configured_host
            _allowed(host, "[serve] host", config)
        port = configured_port if port is None else port
    return _listener(host, port, several=several)


def _allowed(host: str, given_by: str, config: Path | None) -> None:
    from adapter.access import binding_allowed, is_loopback

    configured = False
    if not is_loopback(host):
        from adapter.bootstrap import reachable_safely

        with configuration(config):
            configured = reachable_safely(config)
    binding = binding_allowed(host, configured)
    if not binding.allowed:
        wrong(f"{given_by}: {binding.why}")


def another(listener: socket.socket) -> socket.socket:
    """A listener of this process beside those of others on the same address: the system shares connections out among
    them evenly, where one listener for all gives most of them to whoever looks first.
    """
    if not _SHARED:
        return listener
    own = socket.socket(listener.family)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    own.bind(listener.getsockname())
    own.listen(_BACKLOG)
    return own


def _listener(host: str, port: int, *, several: bool) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        if several and _SHARED and port:  # somebody else's listener that shares its address would share ours
            _listener(host, port, several=False).close()
        if several and _SHARED:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host.strip("[]"), port))
        if not (several and _SHARED):
            listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        wrong(f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port")
    return listener


@asynccontextmanager
async def serving(application: Application, listener: socket.socket) -> AsyncIterator[Serving]:
    """Serve all HTTP doors while the block runs."""
    import uvicorn

    from adapter.asgi import build

    # No access log: an address may hold what a log may not.
    app, proxies = build(application), application.entrance.proxies
    _let_rest()
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        lifespan="off",
        timeout_graceful_shutdown=_GRACE,
        # What stands in front is believed where the configuration names it; else the peer is who it says.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
    )
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[assignment,method-assign] # signals are ours: we have more to stop
    host, port = listener.getsockname()[:2]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield Serving(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}", task)
    finally:
        app.state.live.close()  # or an open page keeps the server up until its grace is over
        server.should_exit = True
        await asyncio.wait([task])


def _let_rest() -> None:
    """What is loaded now stays: it is not looked over for garbage again and again, in the middle of answers.

    What an answer leaves behind goes by itself; rings are few, so looking for them seldom is soon enough.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def serve(
    config: options.Config = None,
    host: options.Host = None,
    port: options.Port = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes that serve side by side.")] = 1,
) -> None:
    """Serve pages, JSON API and FHIR endpoints on what is in the store."""
    gc.disable()  # until it serves: what is loaded stays, and looking for garbage in it is a sixth of the start
    try:
        listener = listen(config, host, port, several=workers > 1)
        if workers > 1:
            from adapter.cli.sharing import share

            raise typer.Exit(share(config, listener, workers))
        # Ctrl-C is the way to stop it, not a failure.
        with opened(config, quick=True) as (application, run_in_loop), suppress(KeyboardInterrupt):
            run_in_loop(_serve(application, listener))
    finally:
        gc.enable()


async def _serve(application: Application, listener: socket.socket) -> None:
    async with serving(application, listener) as server:
        notes().print(f"adapter: serving on {server.address}; stop with Ctrl-C", markup=False)
        await server.stopped()


@asynccontextmanager
async def meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do this as well while the block runs."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _work(application: Application) -> None:
    async with meanwhile(application.go_round()):
        await application.work()


def worker(config: options.Config = None) -> None:
    """Do queued work until stopped."""
    with opened(config) as (application, run_in_loop):
        notes().print("adapter: worker started; stop with Ctrl-C", markup=False)
        with suppress(KeyboardInterrupt):
            run_in_loop(_work(application))
