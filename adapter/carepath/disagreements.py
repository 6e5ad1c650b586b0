"""Everything on which the sources contradict each other or themselves, in words a care provider reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from adapter.carepath.asof import Chosen
from adapter.carepath.births import Births
from adapter.carepath.dating import Dating, stated_days
from adapter.carepath.merge import Merged, unique
from adapter.carepath.phases import Phases
from adapter.carepath.questions import named
from adapter.carepath.times import LONGEST_DAYS, dutch, plausible
from adapter.model.carepath import Conflict, Disagreement, Fact, FactValue
from adapter.model.evidence import Evidence, Organisation
from adapter.model.facts import Outcome, StatementKind
from adapter.model.moments import day_of

FACT_NAMES: dict[str, str] = {
    "edd": "de uitgerekende datum",
    "lmp": "de eerste dag van de laatste menstruatie",
    "gravidity": "de graviditeit",
    "parity": "de pariteit",
    "fetuses": "het aantal kinderen",
    "chorionicity": "de chorioniciteit",
    "care_level": "de zorglijn",
    "risk_status": "de risicostatus",
    "intended_place_of_birth": "de voorgenomen plaats van de bevalling",
    "place_of_birth": "de plaats van de bevalling",
    "delivery_type": "de wijze van bevallen",
    "labour_start": "het begin van de actieve ontsluiting",
    "placenta_birth": "de geboorte van de placenta",
    "kraamzorg_hours": "het aantal uren kraamzorg",
    "insurer": "de zorgverzekeraar",
    "blood_group": "de bloedgroep",
    "rhesus": "de rhesusfactor (D)",
    "rhesus_c": "de rhesusfactor (c)",
    "irregular_antibodies": "de irregulaire antistoffen",
    "case_manager": "de casemanager",
}


OUTCOMES: dict[str, str] = {
    "birth": "geboorte",
    "stillbirth": "doodgeboorte",
    "miscarriage": "miskraam",
    "ectopic": "buitenbaarmoederlijke zwangerschap",
    "termination": "zwangerschapsafbreking",
    "maternal_death": "overlijden van de vrouw",
}


def show(value: FactValue) -> str:
    """A value as text for a Dutch reader."""
    if value is None:
        return "onbekend"
    if isinstance(value, bool):
        return "ja" if value else "nee"
    return dutch(value) if isinstance(value, date) else str(value)


def about_facts(merged: Mapping[str, Merged]) -> Iterable[Disagreement]:
    """Facts with contradicting values; the chosen one stands first."""
    for key, one in merged.items():
        if one.disputed:
            fact = one.fact
            others = ", ".join(dict.fromkeys(_with_basis(c.value, c.basis) for c in one.disputed))
            text = f"Over {FACT_NAMES[key]} verschillen de gegevens: {_with_basis(fact.value, fact.basis)} is "
            chosen = Conflict(fact.value, fact.evidence, fact.basis, one.day)
            yield Disagreement(key, f"{text}aangehouden; ook genoemd: {others}.", (chosen, *one.disputed))


def about_the_insurer(insurer: Fact) -> Iterable[Disagreement]:
    """An insurer that is named without a UZOVI code."""
    if insurer.value is None and insurer.evidence:
        text = (
            f"De zorgverzekeraar ({insurer.display}) is genoemd zonder UZOVI-code; het codesysteem is niet bekend. "
            "De verzekeraar geldt als onbekend."
        )
        yield Disagreement("insurer", text, (Conflict(insurer.display, insurer.evidence),))


_BASES = {
    "definitive": "definitief",
    "conception": "bevruchting",
    "ultrasound": "echo",
    "lmp": "laatste menstruatie",
    "stated": "opgegeven",
}


def _with_basis(value: FactValue, basis: str | None) -> str:
    return f"{show(value)} ({_BASES.get(basis, basis)})" if basis else show(value)


def about_dating(
    chosen: Chosen,
    edd: Fact,
    lmp: Fact,
    dating: Dating,
    *,
    tolerances: Mapping[str, tuple[int, int]],
    last: date | None,
) -> Iterable[Disagreement]:
    """Due date, last menstrual period, stated ages and the day itself that do not go together."""
    expected, within = tolerances["edd_minus_lmp_days"]
    if isinstance(edd.value, date) and isinstance(lmp.value, date):
        days = (day_of(edd.value) - day_of(lmp.value)).days
        if abs(days - expected) > within:
            yield Disagreement(
                "edd",
                f"Tussen laatste menstruatie ({dutch(lmp.value)}) en uitgerekende datum ({dutch(edd.value)}) liggen "
                f"{days} dagen; verwacht {expected}, met hoogstens {within} verschil.",
                (Conflict(edd.value, edd.evidence, edd.basis), Conflict(lmp.value, lmp.evidence, "lmp")),
            )
    odd = []
    for s in chosen.said(StatementKind.GESTATIONAL_AGE):
        stated, counted = stated_days(s), dating.days(day_of(s.at)) if s.at is not None and plausible(s.at) else None
        if stated is None or (counted is not None and abs(stated - counted) > tolerances["stated_age_days"][1]):
            value = s.value if isinstance(s.value, int | float | str) else None
            odd.append(Conflict(value, (s.evidence,), None if s.at is None else dutch(s.at)))
    if odd:
        yield Disagreement(
            "gestational_age",
            "De opgegeven zwangerschapsduur past niet bij de uitgerekende datum: "
            + ", ".join(f"{c.value} dagen op {c.basis or 'onbekende datum'}" for c in odd)
            + ".",
            tuple(odd),
        )
    now = dating.days(last) if last is not None else None
    if last is not None and now is not None and not 0 <= now <= LONGEST_DAYS:
        basis = edd if edd.value is not None else lmp
        yield Disagreement(
            "gestational_age",
            f"Op {dutch(last)} zou de zwangerschap {now} dagen duren; dat kan niet. Controleer de uitgerekende datum.",
            (Conflict(basis.value, basis.evidence, dating.basis),),
        )


def about_the_outcome(chosen: Chosen, outcome: Outcome | None) -> Iterable[Disagreement]:
    """Another outcome than the one that was taken; of several children, some may be stillborn."""
    alike = {outcome, Outcome.UNKNOWN, Outcome.BIRTH if outcome is Outcome.STILLBIRTH else None}
    told = [s for s in chosen.said(StatementKind.OUTCOME) if s.value not in alike and s.about is None]
    # A perinatal death before 24 weeks is the miscarriage itself, told another way.
    other = [s for s in told if not (outcome is Outcome.MISCARRIAGE and s.basis == "perinatal_death")]
    if other:
        named_ones = ", ".join(dict.fromkeys(OUTCOMES.get(str(s.value), str(s.value)) for s in other))
        taken = OUTCOMES.get(str(outcome), "onbekend")
        values = tuple(Conflict(str(s.value), (s.evidence,)) for s in other)
        yield Disagreement("outcome", f"De uitkomst is {taken}; ook genoemd: {named_ones}.", values)


def about_births(births: Births) -> Iterable[Disagreement]:
    """Another day of birth than the one that was taken."""
    if births.disputed:
        taken = Conflict(births.first, births.evidence)
        others = ", ".join(show(c.value) for c in births.disputed)
        text = f"De geboorte staat op {show(births.first)}; ook genoemd: {others}."
        yield Disagreement("birth", text, (taken, *births.disputed))


def about_phases(phases: Phases) -> Iterable[Disagreement]:
    """Boundaries that could not be right, and were passed over."""
    for what, evidence in phases.faults:
        key, _, rest = what.partition(" ")
        name = FACT_NAMES.get(key, "het begin van de operatie")
        text = f"{name[0].upper()}{name[1:]} {rest}; de fasegrens is afgeleid van een ander gegeven."
        yield Disagreement(key, text, (Conflict(None, unique(evidence)),))


def about_organisations(chosen: Chosen) -> Iterable[Disagreement]:
    """Acts whose own data name different organisations."""
    pairs: dict[tuple[str, str], tuple[Organisation, Organisation, list[Evidence]]] = {}
    for act in chosen.acts:
        for other in act.other_organisations:
            key = (act.organisation.id, other.id)
            pairs.setdefault(key, (act.organisation, other, []))[2].append(act.evidence)
    for taken, other, evidence in pairs.values():
        yield Disagreement(
            "organisation",
            f"{_acts(len(evidence))} op naam van {named(taken)}, met ook de naam van {named(other)}.",
            (Conflict(named(taken), unique(evidence)), Conflict(named(other), unique(evidence))),
        )


def _acts(count: int) -> str:
    return "1 verrichting staat" if count == 1 else f"{count} verrichtingen staan"


def about_the_woman(chosen: Chosen) -> Iterable[Disagreement]:
    """Different dates of birth of the woman between sources."""
    days: dict[date, list[Evidence]] = {}
    for woman in chosen.women:
        if woman.birth_date is not None and plausible(woman.birth_date):
            days.setdefault(day_of(woman.birth_date), []).append(woman.evidence)
    if len(days) > 1:
        values = tuple(Conflict(day, unique(e)) for day, e in sorted(days.items()))
        text = "De geboortedatum van de vrouw verschilt: " + ", ".join(dutch(day) for day in sorted(days)) + "."
        yield Disagreement("woman", text, values)


def about_what_was_left_out(chosen: Chosen) -> Iterable[Disagreement]:
    """What could not be placed in one of her pregnancies, and dates that cannot be."""
    if chosen.undecided:
        text = "Niet te zeggen bij welke zwangerschap deze gegevens horen; ze tellen hier niet mee."
        yield Disagreement("pregnancy", text, (Conflict(None, chosen.undecided),))
    if chosen.implausible:
        text = "Deze gegevens hebben een onmogelijke datum; ze tellen niet mee."
        yield Disagreement("date", text, (Conflict(None, unique(chosen.implausible)),))
