"""The rulebook: the rules in force on a day as a document with which somebody can decide who does not know the code."""

from adapter.service.rulebook.composing import compose
from adapter.service.rulebook.document import Grid, Part, Rulebook, markdown, rules_in

__all__ = ["Grid", "Part", "Rulebook", "compose", "markdown", "rules_in"]
