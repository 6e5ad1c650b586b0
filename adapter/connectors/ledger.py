"""The books of one pull: what was delivered, how each woman was answered for, what went wrong."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from adapter.connectors.errors import SourceError
from adapter.connectors.ownership import DIRECTORY
from adapter.connectors.ports import Deliver, PullOutcome, WomanAnswer
from adapter.model.identifiers import Bsn, InvalidIdentifierError
from adapter.model.sources import Problem, Received, SourceState

_WORST = {SourceState.ANSWERED: 0, SourceState.NOT_ASKED: 1, SourceState.REFUSED: 2, SourceState.FAILED: 3}
_NINE = re.compile(r"(?<!\d)\d{9}(?!\d)")


@dataclass(slots=True)
class _Standing:
    state: SourceState | None = None  # None: still under way
    problem: str | None = None
    bsn: Bsn | None = None


def masked(text: str) -> str:
    """The text with every number that could be a BSN hidden: some sources use one as the id of a Patient."""
    if text.partition("/")[0] in DIRECTORY:
        return text
    return _NINE.sub(_hide, text)


def _hide(match: re.Match[str]) -> str:
    try:
        Bsn(match.group())
    except InvalidIdentifierError:
        return match.group()
    return "*********"


@dataclass(slots=True)
class Ledger:
    """Delivers with backpressure (one hand-over at a time, `size` at most) and remembers."""

    source: str
    deliver: Deliver
    size: int
    most_problems: int = 200
    bsn_is_extra: bool = False  # dossiers are discovered; that it cannot be asked by BSN does not refuse the source
    resources: int = 0
    stopped: SourceError | None = None
    _women: dict[str, _Standing] = field(default_factory=dict)
    _asked: list[WomanAnswer] = field(default_factory=list)
    _problems: dict[Problem, None] = field(default_factory=dict)
    _more: int = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def hand_over(self, items: list[Received]) -> None:
        """Deliver in order; returns when the receiver has taken them."""
        for start in range(0, len(items), self.size):
            part = items[start : start + self.size]
            async with self._lock:
                await self.deliver(part)
                self.resources += len(part)

    def begin(self, woman: str) -> bool:
        """Note that this woman is being asked about; False if she was already."""
        if woman in self._women:
            return False
        self._women[woman] = _Standing()
        return True

    def finish(self, women: Iterable[str], remark: str | None = None) -> None:
        """These were answered, unless something was marked. `remark`: what to know of the answer."""
        for woman in women:
            standing = self._women[woman]
            if standing.state is None:
                standing.state, standing.problem = SourceState.ANSWERED, remark

    def mark(self, woman: str, error: SourceError) -> None:
        """Part of this woman's record could not be fetched."""
        standing = self._women.setdefault(woman, _Standing())
        if standing.state is None or _WORST[error.state] > _WORST[standing.state]:
            standing.state, standing.problem = error.state, error.what

    def known_as(self, woman: str, bsn: Bsn) -> None:
        """This woman was (also) asked for by BSN."""
        self._women.setdefault(woman, _Standing()).bsn = bsn

    def answer(self, bsn: Bsn, state: SourceState, problem: str | None = None) -> None:
        """The answer for a BSN that led to nobody."""
        self._asked.append(WomanAnswer(None, bsn, state, problem))

    def unanswered(self, bsns: Iterable[Bsn], error: SourceError) -> None:
        """The source stopped: whoever of these was not answered for gets its state."""
        done = {a.bsn for a in self._asked} | {s.bsn for s in self._women.values()}
        for bsn in dict.fromkeys(bsns):
            if bsn not in done:
                self.answer(bsn, error.state, error.what)

    def error(self, where: str, what: str, advice: str = "") -> None:
        """Something failed."""
        self._add(Problem(self.source, masked(where), masked(what), advice))

    def warn(self, where: str, what: str, advice: str = "") -> None:
        """Something worth saying; nothing failed."""
        self._add(Problem(self.source, masked(where), masked(what), advice, "warning"))

    def _add(self, problem: Problem) -> None:
        if problem in self._problems:
            return
        if len(self._problems) >= self.most_problems:
            self._more += 1
        else:
            self._problems[problem] = None

    def outcome(self) -> PullOutcome:
        """The report. A woman still under way when the source stopped gets the source's state."""
        end = self.stopped
        women = [self._woman(reference, standing, end) for reference, standing in self._women.items()]
        problems = list(self._problems)
        if self._more:
            problems.append(Problem(self.source, "bron", f"en nog {self._more} meldingen", "", "warning"))
        return PullOutcome(self._state(women), self.resources, (*women, *self._asked), tuple(problems))

    def _woman(self, reference: str, standing: _Standing, end: SourceError | None) -> WomanAnswer:
        if standing.state is None:
            state = end.state if end else SourceState.ANSWERED
            return WomanAnswer(reference, standing.bsn, state, end.what if end else None)
        return WomanAnswer(reference, standing.bsn, standing.state, standing.problem)

    def _state(self, women: list[WomanAnswer]) -> SourceState:
        if self.stopped:
            return self.stopped.state
        extra = {SourceState.REFUSED} if self.bsn_is_extra else set()
        states = {w.state for w in women} | ({w.state for w in self._asked} - extra)
        if not states or SourceState.ANSWERED in states:
            return SourceState.ANSWERED
        return max(states, key=lambda s: _WORST[s])
