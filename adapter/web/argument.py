"""The reasons of one phase, grouped by the question that they answer: IGO or not, how sure, and which prestatie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapter.model.decision import Reason

_STATUS, _STAGE, _PRESTATIE = "status", "stage", "prestatie"
_PREFIXES = {"selection-": _STATUS, "stadium/": _STAGE, "keuze-": _PRESTATIE}


@dataclass(frozen=True, slots=True)
class Argument:
    """`status`: why IGO or niet-IGO. `stage`: why voorlopig or definitief. `prestatie`: why this prestatie."""

    status: tuple[Reason, ...]
    stage: tuple[Reason, ...]
    prestatie: tuple[Reason, ...]


def argument(reasons: Sequence[Reason]) -> Argument:
    """Group reasons, keeping their order. The row that decided stands before the conditions it was chosen by."""
    groups: dict[str, list[Reason]] = {_STATUS: [], _STAGE: [], _PRESTATIE: []}
    now = _STATUS
    for at, reason in enumerate(reasons):
        following = reasons[at + 1].rule if at + 1 < len(reasons) else ""
        now = _group(reason.rule) or _group(following) or now
        groups[now].append(reason)
    return Argument(tuple(groups[_STATUS]), tuple(groups[_STAGE]), tuple(groups[_PRESTATIE]))


def _group(rule: str) -> str | None:
    return next((group for prefix, group in _PREFIXES.items() if rule.startswith(prefix)), None)
