"""Much work is divided by woman: records under one BSN are done together."""

from __future__ import annotations

from datetime import UTC, datetime

from adapter.model.identifiers import Bsn
from adapter.model.sources import RecordKey
from adapter.service.links.women import RECORD_JOB
from adapter.service.lots import divided
from adapter.store import Intent, record_intent

AT = datetime(2026, 1, 1, tzinfo=UTC)
ONE, OTHER = Bsn("999911120"), Bsn("900186021")


def intents(records):
    return [Intent(n, RECORD_JOB, record_intent(record), AT) for n, record in enumerate(records, 1)]


def test_records_under_one_bsn_are_in_one_lot():
    records = [RecordKey(source, f"Patient/{n}") for source in ("vp", "zh") for n in range(150)]
    bsns = {records[3]: ONE, records[290]: ONE, records[4]: OTHER, records[151]: OTHER}
    lots = divided(intents(records), bsns)
    where = {intent.id: at for at, lot in enumerate(lots) for intent in lot}
    assert sorted(where) == list(range(1, 301))  # every record once
    assert where[4] == where[291] and where[5] == where[152]
    assert max(map(len, lots)) <= 60


def test_one_woman_with_more_records_than_a_lot_is_a_lot_of_her_own():
    records = [RecordKey("vp", f"Patient/{n}") for n in range(70)]
    lots = divided(intents(records), dict.fromkeys(records, ONE))
    assert [len(lot) for lot in lots] == [70]


def test_nothing_to_do_is_no_lot():
    assert not divided([], {})
