"""The shared care path of one pregnancy: the walk from linked facts to the view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from adapter.carepath import disagreements as about
from adapter.carepath.asof import Chosen, choose
from adapter.carepath.births import Births, births_of
from adapter.carepath.children import children_of
from adapter.carepath.completeness import completeness_of
from adapter.carepath.dating import Dating, date_pregnancy
from adapter.carepath.duplicates import duplicates_of
from adapter.carepath.ending import Ending, end_of
from adapter.carepath.findings import measurements_of, problems_of, screenings_of
from adapter.carepath.given import PathSettings, PregnancyInput
from adapter.carepath.holes import holes_of
from adapter.carepath.merge import Merged, merge, unique, value_of
from adapter.carepath.moments import Situation, moments_of
from adapter.carepath.phases import Phases, phases_of
from adapter.carepath.questions import about_responsibility
from adapter.carepath.responsibility import responsibility_of
from adapter.carepath.signs import Signs
from adapter.carepath.timeline import care_acts, involved, referrals
from adapter.carepath.times import plausible
from adapter.carepath.zorgpad import Precedence, Zorgpad
from adapter.model.carepath import FACT_KEYS, CarePath, Disagreement, Fact, Woman
from adapter.model.evidence import Evidence
from adapter.model.facts import Statement, StatementKind, called
from adapter.model.moments import day_of


def build(given: PregnancyInput, zorgpad: Zorgpad, settings: PathSettings, as_of: date, known_at: datetime) -> CarePath:
    """The care path as it stood on `as_of`. `given` holds what was known at `known_at`."""
    chosen = choose(given, settings, as_of)
    seen = see(chosen, zorgpad, settings, as_of)
    ending, phases = seen.ending, seen.phases
    facts = {key: merged.fact for key, merged in seen.merged.items()}
    last = min(as_of, ending.on) if ending.on is not None else as_of
    timeline = responsibility_of(chosen, phases, seen.births)
    support = zorgpad.tolerances["referral_support_days"][1]
    questions = about_responsibility(timeline, chosen.dossiers, ended=ending.ended, support_days=support, as_of=as_of)
    children = children_of(chosen, as_of)
    measurements, screenings = measurements_of(chosen, seen.dating), screenings_of(chosen)
    situation = Situation(
        chosen=chosen,
        dating=seen.dating,
        births=seen.births,
        ending=ending,
        prenatal=phases.get("prenataal"),
        as_of=as_of,
        facts=facts,
        children=children,
        sources=given.sources,
    )
    fetuses = facts["fetuses"].value
    multiple = isinstance(fetuses, int | float) and fetuses > 1
    signs = Signs(zorgpad.moments, chosen, screenings, measurements)
    doubles = duplicates_of(zorgpad.moments, signs, multiple, seen.dating.zero)
    moments = moments_of(zorgpad.moments, situation, signs, doubles)
    undated_end = ending.ended and ending.on is None
    return CarePath(
        pregnancy=given.pregnancy,
        as_of=as_of,
        known_at=known_at,
        woman=_woman(given),
        state="ended" if ending.ended else "ongoing",
        outcome=ending.outcome,
        ended_on=ending.on,
        gestational_age=None if undated_end else seen.dating.age(last),
        facts=facts,
        phases=phases.all,
        responsibility=timeline.spans,
        involved=involved(chosen),
        acts=care_acts(chosen, phases),
        moments=moments,
        gaps=tuple(m for m in moments if m.state == "gap"),
        duplicates=tuple(d.told for d in doubles),
        conflicts=(*_conflicts(chosen, seen, zorgpad, None if undated_end else last), *questions),
        referrals=referrals(chosen),
        children=children,
        sources=given.sources,
        links=given.links,
        set_aside=tuple(Evidence(f.source, reference, "", "") for f in given.facts for reference in f.set_aside),
        measurements=measurements,
        problems=problems_of(chosen),
        screenings=screenings,
        completeness=completeness_of(zorgpad.expectations, situation, multiple),
        responsibility_holes=holes_of(
            timeline.spans, chosen, phases, ended_on=ending.on, ended=ending.ended, as_of=as_of
        ),
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """The pregnancy's course, from which the rest of the view follows."""

    merged: dict[str, Merged]
    dating: Dating
    births: Births
    ending: Ending
    phases: Phases


def see(chosen: Chosen, zorgpad: Zorgpad, settings: PathSettings, as_of: date) -> Seen:
    """Facts, dating, births, ending and phases."""
    merged = {key: merge(key, chosen.said(StatementKind(key)), zorgpad.precedence[key]) for key in FACT_KEYS}
    facts = {key: m.fact for key, m in merged.items()}
    dating = date_pregnancy(facts["edd"], facts["lmp"], chosen.said(StatementKind.GESTATIONAL_AGE))
    births = births_of(chosen)
    ending = end_of(chosen, births, dating, as_of)
    phases = phases_of(chosen, facts, births, dating, ending=ending, end_days=settings.postnatal_end_days, as_of=as_of)
    stop = phases.get("postnataal").end.value or ending.on
    day = as_of if stop is None else min(as_of, day_of(stop))
    merged["insurer"] = _insurer(chosen, zorgpad.precedence["insurer"], day)
    return Seen(merged, dating, births, ending, phases)


def _insurer(chosen: Chosen, rule: Precedence, day: date) -> Merged:
    """The insurer on the day asked about, or on the last day of the postnatal phase when that has passed."""
    valid = [s for s in chosen.said(StatementKind.INSURER) if s.valid is None or s.valid.covers(day)]
    known = [s for s in valid if isinstance(s.value, str)]
    stated = [s for s in known if s.valid is not None]
    return merge("insurer", stated or known, rule) if known else _insurer_without_code(valid)


def _insurer_without_code(said: Sequence[Statement]) -> Merged:
    """An insurer whose code is not expressly a UZOVI code is unknown; what the source calls it stays to be read."""
    named = sorted({str(value_of(s)) for s in said})
    return Merged(Fact(evidence=unique(s.evidence for s in said), display=", ".join(named))) if named else Merged()


def _woman(given: PregnancyInput) -> Woman:
    women = [f.woman for f in given.facts]
    born = next((w.birth_date for w in women if w.birth_date is not None and plausible(w.birth_date)), None)
    return Woman(given.woman, None if born is None else day_of(born), called(w.name for w in women))


def _conflicts(chosen: Chosen, seen: Seen, zorgpad: Zorgpad, last: date | None) -> Iterable[Disagreement]:
    edd, lmp = seen.merged["edd"].fact, seen.merged["lmp"].fact
    yield from about.about_facts(seen.merged)
    yield from about.about_the_insurer(seen.merged["insurer"].fact)
    yield from about.about_dating(chosen, edd, lmp, seen.dating, tolerances=zorgpad.tolerances, last=last)
    yield from about.about_births(seen.births)
    yield from about.about_the_outcome(chosen, seen.ending.outcome)
    yield from about.about_phases(seen.phases)
    yield from about.about_organisations(chosen)
    yield from about.about_the_woman(chosen)
    yield from about.about_what_was_left_out(chosen)
