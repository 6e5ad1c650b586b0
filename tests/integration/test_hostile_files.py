"""Files that are out to harm: the folder is read to its end, each fault is named, and nothing outside it is touched."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from adapter.connectors import Ask, Limits, PullOutcome, SourceConfig, connect
from adapter.model.evidence import Organisation
from adapter.model.sources import FhirVersion, Received, SourceInfo, SourceState

NS = 'xmlns="http://hl7.org/fhir"'
OUTSIDE = f'<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/hostname">]><Patient {NS}><id value="&x;"/></Patient>'


class Folder:
    """Pulls a folder; `between` runs when the first part is handed over."""

    def __init__(self, path: Path, between: Any = None, limits: Limits | None = None) -> None:
        info = SourceInfo("map", "Map", Organisation("agb:08001234"), "nictiz", FhirVersion.STU3)
        self.connector = connect(SourceConfig(info, "files", path=path, limits=limits or Limits()))
        self.got: list[Received] = []
        self.between = between

    async def pull(self) -> PullOutcome:
        async def deliver(items: list[Received]) -> None:
            if self.between:
                self.between()
                self.between = None
            self.got.extend(items)

        return await self.connector.pull(Ask(discover=True), deliver)

    @property
    def references(self) -> list[str]:
        return sorted(item.reference for item in self.got)


def patient(id_: str, **more: Any) -> str:
    return json.dumps({"resourceType": "Patient", "id": id_, **more})


def errors(outcome: PullOutcome) -> set[str]:
    return {problem.where for problem in outcome.problems if problem.severity == "error"}


async def test_links_that_go_round_or_nowhere_end(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(patient("a"))
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "self.json").symlink_to(tmp_path / "self.json")
    (tmp_path / "one.json").symlink_to(tmp_path / "two.json")
    (tmp_path / "two.json").symlink_to(tmp_path / "one.json")
    (tmp_path / "gone.json").symlink_to(tmp_path / "nothing.json")
    (tmp_path / "device.json").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.json")  # opening it would wait for ever
    (tmp_path / "folder.json").mkdir()
    folder = Folder(tmp_path)
    outcome = await folder.pull()
    assert (outcome.state, folder.references) == (SourceState.ANSWERED, ["Patient/a"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.json", b""),
        ("nul.json", b"\0" * 4096),
        ("random.json", bytes(range(256)) * 64),
        ("cut.xml", b"<Patient"),
        ("utf16.json", patient("x").encode("utf-16")),
        ("latin1.json", patient("x", name=[{"text": "Zoë"}]).replace("\\u00eb", "ë").encode("latin-1")),
        ("deep.json", b'{"resourceType":"Patient","id":"x","extension":' + b"[" * 200_000),
        ("deep.xml", f"<Patient {NS}>".encode() + b"<extension>" * 50_000),
        ("lines.ndjson", b"\xff\n[]\nnull\n1\n{}\n" + b"[" * 100_000),
        (
            "laughs.xml",
            b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><Patient ' + NS.encode() + b">&b;",
        ),
        ("outside.xml", OUTSIDE.encode()),
        ("utf16.xml", f'<?xml version="1.0" encoding="utf-16"?>{OUTSIDE}'.encode("utf-16")),
    ],
)
async def test_what_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + patient("bom").encode())
    (tmp_path / name).write_bytes(content)
    (tmp_path / "z.json").write_text(patient("z"))
    folder = Folder(tmp_path)
    outcome = await folder.pull()
    assert folder.references == ["Patient/bom", "Patient/z"]
    assert {where.partition(":")[0] for where in errors(outcome)} == {name}
    assert str(tmp_path) not in repr(outcome.problems)


async def test_an_entity_that_grows_takes_no_memory(tmp_path: Path) -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{lol}]><Patient {NS}><id value="&l9;"/></Patient>'
    (tmp_path / "lol.xml").write_text(text)
    tracemalloc.start()
    try:
        outcome = await Folder(tmp_path).pull()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert errors(outcome) == {"lol.xml"}
    assert most < 20_000_000


async def test_an_archive_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p.json", patient("zip") + " " * 10_000_000)
    (tmp_path / "p.json.gz").write_bytes(gzip.compress(patient("gz").encode()))
    (tmp_path / "really.json").write_bytes(gzip.compress(patient("gz").encode()))
    folder = Folder(tmp_path)
    outcome = await folder.pull()
    assert folder.got == []
    assert errors(outcome) == {"really.json"}


async def test_a_file_that_changes_or_goes_while_it_is_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(patient("a"))
    (tmp_path / "b.json").write_text(patient("b"))
    (tmp_path / "c.json").write_text(patient("c"))

    def change() -> None:
        (tmp_path / "b.json").write_text(patient("other"))
        (tmp_path / "c.json").unlink()

    folder = Folder(tmp_path, change, Limits(deliver=1))
    outcome = await folder.pull()
    assert {"Patient/a"} <= set(folder.references) <= {"Patient/a", "Patient/b"}
    assert errors(outcome) == {"b.json", "c.json"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
async def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(patient("a"))
    (tmp_path / "b.json").write_text(patient("b"))
    (tmp_path / "b.json").chmod(0)
    folder = Folder(tmp_path)
    outcome = await folder.pull()
    assert (folder.references, errors(outcome)) == (["Patient/a"], {"b.json"})


async def test_one_line_without_end_is_beyond_the_limit(tmp_path: Path) -> None:
    with (tmp_path / "long.ndjson").open("wb") as file:
        file.truncate(600 * 1024 * 1024)  # sparse: it takes no room
    outcome = await Folder(tmp_path).pull()
    assert errors(outcome) == {"long.ndjson"}
