"""What of the store one caller of the FHIR endpoint may see: asked for each row, computed once for each record."""

from __future__ import annotations

from collections.abc import Collection

from adapter import fhir
from adapter.access import Context
from adapter.model.sources import FhirVersion, Media, RecordKey
from adapter.service.access.kinds import Kinds, kinds_for
from adapter.service.access.reach import Reach
from adapter.service.access.seen import Seen
from adapter.store.search import Row, Search

_OWN = ("relation=own",)
_HOMES = frozenset({"ho", "PTRES"})
"""Codes of a dwelling: location-physical-type `ho`, `PTRES` of ServiceDeliveryLocationRoleType (HL7 v3 RoleCode)."""


class RowScope:
    """One request; what it found out of a record is remembered while it lasts."""

    def __init__(self, reach: Reach, search: Search, ctx: Context) -> None:
        self._reach = reach
        self._search = search
        self._ctx = ctx
        self._kinds: Kinds = kinds_for(ctx)
        self._narrows = reach.narrows(ctx)
        whole = self._narrows and ctx.woman is None
        self._own = reach.own_sources(ctx) if whole else frozenset()
        self._known: dict[tuple[str, str | None, str], bool] = {}
        self._seen: dict[RecordKey, Seen | None] = {}
        self._pregnancies: dict[RecordKey, tuple[str, ...]] = {}

    def sees(self, row: Row) -> bool:
        """Whether this resource may be seen. What is about nobody (an organisation) may."""
        key = row.source, row.woman, row.type
        if key in self._known:
            return self._known[key]
        seen = self.reaches(row) and (self._kinds.all or self._kinds.show(row))
        if row.type == "Location" and self._narrows and row.source not in self._own:
            return seen and _is_a_site(row)
        if not self._kinds.looks_into(row.type):
            self._known[key] = seen
        return seen

    def reaches(self, row: Row) -> bool:
        """The same, whatever kinds of data the token leaves."""
        if not self._narrows or row.source in self._own:
            return True
        record = row.record
        return record is None or self._shows(record, row.type)

    def checks(self, record: RecordKey | None) -> tuple[str, ...]:
        """What was looked at for this record, for the audit event."""
        if record is None or not self._narrows:
            return ()
        if record.source in self._own:
            return _OWN
        seen = self.of(record)
        return ("relation=self",) if seen is None else seen.checks([record.source])

    def of(self, record: RecordKey) -> Seen | None:
        """What may be seen of the woman whose record it is; None while it is linked to nobody."""
        if record not in self._seen:
            woman = self._search.woman_of(record)
            self._seen[record] = None if woman is None else self._reach.records(self._ctx, woman)
        return self._seen[record]

    def reached(self) -> frozenset[RecordKey] | None:
        """Every record of which anything may be seen; None where nothing narrows who asks."""
        women = self._reach.women(self._ctx)
        if women is None:
            return None
        own = {record for source in self._own for record in self._search.held_at(source)}
        hers = {self._ctx.woman} if self._ctx.woman is not None else set()
        return frozenset(own | hers).union(*(seen.allowed for seen in self._reach.several(self._ctx, sorted(women))))

    def _shows(self, record: RecordKey, kind: str) -> bool:
        seen = self.of(record)
        if seen is None:
            return self._ctx.woman == record
        if record not in seen.allowed:
            return False
        return seen.shows(record.source, kind, self._parts(record) if seen.limited(record.source) else ())

    def _parts(self, record: RecordKey) -> Collection[str]:
        """The pregnancies that a resource of this record may be part of."""
        if record not in self._pregnancies:
            self._pregnancies[record] = tuple(self._search.pregnancies_of(record))
        return self._pregnancies[record]


def _is_a_site(row: Row) -> bool:
    """Whether a Location is a place of an organisation. Where a woman gave birth at home it is her house, which the
    source that wrote it down knows and nobody else needs: it belongs to no record, so no ground speaks of it.
    """
    found = fhir.read(row.body(), Media(row.media), FhirVersion(row.version))
    given = [found.get("physicalType"), *(kinds if isinstance(kinds := found.get("type"), list) else [kinds])]
    codings = [c for one in given if isinstance(one, dict) for c in one.get("coding") or () if isinstance(c, dict)]
    return "managingOrganization" in found and not any(c.get("code") in _HOMES for c in codings)
