"""The simulated region: women, what each EPD holds of them, and the truth. Everything streams, woman by woman."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson

from adapter.model.evidence import Organisation
from adapter.model.sources import SourceInfo
from adapter.simulation import kraamzorg, r4, r4_directory, stu3, verloskunde
from adapter.simulation.organisations import KZ, PARTICIPANTS, SOURCES, VP, ZH
from adapter.simulation.people import Woman
from adapter.simulation.plan import REFERENCE_DAY, Plan
from adapter.simulation.register import adapter_toml, igo_toml
from adapter.simulation.situations import situations
from adapter.simulation.story import Story, tell
from adapter.simulation.truth import PregnancyTruth
from adapter.simulation.writing import JsonObject

_WRITERS: dict[str, Callable[[Woman, Iterable[Story]], tuple[list[JsonObject], str | None]]] = {
    VP: verloskunde.write,
    ZH: r4.write,
    KZ: kraamzorg.write,
}
_DOSSIER_IDS = {VP: verloskunde.dossier_id, ZH: r4.dossier_id, KZ: kraamzorg.dossier_id}
_DIRECTORIES = {VP: stu3.directory, ZH: r4_directory.directory, KZ: stu3.directory}


@dataclass(frozen=True, slots=True)
class Pregnancy:
    """One pregnancy in the region: its plan, its truth, and the truth should a source not answer."""

    plan: Plan
    truth: PregnancyTruth
    without: dict[str, PregnancyTruth]


@dataclass(frozen=True, slots=True)
class Written:
    """One woman as the sources hold her: resources, her Patient reference, and the dossiers of each pregnancy."""

    holdings: dict[str, list[JsonObject]]
    records: dict[str, str]
    dossiers: tuple[tuple[tuple[str, str], ...], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One woman in the region. `situation`, `description`, `citation` are there for the hand-picked ones."""

    woman: Woman
    pregnancies: tuple[Pregnancy, ...]
    situation: str | None = None
    description: str | None = None
    citation: str | None = None
    apart: tuple[tuple[str, ...], ...] = ()

    def written(self) -> Written:
        """What every source holds of her, and where it calls her and her dossiers what."""
        stories = [tell(p.plan) for p in self.pregnancies]
        holdings: dict[str, list[JsonObject]] = {}
        records: dict[str, str] = {}
        for source, write in _WRITERS.items():
            holdings[source], patient = write(self.woman, stories)
            if patient is not None:
                records[source] = patient
        dossiers = tuple(
            tuple((d.source, f"EpisodeOfCare/{_DOSSIER_IDS[d.source](self.woman, s, d)}") for d in s.dossiers)
            for s in stories
        )
        return Written(holdings, records, dossiers)

    def holdings(self) -> dict[str, list[JsonObject]]:
        """What each source holds of her, directory resources left out."""
        return self.written().holdings

    def truth(self, written: Written | None = None) -> JsonObject:
        """Her truth as plain data, with the references of her record and dossiers in every source."""
        written = written or self.written()
        return {
            "woman": self.woman.key,
            "situation": self.situation,
            "description": self.description,
            "citation": self.citation,
            "name": f"{self.woman.given} {self.woman.own_name}",
            "birth_date": self.woman.birth_date,
            "bsn": self.woman.bsn.value,
            "records": written.records,
            "apart": self.apart,
            "pregnancies": [
                {
                    "pregnancy": p.plan.key,
                    "lmp": p.plan.lmp,
                    "edd": p.plan.edd,
                    "dossiers": dossiers,
                    "truth": _plain(p.truth),
                    "truth_without": {source: _plain(truth) for source, truth in p.without.items()},
                }
                for p, dossiers in zip(self.pregnancies, written.dossiers, strict=True)
            ],
        }


def _plain(truth: PregnancyTruth) -> JsonObject:
    plain: JsonObject = orjson.loads(orjson.dumps(truth))
    for outside in plain["outside"]:
        outside["organisation"] = PARTICIPANTS[outside["by"]].agb or PARTICIPANTS[outside["by"]].name
    return plain


@dataclass(frozen=True, slots=True)
class Region:
    """A region whose women come out of `cases()` one at a time, the same ones every time."""

    cases: Callable[[], Iterator[Case]]

    @property
    def sources(self) -> tuple[SourceInfo, ...]:
        """The EPDs of the region, as the adapter would be configured for them."""
        return tuple(_info(s.id) for s in SOURCES)

    def directory(self, source: str) -> list[JsonObject]:
        """Organizations, Practitioners and PractitionerRoles of that source."""
        return _DIRECTORIES[source]()

    def write(self, folder: Path) -> None:
        """Write every source as NDJSON in its own folder, `truth.json`, `igo.toml` and two `adapter*.toml`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "igo.toml").write_text(igo_toml(), encoding="utf-8")
        (folder / "adapter.toml").write_text(adapter_toml("files"), encoding="utf-8")
        (folder / "adapter-fhir.toml").write_text(adapter_toml("fhir"), encoding="utf-8")
        with ExitStack() as stack:
            out: dict[str, BinaryIO] = {}
            for source in SOURCES:
                (folder / source.id).mkdir(exist_ok=True)
                _lines(folder / source.id / "directory.ndjson", self.directory(source.id))
                out[source.id] = stack.enter_context((folder / source.id / "dossiers.ndjson").open("wb"))
            truth = stack.enter_context((folder / "truth.json").open("wb"))
            truth.write(b'{"reference_day": "' + REFERENCE_DAY.isoformat().encode() + b'", "women": [')
            for n, case in enumerate(self.cases()):
                written = case.written()
                for source_id, resources in written.holdings.items():
                    out[source_id].writelines(orjson.dumps(r, option=orjson.OPT_APPEND_NEWLINE) for r in resources)
                truth.write((b",\n" if n else b"\n") + orjson.dumps(case.truth(written)))
            truth.write(b"\n]}\n")


def _lines(path: Path, resources: Iterable[JsonObject]) -> None:
    with path.open("wb") as out:
        out.writelines(orjson.dumps(r, option=orjson.OPT_APPEND_NEWLINE) for r in resources)


def _info(source_id: str) -> SourceInfo:
    p = PARTICIPANTS[source_id]
    source = next(s for s in SOURCES if s.id == source_id)
    organisation = Organisation(f"agb:{p.agb}", p.agb, p.ura, p.name, p.kind)
    return SourceInfo(source_id, p.name, organisation, source.dialect, source.fhir_version)


def picked() -> Iterator[Case]:
    """The hand-picked situations as cases."""
    for s in situations():
        pregnancies = tuple(Pregnancy(p.plan, p.truth, p.without) for p in s.pregnancies)
        yield Case(s.woman, pregnancies, s.id, s.description, s.citation, s.apart)
