"""Write the variables of the selection: docs/reference/variables.md, and the logical model with its value sets.

    .venv/bin/python docs/variables.py

Everything comes from mappings/rules/variables.yaml; a test holds the files equal to what this writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from uuid import UUID, uuid5

from adapter import fhir
from adapter.rules import Variable, Variables, load_variables

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "variables.md"
FOLDER = ROOT / "profiles" / "r4"
NAME = "IgoSelectie"
SCOPE = "Alles wat selectie (IGO / niet-IGO) en declaratieadvies van een zwangerschap mogen weten, en niets meer."
_SPACE = UUID("6b1c1d2e-55c6-4f0e-9d1e-3f3f0f2b7a10")
"""Made once, for the canonical addresses of these files; it means nothing else."""

_TYPES = {"id": "string", "Organization": "Reference", "Evidence": "Reference"}
_TARGETS = {
    "Organization": "http://hl7.org/fhir/StructureDefinition/Organization",
    "Evidence": "http://hl7.org/fhir/StructureDefinition/Resource",
}
_ORIGIN = {
    "afgeleid": "afgeleid uit de gegevens hieronder, of een signaal (`adapter signals import`)",
    "signaal": "alleen uit een signaal (`adapter signals import`)",
}
_STANDARDS = {
    "stu3": ("http://fhir.nl/fhir/StructureDefinition", "Nictiz Geboortezorg (FHIR STU3)"),
    "r4": ("http://nictiz.nl/fhir/StructureDefinition", "Nictiz nl-core (FHIR R4)"),
}


def canonical(what: str) -> str:
    """The address of one of these files: a urn, claiming no domain, the same each time."""
    return f"urn:uuid:{uuid5(_SPACE, what)}"


def resources(found: Variables) -> dict[str, fhir.JsonObject]:
    """Every conformance resource, by file name."""
    written = {f"StructureDefinition-{NAME}.json": structure(found)}
    for variable in found.variables:
        if variable.values:
            slug = variable.id.replace("_", "-")
            written[f"CodeSystem-igo-{slug}.json"] = _code_system(variable, slug, found.version)
            written[f"ValueSet-igo-{slug}.json"] = _value_set(variable, slug, found.version)
    return written


def _head(kind: str, identity: str, variable: Variable, version: str) -> fhir.JsonObject:
    return {
        "resourceType": kind,
        "id": identity,
        "url": canonical(f"{kind}/{identity}"),
        "version": version,
        "name": "Igo" + "".join(part.capitalize() for part in variable.id.split("_")),
        "title": variable.name,
        "status": "draft",
        "experimental": True,
        "description": variable.meaning,
    }


def _code_system(variable: Variable, slug: str, version: str) -> fhir.JsonObject:
    concepts = [{"code": value, "display": value.replace("_", " ")} for value in variable.values]
    head = _head("CodeSystem", f"igo-{slug}", variable, version)
    return {**head, "caseSensitive": True, "content": "complete", "concept": concepts}


def _value_set(variable: Variable, slug: str, version: str) -> fhir.JsonObject:
    include = [{"system": canonical(f"CodeSystem/igo-{slug}")}]
    return {**_head("ValueSet", f"igo-{slug}", variable, version), "compose": {"include": include}}


def structure(found: Variables) -> fhir.JsonObject:
    """The logical model: one element for each variable, grouped as the projection is."""
    url = canonical(f"StructureDefinition/{NAME}")
    return {
        "resourceType": "StructureDefinition",
        "id": NAME,
        "url": url,
        "version": found.version,
        "name": NAME,
        "title": "Variabelen voor de selectie IGO / niet-IGO",
        "status": "draft",
        "experimental": True,
        "description": f"{SCOPE} Een voorstel: een landelijke lijst van variabelen bestaat niet.",
        "purpose": "Declaratie (HPAYMT). Geen klinische waarden, geen BSN.",
        "fhirVersion": "4.0.1",
        "mapping": [{"identity": key, "uri": uri, "name": name} for key, (uri, name) in _STANDARDS.items()],
        "kind": "logical",
        "abstract": False,
        "type": url,
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Element",
        "derivation": "specialization",
        "differential": {"element": list(_elements(found))},
    }


def _elements(found: Variables) -> Iterator[fhir.JsonObject]:
    yield _element(NAME, "Variabelen voor de selectie", "De variabelen van één zwangerschap.", "*")
    groups: set[str] = set()
    for variable in found.variables:
        place = variable.element or f"register.{variable.id}"
        group = place.rpartition(".")[0]
        if group and group not in groups:
            groups.add(group)
            many = "*" if group not in ("kraamzorg", "register") else "1"
            element = _element(f"{NAME}.{group}", variable.group, f"{variable.group}.", many)
            yield {**element, "type": [{"code": "BackboneElement"}]}
        inside_many = bool(group) and group not in ("kraamzorg", "register")
        most = "*" if variable.many and not inside_many else "1"
        yield {**_element(f"{NAME}.{place}", variable.name, variable.meaning, most), **_detail(variable)}


def _element(path: str, short: str, definition: str, most: str) -> fhir.JsonObject:
    return {"id": path, "path": path, "short": short, "definition": definition, "min": 0, "max": most}


def _detail(variable: Variable) -> fhir.JsonObject:
    kind: fhir.JsonObject = {"code": _TYPES.get(variable.type, variable.type)}
    if variable.type in _TARGETS:
        kind["targetProfile"] = [_TARGETS[variable.type]]
    origin = f" Niet in de standaard: {variable.origin}." if variable.origin else ""
    detail: fhir.JsonObject = {
        "comment": f"Onbekend: {variable.unknown}{origin}",
        "requirements": variable.why,
        "type": [kind],
    }
    if variable.values:
        address = canonical(f"ValueSet/igo-{variable.id.replace('_', '-')}")
        detail["binding"] = {"strength": "required", "valueSet": address}
    maps = [("stu3", m) for m in variable.stu3] + [("r4", m) for m in variable.r4]
    if maps:
        detail["mapping"] = [{"identity": identity, "language": "text/fhirpath", "map": m} for identity, m in maps]
    return detail


def page(found: Variables) -> str:
    """The reference, in Dutch: it is meant to be agreed on by IGO's, insurers and suppliers."""
    lines = [
        "# De variabelen van de selectie",
        "",
        "<!-- geschreven door docs/variables.py uit mappings/rules/variables.yaml -->",
        "",
        f"{SCOPE} Doel: declaratie; geen klinische waarden, geen BSN. Een landelijke lijst bestaat niet; deze is een "
        f"voorstel (versie {found.version}, voorlopig). Als FHIR-model: `profiles/r4/StructureDefinition-{NAME}.json`.",
        "",
        "*FHIRPath* is gerekend vanaf het genoemde resourcetype. Zonder pad leidt de adapter het gegeven zelf af, of "
        "komt het uit het register van de IGO.",
    ]
    for group, variables in groupby(found.variables, key=lambda v: v.group):
        lines += ["", f"## {group}"]
        for variable in variables:
            lines += ["", *_entry(variable)]
    lines += ["", "## Vragen van de tabellen", "", "Een tabel mag alleen dit vragen; iets anders wordt geweigerd."]
    lines += ["", "| tabel | vraag | antwoorden | rust op |", "|---|---|---|---|"]
    for question in found.questions.values():
        answers = ", ".join([*question.values, *question.optional]) or "–"
        lines.append(f"| {question.decides} | {question.name} | {answers} | {', '.join(question.uses) or '–'} |")
    return "\n".join(lines) + "\n"


def _entry(variable: Variable) -> Iterator[str]:
    yield f"### {variable.name}"
    yield ""
    yield f"`{variable.id}`: {variable.meaning}"
    yield ""
    yield "| | |"
    yield "|---|---|"
    many = ", nul of meer" if variable.many else ""
    yield f"| type | {variable.type}{many} |"
    where = f"`{variable.element}` in de projectie" if variable.element else "register van de IGO"
    yield f"| plaats | {where} |"
    if variable.values:
        yield f"| waarden | {', '.join(variable.values)} |"
    if variable.origin:
        yield f"| in de standaard | nee; {_ORIGIN[variable.origin]} |"
    for name, paths in (("FHIRPath STU3", variable.stu3), ("FHIRPath R4", variable.r4)):
        if paths:
            yield f"| {name} | {' <br> '.join(f'`{p}`' for p in paths)} |"
    yield f"| waarom nodig | {variable.why} |"
    yield f"| als onbekend | {variable.unknown} |"


def text_of(resource: fhir.JsonObject) -> str:
    """As it stands in its file."""
    return json.dumps(resource, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    variables = load_variables(ROOT / "mappings")
    PAGE.write_text(page(variables), "utf-8")
    for name, resource in resources(variables).items():
        (FOLDER / name).write_text(text_of(resource), "utf-8")
