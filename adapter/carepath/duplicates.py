"""Care that seems to have been given twice by different organisations.

Once is enough for the moments marked `once` in the zorgpad. Not a duplicate: the same act held by two sources (one
organisation, or one day), organisations between which a referral was made, scans in a multiple pregnancy.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from adapter.carepath.asof import Chosen
from adapter.carepath.merge import unique
from adapter.carepath.natures import NAMES
from adapter.carepath.questions import named
from adapter.carepath.timeline import GIVEN, start_of
from adapter.carepath.times import dutch
from adapter.carepath.zorgpad import Moment
from adapter.model.carepath import Conflict, Disagreement
from adapter.model.evidence import OrganisationKind
from adapter.model.facts import Act, ActKind
from adapter.model.moments import day_of

_SCANS = frozenset({ActKind.TERMIJNECHO, ActKind.SEO_1, ActKind.SEO_2, ActKind.ECHO, ActKind.GUO})
_OTHER_INTAKE = frozenset({OrganisationKind.KRAAMZORG})


def duplicates_of(moments: Iterable[Moment], chosen: Chosen, multiple: bool) -> tuple[Disagreement, ...]:
    """One entry per kind of care that was given more than once."""
    kinds = sorted({kind for m in moments if m.once for kind in m.kinds})
    found = (_of_kind(kind, chosen) for kind in kinds if not (multiple and kind in _SCANS))
    return tuple(d for d in found if d is not None)


def _of_kind(kind: ActKind, chosen: Chosen) -> Disagreement | None:
    acts = [
        (day_of(at), a)
        for a in chosen.acts
        if a.kind is kind and a.state in GIVEN and (at := start_of(a)) is not None and _counts(a)
    ]
    acts.sort(key=lambda pair: (pair[0], pair[1].evidence.source, pair[1].evidence.reference))
    referred = {
        frozenset((r.sender.id, r.receiver.id))
        for r in chosen.referrals
        if r.sender is not None and r.receiver is not None
    }
    doubles = [p for p in acts if any(_double(p, q, referred) for q in acts)]
    if not doubles:
        return None
    whole = "; ".join(dict.fromkeys(f"{named(a.organisation)} op {dutch(day)}" for day, a in doubles))
    values = [Conflict(day, unique([a.evidence]), named(a.organisation)) for day, a in doubles]
    return Disagreement(kind.value, f"Mogelijk dubbel: {NAMES[kind]} bij {whole}, zonder verwijzing.", tuple(values))


def _counts(act: Act) -> bool:
    return not (act.kind is ActKind.INTAKE and act.organisation.kind in _OTHER_INTAKE)


def _double(a: tuple[date, Act], b: tuple[date, Act], referred: set[frozenset[str]]) -> bool:
    ids = frozenset((a[1].organisation.id, b[1].organisation.id))
    return len(ids) == 2 and a[0] != b[0] and ids not in referred
