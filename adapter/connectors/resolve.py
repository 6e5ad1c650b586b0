"""Fetch by id what is referred to and was not found by a search: Patients (children too), directory, contacts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from adapter.connectors.errors import MissingError, NotOfferedError, RefusedError, SourceError, StopError
from adapter.connectors.ownership import DIRECTORY
from adapter.connectors.paging import split
from adapter.connectors.plan import READABLE, Search
from adapter.connectors.pull import fitting, together

if TYPE_CHECKING:
    from adapter.connectors.dossiers import Group
    from adapter.connectors.pull import Pull

_NAMED = 3  # missing resources of one kind that are named one by one; the rest is counted
_DEPTH = 4  # Observation -> PractitionerRole -> Location -> Organization
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


async def resolve(group: Group) -> None:
    """Until nothing new is referred to, or the chain is longer than birth care makes it."""
    own = group.own
    patients = {p: own.owner_of_patient(p) for p in (*group.new, *own.children)}
    await _fetch(group, {p: w for p, w in patients.items() if p not in group.seen})
    for _ in range(_DEPTH):
        wanted = {r: w for r, w in group.referred.items() if _wanted(group, r)}
        if not wanted:
            return
        await _fetch(group, wanted)


def _wanted(group: Group, reference: str) -> bool:
    pull = group.pull
    kind = reference.partition("/")[0]
    if kind not in READABLE or not pull.offer.has(kind):
        return False
    if kind in DIRECTORY:
        if reference in pull.directory or reference in pull.claimed:
            return False
        pull.claimed.add(reference)
        return True
    if reference in group.seen or reference in group.tried:
        return False
    group.tried.add(reference)
    return True


async def _fetch(group: Group, wanted: Mapping[str, str | None]) -> None:
    by_kind: dict[str, list[str]] = {}
    for reference in wanted:
        kind, _, id_ = reference.partition("/")
        if _ID.fullmatch(id_) and id_.strip("."):
            by_kind.setdefault(kind, []).append(id_)
        else:
            group.pull.ledger.warn(kind, "een verwijzing naar een onmogelijk id is niet gevolgd")
    await together(_kind(group, kind, ids) for kind, ids in by_kind.items())


async def _kind(group: Group, kind: str, ids: list[str]) -> None:
    pull = group.pull
    search = Search(kind, "_id")
    if len(ids) == 1 or search in pull.unoffered or not pull.offer.by_id(kind):
        await together(_read(group, f"{kind}/{id_}") for id_ in ids)
        return
    for batch in fitting(ids, pull.limits.dossiers_per_search, pull.limits.values_chars):
        try:
            async for page, media in pull.pages(search, batch):
                await group.take(page.entries, media, kind)
        except StopError:
            raise
        except SourceError as error:
            if isinstance(error, NotOfferedError):
                pull.unoffered.add(search)
            await together(_read(group, f"{kind}/{id_}") for id_ in batch)
            continue
        for id_ in batch:
            if not _have(group, f"{kind}/{id_}"):
                _missing(group, f"{kind}/{id_}")


async def _read(group: Group, reference: str) -> None:
    pull = group.pull
    try:
        reply = await pull.http.get(reference)
        page = split(reply, pull.offer.version)
    except (MissingError, NotOfferedError):
        _missing(group, reference)
        return
    except SourceError as error:
        pull.failed(error)
        _failed(group, reference, error)
        return
    pull.succeeded()
    await group.take(page.entries, reply.media, reference)


def _failed(group: Group, reference: str, error: SourceError) -> None:
    ledger = group.pull.ledger
    note = ledger.warn if isinstance(error, RefusedError) else ledger.error
    note(reference, error.what, error.advice)
    woman = group.woman_of(reference)
    if woman and reference.partition("/")[0] not in DIRECTORY:
        ledger.mark(woman, error)


def _have(group: Group, reference: str) -> bool:
    return reference in group.seen or reference in group.pull.directory


def _missing(group: Group, reference: str) -> None:
    pull = group.pull
    kind = "kind" if reference in group.own.children else reference.partition("/")[0]
    pull.missing[kind] = pull.missing.get(kind, 0) + 1
    if pull.missing[kind] <= _NAMED:
        advice = "bij een kind is dat gewoon: het heeft een eigen dossier" if kind == "kind" else ""
        pull.ledger.warn(reference, "de bron verwijst hiernaar, maar geeft het niet", advice)


def count_missing(pull: Pull) -> None:
    """Say how many more references led nowhere than were named."""
    for kind, number in pull.missing.items():
        if number > _NAMED:
            pull.ledger.warn(kind, f"nog {number - _NAMED} verwijzingen naar wat de bron niet geeft")
