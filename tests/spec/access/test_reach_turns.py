"""What waits at one turn of the event loop is read as of one moment; what changed before a request came, counts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.model.sources import FhirVersion
from adapter.service.consents.consent import ConsentDraft, ConsentParty
from adapter.service.endpoint.fault import FhirFault
from support.reach_world import ANNA, World, agb, care, care_provider, region, system, woman

HERS = "vp-anna-dossier"


@pytest.fixture
def anna(tmp_path: Path) -> Iterator[World]:
    """Anna at the practice and at the maternity care."""
    holdings = {"vp": woman("vp", "anna", ANNA), "zh": [], "kz": woman("kz", "anna", ANNA), "vp2": []}
    with region(tmp_path, holdings) as world:
        yield world


def reads(world: World, source: str) -> bool:
    """Whether the system of this source reads the dossier at the practice, as a request at this turn does."""
    service = world.application.fhir
    try:
        with service.turn:
            caller = service.caller(care(system(source)), source)
            service.endpoint(FhirVersion.STU3).read(caller, "EpisodeOfCare", HERS)
    except FhirFault as refused:
        assert refused.status == 404
        return False
    return True


def test_a_consent_counts_from_the_next_turn_and_its_withdrawal_too(anna: World) -> None:
    pregnancy = anna.pregnancy("vp")
    said = ConsentDraft(True, ConsentParty(agb("vp")), ConsentParty(agb("kz")))

    async def turns() -> list[bool]:
        seen = [reads(anna, "kz")]
        id = anna.says(care_provider("vp"), said, pregnancy)
        await asyncio.sleep(0)
        seen.append(reads(anna, "kz"))
        anna.application.consents.withdraw(care(care_provider("vp")), pregnancy, id, "op haar verzoek")
        await asyncio.sleep(0)
        return [*seen, reads(anna, "kz")]

    assert asyncio.run(turns()) == [False, True, False]


def test_a_record_linked_to_another_woman_is_hers_from_the_next_turn(anna: World) -> None:
    store = anna.application._rooms.store
    search, record = store.search, next(r for r in store.record_keys() if r.source == "vp")

    async def turns() -> list[str | None]:
        service, seen = anna.application.fhir, []
        for target in (None, "een-ander"):
            if target is not None:
                (row,) = store.links("woman", records=[record])
                store.add_links([type(row)("woman", "vp", row.reference, target, "manual", b"[]", row.made_at)])
                await asyncio.sleep(0)
            with service.turn:
                seen.append(search.woman_of(record))
        return seen

    before, after = asyncio.run(turns())
    assert before not in (None, "een-ander")
    assert after == "een-ander"


def test_the_moment_is_asked_once_at_a_turn_and_held_by_nobody_after_it(anna: World) -> None:
    service, search = anna.application.fhir, anna.application._rooms.store.search

    async def turns() -> int:
        asked = 0
        moment = service.turn._moment
        assert moment is not None
        renew = moment.renew

        def counted() -> None:
            nonlocal asked
            asked += 1
            renew()

        moment.renew = counted  # type: ignore[method-assign]
        for _ in range(3):
            assert reads(anna, "vp")
            assert search.held is None
        await asyncio.sleep(0)
        assert reads(anna, "vp")
        return asked

    assert asyncio.run(turns()) == 2
