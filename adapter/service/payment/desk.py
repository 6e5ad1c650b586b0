"""What the doors reach of everything around decisions: worklist, overrides, trials, runs, casemix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapter.claims import Measures
from adapter.service.asking import AskAgain, Pull
from adapter.service.links.pregnancies import Pregnancies
from adapter.service.payment.casemix import Casemixes
from adapter.service.payment.overrides import Overrides
from adapter.service.payment.redecide import Opener, Redecide
from adapter.service.payment.standing import Standing
from adapter.service.payment.testmonth import TestMonth
from adapter.service.payment.whatif import Draft, WhatIf
from adapter.service.payment.worklist import Worklist
from adapter.service.rooms import Rooms
from adapter.service.views import Views


@dataclass(frozen=True, slots=True)
class Drafting:
    """How a draft is loaded here, and in another process."""

    drafted: Callable[[Rooms, Draft], Rooms]
    opener: Callable[[Draft], Opener]
    measures: Callable[[], Measures]


class Payment:
    """The use cases for purpose payment, beside the decision itself."""

    def __init__(
        self, rooms: Rooms, pregnancies: Pregnancies, views: Views, pull: Pull, drafting: Drafting | None = None
    ) -> None:
        self.standing = Standing(rooms, pregnancies, views)
        self.asking = AskAgain(rooms, pregnancies, views, pull)
        self.casemix = Casemixes(rooms, self.standing, drafting.measures if drafting else _no_measures)
        self.worklist = Worklist(rooms, self.standing)
        self.overrides = Overrides(rooms, self.standing)
        opener = drafting.opener if drafting else None
        self.runs = Redecide(rooms, opener(Draft()) if opener else None)

        def drafted(draft: Draft) -> Rooms:
            return drafting.drafted(rooms, draft) if drafting else rooms

        self.trials = WhatIf(rooms, drafted, opener)
        self.month = TestMonth(rooms, self.standing)


def _no_measures() -> Measures:
    raise LookupError("no measures were wired")
