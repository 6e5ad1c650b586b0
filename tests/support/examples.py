"""How many examples of a property: `EXAMPLES=10 pytest tests/property` looks at ten times what its test says."""

from __future__ import annotations

import os

SHARE = float(os.environ.get("EXAMPLES", "0.5"))


def many(whole: int) -> int:
    """Of so many, the share that a run of all tests has time for."""
    return max(1, round(whole * SHARE))
