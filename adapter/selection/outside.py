"""Care by organisations outside the IGO: what is in scope, what never breaks a bundle, and what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from adapter.model.decision import MissingVariable, OutsideCare, Reason
from adapter.model.facts import ActKind
from adapter.model.projection import ProjectedAct
from adapter.model.signals import SIGNAL
from adapter.rules import Asking, Outcome, Row, Verdict
from adapter.selection import words
from adapter.selection.case import Case
from adapter.selection.finding import Finding
from adapter.selection.membership import Answer
from adapter.selection.responsible import Holders

_DISCIPLINES = frozenset({
    "verloskunde",
    "gynaecologie",
    "ziekenhuis",
    "kraamzorg",
    "echoscopie",
    "laboratorium",
    "kindergeneeskunde",
    "huisarts",
    "verpleegkunde",
    "onbekend",
})  # fmt: skip
_ANSWER: dict[str, Answer] = {"ja": "ja", "nee": "nee", "onbekend": "onbekend"}
_VERDICT: dict[str, Verdict] = {"ja": "met", "nee": "not_met", "onbekend": "unknown"}
_LINES = frozenset({"eerste_lijn", "tweede_lijn", "derde_lijn"})


@dataclass(slots=True)
class Sorted:
    """The care of a phase, sorted."""

    by_members: list[ProjectedAct] = field(default_factory=list)
    outside: list[OutsideCare] = field(default_factory=list)
    excluded: list[tuple[ProjectedAct, Row]] = field(default_factory=list)
    third_line: list[ProjectedAct] = field(default_factory=list)
    doubts: list[tuple[ProjectedAct, str]] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)
    joined: dict[str, list[ProjectedAct]] = field(default_factory=dict)  # by the row that says whether it is a member's
    not_of_members: list[ProjectedAct] = field(default_factory=list)  # by who gave it, where the organisation is one


def sort_care(case: Case, holders: Holders, whole_pregnancy: bool) -> Sorted:
    """Sort all care that counts for this phase. `whole_pregnancy`: a break in any phase counts (`break_scope`)."""
    found = Sorted()
    here = case.phase.phase
    for act in case.projection.acts:
        mine = act.phase == here
        if mine or (act.phase is None and act.day is None) or (whole_pregnancy and act.phase is not None):
            _sort(case, act, mine, found)
    if case.begun:
        found.outside.extend(_responsible_outside(case, holders, found))
        if case.phase.phase == "postnataal" and not case.birth_unknown:
            found.outside.extend(_kraamzorg_outside(case, found))
    return found


def scope(case: Case, act: ProjectedAct) -> Outcome:
    """What the scope table of the regime says of this care."""
    discipline, line = act.discipline or "onbekend", act.line
    key = (
        act.kind._value_,
        discipline if discipline in _DISCIPLINES else "overig",
        line if line is not None and line in _LINES else "onbekend",
        act.phase or "onbekend",
    )
    return case.scoping.says(key)


def _sort(case: Case, act: ProjectedAct, mine: bool, found: Sorted) -> None:
    day = act.day
    if day is not None:
        member = case.membership.between(act.organisation, day, day)
    else:
        member = case.membership.throughout(act.organisation, case.window.first, case.window.last)
    said = scope(case, act)
    if case.joining is not None:
        member = _with_persons(case, case.joining, act, member, found)
    if member == "ja":
        if mine and said.value == "binnen":
            found.by_members.append(act)
            found.rows[said.row.id] = said.row
        return
    found.rows[said.row.id] = said.row
    who = words.name(act.organisation)
    if said.value == "buiten":
        found.excluded.append((act, said.row))
    elif member == "onbekend":
        found.doubts.append((act, f"of {who} lid is van de IGO, is niet te zeggen"))
    elif said.value == "high_care_mogelijk":
        found.third_line.append(act)
    elif said.value == "onbekend":
        found.doubts.append((act, f"of de zorg door {who} binnen de integrale prestatie valt, is niet te zeggen"))
    elif act.phase is None:
        found.doubts.append((act, f"op welke dag {who} deze zorg gaf, is niet bekend"))
    else:
        _add(found, OutsideCare(act.organisation, act.phase, _what(act), (act.evidence,), act.day))


def _with_persons(case: Case, joining: Asking, act: ProjectedAct, organisation: Answer, found: Sorted) -> Answer:
    """Whether the care is a member's, where the register names persons too: as the table of membership says."""
    first, last = (act.day, act.day) if act.day is not None else (case.window.first, case.window.last)
    person = case.membership.person(act.organisation, act.practitioners, first, last)
    if person == "niet_gesteld":
        return organisation
    said = joining.says(tuple([organisation if i.name == "organisatie" else person for i in joining.table.inputs]))
    found.rows[said.row.id] = said.row
    found.joined.setdefault(said.row.id, []).append(act)
    if said.value == "nee" and organisation != "nee":
        found.not_of_members.append(act)
    return _ANSWER[said.value]


def _add(found: Sorted, care: OutsideCare) -> None:
    """The same care on the same day stands once, with everything that tells of it (a contact at both its ends, say)."""
    for i, known in enumerate(found.outside):
        same = (known.organisation.id, known.phase, known.what) == (care.organisation.id, care.phase, care.what)
        if same and known.day is not None and known.day == care.day:
            found.outside[i] = replace(known, evidence=(*known.evidence, *care.evidence))
            return
    found.outside.append(care)


def _what(act: ProjectedAct) -> str:
    if act.evidence.source == SIGNAL:
        return f"{words.KIND[act.kind]} (gemeld door {act.evidence.path})"
    return words.KIND[act.kind]


def _responsible_outside(case: Case, holders: Holders, found: Sorted) -> Iterator[OutsideCare]:
    """A non-member that was responsible gave care in scope, unless its acts show something else (high care)."""
    if holders.doubtful:
        return
    high_care = [act for act, _ in found.excluded if act.kind is ActKind.HIGH_CARE]
    shown = {o.organisation.id for o in found.outside} | {a.organisation.id for a in (*found.third_line, *high_care)}
    for holder in holders.holders:
        organisation = holder.held.organisation
        if holder.member == "nee" and organisation.id not in shown:
            what = "verantwoordelijk voor de verloskundige zorg"
            yield OutsideCare(organisation, case.phase.phase, what, holder.held.evidence)


def _kraamzorg_outside(case: Case, found: Sorted) -> Iterator[OutsideCare]:
    known = case.projection.kraamzorg
    shown = {o.organisation.id for o in found.outside}
    for organisation in known.organisations:
        member = case.membership.between(organisation, case.window.first, case.window.last)
        if member == "nee" and organisation.id not in shown:
            yield OutsideCare(organisation, "postnataal", "kraamzorg", known.evidence)


def outside_care(case: Case, found: Sorted, kraamzorg: Finding) -> Finding:
    """`zorg_buiten`: seen, not seen by anybody, or not to be said because an answer is missing.

    Only who may be outside the IGO can hide such care: the silence of members leaves it at "nee", provisionally.
    """
    if found.outside:
        seen = [_seen(care) for care in found.outside[:3]]
        more = f" (en nog {len(found.outside) - 3})" if len(found.outside) > 3 else ""
        evidence = tuple(e for care in found.outside for e in care.evidence)
        return Finding("ja", f"Zorg binnen de integrale prestatie buiten de IGO: {words.listed(seen)}{more}.", evidence)
    missing = tuple(_unknown_outside(case, found, kraamzorg))
    if missing:
        evidence = tuple(act.evidence for act, _ in found.doubts)
        return Finding("onbekend", f"Zorg buiten de IGO is niet uit te sluiten: {missing[0].why}", evidence, missing)
    nothing = f"Geen zorg buiten de IGO in de {words.PHASE[case.phase.phase]}"
    if not case.silent:
        return Finding("nee", f"{nothing}; alle bronnen hebben geantwoord.")
    told = words.listed([f"{silent.who} {silent.why}" for silent in case.silent])
    lasting = f"{told}, maar is lid; zorg van leden breekt de bundel nooit"
    return Finding("nee", f"{nothing} bekend ({lasting}).", standing="provisional")


def _unknown_outside(case: Case, found: Sorted, kraamzorg: Finding) -> Iterator[MissingVariable]:
    for silent in case.silent:
        if silent.may_be_outside:
            yield MissingVariable("source", f"{silent.who} {silent.why}.")
    for act, why in found.doubts:
        what = f"{_what(act)}{f' op {words.on(act.day)}' if act.day else ''}: {why}."
        yield MissingVariable("outside_care", what, case.phase.phase)
    if kraamzorg.value == "onbekend" and case.begun:
        yield from kraamzorg.missing


def _seen(care: OutsideCare) -> str:
    day = f" op {words.on(care.day)}" if care.day else ""
    return f"{care.what} door {words.name(care.organisation)}{day}"


def third_line(case: Case, found: Sorted) -> Finding:
    """`derde_lijn`: third-line care by a non-member of which nobody can tell whether it was high care."""
    if not found.third_line:
        return Finding("nee", "Geen derdelijnszorg van onbekende soort buiten de IGO.")
    act = found.third_line[0]
    day = f" op {words.on(act.day)}" if act.day else ""
    who = words.name(act.organisation)
    question = f"Was de derdelijnszorg door {who}{day} ({_what(act)}) high care obstetrie? Vraag het de zorgverlener."
    evidence = tuple(a.evidence for a in found.third_line)
    return Finding("ja", question, evidence, case.lacks("high_care", question))


def joined_reasons(found: Sorted) -> Iterator[Reason]:
    """One reason for each row by which care was, or was not, a member's because of the person who gave it."""
    for row_id, acts in found.joined.items():
        row, first = found.rows[row_id], acts[0]
        day = f" op {words.on(first.day)}" if first.day else ""
        more = f" (en nog {len(acts) - 1})" if len(acts) > 1 else ""
        text = f"{_what(first)} door {words.name(first.organisation)}{day}{more}: {row.text}"
        evidence = tuple(act.evidence for act in acts)
        yield Reason(row.id, _VERDICT[row.outcome], text[0].upper() + text[1:], row.citation, row.standing, evidence)


def excluded_reasons(found: Sorted) -> Iterator[Reason]:
    """One reason for each kind of care outside the IGO that does not count, and why it does not."""
    by_row: dict[str, list[ProjectedAct]] = {}
    for act, row in found.excluded:
        by_row.setdefault(row.id, []).append(act)
    for row_id, acts in by_row.items():
        row = found.rows[row_id]
        first = acts[0]
        day = f" op {words.on(first.day)}" if first.day else ""
        text = f"{_what(first)} door {words.name(first.organisation)}{day} telt niet als zorg buiten de IGO. {row.text}"
        evidence = tuple(act.evidence for act in acts)
        yield Reason(row.id, "met", text[0].upper() + text[1:], row.citation, row.standing, evidence)
