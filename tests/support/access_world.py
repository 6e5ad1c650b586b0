"""A whole service with access configured, beside a certified provider that also plays an EPD; one woman in store."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import uvicorn
from joserfc.jwk import ECKey

from adapter import bootstrap
from adapter.asgi import build
from adapter.simulation.region import Region, picked
from support.oidc_provider import SECRET, free_port, running

AT = datetime(2024, 7, 29, 12, tzinfo=UTC)
SITUATION = "thuisbevalling-alles-binnen"
LINKER = "epd-linde-link"


@dataclass
class Service:
    """`site`: its address; `issuer`: the provider's; `patient`: the woman's id at `vp-linde`; `key` signs links."""

    site: str
    issuer: str
    patient: str
    key: ECKey


def configure(folder: Path, site: str, issuer: str, key: ECKey) -> Path:
    """`[access]` behind the configuration of the region."""
    (folder / "secret.txt").write_text(SECRET + "\n", "utf-8")
    (folder / "jwks.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}), "utf-8")
    config = folder / "adapter.toml"
    added = f"""
[access]
issuer = "{site}"

[access.people]
issuer = "{issuer}"
client_id = "adapter"
client_secret_file = "secret.txt"
name = "Verloskundigen De Linde"
organisation_claim = "agb"
organisation_kind = "agb"

[access.people.roles]
arts = ["zorgverlener"]
controle = ["igo-controller"]

[[access.client]]
id = "{LINKER}"
name = "EPD van De Linde"
agb = "08999901"
jwks_file = "jwks.json"

[[access.launch]]
id = "epd-linde"
source = "vp-linde"
fhir = "{issuer}/fhir"
client_id = "adapter-bij-epd"
client_secret_file = "secret.txt"
client = "{LINKER}"
"""
    config.write_text(config.read_text("utf-8") + added, "utf-8")
    return config


@contextmanager
def open_service(folder: Path) -> Iterator[Service]:
    """All of it, until the end of the block. Skips where the provider cannot be had."""
    Region(lambda: iter([next(c for c in picked() if c.situation == SITUATION)])).write(folder)
    lines = (folder / "vp-linde" / "dossiers.ndjson").read_text("utf-8").splitlines()
    patient = next(r["id"] for line in lines if (r := json.loads(line))["resourceType"] == "Patient")
    port, key = free_port(), ECKey.generate_key("P-384", {"kid": "link", "use": "sig"})
    site = f"http://127.0.0.1:{port}"
    with running(site, patient) as issuer, _serving(configure(folder, site, issuer, key), port):
        yield Service(site, issuer, patient, key)


@contextmanager
def _serving(config: Path, port: int) -> Iterator[None]:
    """Pull, and serve until the end of the block: all in one event loop, in a thread."""
    server: list[uvicorn.Server] = []

    async def serve() -> None:
        application = bootstrap.open_application(config, clock=lambda: AT)
        try:
            await application.pull()
            settings = uvicorn.Config(
                build(application), port=port, access_log=False, log_level="warning", lifespan="off"
            )
            server.append(uvicorn.Server(settings))
            await server[0].serve()
        finally:
            await application.aclose()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        while thread.is_alive() and not (server and server[0].started):
            time.sleep(0.02)
        yield
    finally:
        if server:
            server[0].should_exit = True
        thread.join()


_FORM = re.compile(r'<form[^>]*action="(?P<action>[^"]+)"[^>]*>(?P<inside>.*?)</form>', re.DOTALL)
_INPUT = re.compile(r'<input[^>]*name="(?P<name>[^"]+)"(?:[^>]*value="(?P<value>[^"]*)")?')


class Browser:
    """Follows redirects and fills in the provider's pages, as a person would."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.client = httpx.Client(follow_redirects=True, headers={"Accept": "text/html"}, trust_env=False)

    def get(self, address: str, **how: Any) -> httpx.Response:
        return self.client.get(urljoin(self.service.site, address), **how)

    def post(self, address: str, **form: str) -> httpx.Response:
        return self.client.post(urljoin(self.service.site, address), data=form)

    def log_in(self, who: str, address: str = "/inloggen/start") -> httpx.Response:
        """Through the pages of the provider; gives the page one ends up at."""
        page = self.get(address)
        for _ in range(4):
            if urlsplit(str(page.url)).netloc != urlsplit(self.service.issuer).netloc:
                return page
            page = self.submit(page, login=who, password="wat dan ook")
        raise AssertionError(f"still at the provider: {page.url}")

    def submit(self, page: httpx.Response, **filled: str) -> httpx.Response:
        """Send the first form of a page."""
        form = _FORM.search(page.text)
        assert form is not None, page.text[:300]
        given = {m["name"]: unescape(m["value"] or "") for m in _INPUT.finditer(form["inside"])}
        given |= filled
        return self.client.post(urljoin(str(page.url), unescape(form["action"])), data=given)
