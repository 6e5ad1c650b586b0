"""IGO or niet-IGO per phase and for the pregnancy. Sees rules and model only."""

from adapter.selection.decide import decide
from adapter.selection.sources import named_in

__all__ = ["decide", "named_in"]
