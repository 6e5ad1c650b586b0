"""The list of pregnancies as chosen: by decision, by name or BSN, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from adapter.access import Context
from adapter.model.identifiers import Bsn, InvalidIdentifierError
from adapter.service.asked import Asked
from adapter.service.port import Application
from adapter.service.summary import PregnancySummary

STATUSES = {"igo": "IGO", "niet_igo": "niet-IGO", "gemengd": "gemengd", "onbepaald": "onbepaald"}
SIZE = 50
SORTED = 2000
"""Up to so many pregnancies the list is put in order."""
GROUPS = ("Vraagt aandacht", "Loopt", "Afgerond")
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
    grouped: bool = True


def listed(application: Application, ctx: Context, asked: Asked, choice: Choice) -> Listed:
    """The chosen page, what asks for attention first.

    Without a choice a very long list is read a page at a time, in the order of the store: putting it in order, like a
    filter, has to see all of it.
    """
    if not choice.status and not choice.sought:
        start = (choice.page - 1) * SIZE
        page = application.pregnancies(ctx, as_of=asked.as_of, known_at=asked.known_at, offset=start, limit=SIZE)
        if page.total > SORTED:
            return Listed(page.items, page.total, choice.page, _pages(page.total), grouped=False)
    ids = _by_bsn(application, ctx, choice.sought)
    items = sorted((i for i in _all(application, ctx, asked) if _chosen(i, choice, ids)), key=_order)
    start = (choice.page - 1) * SIZE
    return Listed(tuple(items[start : start + SIZE]), len(items), choice.page, _pages(len(items)))


def group(item: PregnancySummary) -> str:
    """Under which heading a pregnancy stands: something to find out, still going on, or done."""
    if item.status is None:  # no decision is for this reader
        return GROUPS[1] if item.state == "ongoing" or _running(item) else GROUPS[2]
    if item.status == "onbepaald" or (item.state == "ended" and item.stage == "voorlopig" and not _running(item)):
        return GROUPS[0]
    return GROUPS[1] if item.state == "ongoing" or _running(item) else GROUPS[2]


def _running(item: PregnancySummary) -> bool:
    return any(phase.state == "running" for phase in item.phases)


def _order(item: PregnancySummary) -> tuple[int, int, int, str]:
    """By group; undecided before provisional; the nearest due date first, and the latest end first."""
    if item.state == "ongoing":
        day = (item.edd or date.max).toordinal()
    else:
        day = -item.ended_on.toordinal() if item.ended_on else 0
    return GROUPS.index(group(item)), item.status != "onbepaald", day, item.pregnancy


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
