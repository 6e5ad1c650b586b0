"""Read the IGO's register (`igo.toml`): members, contracts, and the parameters of the rules."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from adapter.bootstrap.section import Section
from adapter.bootstrap.settings import faults, read_toml
from adapter.model.identifiers import Agb, Ura
from adapter.model.register import DISCIPLINES, Contract, Igo, Member, Practitioner, RuleParameters
from adapter.model.sources import Problem
from adapter.service.port import ConfigurationError

_When = Literal["phase_start", "pregnancy_start", "phase_end"]


class _Rules(Section):
    regime_by: _When = "phase_start"
    contract_by: _When = "phase_start"
    insurer_on: _When = "phase_start"
    break_scope: Literal["phase", "pregnancy"] = "phase"
    member_care: Literal["responsible", "any"] = "responsible"
    uncontracted: bool = False
    postnatal_end_days: int = Field(default=42, ge=1, le=120)


class _Igo(Section):
    name: str
    agb: str
    rules: _Rules = _Rules()


class _Member(Section):
    name: str
    discipline: str
    agb: str | None = None
    ura: str | None = None
    since: date = Field(alias="from")
    until: date | None = Field(default=None, alias="to")


class _Practitioner(Section):
    name: str
    agb: str
    since: date = Field(alias="from")
    until: date | None = Field(default=None, alias="to")
    organisation_agb: str | None = None
    organisation_ura: str | None = None


class _Contract(Section):
    uzovi: tuple[str, ...]
    since: date = Field(alias="from")
    until: date | None = Field(default=None, alias="to")
    prestaties: tuple[str, ...] = ("*",)
    tariff: dict[str, int] = Field(default_factory=dict)
    minimum: tuple[str, ...] = ()


class _File(Section):
    igo: _Igo
    member: tuple[_Member, ...] = ()
    practitioner: tuple[_Practitioner, ...] = ()
    contract: tuple[_Contract, ...] = ()


def load_igo(path: Path) -> Igo:
    """Read and check a register. Raises `ConfigurationError` with every fault."""
    data = read_toml(path, "see [igo] register in your configuration")
    try:
        file = _File.model_validate(data)
    except ValidationError as error:
        raise ConfigurationError(faults(path, error)) from None
    problems: list[Problem] = []
    members = [m for i, x in enumerate(file.member) if (m := _made(problems, path, f"member.{i}", _member, x))]
    people = [
        p for i, x in enumerate(file.practitioner) if (p := _made(problems, path, f"practitioner.{i}", _person, x))
    ]
    contracts = [c for i, x in enumerate(file.contract) if (c := _made(problems, path, f"contract.{i}", _contract, x))]
    agb = _made(problems, path, "igo.agb", Agb, file.igo.agb)
    if problems or agb is None:
        raise ConfigurationError(problems)
    rules = RuleParameters(**file.igo.rules.model_dump())
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return Igo(file.igo.name, agb, tuple(members), tuple(contracts), rules, version, tuple(people))


def warnings(igo: Igo, path: Path) -> list[Problem]:
    """What is allowed but worth a look: the IGO's make-up, its AGB code, contracts that overlap."""
    found: list[Problem] = []
    if not igo.agb.value.startswith("53"):
        what = "an IGO's AGB code starts with 53 (zorgsoort integrale geboortezorg)"
        found.append(Problem(None, f"{path}: igo.agb", what, "check the code", "warning"))
    present = {m.discipline for m in igo.members}
    for discipline in ("verloskunde", "gynaecologie", "ziekenhuis", "kraamzorg"):
        if discipline not in present and not (discipline == "gynaecologie" and "ziekenhuis" in present):
            what = f"no member of discipline {discipline}; an insurer may require one"
            found.append(Problem(None, f"{path}: member", what, "", "warning"))
    for person in igo.practitioners:
        own = [m for m in igo.members if _works_for(person, m)]
        if person.bound and not own:
            what = f"practitioner {person.name!r} is named for an organisation that is no member; it decides nothing"
            found.append(Problem(None, f"{path}: practitioner", what, "check the code of the organisation", "warning"))
    for i, one in enumerate(igo.contracts):
        for other in igo.contracts[i + 1 :]:
            if _overlap(one, other):
                what = (
                    f"contracts from {one.since} and {other.since} overlap for the same insurer: the first one counts"
                )
                found.append(Problem(None, f"{path}: contract", what, "", "warning"))
    return found


def _overlap(a: Contract, b: Contract) -> bool:
    shared = set(a.insurers) & set(b.insurers)
    return bool(shared) and (a.until is None or b.since <= a.until) and (b.until is None or a.since <= b.until)


def _made(problems: list[Problem], path: Path, key: str, make: Any, given: Any) -> Any:
    try:
        return make(given)
    except ValueError as error:
        problems.append(Problem(None, f"{path}: {key}", str(error)))
        return None


def _member(given: _Member) -> Member:
    if given.discipline not in DISCIPLINES:
        raise ValueError(f"discipline {given.discipline!r} is not one of {', '.join(DISCIPLINES)}")
    agb, ura = Agb(given.agb) if given.agb else None, Ura(given.ura) if given.ura else None
    return Member(given.name, given.discipline, given.since, given.until, agb, ura)


def _works_for(person: Practitioner, member: Member) -> bool:
    agb, ura = person.organisation_agb, person.organisation_ura
    return (agb is not None and agb == member.agb) or (ura is not None and ura == member.ura)


def _person(given: _Practitioner) -> Practitioner:
    agb = Agb(given.organisation_agb) if given.organisation_agb else None
    ura = Ura(given.organisation_ura) if given.organisation_ura else None
    return Practitioner(given.name, Agb(given.agb), given.since, given.until, agb, ura)


def _contract(given: _Contract) -> Contract:
    return Contract(given.uzovi, given.since, given.until, given.prestaties, dict(given.tariff), given.minimum)
