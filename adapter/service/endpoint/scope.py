"""What one caller may see and send: every read and search of the FHIR endpoint passes here."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from adapter.access import Context
from adapter.model.sources import RecordKey
from adapter.store.search import Row

Checks = Callable[[RecordKey | None], tuple[str, ...]]


def _everything(_: Row) -> bool:
    return True


def _all() -> None:
    return None


def _nothing(_: RecordKey | None) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, narrowed to what the policy lets them see.

    `source`: the registered source as which this caller may send data, and whose own ids it knows. `woman`: the record
    of the one woman whom the token stands for (MedMij): every search is about her, and no BSN is shown. `records`: the
    records that may be seen, None for all of them. `may`: the last word on each resource, after `records`. `checks`:
    what was looked at for a record before it was shown, for the audit event. `may_name`: as `may`, whatever kinds of
    data the token leaves: by an id that the caller knows already they may ask for what points to it. `reached`: every
    record of which they may see anything, None for all: what is asked without naming anybody looks there alone, so that
    neither time nor pages tell how much there is of others.
    """

    context: Context
    source: str | None = None
    woman: RecordKey | None = None
    records: frozenset[RecordKey] | None = None
    may: Callable[[Row], bool] = _everything
    checks: Checks = _nothing
    may_name: Callable[[Row], bool] = _everything
    reached: Callable[[], Collection[RecordKey] | None] = _all

    @property
    def masked(self) -> bool:
        """Whether no BSN may stand in what is sent."""
        return self.woman is not None

    def sees(self, row: Row) -> bool:
        """Whether this caller may see this resource."""
        return row.problem is None and self._within(row) and self.may(row)

    def names(self, row: Row) -> bool:
        """Whether this caller may ask by this resource, as the value of a reference parameter."""
        return row.problem is None and self._within(row) and self.may_name(row)

    def _within(self, row: Row) -> bool:
        return self.records is None or row.record is None or row.record in self.records
