"""The whole of linking on a generated region, noise and all: what is linked is right, and what belongs is found.

`benchmarks/linking.py` does the same with fifty thousand women.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapter.simulation import LINKING_RATES, generate
from support.linked_region import LinkedRegion, Scores, read_region


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scores]:
    region = LinkedRegion(tmp_path_factory.mktemp("linked"), read_region(generate(3, 300, LINKING_RATES)))
    region.link_all()
    yield region.scores()
    region.close()


def test_what_is_linked_is_of_one_pregnancy(scores: Scores) -> None:
    assert {kind: s.share for kind, s in scores.precision.items()} == {"with_bsn": 1.0, "without_bsn": 1.0}
    assert all(s.of > 30 for s in scores.precision.values())


def test_what_is_of_one_pregnancy_is_linked_or_put_to_a_person(scores: Scores) -> None:
    assert scores.recall["with_bsn"].share >= 0.99
    assert scores.proposed["without_bsn"].share >= 0.95
    assert scores.recall["within_one_record"].share >= 0.97
