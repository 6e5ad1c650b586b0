"""Reading one woman's record at one source into facts."""

from __future__ import annotations

from collections.abc import Sequence

from adapter import fhir
from adapter.facts.acts import ACT_TYPES, read_act, without_reports
from adapter.facts.binding import Binder
from adapter.facts.births import with_births
from adapter.facts.casemanager import read_case_managers
from adapter.facts.dialect import Dialect
from adapter.facts.dossiers import read_dossiers
from adapter.facts.insurance import read_insurance
from adapter.facts.measures import read_measured
from adapter.facts.notes import read_noted
from adapter.facts.organisations import Organisations
from adapter.facts.people import read_people
from adapter.facts.record import Item, Record, open_record
from adapter.facts.referrals import REFERRAL_TYPES, read_referrals
from adapter.facts.statements import read_statements, rules_for
from adapter.model.evidence import OrganisationKind
from adapter.model.facts import Act, Measured, Noted, ReferralMade, SourceFacts, Statement
from adapter.model.sources import RecordKey, SourceInfo, StoredVersion

DIRECTORY_TYPES = ("Organization", "Practitioner", "PractitionerRole", "Location")


def read(
    record: RecordKey,
    versions: Sequence[StoredVersion],
    directory: Sequence[StoredVersion],
    source: SourceInfo,
    dialect: Dialect,
) -> SourceFacts:
    """All that one source says about one woman and her children.

    `versions` are the resources of her record, `directory` the organisations and people they refer to. Never raises
    on what a source sent: a resource that cannot be read is named in `set_aside`, a value that cannot be used in
    `problems`.
    """
    opened = open_record(record, versions, directory, source, dialect)
    return _Reading(opened).facts()


class _Reading:
    def __init__(self, record: Record) -> None:
        self.record = record
        self.organisations = Organisations(record)
        self.binder = Binder(record)
        self.statements: list[Statement] = []
        self.acts: list[Act] = []
        self.referrals: list[ReferralMade] = []
        self.measured: list[Measured] = []
        self.noted: list[Noted] = []

    def facts(self) -> SourceFacts:
        record = self.record
        woman, children = read_people(record)
        dossiers = read_dossiers(record, self.organisations)
        self.statements += read_case_managers(record, self.organisations, dossiers)
        for item in record.items:
            record.guarded(item, self._read)
        children, statements = with_births(record, self.binder, children, self.statements)
        return SourceFacts(
            source=record.source.id,
            woman=woman,
            children=tuple(children),
            dossiers=dossiers,
            statements=tuple(statements),
            acts=tuple(without_reports(self.acts)),
            referrals=tuple(self.referrals),
            organisations=tuple(o for o in self.organisations.named if o.kind is not OrganisationKind.ZORGVERZEKERAAR),
            references=frozenset(_references(record)),
            resources=len(record.items),
            set_aside=tuple(record.set_aside),
            problems=tuple(record.problems),
            measured=tuple(self.measured),
            noted=tuple(self.noted),
        )

    def _read(self, item: Item) -> None:
        record = self.record
        rules = rules_for(record, item)
        if rules:
            self.statements += read_statements(record, self.organisations, self.binder, item, rules)
        if item.type == "Observation":
            self.measured += read_measured(record, self.organisations, self.binder, item, stated=bool(rules))
        self.noted += read_noted(record, self.organisations, self.binder, item)
        if item.type in ACT_TYPES:
            act = read_act(record, self.organisations, self.binder, item)
            if act is not None:
                self.acts.append(act)
        elif item.type in REFERRAL_TYPES:
            self.referrals += read_referrals(record, self.organisations, self.binder, item)
        elif item.type == "Coverage":
            self.statements += read_insurance(record, item)


def _references(record: Record) -> set[tuple[str, str]]:
    """From which resource to which, those to the woman herself left out."""
    found: set[tuple[str, str]] = set()
    for item in record.items:
        received = item.version.received
        for target in fhir.referred(received.body, received.media, item.json):
            if target != record.key.woman:
                found.add((item.reference, target))
    return found


def directory_references(versions: Sequence[StoredVersion]) -> frozenset[str]:
    """The Organization, Practitioner, PractitionerRole and Location references these versions make.

    A PractitionerRole refers on to its Organization: ask again with what was found.
    """
    found: set[str] = set()
    for version in versions:
        received = version.received
        if received.problem is None:
            referred = fhir.referred_in(received.body, received.media, received.fhir_version)
            found |= {target for target in referred if target.startswith(DIRECTORY_TYPES)}
    return frozenset(found)
