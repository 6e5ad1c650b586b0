"""What is read for requests that wait at the same turn of the event loop is read as of one moment, asked once for all.

Each of them came before that moment, so each sees all that was written before it came, by whichever worker.
"""

from __future__ import annotations

import asyncio

from adapter.store.search import Search


class Turn:
    """Entered around what is read in the thread of the event loop, without waiting for anything inside."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._moment = search.moment()
        self._fresh = False

    def __enter__(self) -> None:
        """Look how far the store is, unless that was done at this turn."""
        if self._moment is None:
            return
        if not self._fresh:
            self._moment.renew()
            self._fresh = True
            asyncio.get_running_loop().call_soon(self._over)
        self._search.hold(self._moment)

    def __exit__(self, *_: object) -> None:
        """Whatever else this thread reads is read as of then."""
        self._search.hold(None)

    def _over(self) -> None:
        self._fresh = False
