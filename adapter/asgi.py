"""All HTTP doors together: the JSON API, the FHIR endpoints and the pages.

`uvicorn --factory adapter.asgi:create` serves the configuration that `ADAPTER_CONFIG` names.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from types import FrameType

from fastapi import FastAPI

from adapter import api, web
from adapter.service.port import Application


def build(application: Application) -> FastAPI:
    """One ASGI application with every door."""
    app = api.create_app(application)
    web.install(app, application)
    for route in app.router.routes:  # some are put together when first looked at: now, not at the first request
        route.matches({"type": "http", "method": "GET", "path": "/", "root_path": "", "headers": []})
    application.rehearse()
    return app


def create() -> FastAPI:
    """Open the configured application and serve it."""
    from adapter.access import log
    from adapter.bootstrap import open_application

    log.configure()
    given = os.environ.get("ADAPTER_CONFIG")
    app = build(open_application(Path(given) if given else None))
    _let_go_of_pages(app)
    return app


def _let_go_of_pages(app: FastAPI) -> None:
    """When the server is told to stop: it waits for answers under way, and the news of an open page has no end."""
    if threading.current_thread() is not threading.main_thread():
        return  # signals are somebody else's
    for told in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(told)

        def stop(number: int, frame: FrameType | None, before: object = before) -> None:
            app.state.live.close()
            if callable(before):
                before(number, frame)

        if callable(before):
            signal.signal(told, stop)
