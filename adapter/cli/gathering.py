"""Reads every pregnancy from the application, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import orjson

from adapter.cli.opening import context
from adapter.model import wire

if TYPE_CHECKING:
    from adapter.model.carepath import CarePath
    from adapter.model.decision import Decision
    from adapter.model.projection import ClaimsProjection
    from adapter.model.sources import SourceReport
    from adapter.service.asked import Asked
    from adapter.service.port import Application
    from adapter.service.summary import PregnancySummary

_PAGE = 200


def summaries(application: Application, asked: Asked) -> Iterator[PregnancySummary]:
    """Every pregnancy of the list."""
    from adapter.access import Purpose

    offset, ctx = 0, context(Purpose.TREAT)
    while True:
        page = application.pregnancies(ctx, as_of=asked.as_of, known_at=asked.known_at, offset=offset, limit=_PAGE)
        yield from page.items
        offset += _PAGE
        if offset >= page.total or not page.items:
            return


def care_path(application: Application, pregnancy: str, asked: Asked) -> CarePath:
    """The care path, read for care."""
    from adapter.access import Purpose

    return application.care_path(context(Purpose.TREAT), pregnancy, as_of=asked.as_of, known_at=asked.known_at)


def decision(application: Application, pregnancy: str, asked: Asked) -> Decision:
    """The decision, read for payment."""
    from adapter.access import Purpose

    return application.decision(context(Purpose.HPAYMT), pregnancy, as_of=asked.as_of, known_at=asked.known_at)


def variables(application: Application, pregnancy: str, asked: Asked) -> ClaimsProjection:
    """What the decision knows, read for payment."""
    from adapter.access import Purpose

    return application.variables(context(Purpose.HPAYMT), pregnancy, as_of=asked.as_of, known_at=asked.known_at)


def everything(application: Application, reports: Sequence[SourceReport], asked: Asked) -> bytes:
    """The document of `adapter run --once --json`."""
    pregnancies = [
        {
            "care_path": wire.to_data(care_path(application, item.pregnancy, asked)),
            "decision": wire.to_data(decision(application, item.pregnancy, asked)),
        }
        for item in summaries(application, asked)
    ]
    problems = [wire.to_data(problem) for report in reports for problem in report.problems]
    sources = [wire.to_data(report) for report in reports]
    return orjson.dumps({"sources": sources, "pregnancies": pregnancies, "problems": problems})
