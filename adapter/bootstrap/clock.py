"""What time it is; of a simulated region, whose data stop at a fixed day, on that day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adapter.model.moments import AMSTERDAM
from adapter.service.rooms import Clock


def now() -> datetime:
    """The instant, in UTC."""
    return datetime.now(UTC)


def days_ago(days: int, now: Clock = now) -> Clock:
    """The clock of so many calendar days ago: in Amsterdam it is as late as it is now.

    So many times 24 hours ago it is an hour earlier or later there when summer time began or ended between, and near
    midnight another day.
    """
    back = timedelta(days=days)
    return (lambda: (now().astimezone(AMSTERDAM) - back).astimezone(UTC)) if days else now
