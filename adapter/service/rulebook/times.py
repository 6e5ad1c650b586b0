"""Which rules hold when, and how those of one day differ from those of another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from adapter.claims import Catalogue
from adapter.rules import CHANGES, RuleBook, Table, change_rows
from adapter.service.rulebook.document import Grid, Part, grid
from adapter.service.rulebook.prestaties import choices


def times(book: RuleBook, on: date) -> Part:
    """Every table with the days on which it holds: a phase of another day asks for the rulebook of that day."""
    rows = [
        (decides, table.title, str(table.valid), "ja" if table.valid.holds(on) else "nee")
        for decides, tables in sorted(book.tables.items())
        for table in tables
    ]
    text = "Een fase waarvan de dag die telt in een andere periode valt, vraagt om het regelboek van die dag."
    head = ("waarover", "tabel", "geldig", "in dit regelboek")
    return Part("Welke regels wanneer gelden", (text,), tables=(grid(head, rows),))


def changes(book: RuleBook, catalogue: Catalogue, on: date, against: date) -> Iterator[Part]:
    """What differs from the rules of another day: questions and rules that are new, changed or gone."""
    pairs = [(book.table(decides, against), book.table(decides, on)) for decides in sorted(book.tables)]
    pairs += [(table, table) for table in choices(catalogue)]
    found = [part for before, after in pairs if (part := _changed(before, against, after, on))]
    text = (
        f"Vergeleken met het regelboek op {against.isoformat()}. Wat hier niet staat, is gelijk. Een regel is dezelfde "
        "als hij hetzelfde zegt; zijn naam kan met het jaar veranderen."
    )
    yield Part(f"Verschillen met {against.isoformat()}", (text if found else "Er is geen verschil.",))
    yield from found


def variants(book: RuleBook, on: date) -> Iterator[Part]:
    """The rules of insurers that have their own: what differs from the rules of everybody else on that day."""
    for uzovi, own in book.variants.items():
        pairs = [(book.table(decides, on), own.table(decides, on)) for decides in sorted(book.tables)]
        found = [part for base, other in pairs if (part := _changed(base, on, other, on))]
        text = "Voor haar gelden de tabellen hieronder, behalve in wat hier staat." if found else "Er is geen verschil."
        yield Part(f"Afwijkend voor verzekeraar {uzovi}", (text,))
        yield from found


def _changed(before: Table, then: date, after: Table, now: date) -> Part | None:
    tables: list[Grid] = []
    asked = [*_questions(before, after)]
    rules = [*change_rows(before, then, after, now)]
    if asked:
        tables.append(grid(("verschil", "gegeven", "vraag", "waarden"), asked))
    if rules:
        tables.append(grid(CHANGES, rules))
    if not tables:
        return None
    about = f"Van tabel `{before.id}` naar `{after.id}`." if before.id != after.id else f"Tabel `{after.id}`."
    return Part(after.title, (about,), tables=tuple(tables), level=3)


def _questions(before: Table, after: Table) -> Iterator[tuple[str, str, str, str]]:
    was = {asked.name: asked for asked in before.inputs}
    new = {asked.name: asked for asked in after.inputs}
    for name, asked in new.items():
        old = was.get(name)
        if old is None:
            yield "nieuw", name, asked.question, ", ".join(asked.values)
        elif (old.question, set(old.values)) != (asked.question, set(asked.values)):
            yield f"was: {old.question} ({', '.join(old.values)})", name, asked.question, ", ".join(asked.values)
    for name, asked in was.items():
        if name not in new:
            yield "vervallen", name, asked.question, ", ".join(asked.values)
