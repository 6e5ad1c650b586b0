"""What the sources say, resource by resource, before anything is linked or chosen.

The facts room reads a source's resources into these; linking and the care path read nothing else. Every item carries
the evidence of the resource version it was read from. References are those of the source (`Type/id`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from adapter.model.evidence import Evidence, Organisation
from adapter.model.identifiers import Bsn
from adapter.model.moments import UNBOUNDED, Moment, Span
from adapter.model.sources import Problem


@dataclass(frozen=True, slots=True)
class Coded:
    """A coded value as sent: kept and shown by its display even where we do not know the code."""

    code: str
    system: str | None = None
    display: str | None = None


Value = bool | int | float | str | date | datetime | Coded
"""A fact's value. Counts, hours, weeks are numbers; known codes are our own words (see `mappings/codes`)."""


class StatementKind(StrEnum):
    """The facts read from observations, conditions and coverage, in words of the Nictiz data set where it has one."""

    EDD = "edd"
    LMP = "lmp"
    GESTATIONAL_AGE = "gestational_age"  # days
    GRAVIDITY = "gravidity"
    PARITY = "parity"
    FETUSES = "fetuses"
    CHORIONICITY = "chorionicity"
    CARE_LEVEL = "care_level"
    RISK_STATUS = "risk_status"
    INTENDED_PLACE_OF_BIRTH = "intended_place_of_birth"
    PLACE_OF_BIRTH = "place_of_birth"
    DELIVERY_TYPE = "delivery_type"
    LABOUR_START = "labour_start"
    OPERATION_START = "operation_start"
    PLACENTA_BIRTH = "placenta_birth"
    BIRTH = "birth"  # moment of birth of one child
    END_OF_PREGNANCY = "end_of_pregnancy"
    OUTCOME = "outcome"  # an Outcome word
    KRAAMZORG_HOURS = "kraamzorg_hours"
    KRAAMZORG_REQUESTED = "kraamzorg_requested"
    KRAAMZORG_DECLINED = "kraamzorg_declined"
    INSURER = "insurer"  # UZOVI code
    INSURED = "insured"  # false: known uninsured
    BLOOD_GROUP = "blood_group"  # A, B, AB, O
    RHESUS = "rhesus"  # positief, negatief (D)
    RHESUS_C = "rhesus_c"  # positief, negatief (c)
    IRREGULAR_ANTIBODIES = "irregular_antibodies"  # afwezig, aanwezig, or which
    CASE_MANAGER = "case_manager"  # name of the person who coordinates her care
    PRACTICE_SWITCH = "practice_switch"
    MOVED = "moved"


class Outcome(StrEnum):
    """How a pregnancy ended."""

    BIRTH = "birth"
    STILLBIRTH = "stillbirth"
    MISCARRIAGE = "miscarriage"
    ECTOPIC = "ectopic"
    TERMINATION = "termination"
    MATERNAL_DEATH = "maternal_death"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing one resource says.

    `at` is when it was so (effective time); `basis` the standing within its kind (an EDD: definitive, conception,
    ultrasound, lmp or stated); `about` the child or fetus it is about, None for the pregnancy or the woman; `valid` a
    stated validity (an insurance). `dossier` and `pregnancy` are the EpisodeOfCare and pregnancy Condition it points
    to, if any.
    """

    kind: StatementKind
    value: Value
    evidence: Evidence
    at: Moment | None = None
    basis: str | None = None
    about: str | None = None
    valid: Span | None = None
    dossier: str | None = None
    pregnancy: str | None = None
    display: str | None = None  # the original text, where our word stands for a code


class ActKind(StrEnum):
    """Kinds of care, as fine as scope rules, gaps and catalogue need them."""

    INTAKE = "intake"
    CONSULT = "consult"
    PRENATAAL_HUISBEZOEK_KRAAMZORG = "prenataal_huisbezoek_kraamzorg"
    BEVALLING = "bevalling"  # assistance at the birth
    PARTUSASSISTENTIE = "partusassistentie"  # support during labour (kraamzorg)
    OPNAME = "opname"
    SECTIO = "sectio"
    GEBOORTE = "geboorte"
    POSTNATALE_ZORG = "postnatale_zorg"
    KRAAMZORG = "kraamzorg"
    NACONTROLE = "nacontrole"
    TERMIJNECHO = "termijnecho"
    SEO_1 = "seo_1"
    SEO_2 = "seo_2"
    ECHO = "echo"
    GUO = "guo"
    NIPT = "nipt"
    LAB = "lab"
    COUNSELING = "counseling"
    CTG = "ctg"
    VERSIE = "versie"
    HIGH_CARE = "high_care"
    PRECONCEPTIE = "preconceptie"
    ANTICONCEPTIE = "anticonceptie"
    NEONATOLOGIE = "neonatologie"
    FERTILITEIT = "fertiliteit"
    OVERIG = "overig"


@dataclass(frozen=True, slots=True)
class Act:
    """Care that was given (or is planned, or was declined): a contact, procedure, report or the like.

    Whose act it is: `Encounter.serviceProvider`; else the organisation of the performer's PractitionerRole; else
    `EpisodeOfCare.managingOrganization`; else the source's organisation. `organisation_basis` says which;
    `other_organisations` are those that the other ways name, where they contradict it.
    """

    kind: ActKind
    organisation: Organisation
    organisation_basis: str  # service_provider, performer, managing_organisation, source
    evidence: Evidence
    code: Coded | None = None
    when: Span | None = None
    state: str = "done"  # done, planned, declined, in_progress
    discipline: str | None = None  # verloskunde, gynaecologie, kraamzorg, echoscopie, huisarts …
    referrer: Organisation | None = None
    about: str | None = None
    dossier: str | None = None
    pregnancy: str | None = None
    other_organisations: tuple[Organisation, ...] = ()
    practitioners: tuple[str, ...] = ()  # AGB codes of the persons who gave it, as far as the source names them


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured value as one source holds it. `value` is in `unit` (UCUM); `original` is what was sent."""

    kind: str
    name: str
    value: float | None
    unit: str | None
    original: str | None
    organisation: Organisation
    evidence: Evidence
    at: Moment | None = None
    about: str | None = None
    dossier: str | None = None
    pregnancy: str | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """A disorder, allergy, alert or screening as one source holds it. `kind` is our word; state and result its own."""

    kind: str
    name: str
    organisation: Organisation
    evidence: Evidence
    code: Coded | None = None
    at: Moment | None = None
    state: str | None = None
    result: str | None = None
    about: str | None = None
    dossier: str | None = None
    pregnancy: str | None = None


class ReferralKind(StrEnum):
    """SNOMED 308292007 moves responsibility, 11429006 does not (Nictiz bc-ReferralRequest-type)."""

    OVERDRACHT = "overdracht"
    CONSULT = "consult"
    OVERIG = "overig"


@dataclass(frozen=True, slots=True)
class ReferralMade:
    """A referral as one source holds it."""

    kind: ReferralKind
    at: Moment | None
    sender: Organisation | None
    receiver: Organisation | None
    evidence: Evidence
    dossier: str | None = None
    pregnancy: str | None = None
    state: str = "active"


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name the Dutch way: own family name and, where given, the partner's."""

    text: str | None = None
    given: tuple[str, ...] = ()
    family: str | None = None
    own: str | None = None
    prefix: str | None = None
    partner: str | None = None

    @property
    def shown(self) -> str | None:
        """As it is read: the whole text where it was given, else given and family name.

        The family name of nl-core-humanname holds prefix, own and partner's name in the order that the person chose.
        """
        family = self.family or " ".join(filter(None, (self.prefix, self.own)))
        return self.text or " ".join(filter(None, (*self.given, family))) or None


def called(names: Iterable[Name]) -> str | None:
    """What one person is called by several sources: a whole text where any gives it, else a name put together."""
    given = [*names]
    return next(filter(None, (*(name.text for name in given), *(name.shown for name in given))), None)


@dataclass(frozen=True, slots=True)
class Person:
    """One Patient resource at one source: a woman, or a child of hers."""

    source: str
    reference: str
    evidence: Evidence
    name: Name = Name()
    bsn: Bsn | None = None
    bsn_masked: bool = False
    birth_date: Moment | None = None
    gender: str | None = None
    postal_code: str | None = None
    house_number: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()  # (system, value), BSN left out
    deceased: Moment | bool | None = None
    birth_order: int | None = None
    multiple: bool | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """One EpisodeOfCare of type 364320009 (bc-MaternalRecord): one pregnancy in one organisation's records.

    Where a source gives a pregnancy Condition without an EpisodeOfCare, the Condition stands in as the dossier.
    """

    reference: str
    woman: str
    evidence: Evidence
    organisation: Organisation  # the managing organisation, else the source's
    organisation_stated: bool  # whether the managing organisation was given
    span: Span = UNBOUNDED
    status: str | None = None
    conditions: tuple[str, ...] = ()  # pregnancy Conditions
    periods: tuple[int, ...] = ()  # perinatal periods 1 to 8 in which it is responsible
    group_identifier: tuple[str | None, str] | None = None
    identifiers: tuple[tuple[str | None, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """All that one source says about one woman and her children, read with one dialect version."""

    source: str
    woman: Person
    children: tuple[Person, ...] = ()
    dossiers: tuple[Dossier, ...] = ()
    statements: tuple[Statement, ...] = ()
    acts: tuple[Act, ...] = ()
    referrals: tuple[ReferralMade, ...] = ()
    organisations: tuple[Organisation, ...] = ()  # every care organisation these data name
    references: frozenset[tuple[str, str]] = frozenset()  # (from, to) between resources, for links across dossiers
    resources: int = 0  # how many were read
    set_aside: tuple[str, ...] = field(default=())  # references of resources that could not be read, kept in the store
    problems: tuple[Problem, ...] = ()  # values that were not used, and why
    measured: tuple[Measured, ...] = ()
    noted: tuple[Noted, ...] = ()
