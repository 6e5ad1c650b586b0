"""Any number of women more: a random but sensible mix, each with its truth. The same seed gives the same women."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice

from adapter.model.facts import ActKind, Outcome
from adapter.model.moments import day_of
from adapter.simulation import noise
from adapter.simulation.noise import CLEAN, NOISY, Noise, twin_sister
from adapter.simulation.organisations import KZ, VP, ZH
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
)
from adapter.simulation.region import Case, Pregnancy, Region
from adapter.simulation.situations import situations
from adapter.simulation.truth import expected


@dataclass(frozen=True, slots=True)
class Rates:
    """How often things happen, as shares of women (births, for what happens at a birth)."""

    no_bsn: float = 0.02  # per source
    wrong_bsn: float = 0.003  # per source
    typo: float = 0.02  # per source
    married_name: float = 0.3  # per source, of women with a partner's name
    twins: float = 0.016
    miscarriage: float = 0.09
    experiment: float = 0.06  # pregnancies of 2021
    sectio: float = 0.2  # of births in hospital
    kraamzorg_outside: float = 0.06
    kraamzorg_declined: float = 0.04
    outside_consult: float = 0.03
    second_pregnancy: float = 0.03
    uninsured: float = 0.005
    insurer_unknown: float = 0.03
    old_codes: float = 0.1
    no_managing_organisation: float = 0.3
    noise: Noise = CLEAN
    measured: float = 0.2  # pregnancies of which the EPDs hold what was measured: it is most of the data


LINKING_RATES = Rates(
    no_bsn=0.05,
    wrong_bsn=0.005,
    typo=0.03,
    twins=0.03,
    second_pregnancy=0.1,
    kraamzorg_declined=0.02,
    measured=0.0,
    noise=NOISY,
)
"""What linking is measured on."""

_PATHS = (
    ("eerste lijn", 34),
    ("overdracht in de zwangerschap", 22),
    ("overdracht tijdens de bevalling", 18),
    ("tweede lijn", 17),
    ("ziekenhuis buiten", 3),
    ("van buiten ingestapt", 4),
    ("verhuisd", 2),
)
_INSURERS = (("1000", 55), ("2000", 32), ("3000", 13))
_SOURCES = (VP, ZH, KZ)


def generate(seed: int, women: int, rates: Rates | None = None) -> Region:
    """A region of so many generated women. They are made while they are asked for: any number fits in memory."""
    return Region(lambda: _cases(seed, women, rates or Rates()))


def _cases(seed: int, women: int, rates: Rates) -> Iterator[Case]:
    start = len(situations())
    before: Woman | None = None
    for n, bsn in enumerate(islice(bsns(), start, start + women), start + 1):
        chance = random.Random(f"{seed}-{n}")  # noqa: S311 (nothing here is secret)
        key = f"vrouw-{n:06d}"
        person = woman(key, n, bsn, chance)
        wrong = random.Random(f"noise-{seed}-{n}")  # noqa: S311 (its own, so that noise changes nothing else)
        if before is not None and wrong.random() < rates.noise.twin_sister:
            person = twin_sister(before, person)
        before = person
        found = (q for source in _SOURCES for q in noise.quirks(rates.noise, source, person.partner is not None, wrong))
        quirks = frozenset(found)
        plans = [
            replace(plan, quirks=plan.quirks | quirks)
            for plan in _plans(key, chance, rates, person.partner is not None)
        ]
        yield Case(person, tuple(Pregnancy(plan, expected(plan), {}) for plan in plans))


def _plans(key: str, chance: random.Random, rates: Rates, partner: bool) -> Iterator[Plan]:
    early = chance.random() < rates.experiment
    first = date(2021, 1, 10) if early else date(2023, 3, 1)
    span = 100 if early else (REFERENCE_DAY - first).days - 75
    lmp = first + timedelta(days=chance.randrange(span))
    quirks = _quirks(chance, rates, partner)
    insurance = _insurance(chance, rates)
    if chance.random() < rates.second_pregnancy:
        before = lmp - timedelta(days=chance.randrange(95, 150))
        if before > first:
            yield _miscarriage(f"{key}-0", before, chance, insurance, quirks)
    if chance.random() < rates.miscarriage:
        yield _miscarriage(f"{key}-1", lmp, chance, insurance, quirks)
        return
    yield _pregnancy(f"{key}-1", lmp, chance, rates, insurance=insurance, quirks=quirks)


def _miscarriage(
    key: str, lmp: date, chance: random.Random, insurance: tuple[InsurancePlan, ...], quirks: frozenset[str]
) -> Plan:
    on = lmp + timedelta(days=chance.randrange(56, 95))
    care = Care(VP, on - timedelta(days=chance.randrange(1, 12)), on + timedelta(days=14), VP)
    ending = Ending(Outcome.MISCARRIAGE, clock(on, "12:00"), VP)
    return Plan(key, lmp, (care,), ending, insurance=insurance, quirks=quirks, measured=False)


def _quirks(chance: random.Random, rates: Rates, partner: bool) -> frozenset[str]:
    found: set[str] = set()
    for source in _SOURCES:
        for name, rate in (("no-bsn", rates.no_bsn), ("wrong-bsn", rates.wrong_bsn), ("typo-name", rates.typo)):
            if chance.random() < rate:
                found.add(f"{name}@{source}")
        if partner and chance.random() < rates.married_name:
            found.add(f"married-name@{source}")
    if chance.random() < rates.old_codes:
        found.add(f"old-codes@{VP}")
    if chance.random() < rates.no_managing_organisation:
        found.add(f"no-managing-organisation@{VP}")
    found.add(chance.choice((f"labour-as-period@{VP}", f"labour-as-effective@{VP}", f"says-provider@{VP}")))
    if chance.random() < 0.2:
        found.add(chance.choice((f"swapped-edd@{VP}", f"no-lmp@{ZH}", f"condition-stays-active@{KZ}")))
    return frozenset(found)


def _insurance(chance: random.Random, rates: Rates) -> tuple[InsurancePlan, ...]:
    drawn = chance.random()
    start = date(2020, 1, 1)
    if drawn < rates.insurer_unknown:
        return ()
    if drawn < rates.insurer_unknown + rates.uninsured:
        return (InsurancePlan(None, start, None),)
    one = chance.choices([i for i, _ in _INSURERS], [w for _, w in _INSURERS])[0]
    if chance.random() < 0.05:
        other = chance.choice([i for i, _ in _INSURERS if i != one])
        return (InsurancePlan(one, start, date(2023, 12, 31)), InsurancePlan(other, date(2024, 1, 1), None))
    return (InsurancePlan(one, start, None),)


def _pregnancy(
    key: str,
    lmp: date,
    chance: random.Random,
    rates: Rates,
    *,
    insurance: tuple[InsurancePlan, ...],
    quirks: frozenset[str],
) -> Plan:
    twins = chance.random() < rates.twins
    path = "tweede lijn" if twins else chance.choices([p for p, _ in _PATHS], [w for _, w in _PATHS])[0]
    far = chance.randrange(245, 265) if twins else round(min(max(chance.gauss(279, 9), 225), 295))
    born = lmp + timedelta(days=far)
    ending = _birth(born, path, chance, rates, "".join(chance.choice("fm") for _ in range(2 if twins else 1)))
    care, referrals = _care(path, lmp, born, ending, chance)
    acts: tuple[PlannedAct, ...] = ()
    if chance.random() < rates.outside_consult and path in ("eerste lijn", "overdracht tijdens de bevalling"):
        acts = (PlannedAct(ActKind.CONSULT, lmp + timedelta(days=chance.randrange(150, 200)), "zh-overkant", VP),)
    return Plan(
        key=key,
        lmp=lmp,
        care=care,
        ending=ending,
        acts=acts,
        referrals=referrals,
        kraamzorg=_kraamzorg(lmp, chance, rates),
        insurance=insurance,
        gravidity=1 + (parity := chance.choices((0, 1, 2, 3), (45, 35, 15, 5))[0]) + (chance.random() < 0.2),
        parity=parity,
        fetuses=2 if twins else 1,
        chorionicity={"*": chance.choice(("dichoriaal", "monochoriaal"))} if twins else {},
        intended_place=chance.choice(("thuis", "geboortecentrum", "ziekenhuis")),
        quirks=quirks,
        measured=random.Random(f"measured-{key}").random() < rates.measured,  # noqa: S311
    )


def _birth(born: date, path: str, chance: random.Random, rates: Rates, children: str) -> Ending:
    at = clock(born, f"{chance.randrange(24):02d}:{chance.randrange(60):02d}")
    by = {
        "eerste lijn": VP,
        "van buiten ingestapt": VP,
        "ziekenhuis buiten": "zh-overkant",
        "verhuisd": "vp-overkant",
    }.get(path, ZH)
    delivery = "spontaan"
    labour = at - timedelta(minutes=chance.randrange(90, 900))
    place = "ziekenhuis"
    if by in (VP, "vp-overkant"):
        place = chance.choices(("thuis", "geboortecentrum", "ziekenhuis", "transport"), (48, 30, 21, 1))[0]
    elif chance.random() < rates.sectio:
        planned = path != "overdracht tijdens de bevalling" and chance.random() < 0.5
        delivery = "sectio-primair" if planned else "sectio-secundair"
        if planned:
            return Ending(Outcome.BIRTH, clock(born, f"{chance.randrange(8, 16):02d}:{chance.randrange(60):02d}"), by,
                          place, delivery, None, None, children)  # fmt: skip
    elif chance.random() < 0.12:
        delivery = "vacuum"
    outcome = Outcome.STILLBIRTH if chance.random() < 0.004 else Outcome.BIRTH
    placenta = at + timedelta(minutes=chance.randrange(5, 45) + 8 * (len(children) - 1))
    return Ending(outcome, at, by, place, delivery, labour, placenta, children)


def _care(
    path: str, lmp: date, born: date, ending: Ending, chance: random.Random
) -> tuple[tuple[Care, ...], tuple[PlannedReferral, ...]]:
    start = lmp + timedelta(days=chance.randrange(50, 70))
    done = born + timedelta(days=42)
    turn = lmp + timedelta(days=chance.randrange(100, 220))
    home = born + timedelta(days=chance.randrange(1, 4))
    if path == "eerste lijn":
        return (Care(VP, start, done, VP),), ()
    if path == "van buiten ingestapt":
        turn = min(turn, REFERENCE_DAY - timedelta(days=3))  # else no EPD of the region would know her
        back = PlannedReferral("overdracht", turn, "vp-overkant", VP, VP)
        return (Care("vp-overkant", lmp + timedelta(days=50), turn, None), Care(VP, turn, done, VP)), (back,)
    if path == "verhuisd":
        away = PlannedReferral("overdracht", turn, VP, "vp-overkant", VP)
        return (Care(VP, start, turn, VP), Care("vp-overkant", turn, done, None)), (away,)
    hospital, holder = ("zh-overkant", None) if path == "ziekenhuis buiten" else (ZH, ZH)
    after = Care(VP, home, done, VP)
    return_home = PlannedReferral("overdracht", home, hospital, VP, holder or VP)
    if path == "tweede lijn":
        return (Care(ZH, start, home, ZH), after), (return_home,)
    if path == "overdracht tijdens de bevalling":
        turn = day_of(ending.labour or ending.at)
    away = PlannedReferral("overdracht", turn, VP, hospital, VP)
    return (Care(VP, start, turn, VP), Care(hospital, turn, home, holder), after), (away, return_home)


def _kraamzorg(lmp: date, chance: random.Random, rates: Rates) -> KraamzorgPlan:
    intake = lmp + timedelta(days=chance.randrange(210, 245))
    hours = chance.choice((24, 40, 43, 45, 49, 49, 49, 52, 64, 80))
    drawn = chance.random()
    if drawn < rates.kraamzorg_declined:
        return KraamzorgPlan(None)
    outside = drawn < rates.kraamzorg_declined + rates.kraamzorg_outside
    return KraamzorgPlan("kz-overkant" if outside else KZ, hours, intake)
