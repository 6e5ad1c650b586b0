"""IGO or niet-IGO per phase and for the pregnancy. Sees rules and model only."""

from adapter.selection.decide import decide

__all__ = ["decide"]
