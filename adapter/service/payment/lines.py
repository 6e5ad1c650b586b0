"""One line for each pregnancy: what the worklist, a trial of other rules and the casemix need of a decision.

It holds no name of the woman, no birth date and no clinical value (purpose: payment).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from adapter.model.decision import Decision, PhaseDecision
from adapter.model.moments import day_of
from adapter.model.projection import ClaimsProjection
from adapter.model.register import Igo


class PhaseInLine(msgspec.Struct, array_like=True, frozen=True):
    """One phase. Amount in eurocents; `expected` for a phase not begun."""

    phase: str
    state: str
    status: str | None
    stage: str
    prestatie: str | None
    name: str | None
    amount: int | None
    ready: bool
    blocked: tuple[str, ...]
    insurer: str | None
    start: date | None
    end: date | None
    expected: str | None
    fallback: tuple[tuple[str | None, str], ...]  # (AGB, prestatie) that members claim themselves
    regime: str | None = None
    care: tuple[tuple[str, int], ...] = ()  # (AGB or id of a member, its acts in this phase)
    outside: tuple[tuple[str, int], ...] = ()  # (name of an outsider, its care in scope in this phase)


class Line(msgspec.Struct, array_like=True, frozen=True):
    """One pregnancy. `outcome`: a fingerprint of what was decided, whatever the reasons."""

    pregnancy: str
    as_of: date
    decided_at: datetime
    state: str  # ongoing, ended
    status: str
    stage: str
    standing: str
    phases: tuple[PhaseInLine, ...]
    insurer: str | None
    missing: tuple[tuple[str, str], ...]  # (variable, why)
    risk: tuple[str, ...]  # why an ongoing one may break; empty where nothing points to it
    members: tuple[tuple[str, str], ...]  # (AGB or id, name) of members that gave care
    outside: tuple[str, ...]  # names of others that gave care in scope
    overridden: bool
    outcome: bytes
    rules: str

    def now(self) -> PhaseInLine | None:
        """The phase that runs, else the last that ended."""
        begun = [p for p in self.phases if p.state in {"running", "ended"}]
        return next((p for p in begun if p.state == "running"), begun[-1] if begun else None)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Line)


def write(line: Line) -> bytes:
    """As it is stored."""
    return _ENCODER.encode(line)


def read(body: bytes) -> Line:
    """What `write` wrote. Raises `ValueError` for an older shape."""
    return _DECODER.decode(body)


def outcome_of(status: str, stage: str, phases: Iterable[PhaseDecision]) -> bytes:
    """The fingerprint of an outcome: status, stage and all that is to be claimed; not the reasons."""
    said = (
        status,
        stage,
        [
            (
                p.phase,
                p.state,
                p.status,
                p.stage,
                p.standing,
                p.prestatie,
                p.claim,
                p.not_to_claim,
                p.fallback,
                p.forecast and (p.forecast.status, p.forecast.prestatie),
            )
            for p in phases
        ],
    )
    return hashlib.blake2b(_ENCODER.encode(said), digest_size=16).digest()


def line_of(decision: Decision, projection: ClaimsProjection, igo: Igo) -> Line:
    """The line of a decision and the projection it was made from."""
    return Line(
        pregnancy=decision.pregnancy,
        as_of=decision.as_of,
        decided_at=decision.decided_at,
        state="ended" if projection.outcome is not None else "ongoing",
        status=decision.status,
        stage=decision.stage,
        standing=decision.standing,
        phases=tuple(_phase(p, projection, decision, igo) for p in decision.phases),
        insurer=_insurer(projection, decision.as_of),
        missing=tuple(dict.fromkeys((m.variable, m.why) for m in decision.missing)),
        risk=_risk(decision),
        members=_members(projection, igo),
        outside=tuple(dict.fromkeys(o.organisation.name or o.organisation.id for o in decision.outside_care)),
        overridden=bool(decision.overrides),
        outcome=outcome_of(decision.status, decision.stage, decision.phases),
        rules=decision.inputs.rules,
    )


def _phase(decided: PhaseDecision, projection: ClaimsProjection, decision: Decision, igo: Igo) -> PhaseInLine:
    as_of, known, claim = decision.as_of, projection.phase(decided.phase), decided.claim
    start = day_of(known.start) if known.start is not None else None
    return PhaseInLine(
        phase=decided.phase,
        state=decided.state,
        status=decided.status,
        stage=decided.stage,
        prestatie=decided.prestatie.id if decided.prestatie else None,
        name=decided.prestatie.name if decided.prestatie else None,
        amount=claim.amount if claim else None,
        ready=claim.ready if claim else False,
        blocked=claim.blocked_by if claim else (),
        insurer=claim.uzovi if claim else _insurer(projection, start or as_of),
        start=start,
        end=day_of(known.end) if known.end is not None else None,
        expected=decided.forecast.status if decided.forecast else None,
        fallback=tuple((f.agb, f.prestatie.name) for f in decided.fallback),
        regime=decided.regime,
        care=_care(decided, projection, igo),
        outside=tuple(
            Counter(
                o.organisation.name or o.organisation.id for o in decision.outside_care if o.phase == decided.phase
            ).items()
        ),
    )


def _care(decided: PhaseDecision, projection: ClaimsProjection, igo: Igo) -> tuple[tuple[str, int], ...]:
    """How many acts each member gave in a phase."""
    found: Counter[str] = Counter()
    for act in projection.acts:
        if act.phase == decided.phase and (member := igo.member(act.organisation, act.day)) is not None:
            found[member.agb.value if member.agb else act.organisation.id] += 1
    return tuple(sorted(found.items()))


def _insurer(projection: ClaimsProjection, on: date) -> str | None:
    found = {i.uzovi for i in projection.insurance if i.uzovi and i.valid.covers(on)}
    return next(iter(found)) if len(found) == 1 else None


def _risk(decision: Decision) -> tuple[str, ...]:
    """Why a phase ahead would not be IGO, in the words of the early warning and of its forecast.

    Nothing where no phase is IGO or may become it: there is no bundle to break.
    """
    if all((p.status or (p.forecast.status if p.forecast else "niet_igo")) == "niet_igo" for p in decision.phases):
        return ()
    warned = decision.warning
    told = warned.reasons[:1] if warned is not None and warned.risk != "geen" else ()
    ahead = (p.forecast for p in decision.phases if p.forecast and p.forecast.status == "niet_igo")
    return tuple(dict.fromkeys([*(r.text for r in told), *(f.reasons[0] for f in ahead if f.reasons)]))


def _members(projection: ClaimsProjection, igo: Igo) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    given = [(a.organisation, a.day) for a in projection.acts]
    given += [(r.organisation, None) for r in projection.responsibility]
    for organisation, day in given:
        member = igo.member(organisation, day)
        if member is not None:
            found[member.agb.value if member.agb else organisation.id] = member.name
    return tuple(sorted(found.items()))
