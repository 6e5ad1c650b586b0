"""A generated region, linked by the product's own path, and how right that was. For tests and for the benchmark."""

from __future__ import annotations

import pickle
import random
import time
import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations, islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import orjson

from adapter import facts
from adapter.facts import load_dialects
from adapter.linking import DossierDates, Profile, dates_of, group_dossiers, pack, profile_of, unpack
from adapter.model.sources import FhirVersion, Media, Received, RecordKey, StoredVersion
from adapter.model.wire import from_json
from adapter.service.links.women import PROPOSED, RECORD_JOB, WOMAN, LinkNotes, Women
from adapter.service.records import Records
from adapter.service.rooms import Rooms
from adapter.simulation import Region
from adapter.store import KeyRing, Store, record_of_intent

AT = datetime(2024, 7, 29, 12, tzinfo=UTC)
TOGETHER = 25  # links in one transaction, as the worker has it
LOT = 60  # as a pull has it
MAPPINGS = Path(__file__).parents[2] / "mappings"
_NOT_NEEDED = {"DiagnosticReport", "Coverage", "ReferralRequest", "ServiceRequest", "RelatedPerson", "CareTeam"}

Dossier = tuple[str, str]
Timed = tuple[list[float], list[float], list[float]]


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of one record: its profile, the dates of its dossiers, whether it has a valid BSN."""

    profile: bytes
    dates: bytes
    bsn: bool


@dataclass
class Share:
    """So many of so many."""

    of: int = 0
    right: int = 0

    @property
    def share(self) -> float:
        return self.right / self.of if self.of else 1.0

    def count(self, right: bool) -> None:
        self.of += 1
        self.right += right


@dataclass
class Scores:
    """Pairs of dossiers. `precision`: of the linked; `recall`: of those of one pregnancy; by who has a BSN."""

    precision: defaultdict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    recall: defaultdict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    proposed: defaultdict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    wrong: list[tuple[Dossier, Dossier]] = field(default_factory=list)
    missed: list[tuple[Dossier, Dossier]] = field(default_factory=list)
    proposals: int = 0
    false_proposals: int = 0
    women: Share = field(default_factory=Share)  # of the women, those that are one woman here

    def plain(self) -> dict[str, object]:
        def shares(found: dict[str, Share]) -> dict[str, object]:
            return {k: {"pairs": s.of, "right": s.right, "share": round(s.share, 6)} for k, s in sorted(found.items())}

        return {
            "precision": shares(self.precision),
            "recall": shares(self.recall),
            "recall_with_proposals": shares(self.proposed),
            "pairs_of_records_proposed": self.proposals,
            "of_those_of_two_women": self.false_proposals,
        }


@dataclass
class Material:
    """What the sources hold, read into what linking needs of it; and the truth."""

    known: dict[RecordKey, Known] = field(default_factory=dict)
    whose: dict[RecordKey, str] = field(default_factory=dict)
    truth: dict[Dossier, str] = field(default_factory=dict)
    record_of: dict[Dossier, RecordKey] = field(default_factory=dict)
    patients: list[Received] = field(default_factory=list)

    def add(self, other: Material) -> None:
        """Take in what was read of other women."""
        for mine, theirs in zip(self._maps(), other._maps(), strict=True):
            mine.update(theirs)
        self.patients += other.patients

    def _maps(self) -> tuple[dict[Any, Any], ...]:
        return self.known, self.whose, self.truth, self.record_of


def read_region(region: Region, part: int = 0, parts: int = 1) -> Material:
    """Read a region, or one of so many parts of it, by the dialects of its sources."""
    dialects = load_dialects(MAPPINGS)
    sources = {s.id: s for s in region.sources}
    found = Material()
    for case in islice(region.cases(), part, None, parts):
        written = case.written()
        for source, patient in written.records.items():
            info = sources[source]
            version = info.fhir_version or FhirVersion.R4
            record = RecordKey(source, patient)
            versions = [_version(source, version, patient, r) for r in _needed(written.holdings[source], version)]
            read = facts.read(record, versions, [], info, dialects.get(info.dialect))
            dates = zlib.compress(pickle.dumps(dates_of(read), pickle.HIGHEST_PROTOCOL), 1)
            found.known[record] = Known(pack(profile_of(read)), dates, read.woman.bsn is not None)
            found.whose[record] = case.woman.key
            found.patients += [v.received for v in versions if v.received.reference == patient]
            for dossier in read.dossiers:
                found.record_of[source, dossier.reference] = record
        for pregnancy, dossiers in zip(case.pregnancies, written.dossiers, strict=True):
            found.truth |= dict.fromkeys(dossiers, pregnancy.plan.key)
    return found


def _needed(resources: list[dict[str, Any]], version: FhirVersion) -> list[dict[str, Any]]:
    """Those that can matter to linking. In R4 a contact leads from an observation to its dossier."""
    left_out = _NOT_NEEDED if version is FhirVersion.R4 else _NOT_NEEDED | {"Encounter"}
    return [r for r in resources if r["resourceType"] not in left_out]


class LinkedRegion:
    """Links what was read, and counts."""

    def __init__(self, folder: Path, material: Material) -> None:
        ring = KeyRing(b"\x07" * 32)
        self.store = Store.open(f"sqlite:///{folder}/linked.db", ring)
        rooms = cast(Rooms, SimpleNamespace(store=self.store, clock=lambda: AT, sources={}))
        self.women = Women(rooms, Records(rooms))
        self.known, self.whose = material.known, material.whose
        self.truth, self.record_of = material.truth, material.record_of
        self.seconds: list[float] = []  # of each batch
        self.commits: list[float] = []
        self.busy: list[float] = []  # of the processor, of each batch, without its commit
        self.lots: Timed = ([], [], [])
        self.batches: Timed = ([], [], [])
        self.singles: Timed = ([], [], [])
        self.relinked = self.in_lots = 0
        self.cpu = 0.0  # seconds of the processor in the last round of linking
        for start in range(0, len(material.patients), 1000):
            self.store.append(material.patients[start : start + 1000], AT)

    def link_all(self, seed: int = 1, batched: int = 0, singly: int = 0) -> None:
        """Link every record, in a random order: in lots, then so many in batches, the last so many one by one; then
        those that were asked to be linked again.
        """
        records = sorted(self.known)
        random.Random(seed).shuffle(records)
        one, start = len(records) - batched - singly, len(records) - singly
        self.lots = self._timed(records[:one], LOT)
        cpu, self.in_lots = self.cpu, one
        self.batches = self._timed(records[one:start], TOGETHER)
        self.singles = self._timed(records[start:], 1)
        while again := self._asked():
            self.relinked += len(again)
            self._link(again)
        self.cpu = cpu

    def link_again(self, many: int, together: int) -> Timed:
        """Link so many records once more: seconds of each batch, of its commit, and of the processor."""
        return self._timed(random.Random(2).sample(sorted(self.known), min(many, len(self.known))), together)

    def described(self, dossier: Dossier) -> str:
        """A dossier with all that it was linked by."""
        record = self.record_of[dossier]
        profile = self._profile(record)
        dates = next(d for d in self._dates(record) if d.key == dossier)
        p = profile.person
        who = (p.name.given, p.name.family, p.name.own, p.birth_date, p.postal_code, p.house_number, p.bsn is not None)
        when = (dates.due, dates.due_basis, dates.ended, dates.first, dates.last)
        return f"{record.source} {self.whose[record]} {self.truth.get(dossier)} {who} {when}"

    def _asked(self) -> list[RecordKey]:
        pending = [i for i in self.store.pending(5000) if i.kind == RECORD_JOB]
        self.store.done(pending)
        return [record_of_intent(i.key) for i in pending]

    def _timed(self, records: list[RecordKey], together: int) -> Timed:
        self.seconds, self.commits, self.busy = [], [], []
        self._link(records, together)
        return self.seconds, self.commits, self.busy

    def _link(self, records: list[RecordKey], together: int = TOGETHER) -> None:
        cpu = time.process_time()
        for start in range(0, len(records), together):
            with self.store.unit():
                some = {record: self._profile(record) for record in records[start : start + together]}
                before, busy = time.perf_counter(), time.thread_time()
                self.women.link_by(some)
                self.seconds.append(time.perf_counter() - before)
                self.busy.append(time.thread_time() - busy)
                before = time.perf_counter()
            self.commits.append(time.perf_counter() - before)
        self.cpu = time.process_time() - cpu

    def _profile(self, record: RecordKey) -> Profile:
        profile = unpack(record.source, record.woman, self.known[record].profile)
        assert profile is not None
        return profile

    def scores(self) -> Scores:
        """How right it was."""
        rows = self.store.links(WOMAN)
        target = {RecordKey(r.source, r.reference): r.target or "" for r in rows}
        proposed: set[frozenset[str]] = set()
        found = Scores()
        pairs: set[frozenset[RecordKey]] = set()
        for row in rows:
            if row.proposals == 0:
                continue
            one = RecordKey(row.source, row.reference)
            for note in from_json(LinkNotes, row.explanation).notes:
                if note.outcome == PROPOSED:
                    other = RecordKey(note.source, note.reference)
                    pairs.add(frozenset((one, other)))
                    proposed.add(frozenset((target[one], target[other])))
        found.proposals = len(pairs)
        found.false_proposals = sum(len({self.whose[r] for r in pair}) > 1 for pair in pairs)
        self._count(found, target, proposed)
        return found

    def _count(self, found: Scores, target: dict[RecordKey, str], proposed: set[frozenset[str]]) -> None:
        ours: dict[Dossier, tuple[str, int]] = {}
        by_woman: defaultdict[str, list[RecordKey]] = defaultdict(list)
        for record, woman in target.items():
            by_woman[woman].append(record)
        for woman, records in by_woman.items():
            dates = [d for r in records for d in self._dates(r)]
            groups = [g.dossiers for g in group_dossiers(dates)]
            ours |= {d: (woman, n) for n, group in enumerate(groups) for d in group}
            for a, b in (pair for group in groups for pair in combinations(group, 2)):
                right = self.truth.get(a, a) == self.truth.get(b, b)
                found.precision[self._kind(a, b)].count(right)
                if not right:
                    found.wrong.append((a, b))
        together: defaultdict[str, list[Dossier]] = defaultdict(list)
        for dossier, pregnancy in self.truth.items():
            if dossier in self.record_of:
                together[pregnancy].append(dossier)
        for a, b in (pair for dossiers in together.values() for pair in combinations(sorted(dossiers), 2)):
            if self.record_of[a] == self.record_of[b]:
                found.recall["within_one_record"].count(ours[a] == ours[b])
                continue
            kind, right = self._kind(a, b), ours[a] == ours[b]
            women = {target[self.record_of[d]] for d in (a, b)}
            found.recall[kind].count(right)
            found.proposed[kind].count(right or frozenset(women) in proposed)
            if not right and not (len(women) == 2 and frozenset(women) in proposed):
                found.missed.append((a, b))

    def _dates(self, record: RecordKey) -> tuple[DossierDates, ...]:
        found: tuple[DossierDates, ...] = pickle.loads(zlib.decompress(self.known[record].dates))
        return found

    def _kind(self, a: Dossier, b: Dossier) -> str:
        return "with_bsn" if all(self.known[self.record_of[d]].bsn for d in (a, b)) else "without_bsn"

    def close(self) -> None:
        self.store.close()


def _version(source: str, fhir: FhirVersion, patient: str, resource: dict[str, Any]) -> StoredVersion:
    body = orjson.dumps(resource)
    kind, identifier = resource["resourceType"], resource["id"]
    hash_ = f"{kind}/{identifier}"
    return StoredVersion(
        Received(source, fhir, Media.JSON, kind, identifier, "1", body, patient, patient, None, hash_), 1, AT
    )
