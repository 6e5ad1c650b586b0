"""Who was responsible for obstetric care in a phase, and whether that was a member for at least a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from adapter.model.moments import day_of
from adapter.model.projection import ProjectedAct, ProjectedResponsibility
from adapter.selection import words
from adapter.selection.case import Case
from adapter.selection.finding import Finding
from adapter.selection.membership import Answer


@dataclass(slots=True)
class Holder:
    """An organisation responsible in the phase, whether it was a member on a day of it, and from which day."""

    held: ProjectedResponsibility
    member: Answer
    since: date


@dataclass(slots=True)
class Holders:
    """Who held responsibility in the phase; `doubtful`: only who held it on its first or last day is known."""

    holders: tuple[Holder, ...]
    doubtful: bool

    @property
    def answers(self) -> set[Answer]:
        """The membership answers that occur."""
        return {holder.member for holder in self.holders}


def holders_of(case: Case) -> Holders:
    """Everybody who was responsible in the phase. Who only touches it counts where nobody clearly lies in it.

    Of a phase without days, around a birth of which nobody knows whether there was one, it cannot be said.
    """
    if case.birth_unknown and case.phase.start is None and case.phase.end is None:
        return Holders((), True)
    solid: list[Holder] = []
    touching: list[Holder] = []
    for held in case.projection.responsibility:
        contact = case.window.contact(held.span, lambda held=held: _taken_over(case, held))  # type: ignore[misc]
        if contact is not None:
            how, first, last = contact
            holder = Holder(held, case.membership.between(held.organisation, first, last), first)
            (solid if how == "solid" else touching).append(holder)
    found = solid or touching
    if len(found) > 1:
        found.sort(key=_since)
    return Holders(tuple(found), not solid)


def _since(holder: Holder) -> date:
    return day_of(holder.held.span.start) if holder.held.span.start else date.min


def _taken_over(case: Case, held: ProjectedResponsibility) -> bool:
    return any(_takes_over(other, held) for other in case.projection.responsibility)


def _takes_over(other: ProjectedResponsibility, held: ProjectedResponsibility) -> bool:
    """Whether the other begins on the very day that this one ends."""
    if other is held or other.span.start is None or held.span.end is None:
        return False
    return day_of(other.span.start) == day_of(held.span.end)


def responsible(case: Case, holders: Holders, member_acts: tuple[ProjectedAct, ...]) -> Finding:
    """`verantwoordelijk`: whether who was responsible was a member for a part of it (or, with `any`, gave care)."""
    found = _by_responsibility(case, holders)
    if found.value == "ja" or case.igo.rules.member_care == "responsible":
        return found
    return _by_care(case, member_acts) or found


def member_care(case: Case, holders: Holders, member_acts: tuple[ProjectedAct, ...], kraamzorg: Finding) -> Finding:
    """`lid` (experiment): whether a member gave care in scope in the phase, responsible or not."""
    by_care = _by_care(case, member_acts)
    if by_care is not None:
        return by_care
    if kraamzorg.value == "ja":
        return kraamzorg
    return _by_responsibility(case, holders)


def _by_care(case: Case, acts: tuple[ProjectedAct, ...]) -> Finding | None:
    if not acts:
        return None
    first = acts[0]
    day = f" op {words.on(first.day)}" if first.day else ""
    text = f"{words.name(first.organisation)}, lid van de IGO, gaf{day} zorg in de {words.PHASE[case.phase.phase]}."
    return Finding("ja", text, tuple(act.evidence for act in acts))


def _by_responsibility(case: Case, holders: Holders) -> Finding:
    phase = words.PHASE[case.phase.phase]
    if not holders.holders:
        why = f"Niet bekend is wie in de {phase} verantwoordelijk was voor de verloskundige zorg."
        return Finding("onbekend", why, (), case.lacks("responsible", why))
    if "ja" in holders.answers and (not holders.doubtful or holders.answers == {"ja"}):
        return _told(
            case, holders, "ja", "{was} in de {phase} verantwoordelijk voor de verloskundige zorg en lid van de IGO"
        )
    names = words.listed(sorted({words.name(h.held.organisation) for h in holders.holders}))
    evidence = tuple(e for h in holders.holders for e in h.held.evidence)
    if "ja" in holders.answers:
        why = (
            f"Van de dag waarop de zorg overging is het tijdstip niet bekend; wie in de {phase} "
            f"verantwoordelijk was ({names}), staat niet vast."
        )
        return Finding("onbekend", why, evidence, case.lacks("responsible", why))
    if "onbekend" in holders.answers:
        why = f"Of {names} lid is van de IGO, is niet te zeggen: de AGB-code of URA om te vergelijken ontbreekt."
        return Finding("onbekend", why, evidence, case.lacks("member", why))
    outside = "{was} in de {phase} verantwoordelijk voor de verloskundige zorg en {is_} geen lid van de IGO"
    told = _told(case, holders, "nee", outside)
    able = [silent for silent in case.silent if silent.may_be_responsible]
    if not able:
        return told
    why = (
        f"{told.text} Maar {able[0].who} {able[0].why}, en kan ook een deel van de fase verantwoordelijk zijn geweest."
    )
    return Finding("onbekend", why, evidence, case.lacks("responsible", why))


def _told(case: Case, holders: Holders, value: Answer, text: str) -> Finding:
    which = [h for h in holders.holders if h.member == value]
    named = list(dict.fromkeys(words.name(h.held.organisation) for h in which))
    was, is_ = ("was", "is") if len(named) == 1 else ("waren", "zijn")
    since = f" (vanaf {words.on(which[0].since)})" if case.begun else ""
    told = text.format(phase=words.PHASE[case.phase.phase], was=was, is_=is_)
    sentence = f"{words.listed(named)} {told}{since}."
    return Finding(value, sentence, tuple(e for h in which for e in h.held.evidence))
