"""What a care provider has to see before anything else: who she is, how far, what matters, and how sure it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from adapter.model.carepath import CareMoment, CarePath, CareProblem, Disagreement, Fact
from adapter.model.evidence import RESPONSIBLE_KINDS, Evidence
from adapter.model.sources import SourceState
from adapter.service import dutch
from adapter.web.differences import sorted_out

_MOST = 3
_EACH = {1: "eenling", 2: "tweeling", 3: "drieling", 4: "vierling"}
_NOT_RECORDED = "niet vastgelegd"
_GOING_ON = frozenset({None, "active", "recurrence", "relapse"})


@dataclass(frozen=True, slots=True)
class Cell:
    """One essential. `alert`: asks for attention; `known` is false where no source says it."""

    id: str
    label: str
    text: str
    evidence: tuple[Evidence, ...] = ()
    notes: tuple[str, ...] = ()
    alert: str = ""
    known: bool = True


@dataclass(frozen=True, slots=True)
class Tile:
    """One count with what it counts: nothing to see where `count` is 0. `href` leads to the whole of it."""

    id: str
    label: str
    count: int
    lines: tuple[str, ...]
    more: int
    href: str
    nothing: str


@dataclass(frozen=True, slots=True)
class Essentials:
    """The head of the page."""

    gravida: tuple[str, tuple[Evidence, ...]]
    cells: tuple[Cell, ...]
    tiles: tuple[Tile, ...]
    share: int | None  # per cent
    completeness: tuple[str, ...]


def essentials(path: CarePath) -> Essentials:
    """The head of the page, from the whole care path: a filter never hides anything of it."""
    loud, settled = sorted_out(path)
    full = path.completeness
    return Essentials(
        gravida=_gravida(path),
        cells=(
            _term(path),
            _due(path, loud, settled),
            _children(path, loud),
            _blood(path, loud),
            _allergies(path),
            _risk(path, loud),
            _responsible(path),
        ),
        tiles=_tiles(path, loud),
        share=None if full is None else round(full.share * 100),
        completeness=_completeness(path),
    )


def _fact(path: CarePath, key: str) -> Fact:
    return path.facts.get(key) or Fact()


def _gravida(path: CarePath) -> tuple[str, tuple[Evidence, ...]]:
    given = [("G", _fact(path, "gravidity")), ("P", _fact(path, "parity"))]
    text = " ".join(f"{letter}{'?' if f.value is None else dutch.value(f.value)}" for letter, f in given)
    return text, tuple(e for _, f in given for e in f.evidence)


def _term(path: CarePath) -> Cell:
    age = path.gestational_age
    if path.state == "ended":
        word = dutch.outcome(path.outcome.value if path.outcome else None)
        word = word.replace("baarmoederlijke", "\u00adbaar\u00admoederlijke").replace(
            "schap", "\u00adschap"
        )  # in a small cell
        if path.ended_on is None:
            return Cell("termijn", "Afloop", "onbekend")
        at = f"{dutch.day(path.ended_on)}" + (f", bij {dutch.term(age)}" if age else "")
        way = _fact(path, "delivery_type")
        how = (dutch.fact("delivery_type", way.value, way.display),) if way.value is not None else ()
        return Cell("termijn", "Afloop", word, notes=(at, *how))
    if age and dutch.beyond_term(age):
        return Cell(
            "termijn", "Zwangerschapsduur", "–", notes=("afloop onbekend", f"was uitgerekend {_long_ago(path)}")
        )
    notes = (f"op {dutch.day(path.as_of)}",) if age else ("geen uitgerekende datum bekend",)
    return Cell("termijn", "Zwangerschapsduur", dutch.term(age), notes=notes, known=age is not None)


def _long_ago(path: CarePath) -> str:
    return dutch.value(_fact(path, "edd").value)


def _due(path: CarePath, loud: Iterable[Disagreement], settled: Iterable[Disagreement]) -> Cell:
    fact = _fact(path, "edd")
    if fact.value is None:
        return Cell("edd", "Uitgerekende datum", "onbekend", known=False)
    basis = dutch.BASIS.get(fact.basis or "", fact.basis or "grond onbekend")
    who = setters(path, fact.evidence)
    notes = [f"{basis}, {who}" if who else basis]
    for difference in settled:
        before = [v for v in difference.values if v.basis != "definitive"]
        notes += [f"was {dutch.value(v.value)} {dutch.BASIS.get(v.basis or '', '')}".rstrip() for v in before[:1]]
    alert = _differ(loud, "edd")
    return Cell("edd", "Uitgerekende datum", dutch.value(fact.value), fact.evidence, tuple(notes), alert)


def setters(path: CarePath, evidence: Iterable[Evidence]) -> str:
    """The name of whose record it is; of several, one that can be responsible."""
    known = {s.source: s.organisation for s in path.sources if s.source}
    for party in [*(i.organisation for i in path.involved), *(r.organisation for r in path.responsibility)]:
        known[party.agb or party.ura or party.id] = party
    found = list(dict.fromkeys(o for e in evidence if (o := known.get(e.organisation or "") or known.get(e.source))))
    found.sort(key=lambda organisation: organisation.kind not in RESPONSIBLE_KINDS)
    names = list(dict.fromkeys(o.name or o.id for o in found))
    return "".join(names[:1]) + (" e.a." if len(names) > 1 else "")


def _children(path: CarePath, loud: Iterable[Disagreement]) -> Cell:
    fact, kind = _fact(path, "fetuses"), _fact(path, "chorionicity")
    alert = _differ(loud, "fetuses", "chorionicity")
    if fact.value is None:
        return Cell("kinderen", "Een- of meerling", "onbekend", kind.evidence, alert=alert, known=False)
    text = _EACH.get(fact.value, dutch.value(fact.value)) if isinstance(fact.value, int) else dutch.value(fact.value)
    notes = (dutch.fact("chorionicity", kind.value, None),) if kind.value is not None else ()
    if fact.value != 1 and kind.value is None:
        notes = ("chorioniciteit onbekend",)
    return Cell("kinderen", "Een- of meerling", text, fact.evidence + kind.evidence, notes, alert)


def _blood(path: CarePath, loud: Iterable[Disagreement]) -> Cell:
    group, rhesus, antibodies = (_fact(path, k) for k in ("blood_group", "rhesus", "irregular_antibodies"))
    said = [dutch.value(group.value)] if group.value is not None else []
    said += [f"RhD {dutch.value(rhesus.value)}"] if rhesus.value is not None else []
    alert = _differ(loud, "blood_group", "rhesus", "irregular_antibodies")
    value = antibodies.value
    notes = (
        "antistoffen: "
        + (dutch.fact("irregular_antibodies", value, antibodies.display) if value is not None else _NOT_RECORDED),
    )
    evidence = group.evidence + rhesus.evidence + antibodies.evidence
    text = ", ".join(said) or _NOT_RECORDED
    return Cell("bloedgroep", "Bloedgroep, rhesus", text, evidence, notes, alert, bool(said))


def of_kind(path: CarePath, *kinds: str) -> tuple[CareProblem, ...]:
    """The problems of these kinds."""
    return tuple(p for p in path.problems if p.kind in kinds)


def _allergies(path: CarePath) -> Cell:
    """Silence is never 'no allergies': only a source that says so is."""
    found = of_kind(path, "allergy", "allergie")
    alerts = of_kind(path, "alert")
    names = list(dict.fromkeys(dutch.plain(p.name) for p in found))
    notes = tuple(f"let op: {dutch.plain(p.name)}" for p in alerts[:2])
    text = ", ".join(names[:_MOST]) + (f" en nog {len(names) - _MOST}" if len(names) > _MOST else "")
    evidence = tuple(p.evidence for p in (*found, *alerts))
    return Cell("allergie", "Allergieën", text or _NOT_RECORDED, evidence, notes, known=bool(names))


def _risk(path: CarePath, loud: Iterable[Disagreement]) -> Cell:
    risk, level = _fact(path, "risk_status"), _fact(path, "care_level")
    notes = (dutch.fact("care_level", level.value, level.display),) if level.value is not None else ()
    alert = _differ(loud, "risk_status", "care_level")
    now = _troubles(path)
    if risk.value is None:
        text = notes[0] if notes else _NOT_RECORDED
        return Cell("risico", "Risico en zorglijn", text, level.evidence, now, alert, known=bool(notes))
    text = dutch.fact("risk_status", risk.value, risk.display)
    return Cell("risico", "Risico en zorglijn", text, risk.evidence + level.evidence, (*notes, *now), alert)


def _troubles(path: CarePath) -> tuple[str, ...]:
    """Disorders and complications that no source says are over; the newest first, of many how many more."""
    found = sorted(of_kind(path, "disorder", "complication"), key=lambda p: p.since or date.min, reverse=True)
    names = list(dict.fromkeys(dutch.plain(p.name) for p in found if p.status in _GOING_ON))
    more = (f"en nog {len(names) - _MOST}",) if len(names) > _MOST else ()
    return (*names[:_MOST], *more)


def _responsible(path: CarePath) -> Cell:
    label = "Nu verantwoordelijk" if path.state == "ongoing" else "Laatst verantwoordelijk"
    spans = [r for r in path.responsibility if r.to is None] or list(path.responsibility)
    if not spans:
        return Cell("verantwoordelijk", label, "onbekend", known=False)
    last = spans[-1]
    basis = dutch.RESPONSIBILITY_BASIS.get(last.basis, last.basis)
    name = last.organisation.name or last.organisation.id
    notes = [f"sinds {dutch.day(last.from_)}, volgens {basis}"] if last.from_ else [f"volgens {basis}"]
    held = len([r for r in path.responsibility if r.to is None])
    alert = f"{held} organisaties tegelijk" if held > 1 else ""
    return Cell("verantwoordelijk", label, name, last.evidence, tuple(notes), alert)


def _differ(differences: Iterable[Disagreement], *about: str) -> str:
    """Whether sources contradict each other on it, or one contradicts itself."""
    found = [d for d in differences if d.about in about]
    several = any(len({e.source for v in d.values for e in v.evidence}) > 1 for d in found)
    return "bronnen verschillen" if several else "waarden verschillen" if found else ""


@dataclass(frozen=True, slots=True)
class Twice:
    """What seems to be done twice, and each time that it was."""

    text: str
    times: tuple[tuple[str, tuple[Evidence, ...]], ...]


def doubled(path: CarePath) -> tuple[Twice, ...]:
    """What seems to be done twice, each once: as the sources have it side by side, or as the moment has it."""
    found = [
        Twice(
            d.text.removeprefix("Mogelijk dubbel: "),
            tuple((dutch.said(d.about, v.value), v.evidence) for v in d.values),
        )
        for d in path.duplicates
    ]
    told = {e for twice in found for _, evidence in twice.times for e in evidence}
    days = {act.evidence: dutch.day(act.day) for act in path.acts}
    found += [
        Twice(m.name, tuple((days.get(e, "–"), (e,)) for e in (*m.acts, *m.duplicates)))
        for m in path.moments
        if m.duplicates and not told.intersection(m.duplicates)
    ]
    return tuple(found)


def _tiles(path: CarePath, loud: tuple[Disagreement, ...]) -> tuple[Tile, ...]:
    twice = [_first(one.text) for one in doubled(path)]
    odd = [f"{m.name}: {dutch.TIMING[m.timing]}" for m in path.moments if m.timing and m.state == "done"]
    declined = [m.name for m in path.moments if m.state == "declined"]
    return (
        _tile("ontbreekt", "Ontbreekt", [m.name for m in path.gaps], "#zorgpad", "niets"),
        _tile("dubbel", "Dubbel gedaan", twice, "#tegenspraak", "niets"),
        _tile("verschil", "Tegenspraak", [dutch.about(d.about) for d in loud], "#tegenspraak", "geen"),
        _tile("buiten", "Vroeg, laat, afgezien", [*odd, *(f"{n}: afgezien" for n in declined)], "#zorgpad", "niets"),
        _tile("straks", "Eerstvolgend", [_ahead(m) for m in _next(path)], "#zorgpad", "niets gepland"),
    )


def _next(path: CarePath) -> list[CareMoment]:
    waiting = [m for m in path.moments if m.state == "upcoming" and m.window.to and m.window.to >= path.as_of]
    return sorted(waiting, key=lambda m: (m.window.to or path.as_of, m.window.from_ or path.as_of))[:_MOST]


def _ahead(moment: CareMoment) -> str:
    return f"{moment.name}, tot {dutch.short_day(moment.window.to)}" if moment.window.to else moment.name


def _tile(id_: str, label: str, names: list[str], href: str, nothing: str) -> Tile:
    unique = list(dict.fromkeys(dutch.capital(n) for n in names))
    return Tile(
        id_,
        label,
        len(names) if id_ == "verschil" else len(unique),
        tuple(unique[:_MOST]),
        max(0, len(unique) - _MOST),
        href,
        nothing,
    )


def _first(text: str) -> str:
    """The part of a sentence that names it: what stands before where and when."""
    return re.split(r"[:;]| bij | op | door ", dutch.plain(text), maxsplit=1)[0]


def _completeness(path: CarePath) -> tuple[str, ...]:
    """How much is known, and who was not heard: what they know is not in the picture."""
    full = path.completeness
    lines = []
    if full is not None:
        heard = f"{full.sources_answered} van {full.sources_asked} bronnen"
        lines.append(f"{heard}, {full.expected_present} van {full.expected} gegevens die er nu horen te zijn")
    for state in (SourceState.FAILED, SourceState.REFUSED, SourceState.NOT_ASKED):
        names = [s.organisation.name or s.organisation.id for s in path.sources if s.state is state]
        if names:
            rest = f" en nog {len(names) - 2}" if len(names) > 2 else ""
            lines.append(f"{dutch.capital(dutch.SOURCE_STATE[state.value])}: {', '.join(names[:2])}{rest}")
    return tuple(lines) if lines else ("alle bronnen gehoord",)
