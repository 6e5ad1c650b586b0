"""Which child or fetus a value is of, in words, the same in every chart and table of a page.

Who is which child is known over the sources once it is born. Before that each source numbers the fetuses in its own
way, and nothing says that the first of one is the first of another: they are named for the source that measured them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from adapter.model.carepath import Child, Measurement

Who = tuple[str, str]
"""("", id of a child) or (source, its reference to a fetus)."""


class Subjects:
    """The children and fetuses of one pregnancy, each with a name and a place in the order of colours."""

    def __init__(self, measurements: Iterable[Measurement], children: Sequence[Child] = ()) -> None:
        self._children = [child.id for child in children]
        fetuses: dict[str, set[str]] = {}
        named: dict[str, str] = {}
        for one in measurements:
            if one.about is not None and one.about not in self._children:
                fetuses.setdefault(one.evidence.source, set()).add(one.about)
                named.setdefault(one.evidence.source, one.organisation.name or one.organisation.id)
        self._one = len(self._children) < 2 and all(len(some) < 2 for some in fetuses.values())
        self._names: dict[Who, str] = {}
        self._order: list[Who] = []
        for place, child in enumerate(self._children):
            self._names["", child] = f"kind {place + 1}"
            self._order.append(("", child))
        for source in sorted(fetuses):
            of = f" volgens {named[source]}" if len(fetuses) > 1 else ""
            for place, reference in enumerate(sorted(fetuses[source])):
                self._names[source, reference] = f"foetus {place + 1}{of}"
                self._order.append((source, reference))

    def who(self, one: Measurement) -> Who | None:
        """Of whom a value is; None: of the woman, or there is no more than one child that it can be of."""
        if one.about is None or self._one:
            return None
        return ("", one.about) if one.about in self._children else (one.evidence.source, one.about)

    def name(self, one: Measurement) -> str:
        """In words; empty where there is no more than one."""
        who = self.who(one)
        return "" if who is None else self._names.get(who, "")

    def place(self, one: Measurement) -> int:
        """A number that is the same for one child or fetus in every chart."""
        who = self.who(one)
        return self._order.index(who) if who in self._order else 0
