"""What one worker process ends, ends in all of them at once: sessions, consents, and the news of open pages."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter.access import Purpose
from adapter.service.access.tokens import ASSERTION_TYPE
from adapter.service.consents.consent import ConsentDraft, ConsentParty
from support.oidc_provider import free_port
from support.reach_world import ANNA, CODES, agb, care, care_provider, identified, opened, system, woman, written
from support.real_server import Running, configured
from support.systems_configured import KEY
from support.systems_world import jwks, signed

pytestmark = pytest.mark.integration
MANY = 8
"""Connections of their own: the system shares them out over the processes."""
FINDING = "/fhir/stu3/Observation/vp-anna-bevinding"


@dataclass
class Workers:
    """`adapter serve --workers 2` over a woman at a practice and at a maternity care organisation."""

    base: str
    pregnancy: str
    server: Running | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, source: str) -> str:
        """Of the EPD of this organisation."""
        if source not in self.tokens:
            self.tokens[source] = self._token(source)
        return self.tokens[source]

    def _token(self, source: str) -> str:
        now, who = int(time.time()), f"epd-{source}"
        claims = {"iss": who, "sub": who, "aud": f"{self.base}/oauth/token", "iat": now, "exp": now + 240}
        form = {"grant_type": "client_credentials", "scope": "system/*.cruds", "client_assertion_type": ASSERTION_TYPE}
        form["client_assertion"] = signed({**claims, "jti": str(uuid.uuid4())}, KEY)
        return str(httpx.post(f"{self.base}/oauth/token", data=form, timeout=30).json()["access_token"])

    def ask(self, source: str, method: str, address: str, **more: Any) -> httpx.Response:
        """One request, with a token, on a connection of its own."""
        headers = {"Authorization": f"Bearer {self.token(source)}"}
        return httpx.request(method, self.base + address, headers=headers, timeout=30, **more)

    def listen(self, **more: Any) -> Listening:
        """Pages that listen, over several connections."""
        return Listening(f"{self.base}/zwangerschap/{self.pregnancy}/gebeurtenissen", more)


class Listening:
    """Several open pages. `heard`: all that each got, once its stream ended."""

    def __init__(self, address: str, more: Any) -> None:
        self._pool = ThreadPoolExecutor(MANY)
        self._open = [0]
        self._each = [self._pool.submit(self._listen, address, more) for _ in range(MANY)]
        deadline = time.monotonic() + 30
        while self._open[0] < MANY and time.monotonic() < deadline:
            time.sleep(0.02)

    def _listen(self, address: str, more: Any) -> str:
        with httpx.stream("GET", address, timeout=60, **more) as answer:
            parts = answer.iter_text()
            found = [next(parts)]
            self._open[0] += 1
            return "".join([*found, *parts])

    def heard(self) -> list[str]:
        return [one.result(60) for one in self._each]


def configuration(folder: Path, base: str) -> Path:
    """Three organisations whose EPDs are registered; that of the maternity care opens pages by signed links."""
    (folder / "epd.jwks.json").write_bytes(jwks(KEY))
    client = """
[[access.client]]
id = "epd-{0}"
name = "EPD {0}"
agb = "{1}"
source = "{0}"
scopes = ["system/*.cruds"]
jwks_file = "epd.jwks.json"
"""
    clients = "".join(client.format(s, CODES[s]) for s in ("vp", "zh", "kz"))
    launch = '\n[[access.launch]]\nid = "epd-kz"\nsource = "kz"\nclient = "epd-kz"\n'
    holdings = {"vp": woman("vp", "anna", ANNA), "zh": [], "kz": woman("kz", "anna", ANNA)}
    return written(folder, holdings, access=clients + launch, issuer=base)


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    with serving(tmp_path_factory.mktemp("workers")) as found:
        yield found


@contextmanager
def serving(tmp_path: Path) -> Iterator[Workers]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with opened(configuration(tmp_path, base)) as world:
        pregnancy = world.pregnancy("vp")
    with configured(tmp_path, "--port", str(port), "--workers", "2") as server:
        yield Workers(base, pregnancy, server)


def test_consent_withdrawn_in_one_process_is_withdrawn_in_all_of_them_at_once(workers: Workers) -> None:
    consents = f"/api/v1/pregnancies/{workers.pregnancy}/consents"
    said = {"permit": True, "holder": {"organisation": agb("vp")}, "reader": {"organisation": agb("zh")}}
    assert workers.ask("zh", "GET", FINDING).status_code == 404
    made = workers.ask("vp", "POST", consents, json=said)
    assert made.status_code == 201, made.text
    assert {workers.ask("zh", "GET", FINDING).status_code for _ in range(MANY)} == {200}
    listening = workers.listen(headers={"Authorization": f"Bearer {workers.token('zh')}"})
    gone = workers.ask("vp", "POST", f"{consents}/{made.json()['id']}/withdraw", json={})
    assert gone.status_code == 200, gone.text
    assert {workers.ask("zh", "GET", FINDING).status_code for _ in range(MANY)} == {404}
    path = f"/api/v1/pregnancies/{workers.pregnancy}/care-path"
    assert {workers.ask("zh", "GET", path).status_code for _ in range(MANY)} == {404}
    assert all("event: voorbij" in text for text in listening.heard())


def test_logging_out_in_one_process_ends_the_news_in_all_of_them(workers: Workers) -> None:
    now = int(time.time())
    claims = {"iss": "epd-kz", "aud": f"{workers.base}/launch/link", "iat": now, "exp": now + 60, "sub": "k.raam"}
    link = signed({**claims, "jti": str(uuid.uuid4()), "patient": "kz-anna"}, KEY)
    with httpx.Client(base_url=workers.base, timeout=30, headers={"Accept": "text/html"}) as browser:
        page = browser.get("/launch/link", params={"token": link}, follow_redirects=True)
        token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
        assert token is not None, page.text[:500]
        listening = workers.listen(cookies=dict(browser.cookies))
        assert browser.post("/uitloggen", data={"formulier": token[1]}).status_code == 200
    assert all(text.endswith("event: voorbij\nid: \ndata: -\n\n") for text in listening.heard())


def test_open_pages_hold_up_no_process_that_stops(tmp_path: Path) -> None:
    with serving(tmp_path) as workers:
        assert workers.server is not None
        listening = workers.listen(headers={"Authorization": f"Bearer {workers.token('vp')}"})
        began = time.monotonic()
        workers.server.process.send_signal(signal.SIGTERM)
        heard = listening.heard()
        assert time.monotonic() - began < 4, "the grace is five seconds"
        assert all(text.startswith("retry: ") for text in heard)
        assert not any("voorbij" in text for text in heard), "they come back to the next process"
        assert workers.server.process.wait(40) == 0


def test_open_pages_hold_up_no_server_that_others_start(tmp_path: Path) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    config = configuration(tmp_path, base)
    with opened(config) as world:
        pregnancy = world.pregnancy("vp")
    command = [sys.executable, "-m", "uvicorn", "--factory", "adapter.asgi:create", "--port", str(port)]
    environment = {**os.environ, "ADAPTER_CONFIG": str(config), "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 60
            while not answers(f"{base}/health/live") and time.monotonic() < deadline:
                time.sleep(0.05)
            here = Workers(base, pregnancy)
            listening = here.listen(headers={"Authorization": f"Bearer {here.token('vp')}"})
            process.send_signal(signal.SIGTERM)
            assert all(text.startswith("retry: ") for text in listening.heard())
            process.wait(40)
        finally:
            process.kill()


def answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=30).status_code == 200
    except httpx.TransportError:
        return False


def test_the_very_next_read_of_another_application_on_the_store_is_denied(tmp_path: Path) -> None:
    config = configuration(tmp_path, "http://localhost:8000")
    with opened(config) as here, opened(config) as there:
        pregnancy = here.pregnancy("vp")
        reading = there.doors({"zh": identified(system("zh"), Purpose.TREAT)})
        draft = ConsentDraft(True, ConsentParty(agb("vp")), ConsentParty(agb("zh")))
        for _ in range(3):  # what was remembered of the time before does not count
            said = here.says(care_provider("vp"), draft, pregnancy)
            assert reading.get("zh", FINDING).status_code == 200
            assert reading.get("zh", f"/api/v1/pregnancies/{pregnancy}/care-path").status_code == 200
            assert "Observation/vp-anna-bevinding" in reading.found("zh", "Observation")
            assert there.listed(care(system("zh"))) != []
            here.application.consents.withdraw(care(care_provider("vp")), pregnancy, said, "")
            assert reading.get("zh", FINDING).status_code == 404
            assert reading.get("zh", f"/api/v1/pregnancies/{pregnancy}/care-path").status_code == 404
            assert reading.found("zh", "Observation") == []
            assert there.listed(care(system("zh"))) == []
