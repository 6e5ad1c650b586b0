"""`adapter serve` and `adapter worker`, and the HTTP server that `adapter run` shares with them."""

from __future__ import annotations

import asyncio
import ipaddress
import pkgutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapter.cli import options
from adapter.cli.opening import opened
from adapter.cli.output import notes, wrong

if TYPE_CHECKING:
    import uvicorn

    from adapter.service.port import Application


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that runs."""

    address: str
    task: asyncio.Task[None]
    server: uvicorn.Server

    async def stopped(self) -> None:
        """Wait until somebody stops it."""
        await self.task


def _listen(host: str, port: int) -> socket.socket:
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        wrong(f"--host {host}: access is not configured, so only a loopback address (127.0.0.1) is allowed")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        wrong(f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port")
    return listener


@asynccontextmanager
async def serving(application: Application, host: str, port: int) -> AsyncIterator[Serving]:
    """Serve all HTTP doors on a loopback address while the block runs."""
    import uvicorn

    listener = _listen(host, port)
    # By name: doors do not import each other, and this is the one place that starts them.
    build = pkgutil.resolve_name("adapter.asgi:build")
    # No access log: an address may hold what a log may not.
    config = uvicorn.Config(build(application), access_log=False, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    shown = f"[{host}]" if ":" in host else host
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield Serving(f"http://{shown}:{listener.getsockname()[1]}", task, server)
    finally:
        server.should_exit = True
        await task


def serve(
    config: options.Config = None,
    host: options.Host = "127.0.0.1",
    port: options.Port = 8080,
) -> None:
    """Serve pages, JSON API and FHIR endpoints on what is in the store."""
    # Ctrl-C is the way to stop it, not a failure.
    with opened(config) as (application, run_in_loop), suppress(KeyboardInterrupt):
        run_in_loop(_serve(application, host, port))


async def _serve(application: Application, host: str, port: int) -> None:
    async with serving(application, host, port) as server:
        notes().print(f"adapter: serving on {server.address}; stop with Ctrl-C", markup=False)
        await server.stopped()


def worker(config: options.Config = None) -> None:
    """Do queued work until stopped."""
    with opened(config) as (application, run_in_loop):
        notes().print("adapter: worker started; stop with Ctrl-C", markup=False)
        with suppress(KeyboardInterrupt):
            run_in_loop(application.work())
