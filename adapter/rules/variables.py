"""The variables of the selection, as data: what each means, where it stands in the standard, what rests on it.

A table may ask only what is listed here, with these answers; that is checked when it is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adapter.rules.faults import Fault, Faults, RuleError
from adapter.rules.reading import Reader
from adapter.rules.table import Table
from adapter.rules.yamlfile import Fields, read

_VARIABLE = {"id", "name", "group", "element", "register", "many", "type", "values", "meaning", "stu3", "r4"}
_VARIABLE |= {"why", "unknown", "origin"}
ORIGINS = ("afgeleid", "signaal")


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable. `element`: its field in the claims projection, or None for what the register of the IGO says.

    `stu3` and `r4` are FHIRPath expressions for where it comes from in the Nictiz standard; none: worked out by us.
    `origin` stands where the standard has no element for it: `afgeleid` (it follows from those paths), or `signaal`
    (only insurers, members and the woman can tell it).
    """

    id: str
    name: str
    group: str
    element: str | None
    type: str
    many: bool
    values: tuple[str, ...]
    meaning: str
    stu3: tuple[str, ...]
    r4: tuple[str, ...]
    why: str
    unknown: str
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question that tables may ask: its answers, and the variables these rest on. No answers: no table asks it.

    A table must have an answer for each of `values`; one of `optional` is given only where the table has it.
    """

    decides: str
    name: str
    values: tuple[str, ...]
    optional: tuple[str, ...]
    uses: tuple[str, ...]
    text: str = ""  # how it is answered, in Dutch


Vocabulary = dict[tuple[str, str], Question]
"""Questions by what is decided and the name of the input."""


@dataclass(frozen=True, slots=True)
class Variables:
    """The whole list, in the order written."""

    version: str
    standing: str
    variables: tuple[Variable, ...]
    questions: Vocabulary


def load_variables(mappings: Path) -> Variables:
    """Read `mappings/rules/variables.yaml`. Raises `RuleError` with every fault."""
    path = mappings / "rules" / "variables.yaml"
    faults = Faults(f"rules/{path.name}")
    fields = read(path, faults)
    if fields is None:
        raise RuleError(faults.found)
    reader = Reader(fields, None, faults)
    reader.only({"version", "standing", "variables", "questions"})
    variables = tuple(_variable(e.named(e.optional("id") or "?")) for e in reader.entries("variables"))
    questions = _questions(reader)
    known = {v.id for v in variables}
    for question in questions.values():
        for name in sorted(set(question.uses) - known):
            faults.add(None, f"{question.decides}/{question.name}", f"uses {name!r}, which is no variable here")
    if faults.found:
        raise RuleError(faults.found)
    return Variables(reader.text("version"), reader.text("standing"), variables, questions)


def load_questions(path: Path) -> tuple[Vocabulary | None, list[Fault]]:
    """The questions that tables may ask; None where there is no list of variables (tables then ask what they like)."""
    if not path.is_file():
        return None, []
    faults = Faults(f"rules/{path.name}")
    fields = read(path, faults)
    questions = _questions(Reader(fields, None, faults)) if fields else {}
    return questions, faults.found


def unanswered(table: Table, vocabulary: Vocabulary | None) -> list[Fault]:
    """What this table asks that no variable answers, and answers to which it has no value."""
    if vocabulary is None:
        return []
    found: list[str] = []
    for asked in table.inputs:
        question = vocabulary.get((table.decides, asked.name))
        if question is None:
            known = sorted(q.name for q in vocabulary.values() if q.decides == table.decides)
            found.append(f"asks {asked.name!r}, which no variable answers; there are {', '.join(known) or 'none'}")
            continue
        for value in sorted(set(asked.values) - {*question.values, *question.optional}):
            found.append(f"{asked.name!r} can never be {value!r}; the answers are {', '.join(question.values)}")
        for value in sorted(set(question.values) - set(asked.values)):
            found.append(f"{asked.name!r} can be {value!r}, for which this table has no value")
    return [Fault(table.file, table.line, table.id, what) for what in found]


def _variable(entry: Reader) -> Variable:
    entry.only(_VARIABLE)
    element, register = entry.optional("element"), entry.optional("register")
    if (element is None) == (register is None):
        entry.fault("give 'element' (a field of the projection) or 'register', one of the two")
    origin = entry.optional("origin")
    if origin is not None and origin not in ORIGINS:
        entry.fault(f"origin must be one of {', '.join(ORIGINS)}")
    return Variable(
        entry.text("id"),
        entry.text("name"),
        entry.text("group"),
        element,
        entry.text("type"),
        bool(entry.flag("many")),
        entry.texts("values"),
        entry.text("meaning"),
        entry.texts("stu3"),
        entry.texts("r4"),
        entry.text("why"),
        entry.text("unknown"),
        origin,
    )


def _questions(reader: Reader) -> Vocabulary:
    found: Vocabulary = {}
    for decides, inputs in reader.mapping("questions").items():
        if not isinstance(inputs, Fields):
            reader.fault(f"the questions of {decides!r} must be a mapping", inputs)
            continue
        for name, node in inputs.values.items():
            if not isinstance(node, Fields):
                reader.fault(f"question {name!r} must be a mapping", node)
                continue
            entry = Reader(node, f"{decides}/{name}", reader.faults)
            entry.only({"values", "optional", "uses", "text"})
            values, optional, uses = entry.texts("values"), entry.texts("optional"), entry.texts("uses")
            found[decides, name] = Question(decides, name, values, optional, uses, entry.optional("text") or "")
    return found
