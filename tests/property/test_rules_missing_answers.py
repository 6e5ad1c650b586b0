"""On a region where one in twenty answers is missing nothing that was settled is wrong.

An answer is what one source says of one woman (it fails for her), or one statement in what a source says (it is not in
the dossier). The truth was written down, or worked out, by code that the rules know nothing of.
"""

from __future__ import annotations

import pytest

from adapter import selection
from tests.support.claims_world import book
from tests.support.region_world import Seen, igo, project, with_answers_missing, women

WOMEN = 25


def wrong(seen: Seen) -> list[str]:
    """Phases that are definitief and are not what the truth says."""
    said = selection.decide(seen.projection, igo(), book())
    settled = [p for p in said.phases if p.stage == "definitief" and p.state != "not_applicable"]
    truth = seen.truth.phases
    return [f"{seen.key} {p.phase}: {p.status}" for p in settled if p.status != truth[p.phase].status]


def test_with_every_answer_there_everything_is_right() -> None:
    seen = [s for given in women(WOMEN) for s in project(given)]
    assert len(seen) > 80
    for one in seen:
        said = selection.decide(one.projection, igo(), book())
        for phase in said.phases:
            truth = one.truth.phases[phase.phase]
            assert phase.status == truth.status, (one.key, phase.phase)
            assert phase.status is None or phase.stage == truth.stage, (one.key, phase.phase)


@pytest.mark.parametrize("seed", range(4))
def test_with_one_answer_in_twenty_missing_nothing_settled_is_wrong(seed: int) -> None:
    seen = list(with_answers_missing(0.05, WOMEN, seed))
    assert [w for one in seen for w in wrong(one)] == []


def test_without_answers_nothing_is_settled() -> None:
    seen = list(with_answers_missing(0.7, WOMEN, 1))
    settled = [selection.decide(one.projection, igo(), book()).stage == "definitief" for one in seen]
    assert sum(settled) < len(settled) / 10
