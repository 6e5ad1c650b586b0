"""Write docs/reference/fhir.md from the declarations of the FHIR endpoints.

.venv/bin/python docs/fhir_reference.py
"""

from __future__ import annotations

from pathlib import Path

from adapter.api.fhir.declared import INTERACTIONS, OPERATIONS
from adapter.model.sources import FhirVersion
from adapter.service.audit.fhir_search import PARAMETERS as AUDIT
from adapter.service.audit.fhir_search import SORTED
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
        f"Of every type but AuditEvent: `_id`, `_lastUpdated`, `_count` ({PAGE} when not given, {MOST} at most),",
        "`_include`, `_revinclude`, `_summary=count`, `_sort` (`_id`, `_lastUpdated`), `_format`. `:missing` on every",
        "parameter, `:not` on tokens, `:[type]` on references, one step of chaining on references. A reference",
        "parameter can be included.",
        "",
        "A search that names a woman, an id, an identifier or a resource of hers is counted and sorted whole. Any",
        "other goes through all there is of its type, page by page. A page may then hold fewer than asked; follow",
        "`next`. `_sort=_lastUpdated` and `-_lastUpdated` are given there too; `_sort=_id` is not: the order is by",
        "source, then id, with a warning and no `_sort` in the `self` link, or 400 with `Prefer: handling=strict`. No",
        "total is given unless all is on the first page: `_total=accurate` gives a warning, `_summary=count` counts.",
        "",
        "`_lastUpdated` counts to the millisecond, as it is served. A date without a time has no zone: it is compared",
        "with the day that it was where a value was written, so a birth at half past midnight is found on its own day.",
        "",
    ]
    for version, name in _NAMES.items():
        lines += [f"### {name}", "", "| type | token | reference | date |", "|---|---|---|---|"]
        for kind, found in parameters(version).items():
            columns = [", ".join(f"`{p.name}`" for p in found.values() if p.kind is k) for k in Kind]
            lines.append(f"| {kind} | {' | '.join(columns)} |")
        lines.append("")
    lines += [
        "### AuditEvent, in both versions",
        "",
        f"For the log keeper: {', '.join(f'`{name}`' for name in AUDIT)};",
        "`agent:identifier` and, as STU3 has it, `user` take the id of who asked. Of the result `_count` and",
        f"`_summary=count`; the newest stands first, and `_sort` may say so ({', '.join(f'`{n}`' for n in SORTED)}).",
        "No other modifier, no chain and no include: anything else is 400.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
