"""The simulated region as claims projections, without a store or a server: read, linked by its truth, projected.

Whose dossier is whose is taken from the truth (linking has tests of its own); everything else is the real engine. An
answer can be taken away: of a source about one woman, or a single statement in what a source says.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson

from adapter import carepath, facts
from adapter.bootstrap.register import load_igo
from adapter.carepath import PregnancyInput
from adapter.model.facts import SourceFacts, Statement
from adapter.model.moments import day_of
from adapter.model.projection import ClaimsProjection
from adapter.model.register import Igo
from adapter.model.sources import FhirVersion, Media, Received, RecordKey, SourceState, StoredVersion
from adapter.service.asked_sources import path_sources
from adapter.service.rooms import Rooms, SourceSetup
from adapter.service.views import Views
from adapter.simulation import generate
from adapter.simulation.generate import Rates
from adapter.simulation.organisations import SOURCES
from adapter.simulation.plan import REFERENCE_DAY
from adapter.simulation.region import Case, picked
from adapter.simulation.register import igo_toml
from adapter.simulation.truth import PregnancyTruth
from adapter.store import Answer

MAPPINGS = Path(__file__).parents[2] / "mappings"
NOW = datetime(2024, 7, 29, 12, tzinfo=UTC)
Drop = Callable[[Statement], bool]


@dataclass(frozen=True)
class Seen:
    """One pregnancy as the adapter projects it, and the truth about it."""

    key: str
    projection: ClaimsProjection
    truth: PregnancyTruth


@cache
def igo() -> Igo:
    """The register of the region."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "igo.toml"
        path.write_text(igo_toml(), "utf-8")
        return load_igo(path)


@cache
def dialects() -> facts.Dialects:
    return facts.load_dialects(MAPPINGS)


@cache
def _region() -> Any:
    return generate(1, 0)


@cache
def _directory(source: str) -> tuple[StoredVersion, ...]:
    return tuple(_stored(source, r, None) for r in _region().directory(source))


def _stored(source: str, resource: dict[str, Any], woman: str | None) -> StoredVersion:
    version = next(FhirVersion(s.fhir_version) for s in SOURCES if s.id == source)
    kind, id = resource["resourceType"], resource["id"]
    body = orjson.dumps(resource)
    return StoredVersion(Received(source, version, Media.JSON, kind, id, None, body, woman, woman), 1, NOW)


@dataclass(frozen=True)
class Held:
    """One woman of the region, read: her facts per source."""

    case: Case
    facts: tuple[SourceFacts, ...]
    dossiers: tuple[tuple[tuple[str, str], ...], ...]


def held(case: Case) -> Held:
    written = case.written()
    infos = {i.id: i for i in _region().sources}
    found = []
    for source, reference in written.records.items():
        versions = [_stored(source, r, reference) for r in written.holdings[source]]
        record = RecordKey(source, reference)
        info = infos[source]
        read = facts.read(record, versions, _directory(source), info, dialects().get(info.dialect))
        found.append(replace(read, resources=len(versions)))
    return Held(case, tuple(found), written.dossiers)


@cache
def women(generated: int, seed: int = 3) -> tuple[Held, ...]:
    """The hand-picked women, and so many generated ones."""
    cases = [*picked(), *islice(generate(seed, generated, Rates()).cases(), generated)]
    return tuple(held(case) for case in cases)


def _rooms(given: Held, silent: Collection[str]) -> Rooms:
    infos = {i.id: i for i in _region().sources}
    bsn = next((f.woman.bsn for f in given.facts if f.woman.bsn and f.source not in silent), None)
    answers = []
    for source in infos:
        record = next((f.woman.reference for f in given.facts if f.source == source), None)
        if source in silent:
            answers.append(Answer(source, record, bsn, SourceState.FAILED, NOW, "storing"))
        elif record is not None or bsn is not None:
            answers.append(Answer(source, record, bsn, SourceState.ANSWERED, NOW, None))
    store = SimpleNamespace(answers_for=lambda *_: answers)
    setups = {i: SourceSetup(info, None, None, True) for i, info in infos.items()}  # type: ignore[arg-type]
    fields: dict[str, Any] = dict.fromkeys(Rooms.__dataclass_fields__)
    fields |= {"store": store, "sources": setups, "igo": igo(), "zorgpad": zorgpad(), "clock": lambda: NOW}
    return Rooms(**fields)


@cache
def zorgpad() -> Any:
    return carepath.load_zorgpad(MAPPINGS)


def project(given: Held, silent: Collection[str] = (), drop: Drop = lambda _: False) -> Iterator[Seen]:
    """Her pregnancies, as far as the sources that answer hold a dossier of them."""
    heard = tuple(
        replace(f, statements=tuple(s for s in f.statements if not drop(s)))
        for f in given.facts
        if f.source not in silent
    )
    rooms = _rooms(given, silent)
    views = Views(rooms, None)  # type: ignore[arg-type]
    records = [RecordKey(f.source, f.woman.reference) for f in heard]
    every = frozenset((f.source, d.reference) for f in heard for d in f.dossiers)
    for pregnancy, dossiers in zip(given.case.pregnancies, given.dossiers, strict=True):
        mine = frozenset(dossiers) & every
        if not mine:
            continue
        sources = path_sources(rooms, records, heard, mine, None)
        key = pregnancy.plan.key
        view = views.compute(PregnancyInput(key, "v", heard, mine, every - mine, sources), REFERENCE_DAY, NOW)
        yield Seen(key, view.projection, pregnancy.truth)


def with_answers_missing(share: float, generated: int, seed: int) -> Iterator[Seen]:
    """The region, where each answer of a source about a woman, and each statement, is missing with that chance."""
    chance = random.Random(seed)
    for given in women(generated):
        silent = {s.id for s in SOURCES if chance.random() < share}
        yield from project(given, silent, lambda _: chance.random() < share)


assert day_of(NOW) == REFERENCE_DAY
