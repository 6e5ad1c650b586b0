"""A link that a person must confirm stands with both records, and goes from both when it is settled."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapter import bootstrap
from adapter.model.carepath import LinkNote
from adapter.simulation.region import Region, picked
from support.dossiers import CARE

NOW = datetime(2024, 7, 29, 12, tzinfo=UTC)


def doubtful(patient: dict[str, Any]) -> dict[str, Any]:
    """The same woman without BSN, address and given name: too little to link her, too much to stay silent."""
    kept = {k: v for k, v in patient.items() if k not in {"identifier", "address", "telecom"}}
    name = {k: v for k, v in patient["name"][0].items() if k not in {"given", "text"}}
    return {**kept, "name": [name]}


def test_a_proposal_is_shown_on_both_sides_until_it_is_settled(tmp_path: Path) -> None:
    case = next(c for c in picked() if c.situation == "thuisbevalling-alles-binnen")
    Region(lambda: iter([case])).write(tmp_path)
    file = tmp_path / "kz-lente" / "dossiers.ndjson"
    whole = file.read_text("utf-8")
    resources = [json.loads(line) for line in whole.splitlines()]
    women = {
        r["id"] for r in resources if r["resourceType"] == "Patient" and not r.get("birthDate", "").startswith("2024")
    }
    changed = [doubtful(r) if r.get("id") in women else r for r in resources]

    async def live() -> tuple[list[list[LinkNote]], list[list[LinkNote]], list[list[LinkNote]]]:
        now = NOW
        application = bootstrap.open_application(tmp_path / "adapter.toml", clock=lambda: now)

        def proposals() -> list[list[LinkNote]]:
            page = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=10)
            paths = [application.care_path(CARE, p.pregnancy) for p in page.items]
            return [[n for n in path.links if n.outcome == "proposed"] for path in paths]

        try:
            file.write_text("".join(json.dumps(r) + "\n" for r in changed), "utf-8")
            await application.pull()
            first = proposals()
            now += timedelta(days=1)
            await application.pull()
            again = proposals()
            file.write_text(whole, "utf-8")
            now += timedelta(days=1)
            await application.pull()
            return first, again, proposals()
        finally:
            await application.aclose()

    first, again, settled = asyncio.run(live())
    assert [len(notes) for notes in first] == [1, 1]
    assert {notes[0].source for notes in first} == {"vp-linde", "kz-lente"}
    assert len({notes[0].text for notes in first}) == 1
    assert again == first
    assert settled == [[]]
