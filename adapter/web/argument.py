"""The reasons of one phase, grouped by the question that they answer: IGO or not, how sure, and which prestatie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapter.model.decision import Reason

_STATUS, _STAGE, _PRESTATIE = "status", "stage", "prestatie"
_PREFIXES = {"selection-": _STATUS, "stadium/": _STAGE, "keuze-": _PRESTATIE}


@dataclass(frozen=True, slots=True)
class Group:
    """What follows (the row of the rules that applied), and the conditions it was chosen by."""

    conclusion: Reason | None = None
    conditions: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Argument:
    """`status`: why IGO or niet-IGO. `stage`: why voorlopig or definitief. `prestatie`: why this prestatie."""

    status: Group
    stage: Group
    prestatie: Group


def argument(reasons: Sequence[Reason]) -> Argument:
    """Group reasons, keeping their order. In a decision the row that applied stands before its conditions."""
    groups: dict[str, list[Reason]] = {_STATUS: [], _STAGE: [], _PRESTATIE: []}
    now = _STATUS
    for at, reason in enumerate(reasons):
        following = reasons[at + 1].rule if at + 1 < len(reasons) else ""
        now = _question(reason.rule) or _question(following) or now
        groups[now].append(reason)
    return Argument(_group(groups[_STATUS]), _group(groups[_STAGE]), _group(groups[_PRESTATIE]))


def _group(reasons: Sequence[Reason]) -> Group:
    if len(reasons) > 1 and _question(reasons[0].rule) is None and _question(reasons[1].rule):
        return Group(reasons[0], tuple(reasons[1:]))
    return Group(None, tuple(reasons))


def _question(rule: str) -> str | None:
    return next((group for prefix, group in _PREFIXES.items() if rule.startswith(prefix)), None)
