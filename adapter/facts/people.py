"""Patient resources: the woman and her children."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapter.facts.persons import identifier_values
from adapter.facts.record import Item, Record, decode, moment_of
from adapter.model.evidence import Evidence
from adapter.model.facts import Name, Person
from adapter.model.identifiers import Bsn, InvalidIdentifierError, System, system_of
from adapter.model.moments import Moment, is_instant
from adapter.model.sources import SourceInfo, StoredVersion

_EXT = "http://hl7.org/fhir/StructureDefinition/"
_HOUSE_NUMBER = _EXT + "iso21090-ADXP-houseNumber"
_BIRTH_TIME = (_EXT + "patient-birthTime", _EXT + "birthTime")
_ABSENT = _EXT + "data-absent-reason"
_QUALIFIER = _EXT + "iso21090-EN-qualifier"


def person(version: StoredVersion, source: SourceInfo) -> Person:
    """The person in one stored Patient resource. What cannot be read leaves a Person with the reference alone."""
    item = decode(version)
    if item is None:
        evidence = Evidence(source.id, version.received.reference, version.version, "", _code(source))
        return Person(source.id, version.received.reference, evidence)
    return read_person(item, source)[0]


def read_people(record: Record) -> tuple[Person, list[Person]]:
    """The woman, and the children whose Patient resource is in her record."""
    woman: Person | None = None
    children: list[Person] = []
    for item in record.of_type("Patient"):
        read = record.guarded(item, lambda patient: read_person(patient, record.source))
        if read is None:
            continue
        found, remarks = read
        for remark in remarks:
            record.note(item, remark, "verbeter het in het EPD; tot dan wordt zij anders herkend")
        if item.reference == record.key.woman:
            woman = found
        else:
            children.append(found)
    if woman is None:
        evidence = Evidence(record.source.id, record.key.woman, "", "", _code(record.source))
        woman = Person(record.source.id, record.key.woman, evidence)
    return woman, [_of_its_own(child, woman, record) for child in children]


def _of_its_own(child: Person, woman: Person, record: Record) -> Person:
    """The child without its mother's BSN, under which some sources write it until it has one."""
    if child.bsn is None or child.bsn != woman.bsn:
        return child
    item = next((i for i in record.of_type("Patient") if i.reference == child.reference), None)
    if item is not None:
        record.note(item, "bij het kind staat het BSN van de moeder; het is niet gebruikt", "verbeter het in het EPD")
    return replace(child, bsn=None)


def read_person(item: Item, source: SourceInfo) -> tuple[Person, list[str]]:
    """The person, and remarks about identifiers that were dropped (never the identifier itself)."""
    resource = item.json
    bsn, masked, remarks = _bsn(resource.get("identifier"))
    postal_code, house_number = _address(resource.get("address"))
    order = resource.get("multipleBirthInteger")
    multiple = resource.get("multipleBirthBoolean")
    return (
        Person(
            source=source.id,
            reference=item.reference,
            evidence=Evidence(source.id, item.reference, item.version.version, "", _code(source)),
            name=name_of(resource.get("name")),
            bsn=bsn,
            bsn_masked=masked,
            birth_date=_birth_date(resource),
            gender=_text(resource.get("gender")),
            postal_code=postal_code,
            house_number=house_number,
            identifiers=_identifiers(resource.get("identifier")),
            deceased=_deceased(resource),
            birth_order=order if type(order) is int else None,
            multiple=multiple if type(multiple) is bool else (True if type(order) is int else None),
        ),
        remarks,
    )


def _code(source: SourceInfo) -> str:
    return source.organisation.agb or source.organisation.ura or source.organisation.id


def _bsn(identifiers: Any) -> tuple[Bsn | None, bool, list[str]]:
    """Her BSN. Two valid ones that differ are none: whose the other is cannot be told from here."""
    remarks: list[str] = []
    found: set[Bsn] = set()
    for system, value in identifier_values(_in_use(identifiers)):
        if system is System.BSN:
            try:
                found.add(Bsn(value))
            except InvalidIdentifierError as error:
                remarks.append(f"het BSN is geen geldig BSN ({error})")
    if len(found) > 1:
        remarks.append("er staan twee verschillende BSN's bij één persoon; geen van beide is gebruikt")
    masked = not found and any(_is_masked_bsn(i) for i in _list(identifiers) if isinstance(i, dict))
    return found.pop() if len(found) == 1 else None, masked, remarks


def _in_use(identifiers: Any) -> list[Any]:
    """Without those that the source itself calls old."""
    return [i for i in _list(identifiers) if not (isinstance(i, dict) and i.get("use") == "old")]


def _is_masked_bsn(identifier: dict[str, Any]) -> bool:
    system = identifier.get("system")
    if not isinstance(system, str) or system_of(system) is not System.BSN:
        return False
    reasons = [*_extensions(identifier, _ABSENT), *_extensions(identifier.get("_value"), _ABSENT)]
    return any(reason.get("valueCode") == "masked" for reason in reasons)


def _identifiers(identifiers: Any) -> tuple[tuple[str, str], ...]:
    found = []
    for identifier in identifiers if isinstance(identifiers, list) else ():
        system = identifier.get("system") if isinstance(identifier, dict) else None
        value = identifier.get("value") if isinstance(identifier, dict) else None
        if not isinstance(system, str) or not isinstance(value, str) or _looks_like_bsn(system):
            continue
        found.append((system, value.strip()))
    return tuple(found)


def _looks_like_bsn(system: str) -> bool:
    """A BSN under a system that is nearly right (case, a slash too many) is not used, and not shown either."""
    return system_of(system) is System.BSN or "bsn" in system.casefold()


def name_of(names: Any) -> Name:
    """The name of a person by which they go: the official or usual one, else the first."""
    usable = [n for n in names if isinstance(n, dict)] if isinstance(names, list) else []
    if not usable:
        return Name()
    chosen = next((n for n in usable if n.get("use") in ("official", "usual")), usable[0])
    family = chosen.get("_family")
    return Name(
        text=_text(chosen.get("text")) or next((t for n in usable if (t := _text(n.get("text")))), None),
        given=_given(chosen),
        family=_text(chosen.get("family")),
        own=_extension_text(family, "humanname-own-name"),
        prefix=_extension_text(family, "humanname-own-prefix"),
        partner=_extension_text(family, "humanname-partner-name"),
    )


def _given(name: dict[str, Any]) -> tuple[str, ...]:
    """Given names; initials (qualifier IN) only when there is nothing else."""
    given = [g for g in _list(name.get("given")) if isinstance(g, str)]
    marks = _list(name.get("_given"))
    full = [g for at, g in enumerate(given) if not _is_initial(marks[at] if at < len(marks) else None)]
    return tuple(full or given)


def _is_initial(element: Any) -> bool:
    return any(e.get("valueCode") == "IN" for e in _extensions(element, _QUALIFIER))


def _address(addresses: Any) -> tuple[str | None, str | None]:
    usable = (
        [a for a in addresses if isinstance(a, dict) and a.get("postalCode")] if isinstance(addresses, list) else []
    )
    if not usable:
        return None, None
    chosen = next((a for a in usable if a.get("use") == "home"), usable[0])
    postal_code = _text(chosen.get("postalCode"))
    numbers = [e.get("valueString") for line in _list(chosen.get("_line")) for e in _extensions(line, _HOUSE_NUMBER)]
    number = next((n for n in numbers if isinstance(n, str)), None)
    return postal_code.replace(" ", "").upper() if postal_code else None, number


def _birth_date(resource: dict[str, Any]) -> Moment | None:
    day = moment_of(resource.get("birthDate"))
    for url in _BIRTH_TIME:
        for extension in _extensions(resource.get("_birthDate"), url):
            instant = moment_of(extension.get("valueDateTime"))
            if instant is not None and is_instant(instant):
                return instant
    return day


def _deceased(resource: dict[str, Any]) -> Moment | bool | None:
    moment = moment_of(resource.get("deceasedDateTime"))
    if moment is not None:
        return moment
    flag = resource.get("deceasedBoolean")
    return flag if type(flag) is bool else None


def _extension_text(element: Any, name: str) -> str | None:
    return next((t for e in _extensions(element, _EXT + name) if (t := _text(e.get("valueString")))), None)


def _extensions(element: Any, url: str) -> list[dict[str, Any]]:
    found = element.get("extension") if isinstance(element, dict) else None
    return [e for e in found if isinstance(e, dict) and e.get("url") == url] if isinstance(found, list) else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
