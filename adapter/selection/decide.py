"""IGO or niet-IGO for a pregnancy: each phase by the rules of its own regime, and the pregnancy from its phases."""

from __future__ import annotations

from collections.abc import Iterable

from adapter.model.carepath import PHASES
from adapter.model.decision import AskedOfRules, OutsideCare, PhaseSelection, RuleSetRef, Selection, Stage, Status
from adapter.model.projection import ClaimsProjection, ProjectedPhase
from adapter.model.register import Igo
from adapter.rules import RuleBook, lowest
from adapter.selection.case import Case
from adapter.selection.cover import cover_of
from adapter.selection.intake import asked_of_start, from_intake
from adapter.selection.membership import Membership, membership_of
from adapter.selection.phase import PhaseResult, decide_phase
from adapter.selection.sources import Unheard, silent, unheard
from adapter.selection.warning import early_warning
from adapter.selection.window import regime_day, window_of


def decide(projection: ClaimsProjection, igo: Igo, book: RuleBook) -> Selection:
    """The selection of one pregnancy. Pure: the same projection, register and rule book give the same answer.

    The pregnancy is `igo` or `niet_igo` if all phases that have begun agree, `gemengd` if both occur, `onbepaald` if
    any is, or if none has begun. It is definitief once every phase that applies is.
    """
    asked: list[AskedOfRules] = list(asked_of_start(projection))
    projection = from_intake(projection, book)
    membership = membership_of(igo)
    nobody = unheard(projection, membership)
    results: list[PhaseResult] = []
    phases: list[PhaseSelection] = []
    for name in PHASES:
        phase = projection.phase(name)
        if phase.state == "not_applicable":
            phases.append(_not_applicable(phase, phases))
            continue
        case = _case(projection, igo, book, membership, nobody, phase)
        result = decide_phase(case)
        results.append(result)
        insurer, day = case.cover.uzovi, case.regime_day
        for asking in (case.selecting, case.scoping, case.staging):
            asked.append((asking.table.decides, insurer, day, tuple(asking.asked)))
        if case.joining is not None and case.joining.asked:
            asked.append((case.joining.table.decides, insurer, day, tuple(case.joining.asked)))
        phases.append(result.selection)
    return Selection(
        status=_status(phases),
        stage=_stage(phases),
        standing=lowest(*(r.selection.standing for r in results)),
        rule_set=_rule_set(results),
        phases=tuple(phases),
        outside_care=_each(care for result in results for care in result.outside),
        missing=tuple(dict.fromkeys(m for result in results for m in result.missing)),
        warning=early_warning(projection, membership, book.for_insurer(None)),
        asked=tuple(asked),
    )


def _case(
    projection: ClaimsProjection,
    igo: Igo,
    book: RuleBook,
    membership: Membership,
    nobody: Unheard,
    phase: ProjectedPhase,
) -> Case:
    window = window_of(phase, projection.as_of)
    day = regime_day(igo.rules, window, projection)
    cover = cover_of(projection, igo, window)
    own = book.for_insurer(cover.uzovi)
    return Case(
        projection=projection,
        igo=igo,
        membership=membership,
        phase=phase,
        window=window,
        regime_day=day,
        selecting=own.asking("selectie", day),
        scoping=own.asking("scope", day),
        staging=own.asking("stadium", day),
        silent=silent(nobody, membership, window),
        cover=cover,
        joining=own.asking("lidmaatschap", day) if igo.practitioners and "lidmaatschap" in own.tables else None,
    )


def _not_applicable(phase: ProjectedPhase, before: list[PhaseSelection]) -> PhaseSelection:
    """A phase that does not exist. That there is none is as settled as the phase before it: both rest on the end of
    the pregnancy, and a source that is silent on the one is silent on the other."""
    return PhaseSelection(
        phase=phase.phase,
        state=phase.state,
        regime=None,
        start=phase.start,
        end=phase.end,
        status=None,
        stage=before[-1].stage if before else "voorlopig",
        standing="verified",
        reasons=(),
        igo_if=(),
    )


def _status(phases: Iterable[PhaseSelection]) -> Status:
    found = {phase.status for phase in phases if phase.status is not None}
    if not found or "onbepaald" in found:
        return "onbepaald"
    if found == {"igo"}:
        return "igo"
    return "niet_igo" if found == {"niet_igo"} else "gemengd"


def _stage(phases: Iterable[PhaseSelection]) -> Stage:
    counted = [phase for phase in phases if phase.state != "not_applicable"]
    return "definitief" if counted and all(phase.stage == "definitief" for phase in counted) else "voorlopig"


def _rule_set(results: list[PhaseResult]) -> RuleSetRef:
    """The rule set; a pregnancy over a change of regime names both, joined by a plus sign."""
    begun = [r for r in results if r.selection.status is not None] or results
    used = list(dict.fromkeys((r.selection.regime or "", r.version) for r in begun))
    return RuleSetRef("+".join(name for name, _ in used), "+".join(version for _, version in used))


def _each(outside: Iterable[OutsideCare]) -> tuple[OutsideCare, ...]:
    return tuple(dict.fromkeys(outside))
