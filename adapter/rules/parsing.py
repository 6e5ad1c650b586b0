"""From rule files to proved tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from adapter.model.decision import Standing
from adapter.rules.faults import Faults
from adapter.rules.proof import prove
from adapter.rules.reading import Reader
from adapter.rules.table import VERDICTS, Input, Row, Source, Table, Validity, Verdict, lowest
from adapter.rules.variables import Vocabulary, unanswered
from adapter.rules.yamlfile import Fields, Items, Text

_TABLE = {"id", "title", "decides", "version", "from", "to", "standing", "inputs", "outcomes", "rows"}
_INPUT = {"question", "values", "turn", "stays", "advice", "cites", "standing"}
_ROW = {"id", "when", "outcome", "text", "cites", "standing", "from", "to"}
_SOURCE = {"id", "title", "citation", "url", "read"}

Sources = Mapping[str, Source]


def parse_sources(reader: Reader) -> dict[str, Source]:
    """The sources that rows may cite: `sources:` with id, title, citation, url and whether it was read."""
    found: dict[str, Source] = {}
    for bare in reader.entries("sources"):
        entry = bare.named(bare.optional("id") or "?")
        entry.only(_SOURCE)
        read = entry.flag("read")
        if read is None:
            entry.fault("'read' is missing: was this text read (yes), or not (no)?")
        source = Source(
            entry.text("id"), entry.text("title"), entry.text("citation"), entry.optional("url"), bool(read)
        )
        if source.id in found:
            entry.fault(f"source {source.id!r} stands here twice")
        found[source.id] = source
    return found


def parse_tables(
    nodes: Iterable[Fields], sources: Sources, faults: Faults, vocabulary: Vocabulary | None = None
) -> Iterator[Table]:
    """Tables as written, read and proved; one with faults is left out (its faults are noted).

    `vocabulary`: the questions that may be asked; None: a table asks what it likes.
    """
    for node in nodes:
        before = len(faults.found)
        bare = Reader(node, None, faults)
        table = _table(bare.named(bare.optional("id") or "?"), sources)
        if len(faults.found) == before:
            faults.found += unanswered(table, vocabulary)
        if len(faults.found) == before:
            table = replace(table, segments=prove(table, faults))
        if len(faults.found) == before:
            yield table


def _table(reader: Reader, sources: Sources) -> Table:
    reader.only(_TABLE)
    cap: Standing = reader.standing() if reader.fields.get("standing") else "verified"
    valid = reader.validity()
    inputs = tuple(_inputs(reader, sources, cap))
    outcomes = reader.texts("outcomes")
    if not outcomes:
        reader.fault("'outcomes' is missing")
    table = Table(
        id=reader.text("id"),
        title=reader.text("title"),
        decides=reader.text("decides"),
        version=reader.text("version"),
        valid=valid,
        inputs=inputs,
        outcomes=outcomes,
        rows=(),
        file=reader.fields.file,
        line=reader.fields.line,
    )
    rows: list[Row] = []
    for bare in reader.entries("rows"):
        row_id = bare.optional("id") or "?"
        entry = bare.named(f"{table.id}/{row_id}")
        if any(row.id == row_id for row in rows):
            entry.fault(f"row id {row_id!r} stands in this table twice")
        rows.append(_row(entry, table, sources, cap))
    if not rows:
        reader.fault("has no rows")
    return replace(table, rows=tuple(rows))


def _inputs(reader: Reader, sources: Sources, cap: Standing) -> Iterator[Input]:
    for name, node in reader.mapping("inputs").items():
        where = f"{reader.where}/{name}"
        if not isinstance(node, Fields):
            reader.fault(f"input {name!r} must be a mapping", node)
            continue
        entry = Reader(node, where, reader.faults)
        entry.only(_INPUT)
        values = dict(_values(entry))
        if not values:
            entry.fault("'values' is missing: the finite set of values of this input")
        turn, advice, stays = _by_value(entry, "turn"), _by_value(entry, "advice"), frozenset(entry.texts("stays"))
        for key in sorted({*turn, *advice, *stays} - values.keys()):
            entry.fault(f"'turn', 'advice' or 'stays' names {key!r}, which is no value of this input")
        standing = lowest(cap, entry.standing())
        yield Input(name, entry.text("question"), values, turn, stays, entry.sources(sources), standing, advice)


def _by_value(reader: Reader, key: str) -> dict[str, str]:
    return {value: text.value or "" for value, text in reader.mapping(key).items() if isinstance(text, Text)}


def _values(reader: Reader) -> Iterator[tuple[str, Verdict]]:
    """Values with what each says about the condition (met, not_met, unknown); a bare list has them all met."""
    node = reader.fields.get("values")
    if isinstance(node, Items):
        yield from ((value, "met") for value in reader.texts("values"))
        return
    for value, said in reader.mapping("values").items():
        verdict = next((v for v in VERDICTS if isinstance(said, Text) and said.value == v), None)
        if verdict is None:
            reader.fault(f"value {value!r} must say met, not_met or unknown", said)
        yield value, verdict or "unknown"


def _row(reader: Reader, table: Table, sources: Sources, cap: Standing) -> Row:
    reader.only(_ROW)
    outcome = reader.text("outcome")
    if outcome and table.outcomes and outcome not in table.outcomes:
        reader.fault(f"outcome {outcome!r} is not one of {', '.join(table.outcomes)}", reader.fields.get("outcome"))
    return Row(
        id=reader.text("id"),
        when=dict(_when(reader, table)),
        outcome=outcome,
        text=reader.text("text"),
        cites=reader.sources(sources),
        standing=lowest(cap, reader.standing()),
        valid=_within(reader, table.valid),
        line=reader.fields.line,
        file=reader.fields.file,
    )


def _within(reader: Reader, table: Validity) -> Validity:
    valid = reader.validity()
    early = valid.start and table.start and valid.start < table.start
    late = valid.end and table.end and valid.end > table.end
    never = (valid.start and table.end and valid.start > table.end) or (
        valid.end and table.start and valid.end < table.start
    )
    if early or late or never:
        reader.fault(f"is valid {valid}, outside the table ({table})")
    return valid


def _when(reader: Reader, table: Table) -> Iterator[tuple[str, frozenset[str]]]:
    known = {i.name: i for i in table.inputs}
    for name, node in reader.mapping("when").items():
        if name not in known:
            reader.fault(f"condition on unknown input {name!r}; the inputs are {', '.join(known)}", node)
            continue
        items = node.values if isinstance(node, Items) else (node,)
        values = {item.value for item in items if isinstance(item, Text) and item.value is not None}
        for value in sorted(values - known[name].values.keys()):
            reader.fault(f"{value!r} is no value of {name!r} ({', '.join(known[name].values)})", node)
        if not values:
            reader.fault(f"condition on {name!r} has no value", node)
        yield name, frozenset(values)
