"""Effective-dated decision tables: load, prove, evaluate with a full trace, print."""

from adapter.model.decision import Standing
from adapter.rules.book import RuleBook, load, load_sources, read_tables, version_of
from adapter.rules.evaluation import Asking, NearMiss, Outcome, Tested, Turn, Turns, counterfactuals, evaluate, pivotal
from adapter.rules.faults import Fault, Faults, RuleError
from adapter.rules.printing import rulebook, table_lines
from adapter.rules.table import Input, Row, Source, Table, Validity, Verdict, cite, lowest

__all__ = [
    "Asking",
    "Fault",
    "Faults",
    "Input",
    "NearMiss",
    "Outcome",
    "Row",
    "RuleBook",
    "RuleError",
    "Source",
    "Standing",
    "Table",
    "Tested",
    "Turn",
    "Turns",
    "Validity",
    "Verdict",
    "cite",
    "counterfactuals",
    "evaluate",
    "load",
    "load_sources",
    "lowest",
    "pivotal",
    "read_tables",
    "rulebook",
    "table_lines",
    "version_of",
]
