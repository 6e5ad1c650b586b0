"""What EPDs get wrong about who a woman is: mistyped, swapped, outdated, left out, at stated rates."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from adapter.simulation.people import Woman, misspelt

_ELSEWHERE = ("Verhuisstraat", "Nieuwelaan", "Vertrekweg")


@dataclass(frozen=True, slots=True)
class Noise:
    """How often a source has it wrong, as shares of the women it knows; `twin_sister`: of the women of the region.

    Missing and invalid BSNs, partner's names and mistyped family names are in `Rates`. The rates are our own: no source
    gives them for Dutch birth care. They are meant to be worse than practice, except that a BSN in use is never
    another woman's.
    """

    typo_given: float = 0.0
    initials: float = 0.0  # no given name, only its first letter
    partner_name_only: float = 0.0  # of women with a partner's name: her own name is not there at all
    double_name: float = 0.0  # of women with a partner's name: `Partner-Own`, without saying which is which
    no_prefix: float = 0.0
    swapped_birth_date: float = 0.0  # day and month changed places (or a digit mistyped, where they cannot)
    mistyped_birth_date: float = 0.0
    moved: float = 0.0
    no_address: float = 0.0
    wrong_due_date: float = 0.0  # a month too late
    twin_sister: float = 0.0  # another woman of the same family, birth date and address


CLEAN = Noise()
NOISY = Noise(
    typo_given=0.01,
    initials=0.01,
    partner_name_only=0.02,
    double_name=0.02,
    no_prefix=0.03,
    swapped_birth_date=0.005,
    mistyped_birth_date=0.005,
    moved=0.05,
    no_address=0.02,
    wrong_due_date=0.003,
    twin_sister=0.005,
)
"""What linking is measured on, together with `LINKING_RATES` in `generate`."""

_OF_PARTNER = ("partner_name_only", "double_name")
_AT_A_SOURCE = (
    "typo_given",
    "initials",
    "no_prefix",
    "swapped_birth_date",
    "mistyped_birth_date",
    "moved",
    "no_address",
    "wrong_due_date",
)


def quirks(noise: Noise, source: str, partner: bool, chance: random.Random) -> Iterator[str]:
    """What that source has wrong, as quirks of a plan."""
    for name in (*_AT_A_SOURCE, *(_OF_PARTNER if partner else ())):
        if chance.random() < getattr(noise, name):
            yield f"{name.replace('_', '-')}@{source}"


def twin_sister(of: Woman, woman: Woman) -> Woman:
    """The woman as the twin sister of another, at the address where both grew up."""
    given = woman.given if woman.given != of.given else woman.given + "tje"
    same = {"prefix": of.prefix, "family": of.family, "birth_date": of.birth_date, "street": of.street}
    home = {"house_number": of.house_number, "postal_code": of.postal_code, "town": of.town}
    return replace(woman, given=given, **same, **home)  # type: ignore[arg-type]


def as_known(woman: Woman, quirk: Callable[[str], bool], source: str) -> Woman:
    """The woman as a source knows her."""
    chance = random.Random(f"noise-{source}-{woman.key}")  # noqa: S311 (nothing here is secret)
    known = woman
    if quirk("typo-given") and len(woman.given) > 2:
        known = replace(known, given=misspelt(woman.given, chance))
    if quirk("no-prefix"):
        known = replace(known, prefix="")
    if quirk("swapped-birth-date"):
        known = replace(known, birth_date=_swapped(woman.birth_date))
    if quirk("mistyped-birth-date"):
        known = replace(known, birth_date=_mistyped(woman.birth_date))
    if quirk("moved"):
        street, number = chance.choice(_ELSEWHERE), chance.randrange(1, 300)
        code = f"998{chance.randrange(10)}{chance.choice('ABCDEGHJKL')}{chance.choice('ABCDEGHJKL')}"
        known = replace(known, street=street, house_number=number, postal_code=code)
    return known


def _swapped(day: date) -> date:
    return day.replace(month=day.day, day=day.month) if day.day <= 12 and day.day != day.month else _mistyped(day)


def _mistyped(day: date) -> date:
    """One digit of the year wrong."""
    return day.replace(year=day.year + 1 if day.year % 10 < 9 else day.year - 1, day=min(day.day, 28))
