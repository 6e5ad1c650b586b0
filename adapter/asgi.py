"""All HTTP doors together: the JSON API, the FHIR endpoints and the pages.

`uvicorn --factory adapter.asgi:create` serves the configuration that `ADAPTER_CONFIG` names.
"""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI

from adapter import api, web
from adapter.service.port import Application


def build(application: Application) -> FastAPI:
    """One ASGI application with every door."""
    app = api.create_app(application)
    web.install(app, application)
    for route in app.router.routes:  # some are put together when first looked at: now, not at the first request
        route.matches({"type": "http", "method": "GET", "path": "/", "root_path": "", "headers": []})
    return app


def create() -> FastAPI:
    """Open the configured application and serve it."""
    from adapter.access import log
    from adapter.bootstrap import open_application

    log.configure()
    given = os.environ.get("ADAPTER_CONFIG")
    return build(open_application(Path(given) if given else None))
