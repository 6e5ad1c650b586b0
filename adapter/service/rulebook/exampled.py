"""The examples as parts of the rulebook; each is a test that runs on the real engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from adapter.model.carepath import PHASES
from adapter.rules import RuleBook
from adapter.service.examples import PEOPLE, PLAIN_CARE, WHO, Example, load_examples
from adapter.service.rulebook.document import Grid, Part, grid

_MONTHS = "januari februari maart april mei juni juli augustus september oktober november december".split()  # noqa: SIM905


def examples(mappings: Path, book: RuleBook, on: date, plain: str) -> Iterator[Part]:
    """Those of the regime of that day."""
    text = "Elk voorbeeld is een test: de adapter geeft precies deze uitkomst. De organisaties van de voorbeelden:"
    who = [(w.name, w.agb or "onbekend", w.discipline or "geen lid") for w in WHO.values()]
    yield Part("Voorbeelden", (text,), tables=(grid(("organisatie", "AGB", "lid van de IGO als"), who),))
    if plain:
        yield Part("De gewone zwangerschap", (plain,), tables=(_care(PLAIN_CARE),), level=3)
    now = book.table("selectie", on)
    for example in load_examples(mappings):
        day = next((d for p in example.projection.phases if (d := p.start) is not None), example.projection.as_of)
        if book.table("selectie", date(day.year, 1, 2)) is now:
            yield _example(example)


def _example(example: Example) -> Part:
    told = example.told
    tables: list[Grid] = []
    if rows := [*told.get("zorg", ()), *told.get("extra_zorg", ())]:
        tables.append(_care(rows))
    wanted = [(phase, example.expected[phase]) for phase in PHASES if phase in example.expected]
    outcome = [(phase, e.status, e.stage, e.rule) for phase, e in wanted]
    tables.append(grid(("fase", "status", "stadium", "regel"), outcome))
    text = f"`{example.id}`. Jaar {told['jaar']}. Anders dan gewoon:"
    return Part(example.title, (text,), points=tuple(_differs(example)) or ("niets",), tables=tuple(tables), level=3)


def _differs(example: Example) -> Iterator[str]:
    told = example.told
    for name, value in told.items():
        if name == "zorgverleners":
            yield from (f"{PEOPLE[key][0]} is lid{_for(given)}" for key, given in value.items())
        elif name not in ("jaar", "zorg", "extra_zorg", "verantwoordelijk"):
            yield f"{name.replace('_', ' ')}: {_day(value) if name == 'peildag' else _spelled(value)}"
    if "verantwoordelijk" in told:
        spans = [
            f"{WHO[r['wie']].name} van {_day(r.get('van'))} tot {_day(r.get('tot'))}" for r in told["verantwoordelijk"]
        ]
        yield f"verantwoordelijk: {'; '.join(spans) or 'niemand bekend'}"
    if "zorg" in told:
        yield f"alle zorg: {'zie hieronder' if told['zorg'] else 'geen bekend'}"
    if "extra_zorg" in told:
        yield "naast de gewone zorg: zie hieronder"


def _for(given: dict[str, str]) -> str:
    """For which organisation, and until when."""
    whose = f" voor {WHO[given['voor']].name}" if "voor" in given else ", zonder organisatie"
    until = f", tot en met {_day(given['tot'])}" if "tot" in given else ""
    return f"{whose}{until}"


def _care(rows: Iterable[dict[str, str]]) -> Grid:
    told = [
        (
            _day(row.get("dag")),
            WHO[row["wie"]].name,
            PEOPLE[row["zorgverlener"]][0] if "zorgverlener" in row else "",
            row["soort"],
            row.get("discipline", ""),
            row.get("lijn", ""),
        )
        for row in rows
    ]
    return grid(("dag", "wie", "zorgverlener", "soort", "discipline", "lijn"), told)


def _day(text: object) -> str:
    """`06-01` as people write it: 1 juni."""
    if text is None:
        return "onbekend"
    month, day = str(text)[-5:].split("-")
    return f"{int(day)} {_MONTHS[int(month) - 1]}"


def _spelled(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{WHO[k].name if k in WHO else k} {_spelled(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(WHO[v].name if v in WHO else str(v) for v in value) or "geen"
    return WHO[value].name if isinstance(value, str) and value in WHO else str(value).lower()
