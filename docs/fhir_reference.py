"""Write docs/reference/fhir.md from the declarations of the FHIR endpoints.

.venv/bin/python docs/fhir_reference.py
"""

from __future__ import annotations

from pathlib import Path

from adapter.api.fhir.declared import INTERACTIONS, OPERATIONS
from adapter.model.sources import FhirVersion
from adapter.service.endpoint.parameters import Kind, parameters
from adapter.service.endpoint.query import MOST, PAGE

FILE = Path(__file__).parent / "reference" / "fhir.md"
_NAMES = {FhirVersion.STU3: "STU3, `/fhir/stu3`", FhirVersion.R4: "R4, `/fhir/r4`"}


def text() -> str:
    """The whole page."""
    lines = [
        "# The FHIR endpoints",
        "",
        "Made by `docs/fhir_reference.py` from what the endpoints go by; `GET /metadata` says the same. How to use it:",
        "[Connect an EPD](../connect-an-epd.md).",
        "",
        "## Interactions",
        "",
        "| request | what |",
        "|---|---|",
    ]
    for one in INTERACTIONS:
        methods = [m for m in one.methods if m != "HEAD"]
        address = "/".join(part.replace("{", "[").replace("}", "]") for part in one.path)
        lines.append(f"| `{methods[0]} [base]/{address}` | {one.text} |".replace("]/`", "]`"))
    lines += ["", "## Operations", ""]
    for operation in OPERATIONS:
        lines += [f"### `${operation.code}`", "", operation.text, ""]
        lines += [f"On {', '.join(operation.types)}; purpose of use {operation.purpose}.", ""]
        lines += ["| parameter | | type | what |", "|---|---|---|---|"]
        for p in operation.parameters:
            lines.append(f"| `{p.name}` | {p.use}, {p.min}..{p.max} | {p.type or 'parts'} | {p.text} |")
        lines.append("")
    lines += [
        "## Search parameters",
        "",
        f"Everywhere: `_id`, `_lastUpdated`, `_count` ({PAGE} when not given, {MOST} at most), `_include`,",
        "`_revinclude`, `_summary=count`, `_sort` (`_id`, `_lastUpdated`), `_format`. `:missing` on every parameter,",
        "`:not` on tokens, `:[type]` on references, one step of chaining on references. A reference",
        "parameter can be included.",
        "",
    ]
    for version, name in _NAMES.items():
        lines += [f"### {name}", "", "| type | token | reference | date |", "|---|---|---|---|"]
        for kind, found in parameters(version).items():
            columns = [", ".join(f"`{p.name}`" for p in found.values() if p.kind is k) for k in Kind]
            lines.append(f"| {kind} | {' | '.join(columns)} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
