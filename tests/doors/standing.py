"""All doors, put together once for all tests of a process: that is most of what such a test takes.

The doors hold on to the application they are built for, and to some of its parts. Here those hand every question on to
the application of the test; what the doors read while they are built (issuer, how long a request may take, who may
frame them) must be as it was for the first application of that kind, else build them with `adapter.asgi.build`.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from adapter.asgi import build


class Standing:
    """Stands for another object, which can be exchanged."""

    def __init__(self, now: Any) -> None:
        self.now = now

    def __getattr__(self, name: str) -> Any:
        return getattr(self.now, name)


class StandingApplication(Standing):
    """One of which the parts that the doors hold on to can be exchanged as well."""

    def __init__(self, now: Any) -> None:
        super().__init__(now)
        self.parts = {name: Standing(getattr(now, name)) for name in ("entrance", "emergencies", "changes", "bounds")}
        self.__dict__.update(self.parts)

    def exchange(self, now: Any) -> None:
        """From here on it stands for this one."""
        self.now = now
        for name, part in self.parts.items():
            part.now = getattr(now, name)


_BUILT: dict[tuple[type, type], tuple[StandingApplication, FastAPI]] = {}


def doors(application: Any) -> FastAPI:
    """The doors of this application, until they are asked for another one of its kind."""
    kind = type(application), type(application.entrance)
    if kind not in _BUILT:
        standing: Any = StandingApplication(application)
        _BUILT[kind] = standing, build(standing)
    standing, app = _BUILT[kind]
    standing.exchange(application)
    return app
