"""A certified OpenID provider for the tests: npm `oidc-provider`, installed once into a folder that is kept.

It needs node and npm; where they are not, or nothing can be installed, the tests are skipped with the reason. The
folder is ADAPTER_OIDC_PROVIDER, or one in the user's cache.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "oidc"
SECRET = "een-geheim-voor-de-test-en-niets-anders"
PEOPLE = {
    "verloskundige": {"name": "Vera Kundige", "roles": ["arts"], "agb": "08999901"},
    "controller": {"name": "Coen Trool", "roles": ["controle"], "agb": "08999901"},
    "bezoeker": {"name": "Ben Zoek", "roles": ["bezoek"]},
}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def installed() -> Path:
    """The folder with node_modules; skips, visibly, where it cannot be had."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no OpenID provider: node and npm are not installed")
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]["oidc-provider"]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("ADAPTER_OIDC_PROVIDER") or cache / f"adapter-oidc-provider-{wanted}")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of test processes side by side, one installs
        if not (folder / "installed").exists():
            shutil.copy(HERE / "package.json", folder / "package.json")
            command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"]
            done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=180)
            if done.returncode:
                pytest.skip(f"no OpenID provider: npm cannot install it ({done.stderr.strip()[-300:]})")
            (folder / "installed").touch()
    return folder


def clients(site: str) -> list[dict[str, Any]]:
    """The service, as it is registered with its own provider and with an EPD."""
    ours = {
        "client_id": "adapter",
        "client_secret": SECRET,
        "redirect_uris": [f"{site}/inloggen/terug"],
        "post_logout_redirect_uris": [f"{site}/uitgelogd"],
        "backchannel_logout_uri": f"{site}/uitloggen/provider",
        "backchannel_logout_session_required": True,
    }
    back = f"{site}/launch/terug/epd-linde"
    theirs = {"client_id": "adapter-bij-epd", "client_secret": SECRET, "redirect_uris": [back]}
    return [ours, theirs]


@contextmanager
def running(site: str, patient: str = "", people: Mapping[str, Any] = PEOPLE) -> Iterator[str]:
    """The issuer of a provider that knows the service at `site` and these people (any password does).

    As an EPD (its FHIR address is below `/fhir`) it launches with this Patient id.
    """
    folder, port = installed(), free_port()
    given = json.dumps({"port": port, "clients": clients(site), "people": people, "patient": patient})
    command = [shutil.which("node") or "node", "--experimental-global-webcrypto", str(HERE / "provider.mjs"), given]
    with (folder / f"log-{port}").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            pytest.fail(f"the provider does not start: {(folder / f'log-{port}').read_text()[-500:]}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
        (folder / f"log-{port}").unlink(missing_ok=True)
