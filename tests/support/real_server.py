"""`adapter serve` as a process of its own, on a port of its own, over a new store with one STU3 and one R4 source."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CONFIG = """
[store]
url = "sqlite:///adapter.db"
[[source]]
id = "vp"
name = "Verloskundigenpraktijk 't Groen"
agb = "08001234"
kind = "files"
path = "nothing"
fhir_version = "3.0"
dialect = "nictiz-geboortezorg-stu3"
[[source]]
id = "zh"
name = "Ziekenhuis De Wit"
agb = "06011234"
kind = "files"
path = "nothing"
fhir_version = "4.0"
dialect = "nl-core-r4"
[igo]
register = "igo.toml"
"""
REGISTER = """
[igo]
name = "IGO Voorbeeld"
agb = "53000001"
[[member]]
name = "Verloskundigenpraktijk 't Groen"
agb = "08001234"
discipline = "verloskunde"
from = 2017-01-01
"""


@dataclass
class Running:
    """A server that runs, where it is reached, and all that it wrote on standard error."""

    process: subprocess.Popen[str]
    base: str
    said: list[str]


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    """Start it; stop it at the end."""
    (folder / "nothing").mkdir()
    (folder / "adapter.toml").write_text(CONFIG)
    (folder / "igo.toml").write_text(REGISTER)
    with configured(folder, "--port", "0", *options) as server:
        yield server


@contextmanager
def configured(folder: Path, *options: str) -> Iterator[Running]:
    """The same with the `adapter.toml` that stands in this folder."""
    command = [sys.executable, "-m", "adapter", "serve", "--config", "adapter.toml", *options]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "COLUMNS": "200"}
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, env=environment)
    said: list[str] = []
    try:
        line = process.stderr.readline()
        found = re.search(r"http://[0-9.]+:\d+", line)
        assert found, line + process.stderr.read()
        reader = threading.Thread(target=lambda: said.extend(process.stderr))
        reader.start()
        yield Running(process, found[0], said)
    finally:
        process.terminate()
        process.wait(40)
        reader.join(10)
        process.stderr.close()
