"""The care path of one pregnancy: gather what was known at an instant, and compute the view of a day from it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from threading import Lock

from adapter import carepath
from adapter.carepath import PathSettings, PregnancyInput
from adapter.model.carepath import CarePath
from adapter.model.evidence import Organisation
from adapter.model.facts import SourceFacts
from adapter.model.projection import ClaimsProjection
from adapter.model.sources import RecordKey
from adapter.model.wire import to_json
from adapter.service.access.lens import Lens
from adapter.service.asked_sources import path_sources
from adapter.service.links.children import Children, Held
from adapter.service.links.link_notes import link_notes
from adapter.service.links.pregnancies import PREGNANCY, Pregnancies
from adapter.service.links.women import WOMAN
from adapter.service.port import UnknownPregnancyError
from adapter.service.rooms import Rooms, merged
from adapter.store import LinkRow


@dataclass(frozen=True, slots=True)
class View:
    """The care path, and the claims projection cut from it when it is asked for: who cares for her does not."""

    path: CarePath
    _given: PregnancyInput = field(repr=False)
    _settings: PathSettings = field(compare=False, repr=False)
    _projected: list[ClaimsProjection] = field(default_factory=list, compare=False, repr=False)
    _written: list[tuple[bytes, bytes]] = field(default_factory=list, compare=False, repr=False)

    @property
    def projection(self) -> ClaimsProjection:
        """What the decision asks. Made once, for as long as the view is kept."""
        if not self._projected:
            self._projected.append(carepath.project(self._given, self.path, self._settings))
        known_at, made = self.path.known_at, self._projected[0]
        return made if made.known_at == known_at else replace(made, known_at=known_at)

    def json(self) -> bytes:
        """The care path as JSON. Most of it is written once, for as long as the view is kept."""
        now = to_json(self.path.known_at)
        if not self._written:
            self._written.append((now, to_json(self.path)))
        at, text = self._written[0]
        return text if at == now else text.replace(at, now, 1)  # the instant stands in front of all others


_KEPT = 60  # views, some hundreds of kB each

_Stamp = tuple[object, ...]


class Views:
    """Computes views. The last ones are kept as long as everything they were made from is what it was."""

    def __init__(self, rooms: Rooms, pregnancies: Pregnancies) -> None:
        self._rooms = rooms
        self._pregnancies = pregnancies
        self.children = Children(rooms)
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, date, object], tuple[_Stamp, View]] = OrderedDict()

    def ids(self, known_at: datetime | None = None) -> list[str]:
        """Every pregnancy that was known at that instant (now, when None), in the order in which they were found."""
        return _targets(self._rooms.store.links(PREGNANCY, known_at))

    def of_woman(self, woman: str, known_at: datetime | None = None) -> list[str]:
        """The pregnancies of one woman."""
        records = self._pregnancies.records_of(woman, known_at)
        return _targets(self._rooms.store.links(PREGNANCY, known_at, within=records))

    def view(
        self, pregnancy: str, as_of: date, known_at: datetime | None, now: datetime, lens: Lens | None = None
    ) -> View:
        """The view on a day by what was known at an instant, through a lens. Raises `UnknownPregnancyError`."""
        if known_at is not None:
            return self.compute(self.gather(pregnancy, known_at, lens), as_of, known_at)
        stamp = self._stamp()
        key = (pregnancy, as_of, None if lens is None or lens.clear else lens.key)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == stamp:
                self._kept.move_to_end(key)
                return _as_known(kept[1], now)
        with self._rooms.store.looking():
            given = self.gather(pregnancy, None, lens)
        view = self.compute(given, as_of, now)
        with self._lock:
            self._kept[key] = (stamp, view)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return view

    def _stamp(self) -> _Stamp:
        """Changes with anything that a view is made from."""
        rooms = self._rooms
        return (*rooms.store.positions(), rooms.igo.version, rooms.mappings_version)

    def compute(self, given: PregnancyInput, as_of: date, known_at: datetime) -> View:
        """The pure part: from what was gathered to the view."""
        settings = PathSettings(self._rooms.igo.rules.postnatal_end_days, Joined(self._rooms, given.facts))
        path = carepath.build(given, self._rooms.zorgpad, settings, as_of, known_at)
        return View(path, given, settings)

    def gather(self, pregnancy: str, known_at: datetime | None, lens: Lens | None = None) -> PregnancyInput:
        """Everything the view is computed from, as far as the lens lets it be seen. Raises `UnknownPregnancyError`."""
        store = self._rooms.store
        rows = store.links(PREGNANCY, known_at, targets=[pregnancy])
        owners = store.links(WOMAN, known_at, records=[RecordKey(r.source, r.woman) for r in rows if r.woman])
        women = _targets(owners)
        if not women:
            raise UnknownPregnancyError(pregnancy)
        records = self._pregnancies.records_of(women[0], known_at)
        if lens is None or lens.clear:
            facts = self._pregnancies.facts_of(records, known_at)
            return self.assemble(pregnancy, women[0], records, facts, rows, known_at)
        rows, records = lens.dossiers(rows), lens.records(records)
        if not rows:
            raise UnknownPregnancyError(pregnancy)
        shows = None if lens.whole(records) else lens.shows
        facts = self._pregnancies.facts_of(records, known_at, shows)
        return _narrowed(self.assemble(pregnancy, women[0], records, facts, rows, known_at), lens, records)

    def assemble(
        self,
        pregnancy: str,
        woman: str,
        records: Sequence[RecordKey],
        facts: tuple[SourceFacts, ...],
        rows: Sequence[LinkRow],
        known_at: datetime | None,
        hers: Sequence[LinkRow] | None = None,
        born: Held | None = None,
    ) -> PregnancyInput:
        """The input of one pregnancy from the records of its woman. `rows` are its dossier links, `hers` the links of
        those records, and `born` what is kept of her children, where they were read before.
        """
        mine = frozenset((r.source, r.reference) for r in rows)
        every = frozenset((f.source, d.reference) for f in facts for d in f.dossiers)
        return PregnancyInput(
            pregnancy=pregnancy,
            woman=woman,
            facts=facts,
            dossiers=mine,
            other_dossiers=every - mine,
            sources=path_sources(self._rooms, records, facts, mine, known_at),
            links=link_notes(self._rooms, records, rows, known_at, hers),
            signals=tuple(self._rooms.store.signals([pregnancy], known_at)),
            children=self.children.ids(facts, born or self.children.held(facts, known_at)),
        )


class Joined:
    """Organisations under one identity, each with all that the register and any source know of its kind and name."""

    def __init__(self, rooms: Rooms, facts: Sequence[SourceFacts]) -> None:
        self._rooms = rooms
        self._known: dict[str, Organisation] = {}
        for named in (rooms.joined(o) for f in facts for o in f.organisations):
            before = self._known.get(named.id)
            self._known[named.id] = named if before is None else merged(before, named)

    def __call__(self, organisation: Organisation) -> Organisation:
        """The organisation as we know it best."""
        joined = self._rooms.joined(organisation)
        known = self._known.get(joined.id)
        return joined if known is None else merged(joined, known)


def _narrowed(given: PregnancyInput, lens: Lens, records: Sequence[RecordKey]) -> PregnancyInput:
    """Without what tells of the rest: how other sources answered, links with them, what was told for payment."""
    shown = {(r.source, r.woman) for r in records} | {(f.source, d.reference) for f in given.facts for d in f.dossiers}
    return replace(given, sources=lens.sources(given.sources), links=lens.notes(given.links, shown), signals=())


def _as_known(view: View, now: datetime) -> View:
    return replace(view, path=replace(view.path, known_at=now))


def _targets(rows: list[LinkRow]) -> list[str]:
    return list(dict.fromkeys(r.target for r in rows if r.target))
