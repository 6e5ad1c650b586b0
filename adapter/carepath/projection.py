"""The claims projection: what selection and claims may know, cut from the care path. No clinical value passes here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from adapter.carepath.asof import Chosen, choose
from adapter.carepath.births import children_counted
from adapter.carepath.given import PathSettings, PregnancyInput
from adapter.carepath.merge import by_evidence, unique, value_of
from adapter.carepath.natures import NATAL
from adapter.carepath.timeline import GIVEN, start_of
from adapter.carepath.told import with_signals
from adapter.model.carepath import CarePath, PhaseName
from adapter.model.evidence import Evidence, Organisation, OrganisationKind
from adapter.model.facts import Act, ActKind, Outcome, ReferralKind, Statement, StatementKind
from adapter.model.moments import UNBOUNDED, Moment, Span, day_of, instant_of
from adapter.model.projection import (
    ClaimsProjection,
    Insurance,
    Kraamzorg,
    ProjectedAct,
    ProjectedPhase,
    ProjectedReferral,
    ProjectedResponsibility,
    ProjectedSource,
)
from adapter.model.sources import SourceState

K = StatementKind
O = OrganisationKind  # noqa: E741 - short for the table below
_LINES = {O.VERLOSKUNDIGENPRAKTIJK: "eerste_lijn", O.HUISARTS: "eerste_lijn", O.ZIEKENHUIS: "tweede_lijn"}
_KRAAM = frozenset({ActKind.KRAAMZORG, ActKind.PRENATAAL_HUISBEZOEK_KRAAMZORG, ActKind.PARTUSASSISTENTIE})
_STRONG = ("service_provider", "performer")


def project(given: PregnancyInput, path: CarePath, settings: PathSettings | None = None) -> ClaimsProjection:
    """The selection variables of this pregnancy, as of the day of the care path, signals included.

    The prenatal phase starts at the first care; where the physical intake counts (experiment), it is the act of kind
    `intake`.
    """
    settings = settings or PathSettings()
    chosen = choose(given, settings, path.as_of)
    age = path.gestational_age
    days = None if age is None else age.weeks * 7 + age.days
    born = path.outcome in (Outcome.BIRTH, Outcome.STILLBIRTH)
    phase_by_act = {(a.evidence, a.kind): a.phase for a in path.acts}
    read = ClaimsProjection(
        pregnancy=path.pregnancy,
        as_of=path.as_of,
        known_at=path.known_at,
        outcome=path.outcome,
        ended_on=path.ended_on,
        gestational_days_at_end=days if path.ended_on is not None else None,
        gestational_days=days,
        phases=tuple(
            ProjectedPhase(
                p.phase,
                p.state,
                p.start.value,
                p.end.value,
                p.start.derived,
                p.end.derived,
                unique((*p.start.evidence, *p.end.evidence)),
            )
            for p in path.phases
        ),
        acts=_acts(chosen, phase_by_act),
        responsibility=tuple(
            ProjectedResponsibility(r.organisation, Span(r.from_, r.to), r.evidence) for r in path.responsibility
        ),
        referrals=_referrals(chosen),
        insurance=_insurance(chosen),
        kraamzorg=_kraamzorg(chosen),
        place_of_birth=_word(path, "place_of_birth"),
        intended_place_of_birth=_word(path, "intended_place_of_birth"),
        birth_organisation=_birth_organisation(chosen, path) if born else None,
        delivery_type=_word(path, "delivery_type"),
        children=(children_counted(chosen) or None) if born else None,
        practice_switch=_practice_switch(chosen, path),
        moved=_flag(chosen, K.MOVED),
        sources=tuple(ProjectedSource(s.source, s.organisation, s.state) for s in path.sources),
    )
    return with_signals(read, given.signals, settings.join)


def _word(path: CarePath, key: str) -> str | None:
    value = path.facts[key].value
    return None if value is None else str(value)


def _acts(chosen: Chosen, phases: dict[tuple[Evidence, str], PhaseName | None]) -> tuple[ProjectedAct, ...]:
    given = [a for a in chosen.acts if a.state in GIVEN]
    rows = [
        ProjectedAct(
            kind=a.kind,
            day=None if (at := start_of(a)) is None else day_of(at),
            phase=phases.get((a.evidence, a.kind.value)),
            organisation=a.organisation,
            discipline=a.discipline,
            referrer=a.referrer,
            line=_line(a, chosen),
            evidence=a.evidence,
            practitioners=a.practitioners,
        )
        for a in given
    ]
    return tuple(sorted(rows, key=lambda r: (r.day or date.max, r.kind.value, by_evidence(r.evidence))))


def _line(act: Act, chosen: Chosen) -> str | None:
    """First line for a practice or huisarts; a hospital is second line, third where its dossier says so."""
    line = _LINES.get(act.organisation.kind)
    if line == "tweede_lijn":
        levels = [s for s in chosen.said(K.CARE_LEVEL) if s.evidence.source == act.evidence.source]
        if any("derde" in str(value_of(s)) or str(value_of(s)).startswith("3") for s in levels):
            return "derde_lijn"
    return line


def _referrals(chosen: Chosen) -> tuple[ProjectedReferral, ...]:
    rows = [
        ProjectedReferral(r.kind, None if r.at is None else day_of(r.at), r.sender, r.receiver, (r.evidence,))
        for r in chosen.referrals
    ]
    return tuple(sorted(rows, key=lambda r: (r.day or date.max, by_evidence(r.evidence[0]))))


def _insurance(chosen: Chosen) -> tuple[Insurance, ...]:
    found: dict[tuple[str | None, bool | None, Span], list[Evidence]] = {}
    for s in chosen.said(K.INSURER, K.INSURED):
        uzovi = s.value if s.kind is K.INSURER and isinstance(s.value, str) else None
        insured = True if s.kind is K.INSURER else bool(s.value)
        found.setdefault((uzovi, insured, s.valid or UNBOUNDED), []).append(s.evidence)
    rows = [Insurance(uzovi, insured, valid, unique(e)) for (uzovi, insured, valid), e in found.items()]
    return tuple(sorted(rows, key=lambda r: (_from(r.valid), r.uzovi or "")))


def _from(span: Span) -> float:
    return float("-inf") if span.start is None else instant_of(span.start).timestamp()


def _kraamzorg(chosen: Chosen) -> Kraamzorg:
    organisations: dict[str, Organisation] = {}
    evidence: list[Evidence] = []
    for act in chosen.acts:
        if act.state in GIVEN and (act.organisation.kind is O.KRAAMZORG or act.kind in _KRAAM):
            organisations.setdefault(act.organisation.id, act.organisation)
            evidence.append(act.evidence)
    for dossier in chosen.dossiers:
        if dossier.organisation.kind is O.KRAAMZORG:
            organisations.setdefault(dossier.organisation.id, dossier.organisation)
            evidence.append(dossier.evidence)
    said = chosen.said(K.KRAAMZORG_HOURS, K.KRAAMZORG_REQUESTED, K.KRAAMZORG_DECLINED)
    refused = () if organisations else _declined_care(chosen)
    hours = _newest(s for s in said if s.kind is K.KRAAMZORG_HOURS)
    return Kraamzorg(
        organisations=tuple(organisations[i] for i in sorted(organisations)),
        hours=float(hours.value) if hours is not None and isinstance(hours.value, int | float) else None,
        requested=_flag(chosen, K.KRAAMZORG_REQUESTED),
        declined=True if refused else _flag(chosen, K.KRAAMZORG_DECLINED),
        evidence=unique([*evidence, *refused, *(s.evidence for s in said)]),
    )


def _declined_care(chosen: Chosen) -> tuple[Evidence, ...]:
    """Kraamzorg as a whole that was declined. "Not asked for" is no refusal, and one cancelled visit is none either:

    it counts only where no organisation gave kraamzorg or holds a dossier about it.
    """
    return tuple(a.evidence for a in chosen.acts if a.kind is ActKind.KRAAMZORG and a.state == "declined")


def _newest(statements: Iterable[Statement]) -> Statement | None:
    return max(
        statements,
        key=lambda s: (float("-inf") if s.at is None else instant_of(s.at).timestamp(), by_evidence(s.evidence)),
        default=None,
    )


def _flag(chosen: Chosen, kind: StatementKind) -> bool | None:
    newest = _newest(chosen.said(kind))
    return newest.value if newest is not None and isinstance(newest.value, bool) else None


def _birth_organisation(chosen: Chosen, path: CarePath) -> Organisation | None:
    """Whose act the birth was: an organisation named by the act itself; else, in a hospital, the one responsible then.

    An act that only stands in someone's dossier says little: a practice may record a birth that was the hospital's.
    """
    acts = [a for a in chosen.acts if a.kind in NATAL and a.kind is not ActKind.PARTUSASSISTENTIE and a.state in GIVEN]
    place = _word(path, "place_of_birth")
    for act in sorted(acts, key=lambda a: (a.organisation.kind is not O.ZIEKENHUIS, by_evidence(a.evidence))):
        if act.organisation_basis in _STRONG or (
            act.organisation.kind is O.ZIEKENHUIS and place in (None, "ziekenhuis")
        ):
            return act.organisation
    there = [r.organisation for r in path.responsibility if path.ended_on and Span(r.from_, r.to).covers(path.ended_on)]
    if place == "ziekenhuis":
        there = [o for o in there if o.kind is O.ZIEKENHUIS]
        return there[-1] if there else None
    weak = [a.organisation for a in acts if a.organisation.kind is not O.KRAAMZORG]
    return weak[0] if weak else (there[-1] if there else None)


def _before(moment: Moment | None, turn: Moment) -> bool:
    return moment is not None and day_of(moment) < day_of(turn)


def _practice_switch(chosen: Chosen, path: CarePath) -> bool | None:
    """Whether two practices in turn had her before the birth: both responsible, or one handed her to the other.

    None where silence means nothing. The standard has no element for it (see `mappings/rules/variables.yaml`).
    """
    stated = _flag(chosen, K.PRACTICE_SWITCH)
    turn = path.phase("prenataal").end.value
    practices = {
        r.organisation.id
        for r in path.responsibility
        if r.organisation.kind is O.VERLOSKUNDIGENPRAKTIJK
        and (turn is None or r.from_ is None or day_of(r.from_) < day_of(turn))
    }
    for referral in chosen.referrals:
        handed = referral.kind is ReferralKind.OVERDRACHT and (turn is None or _before(referral.at, turn))
        between = [o.id for o in (referral.sender, referral.receiver) if o and o.kind is O.VERLOSKUNDIGENPRAKTIJK]
        if handed and len(between) == 2:
            practices.update(between)
    if stated or len(practices) > 1:
        return True
    silent = any(s.state is not SourceState.ANSWERED for s in path.sources)
    return stated if silent or not path.responsibility else False
