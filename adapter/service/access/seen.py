"""What one reader may see of one woman: which records, which kinds of data in them, and why not the rest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from adapter.access.consent import Ground
from adapter.model.sources import RecordKey

DOSSIER = "EpisodeOfCare"


class Lazily(Mapping[str, Ground]):
    """The ground for each source, found when it is asked for: of most women only that of few sources is."""

    def __init__(self, sources: Collection[str], find: Callable[[str], Ground]) -> None:
        self._sources = sources
        self._find = find
        self._found: dict[str, Ground] = {}

    def __getitem__(self, source: str) -> Ground:
        """Raises `KeyError` for a source that is none."""
        if source not in self._found:
            if source not in self._sources:
                raise KeyError(source)
            self._found[source] = self._find(source)
        return self._found[source]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


@dataclass(frozen=True, slots=True)
class Seen:
    """`grounds`: the ground for each configured source, whether it holds anything of her or not: so nothing shows who
    does. `relation`: why the reader is related to her at all, None where not: then no ground counts. `emergency`:
    noodtoegang opened what no ground does. `everything`: nobody is narrowed here.
    """

    woman: str
    records: frozenset[RecordKey]
    grounds: Mapping[str, Ground] = field(default_factory=dict)
    relation: str | None = None
    emergency: bool = False
    everything: bool = False

    @property
    def allowed(self) -> frozenset[RecordKey]:
        """The records of which anything may be seen."""
        if self.everything or self.emergency:
            return self.records
        if self.relation is None:
            return frozenset()
        return frozenset(r for r in self.records if (g := self.grounds.get(r.source)) is not None and g.partly)

    @property
    def withheld(self) -> Mapping[str, Ground]:
        """The sources of which nothing may be seen, and why."""
        if self.everything or self.emergency:
            return {}
        return {s: g for s, g in self.grounds.items() if self.relation is None or not g.partly}

    def withheld_of(self, pregnancy: str) -> Mapping[str, Ground]:
        """The sources of which nothing of this pregnancy may be seen, and why."""
        if self.everything or self.emergency:
            return {}
        if self.relation is None:
            return self.grounds
        return {s: g.of("", pregnancy) for s, g in self.grounds.items() if not _partly(g, pregnancy)}

    def shows(self, source: str, kind: str, pregnancies: Collection[str | None] = ()) -> bool:
        """Whether a resource of this type at this source may be seen. `pregnancies`: those it may be part of, all of
        which must allow it; none where it is part of none in particular.
        """
        if self.everything or self.emergency:
            return True
        ground = self.grounds.get(source)
        if ground is None or self.relation is None:
            return False
        if not ground.apart:
            return ground.allowed
        return all(ground.of(kind, p).allowed for p in pregnancies or (None,))

    def limited(self, source: str) -> bool:
        """Whether kinds of data at this source differ in what may be seen."""
        ground = self.grounds.get(source)
        return not (self.everything or self.emergency) and ground is not None and bool(ground.apart)

    def shows_dossier(self, record: RecordKey, pregnancy: str) -> bool:
        """Whether a dossier of this pregnancy in this record may be seen."""
        return record in self.records and self.shows(record.source, DOSSIER, (pregnancy,))

    def checks(self, sources: Collection[str] | None = None) -> tuple[str, ...]:
        """What was looked at, for the audit event: the relation, and the ground for each source (those named)."""
        if self.everything:
            return ()
        said = [f"relation={self.relation or 'none'}"]
        if self.emergency:
            said.append("emergency")
        for source in sorted(s for s in self.grounds if sources is None or s in sources):
            ground = self.grounds[source]
            said.append(f"ground:{source}={ground.code}" + (f" {ground.reference}" if ground.reference else ""))
        return tuple(said)

    @property
    def key(self) -> object:
        """Equal for whoever sees the same of her."""
        if self.everything:
            return None
        grounds = tuple((s, g.code, g.why, g.apart) for s, g in sorted(self.grounds.items()))
        return (self.allowed, self.emergency, grounds)


def _partly(ground: Ground, pregnancy: str) -> bool:
    """Whether any kind of data of this pregnancy may be seen."""
    kinds = {kind or "" for kind, _, _ in ground.apart} | {""}
    return any(ground.of(kind, pregnancy).allowed for kind in kinds)
