"""The hand-picked situations: `situations.yaml` read into plans, each with its story, citation and truth."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast, get_args

import yaml

from adapter.model.carepath import PHASES, PhaseName, PhaseState
from adapter.model.decision import PhaseStatus, Stage, Status
from adapter.model.facts import ActKind, Outcome
from adapter.model.moments import day_of
from adapter.simulation.organisations import PARTICIPANTS
from adapter.simulation.people import Woman, bsns, woman
from adapter.simulation.plan import (
    REFERENCE_DAY,
    Care,
    Ending,
    InsurancePlan,
    KraamzorgPlan,
    Plan,
    PlannedAct,
    PlannedReferral,
    clock,
    day,
)
from adapter.simulation.truth import OutsideTruth, PhaseTruth, PregnancyTruth

_TABLE = Path(__file__).with_name("situations.yaml")
_CARE_KEYS = {"by", "from", "to", "source", "consult", "routine", "echo", "tells_birth"}
_PLAN_KEYS = {"lmp", "end", "care", "acts", "referrals", "kraamzorg", "insurer", "gravidity", "parity", "fetuses",
              "chorionicity", "intended", "quirks"}  # fmt: skip


class SituationError(ValueError):
    """A situation cannot be read; the message names it and says what is wrong."""


@dataclass(frozen=True, slots=True)
class SituationPregnancy:
    """One pregnancy of a situation. `without`: the truth when that source does not answer."""

    plan: Plan
    truth: PregnancyTruth
    without: dict[str, PregnancyTruth]


@dataclass(frozen=True, slots=True)
class Situation:
    """One hand-picked situation: a woman, her pregnancies, and what the outcome should be and why.

    `apart`: groups of sources whose records of her cannot be linked on sound grounds, so that the adapter may show her
    as several women; empty when all her records belong together.
    """

    id: str
    description: str
    citation: str
    woman: Woman
    pregnancies: tuple[SituationPregnancy, ...]
    apart: tuple[tuple[str, ...], ...] = ()


@cache
def situations() -> tuple[Situation, ...]:
    """All situations, in the order of the table. Raises `SituationError` naming the one that is wrong."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    rows: list[dict[str, Any]] = yaml.load(_TABLE.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    numbers = bsns()
    found = []
    for n, row in enumerate(rows, 1):
        person = woman(str(row.get("id")), n, next(numbers), random.Random(f"situatie {row.get('id')}"))  # noqa: S311
        try:
            found.append(_situation(row, person))
        except (KeyError, ValueError, TypeError, AttributeError) as fault:
            raise SituationError(f"situations.yaml, situation {row.get('id')!r}: {fault!r}") from fault
    return tuple(found)


def _situation(row: Mapping[str, Any], person: Woman) -> Situation:
    many = row.get("pregnancies") or [row]
    pregnancies = tuple(_pregnancy(f"{row['id']}-{n}", given) for n, given in enumerate(many, 1))
    apart = tuple(tuple(group) for group in row.get("apart", ()))
    return Situation(row["id"], row["description"].strip(), row["citation"], person, pregnancies, apart)


def _pregnancy(key: str, given: Mapping[str, Any]) -> SituationPregnancy:
    without = {source: _truth(truth) for source, truth in given.get("truth_without", {}).items()}
    return SituationPregnancy(_plan(key, given["plan"]), _truth(given["truth"]), without)


def _plan(key: str, given: Mapping[str, Any]) -> Plan:
    if unknown := set(given) - _PLAN_KEYS:
        raise SituationError(f"unknown keys in plan: {', '.join(sorted(unknown))}")
    lmp = _lmp(given["lmp"])
    ending = _ending(given["end"], lmp) if "end" in given else None
    birth = day_of(ending.at) if ending else None

    def on(text: object) -> date:
        return day(text, lmp, birth)

    return Plan(
        key=key,
        lmp=lmp,
        ending=ending,
        care=tuple(_care(c, on) for c in given["care"]),
        acts=tuple(PlannedAct(ActKind(a["kind"]), on(a["day"]), _known(a["by"]), a.get("source"), a.get("referrer"))
                   for a in given.get("acts", ())),
        referrals=tuple(_referral(r, on)
                        for r in given.get("referrals", ())),
        kraamzorg=_kraamzorg(given.get("kraamzorg"), on),
        insurance=_insurance(given.get("insurer", "1000"), lmp),
        gravidity=given.get("gravidity", 1),
        parity=given.get("parity", 0),
        fetuses=given.get("fetuses", 1),
        chorionicity=given.get("chorionicity", {}),
        intended_place=given.get("intended"),
        quirks=frozenset(given.get("quirks", ())),
    )  # fmt: skip


def _referral(given: Mapping[str, Any], on: Any) -> PlannedReferral:
    day_: date = on(given["day"])
    at = clock(day_, given["time"]) if "time" in given else day_
    return PlannedReferral(given["kind"], at, _known(given["from"]), _known(given["to"]), given["source"])


def _known(key: str) -> str:
    if key not in PARTICIPANTS:
        raise SituationError(f"unknown organisation {key!r}")
    return key


def _lmp(given: object) -> date:
    """The last menstrual period: a date, or `ref-100`, or `30+0 on ref` (so far along on the reference day)."""
    text = str(given)
    if text.endswith(" on ref"):
        far = day(text.removesuffix(" on ref"), REFERENCE_DAY, None) - REFERENCE_DAY
        return REFERENCE_DAY - far
    return day(given, REFERENCE_DAY, None)


def _care(given: Mapping[str, Any], on: Any) -> Care:
    if unknown := set(given) - _CARE_KEYS:
        raise SituationError(f"unknown keys in care: {', '.join(sorted(unknown))}")
    by = _known(given["by"])
    source = given.get("source", by if PARTICIPANTS[by].source else None)
    end = on(given["to"]) if given.get("to") is not None else None
    echo = _known(given["echo"]) if "echo" in given else None
    return Care(
        by,
        on(given["from"]),
        end,
        source,
        given.get("consult", False),
        given.get("routine", True),
        echo,
        given.get("tells_birth", False),
    )


def _ending(given: Mapping[str, Any], lmp: date) -> Ending:
    at = clock(day(given["at"], lmp, None), given.get("time", "12:00"))
    labour = at - timedelta(hours=given["labour"]) if "labour" in given else None
    placenta = at + timedelta(minutes=given["placenta"]) if "placenta" in given else None
    by = _known(given["by"]) if "by" in given else None
    return Ending(Outcome(given["how"]), at, by, given.get("place"), given.get("delivery"), labour, placenta,
                  given.get("children", "f"))  # fmt: skip


def _kraamzorg(given: Mapping[str, Any] | str | None, on: Any) -> KraamzorgPlan | None:
    if given is None:
        return None
    if isinstance(given, str):
        if given != "afgezien":
            raise SituationError(f"kraamzorg: {given!r} is not 'afgezien' or a plan")
        return KraamzorgPlan(None)
    return KraamzorgPlan(_known(given["by"]), given.get("hours", 49), on(given.get("intake", "34+0")))


def _insurance(given: object, lmp: date) -> tuple[InsurancePlan, ...]:
    start, end = date(lmp.year, 1, 1), date(lmp.year + 1, 12, 31)
    if given == "onbekend":
        return ()
    if isinstance(given, list):
        return tuple(InsurancePlan(str(s["uzovi"]), s["from"], s.get("to")) for s in given)
    return (InsurancePlan(None if given == "onverzekerd" else str(given), start, end),)


def _truth(given: Mapping[str, Any]) -> PregnancyTruth:
    phases = {name: _phase(given["phases"][name]) for name in PHASES}
    for name, phase in phases.items():
        if phase.state == "not_applicable":  # as settled as the phase before it
            phases[name] = replace(phase, stage=phases["prenataal"].stage)
    status: str = given["status"]
    if status not in get_args(Status):
        raise SituationError(f"status {status!r}")
    outcome = Outcome(given["outcome"]) if given.get("outcome") else None
    outside = tuple(OutsideTruth(_known(by), cast(PhaseName, phase), kind)
                    for by, phase, kind in (line.split() for line in given.get("outside", ())))  # fmt: skip
    stage = cast(Stage, given["stage"])
    return PregnancyTruth("ended" if outcome else "ongoing", outcome, phases, cast(Status, status), stage, outside)


def _phase(line: str) -> PhaseTruth:
    """`ended igo postnataal definitief`: state, status, prestatie (or `-`), stage; or the state alone."""
    state, *rest = line.split()
    if state not in get_args(PhaseState):
        raise SituationError(f"phase state {state!r}")
    if not rest:
        return PhaseTruth(cast(PhaseState, state))
    status, prestatie, stage = rest
    if status not in get_args(PhaseStatus) or stage not in get_args(Stage):
        raise SituationError(f"phase {line!r}")
    chosen = None if prestatie == "-" else prestatie
    return PhaseTruth(cast(PhaseState, state), cast(PhaseStatus, status), chosen, cast(Stage, stage))
