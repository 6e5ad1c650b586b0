"""A child is linked to its mother by its record, and never takes her number."""

from __future__ import annotations

from adapter.linking import with_own_numbers
from adapter.model.evidence import Evidence
from adapter.model.facts import Person, SourceFacts
from adapter.model.identifiers import Bsn

MOTHER, CHILD = Bsn("999911120"), Bsn("999990160")


def person(source: str, id_: str, bsn: Bsn | None, order: int | None = None) -> Person:
    reference = f"Patient/{id_}"
    return Person(source, reference, Evidence(source, reference, "1", ""), bsn=bsn, birth_order=order)


def test_a_child_has_no_number_that_any_source_knows_as_its_mothers() -> None:
    vp = SourceFacts("vp", person("vp", "w", MOTHER))
    kz = SourceFacts(
        "kz", person("kz", "w", None), children=(person("kz", "k1", MOTHER, 1), person("kz", "k2", CHILD, 2))
    )
    (_, mended) = with_own_numbers([vp, kz])
    assert [(c.reference, c.bsn, c.birth_order) for c in mended.children] == [
        ("Patient/k1", None, 1),
        ("Patient/k2", CHILD, 2),
    ]


def test_what_needs_no_mending_is_left_as_it_is() -> None:
    vp = SourceFacts("vp", person("vp", "w", MOTHER), children=(person("vp", "k", CHILD),))
    assert with_own_numbers([vp])[0] is vp
