"""All doors, put together once for all tests of a process: that is most of what such a test takes.

The doors hold on to the application they are built for. Here that is one that hands every question on to the
application of the test; what the doors read while they are built (entrance, bounds, who may frame them) must be as
`SampleApplication` has it, else build them anew with `adapter.asgi.build`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import FastAPI

from adapter.asgi import build
from doors.sample import SampleApplication


class Standing:
    """Stands for another object, which can be exchanged."""

    def __init__(self, now: object) -> None:
        self.now = now

    def __getattr__(self, name: str) -> Any:
        return getattr(self.now, name)


def doors(application: SampleApplication) -> FastAPI:
    """The doors of this application, until they are asked for another one."""
    standing, app = _built()
    standing.now = application
    return app


@cache
def _built() -> tuple[Standing, FastAPI]:
    standing = Standing(SampleApplication())
    return standing, build(standing)
