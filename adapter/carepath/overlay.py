"""What a region changes in the zorgpad of the country: moments changed, added or dropped, each with its reason.

region: Geboortezorg Voorbeeld
version: "2026.1"
reason: vastgesteld door de VSV-werkgroep zorgpaden
moments:
  - change: kraamzorg_intake          # only the keys that differ
    window: { from: "28+0", to: "32+6" }
    reason: intake vroeger, om uren te kunnen plannen
  - add: voorlichtingsavond           # a whole moment
    …
  - drop: vitaliteitsecho
    reason: wordt hier niet gemaakt
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adapter.carepath.expected import Moment
from adapter.carepath.moments_file import moment_of
from adapter.carepath.nodes import Row
from adapter.rules.faults import Faults
from adapter.rules.yamlfile import Fields, Node, Text, read

_ACTIONS = ("change", "add", "drop")


@dataclass(frozen=True, slots=True)
class Region:
    """Whose zorgpad it is, in which version, and why it differs."""

    name: str
    version: str
    reason: str


def lay_over(
    moments: tuple[Moment, ...], rows: Mapping[str, Fields], path: Path, faults: Faults
) -> tuple[Region | None, tuple[Moment, ...]]:
    """The moments as the region has them. `rows`: those of the country as they were written.

    A changed window is the region's own agreement: its standing is provisional unless the region says otherwise.
    """
    content = read(path, faults)
    if content is None:
        return None, moments
    top = Row(content, "", faults)
    region = Region(top.required("region"), top.required("version"), top.required("reason"))
    entries = top.rows("moments")
    if not entries:
        top.fault("moments: none is changed, added or dropped")
    top.close()
    now = {m.id: m for m in moments}
    seen: set[str] = set()
    for entry in entries:
        _apply(entry, region, now, rows, seen)
    return region, tuple(now.values())


def _apply(entry: Row, region: Region, now: dict[str, Moment], rows: Mapping[str, Fields], seen: set[str]) -> None:
    actions = [a for a in _ACTIONS if entry.has(a)]
    if len(actions) != 1:
        entry.fault(f"give one of {', '.join(_ACTIONS)}, with the id of a moment")
        return
    action = actions[0]
    id_ = entry.required(action)
    entry.name = f"moment {id_}"
    why = entry.required("reason")
    if id_ in seen:
        entry.fault("this moment stands here twice")
        return
    seen.add(id_)
    if action != "add" and id_ not in rows:
        entry.fault(f"there is no such moment to {action}; there are {', '.join(rows)}")
        return
    if action == "add" and id_ in rows:
        entry.fault("the zorgpad has this moment already; change it, or give another id")
        return
    if action == "drop":
        del now[id_]
        entry.close()
        return
    own = {k: v for k, v in entry.fields.values.items() if k not in (action, "reason")}
    values: dict[str, Node] = {"standing": Text("provisional", entry.fields.line), **own}
    if action == "change":
        values = {**rows[id_].values, **values}
    values["id"] = entry.fields.values[action]
    whole = Row(Fields(values, entry.fields.line), entry.name, entry.faults)
    now[id_] = moment_of(whole, f"regio {region.name}, versie {region.version}: {why}")
