"""A child is itself: it has its own number or none, never that of its mother.

Until a newborn has a BSN some sources write it under its mother's (the heel prick is exchanged like that). Within one
record the facts room drops that number; here it is dropped where only another source knows that it is the mother's.
Who it is, is kept for its records (`adapter.service.links.children`): a BSN that comes later changes nothing in that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adapter.model.facts import SourceFacts


def with_own_numbers(facts: Sequence[SourceFacts]) -> tuple[SourceFacts, ...]:
    """The facts of one woman's records, no child with the BSN under which any of them knows her."""
    hers = {f.woman.bsn for f in facts if f.woman.bsn is not None}
    if not any(child.bsn in hers for f in facts for child in f.children):
        return tuple(facts)
    return tuple(
        replace(f, children=tuple(replace(c, bsn=None) if c.bsn in hers else c for c in f.children)) for f in facts
    )
