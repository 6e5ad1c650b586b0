"""All doors, put together once for all tests of a process: that is most of what such a test takes.

The doors hold on to the application they are built for. Here that is one that hands every question on to the
application of the test, and its entrance to that of the test; what the doors read while they are built (bounds, issuer,
who may frame them) must be as it was for the first with that kind of entrance, else build them with
`adapter.asgi.build`.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from adapter.asgi import build
from doors.sample import SampleApplication


class Standing:
    """Stands for another object, which can be exchanged."""

    def __init__(self, now: Any) -> None:
        self.now = now

    def __getattr__(self, name: str) -> Any:
        return getattr(self.now, name)


class StandingApplication(Standing):
    """One whose entrance can be exchanged as well."""

    def __init__(self, now: SampleApplication) -> None:
        super().__init__(now)
        self.entrance = Standing(now.entrance)


_BUILT: dict[type, tuple[StandingApplication, FastAPI]] = {}


def doors(application: SampleApplication) -> FastAPI:
    """The doors of this application, until they are asked for another one."""
    kind = type(application.entrance)
    if kind not in _BUILT:
        standing: Any = StandingApplication(application)
        _BUILT[kind] = standing, build(standing)
    standing, app = _BUILT[kind]
    standing.now, standing.entrance.now = application, application.entrance
    return app
