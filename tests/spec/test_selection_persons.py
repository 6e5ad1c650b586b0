"""Care by a person: the register may name who takes part in the IGO, for an organisation or wherever she works."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import builders_facts as given
from adapter.bootstrap.register import load_igo, warnings
from adapter.claims.participants import participants
from adapter.model.decision import PhaseSelection
from adapter.model.facts import ActKind
from adapter.model.identifiers import Agb, Ura
from adapter.model.projection import ClaimsProjection
from adapter.model.register import Igo, Practitioner
from adapter.selection.membership import Membership
from adapter.service.port import ConfigurationError
from builders_facts import encounter, episode, performed_by, procedure, read, ref, role, the_act
from tests.support.claims_world import ALWAYS, advise, an_igo, blauw, care, decided, groen, kraam, pregnancy, rood, stad

ANNA, BEA = "08900001", "08900002"
MARCH = date(2021, 3, 1)


def person(
    agb: str = ANNA, of: str | None = "08001234", since: date = ALWAYS, until: date | None = None
) -> Practitioner:
    return Practitioner("Anna", Agb(agb), since, until, Agb(of) if of else None)


def igo(*people: Practitioner) -> Igo:
    return replace(an_igo(), practitioners=people)


def by(*codes: str, day: date | None = MARCH, who=groen) -> ClaimsProjection:
    """The plain pregnancy of 2021, with the intake by Anna and one consult by these."""
    plain = pregnancy(2021)
    intake = replace(plain.acts[0], practitioners=(ANNA,))
    consult = replace(care(ActKind.CONSULT, who, day), practitioners=codes)
    return replace(plain, acts=(intake, consult, *plain.acts[1:]))


def said(found: PhaseSelection, rule: str) -> str:
    return next(r.text for r in found.reasons if r.rule == rule)


def test_without_persons_in_the_register_nothing_is_asked_of_them() -> None:
    found = decided(by(BEA))
    assert found.status == "igo" and not any(r.rule.startswith("lid-") for r in found.reasons)


@pytest.mark.parametrize(
    ("codes", "until", "status", "rule"),
    [
        ((ANNA,), None, "igo", "lid-organisatie-en-zorgverlener"),
        ((BEA, ANNA), None, "igo", "lid-organisatie-en-zorgverlener"),  # two did it together
        ((BEA,), None, "niet_igo", "lid-zorgverlener-geen-lid"),
        ((ANNA,), date(2021, 2, 1), "niet_igo", "lid-zorgverlener-geen-lid"),
        ((ANNA,), MARCH, "igo", "lid-organisatie-en-zorgverlener"),  # her last day is one
        ((), None, "onbepaald", "lid-zorgverlener-onbekend"),
    ],
)
def test_an_organisation_with_named_persons_takes_part_with_them(codes, until, status, rule) -> None:
    found = decided(by(*codes), igo=igo(person(until=until)))
    assert found.status == status
    assert said(found, rule).startswith(("Consult door Verloskundigenpraktijk 't Groen", "Intake door"))


def test_a_person_named_for_an_organisation_counts_there_alone() -> None:
    """Anna is named for the hospital: for 't Groen, for which nobody is named, the organisation counts."""
    assert decided(by(BEA), igo=igo(person(of="06001234"))).status == "igo"
    outside = decided(by(ANNA, who=stad), igo=igo(person(BEA, of="06001234"), person()))
    assert outside.status == "niet_igo"


def test_a_person_without_organisation_binds_no_organisation() -> None:
    assert decided(by(BEA), igo=igo(person(of=None))).status == "igo"
    assert decided(by(ANNA), igo=igo(person(of=None))).status == "igo"


def test_a_named_person_does_not_make_care_of_an_outsider_care_of_a_member() -> None:
    found = decided(by(ANNA, who=rood), igo=igo(person(of=None)))
    assert found.status == "niet_igo" and found.standing == "provisional"
    assert "ook als de zorgverlener het wel is" in said(found, "lid-organisatie-geen-lid")


def test_claims_count_an_organisation_by_the_same_judgement() -> None:
    """Blauw takes part with Anna alone: what Bea did there makes the phase niet-IGO, and Blauw no member in it."""
    of_blauw = igo(person(of="08004321"))
    outside, theirs = by(BEA, who=blauw), by(ANNA, who=blauw)
    found = decided(outside, igo=of_blauw)
    assert (found.status, found.not_of_members) == ("niet_igo", (outside.acts[1].evidence,))
    assert blauw.agb not in {f.agb for f in advise(outside, of_blauw)["prenataal"].fallback}
    assert groen.agb in {f.agb for f in advise(outside, of_blauw)["prenataal"].fallback}
    assert decided(theirs, igo=of_blauw).not_of_members == ()
    phase = decided(theirs, igo=of_blauw)
    assert {p.agb for p in participants(theirs, phase, of_blauw)} >= {groen.agb, blauw.agb}
    several = replace(outside, acts=(*outside.acts, replace(theirs.acts[1], evidence=outside.acts[0].evidence)))
    present = participants(several, decided(several, igo=of_blauw), of_blauw)
    assert [len(p.acts) for p in present if p.agb == blauw.agb] == [1], "with what Anna did there alone"


@pytest.mark.parametrize(
    ("since", "until", "answer"),
    [
        (ALWAYS, None, "ja"),
        (date(2021, 6, 1), None, "onbekend"),  # a member for a part of that time
        (date(2022, 1, 1), None, "nee"),
        (ALWAYS, date(2020, 1, 1), "nee"),
    ],
)
def test_care_on_an_unknown_day(since: date, until: date | None, answer: str) -> None:
    membership = Membership(igo(person(since=since, until=until)))
    assert membership.person(groen, (ANNA,), date(2021, 1, 1), date(2021, 12, 31)) == answer
    assert membership.person(kraam, (ANNA,), date(2021, 1, 1), date(2021, 12, 31)) == "niet_gesteld"


def test_a_member_for_a_part_of_that_time_only_may_or_may_not_have_been_one() -> None:
    """Care on an unknown day by an organisation without a code of the same kind is neither in nor out."""
    nameless = replace(groen, agb=None, ura="00012345")
    assert Membership(igo(person())).throughout(nameless, MARCH, MARCH) == "onbekend"


def test_a_person_can_be_named_for_an_organisation_by_its_ura() -> None:
    named = Practitioner("Anna", Agb(ANNA), ALWAYS, None, None, Ura("00012345"))
    membership = Membership(igo(named))
    assert membership.person(replace(groen, ura="00012345"), (BEA,), MARCH, MARCH) == "nee"
    assert membership.person(groen, (BEA,), MARCH, MARCH) == "niet_gesteld"  # an URA is never read as an AGB code


REGISTER = """
[igo]
name = "IGO"
agb = "53000001"
[[member]]
name = "Groen"
agb = "08001234"
discipline = "verloskunde"
from = 2017-01-01
[[practitioner]]
name = "Anna"
agb = "08900001"
organisation_agb = "{of}"
from = 2020-01-01
to = {to}
"""


def register(folder: Path, of: str = "08001234", to: str = "2021-12-31") -> Path:
    path = folder / "igo.toml"
    path.write_text(REGISTER.format(of=of, to=to), "utf-8")
    return path


def test_the_register_names_persons(tmp_path: Path) -> None:
    (anna,) = load_igo(register(tmp_path)).practitioners
    assert anna == Practitioner("Anna", Agb(ANNA), date(2020, 1, 1), date(2021, 12, 31), Agb("08001234"))


def test_a_person_named_for_no_member_is_a_warning(tmp_path: Path) -> None:
    path = register(tmp_path, of="08009999")
    assert any(
        "practitioner 'Anna' is named for an organisation that is no member" in w.what
        for w in warnings(load_igo(path), path)
    )
    good = register(tmp_path)
    assert not any("practitioner" in w.where for w in warnings(load_igo(good), good))


def test_a_person_who_leaves_before_joining_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        load_igo(register(tmp_path, to="2019-01-01"))
    assert "practitioner.0" in error.value.problems[0].where


AGB = {"system": "http://fhir.nl/fhir/NamingSystem/agb-z", "value": ANNA}
PERSON = {"resourceType": "Practitioner", "id": "x", "identifier": [{"system": "urn:x", "value": "1"}, AGB]}
ROLE = role("r", "Organization/practice", practitioner="Practitioner/x")


@pytest.mark.parametrize(
    "individual",
    [
        ref("Practitioner/x"),
        performed_by("PractitionerRole/r"),
        {"reference": "PractitionerRole/r"},
        {"extension": performed_by("PractitionerRole/r")["extension"]},  # the role alone
        {"extension": performed_by("PractitionerRole/r")["extension"], "reference": "Practitioner/unknown"},
    ],
)
def test_who_gave_the_care_is_read_from_its_performer(individual) -> None:
    contact = encounter("11429006", participant=[{"individual": individual}])
    act = the_act(read(contact, episode(), directory=(PERSON, ROLE)))
    assert act.practitioners == (ANNA,)


def test_of_a_procedure_the_performer_else_that_of_its_contact() -> None:
    own = procedure("396550006", context=None, performer=[{"actor": ref("Practitioner/x")}])
    assert the_act(read(own, directory=(PERSON,))).practitioners == (ANNA,)
    contact = encounter("11429006", participant=[{"individual": ref("Practitioner/x")}])
    found = read(contact, procedure("396550006", context="Encounter/n1"), directory=(PERSON,))
    assert [a.practitioners for a in found.acts] == [(ANNA,), (ANNA,)]


@pytest.mark.parametrize(
    "identifier", [None, "08900001", [{"system": AGB["system"], "value": "geen code"}], [{"system": AGB["system"]}]]
)
def test_a_person_without_a_readable_code_is_unknown(identifier) -> None:
    strange = {"resourceType": "Practitioner", "id": "x", "identifier": identifier}
    contact = encounter("11429006", participant=[{"individual": ref("Practitioner/x")}, {"individual": "x"}])
    assert the_act(read(contact, episode(), directory=(strange,))).practitioners == ()
    assert given.OWN.id  # the act itself is read all the same
