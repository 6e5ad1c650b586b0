"""The national consent service as this product asks it: one closed question, remembered for a short while.

The closed question (Mitz, as a working client of it shows: github.com/nuts-foundation/nuts-knooppunt, component/mitz)
names the woman by BSN, the holder and the reader each by organisation and type, a role, and purpose TREAT. A holder or
reader whose type or category is not mapped (mappings/consent.yaml) is not asked about, and that is no permission.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from adapter.access.consent import Party
from adapter.access.consent.terms import Terms
from adapter.model.identifiers import Bsn

_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Question:
    """The closed question. Types are codes of the national lists, identities as we have them (`ura:…`, `agb:…`)."""

    bsn: Bsn
    holder: frozenset[str]
    holder_type: str
    reader: frozenset[str]
    reader_category: str
    purpose: str = "TREAT"
    role: str | None = None


@dataclass(frozen=True, slots=True)
class NationalAnswer:
    """Permit or deny; `reference` names the answer in the log, `why` says it (Dutch)."""

    permit: bool
    why: str
    reference: str | None = None


class ConsentService(Protocol):
    """The national service."""

    def closed_question(self, question: Question) -> NationalAnswer:
        """Its answer. Raises `OSError` where it cannot be reached: that is no permission."""
        ...


UNMAPPED = NationalAnswer(False, "deze soort organisatie heeft geen categorie in de landelijke toestemmingsvoorziening")
UNREACHED = NationalAnswer(False, "de landelijke toestemmingsvoorziening is niet bereikbaar")


class National:
    """Asks the service, and remembers answers until they are old or a notification comes."""

    def __init__(self, service: ConsentService, terms: Terms, clock: Callable[[], datetime]) -> None:
        self._service = service
        self._terms = terms
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[Question, tuple[datetime, int, NationalAnswer]] = {}
        self.said: Callable[[], int] = lambda: 0
        """Moves with every notification that any process took: no answer of before it is used after it."""

    def ask(self, bsn: Bsn, holder: Party, reader: Party) -> NationalAnswer:
        """Whether the reader may see what the holder keeps of her. Never raises: no answer is no permission."""
        holder_type = self._terms.type_of(holder.kind)
        category = self._terms.consulting_of(reader.kind)
        if holder_type is None or category is None or not holder.identities or not reader.identities:
            return UNMAPPED
        question, now = Question(bsn, holder.identities, holder_type, reader.identities, category), self._clock()
        said = self.said()
        with self._lock:
            kept = self._kept.get(question)
            if kept is not None and now < kept[0] and said == kept[1]:
                return kept[2]
        try:
            answer = self._service.closed_question(question)
        except OSError:
            return UNREACHED
        with self._lock:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            self._kept[question] = (now + self._terms.keep, said, answer)
        return answer

    def forget(self, bsn: Bsn) -> None:
        """Ask again for this woman: something changed."""
        with self._lock:
            for question in [q for q in self._kept if q.bsn == bsn]:
                del self._kept[question]

    def stand(self) -> int:
        """Changes when answers are old, so that nothing made from them outlives them."""
        seconds = max(1, int(self._terms.keep / timedelta(seconds=1)))
        return int(self._clock().timestamp()) // seconds
