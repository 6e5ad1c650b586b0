"""`adapter serve --workers`: several processes, one address, one store.

What one of them ends, ends in all of them at once: sessions, consents, the news of open pages. All end together.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
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
looks_at_processes = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at /proc")
MANY = 8
"""Connections of their own: the system shares them out over the processes."""
FINDING = "/fhir/stu3/Observation/vp-anna-bevinding"


@dataclass
class Workers:
    """`adapter serve --workers 2` over a woman at a practice and at a maternity care organisation."""

    base: str
    pregnancy: str
    server: Running
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
            time.sleep(0.02)  # between two looks: nothing tells when they are open

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
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Workers]]:
    """The server that runs; another one where a test has stopped it. Starting one takes many seconds."""
    with ExitStack() as stack:
        found: list[Workers] = []

        def standing() -> Workers:
            if not found or found[-1].server.process.poll() is not None:
                found.append(stack.enter_context(serving(tmp_path_factory.mktemp("workers"))))
            return found[-1]

        yield standing


@pytest.fixture
def workers(standing: Callable[[], Workers]) -> Workers:
    return standing()


@contextmanager
def serving(tmp_path: Path) -> Iterator[Workers]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with opened(configuration(tmp_path, base)) as world:
        pregnancy = world.pregnancy("vp")
    with configured(tmp_path, "--port", str(port), "--workers", "2") as server:
        yield Workers(base, pregnancy, server)


def children(process: subprocess.Popen[str]) -> list[int]:
    """The processes that serve."""
    text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    names = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in map(int, text.split())}
    return [pid for pid, name in names.items() if "resource_tracker" not in name]


@looks_at_processes
def test_what_one_process_wrote_the_others_know(workers: Workers) -> None:
    assert len(children(workers.server.process)) == 2
    for n in range(6):
        made = workers.ask("vp", "PUT", f"/fhir/stu3/Patient/w{n}", json={"resourceType": "Patient", "id": f"w{n}"})
        assert made.status_code == 201, made.text
    for n in range(6):  # a connection each
        assert workers.ask("vp", "GET", f"/fhir/stu3/Patient/w{n}").status_code == 200


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


@looks_at_processes
def test_open_pages_hold_up_no_process_that_stops_and_all_end_together(workers: Workers) -> None:
    pids = children(workers.server.process)
    listening = workers.listen(headers={"Authorization": f"Bearer {workers.token('vp')}"})
    began = time.monotonic()
    workers.server.process.send_signal(signal.SIGTERM)
    heard = listening.heard()
    assert time.monotonic() - began < 4, "the grace is five seconds"
    assert all(text.startswith("retry: ") for text in heard)
    assert not any("voorbij" in text for text in heard), "they come back to the next process"
    assert workers.server.process.wait(40) == 0
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


@looks_at_processes
def test_where_one_dies_the_others_do_not_go_on(workers: Workers) -> None:
    pids = children(workers.server.process)
    os.kill(pids[0], signal.SIGKILL)
    assert workers.server.process.wait(40) == 1
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)  # between two looks: they are not our children, so nothing tells that they ended
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_open_pages_hold_up_no_server_that_others_start(tmp_path: Path) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    config = configuration(tmp_path, base)
    with opened(config) as world:
        pregnancy = world.pregnancy("vp")
    command = [sys.executable, "-m", "uvicorn", "--factory", "adapter.asgi:create", "--port", str(port)]
    environment = {**os.environ, "ADAPTER_CONFIG": str(config), "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            deadline = time.monotonic() + 60
            while not answers(f"{base}/health/live") and time.monotonic() < deadline:
                time.sleep(0.05)  # between two looks: a server says nothing when it can be asked
            here = Workers(base, pregnancy, Running(process, base, []))
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
