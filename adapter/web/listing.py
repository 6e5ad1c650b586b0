"""The list of pregnancies as chosen: by decision, by name or BSN, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adapter.access import Context
from adapter.model.identifiers import Bsn, InvalidIdentifierError
from adapter.service.asked import Asked
from adapter.service.port import Application
from adapter.service.summary import PregnancySummary

STATUSES = {"igo": "IGO", "niet_igo": "niet-IGO", "gemengd": "gemengd", "onbepaald": "onbepaald"}
SIZE = 50
_SWEEP = 500


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader chose to see. `sought` is never put in an address."""

    status: str = ""
    sought: str = ""
    page: int = 1

    @staticmethod
    def read(query: Mapping[str, str], sought: str) -> Choice:
        """From the query of the address and the posted search text; what makes no sense is left out."""
        status = query.get("besluit", "")
        number = query.get("pagina", "1")
        at = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1
        return Choice(status if status in STATUSES else "", sought, max(1, at))


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list."""

    items: tuple[PregnancySummary, ...]
    total: int
    page: int
    pages: int


def listed(application: Application, ctx: Context, asked: Asked, choice: Choice) -> Listed:
    """The chosen page. Without a choice only that page is read; a filter has to see them all."""
    if not choice.status and not choice.sought:
        start = (choice.page - 1) * SIZE
        page = application.pregnancies(ctx, as_of=asked.as_of, known_at=asked.known_at, offset=start, limit=SIZE)
        return Listed(page.items, page.total, choice.page, _pages(page.total))
    ids = _by_bsn(application, ctx, choice.sought)
    items = tuple(item for item in _all(application, ctx, asked) if _chosen(item, choice, ids))
    start = (choice.page - 1) * SIZE
    return Listed(items[start : start + SIZE], len(items), choice.page, _pages(len(items)))


def _pages(total: int) -> int:
    return max(1, -(-total // SIZE))


def _by_bsn(application: Application, ctx: Context, sought: str) -> frozenset[str] | None:
    try:
        return frozenset(application.find(ctx, Bsn(sought)))
    except InvalidIdentifierError:
        return None


def _chosen(item: PregnancySummary, choice: Choice, ids: frozenset[str] | None) -> bool:
    if choice.status and item.status != choice.status:
        return False
    if ids is not None:
        return item.pregnancy in ids
    return choice.sought.casefold() in (item.woman_name or "").casefold()


def _all(application: Application, ctx: Context, asked: Asked) -> Iterator[PregnancySummary]:
    offset = 0
    while True:
        page = application.pregnancies(ctx, as_of=asked.as_of, known_at=asked.known_at, offset=offset, limit=_SWEEP)
        yield from page.items
        offset += _SWEEP
        if offset >= page.total or not page.items:
            return
