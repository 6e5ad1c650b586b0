"""Effective-dated decision tables: load, prove, evaluate with a full trace, print."""

from adapter.model.decision import Standing
from adapter.rules.book import RuleBook, load, load_sources, read_tables, rule_files, version_of
from adapter.rules.evaluation import Asking, NearMiss, Outcome, Tested, Turn, Turns, counterfactuals, evaluate, pivotal
from adapter.rules.faults import Fault, Faults, RuleError
from adapter.rules.printing import (
    CHANGES,
    QUESTIONS,
    RULES,
    SOURCES,
    STANDING,
    change_rows,
    question_rows,
    rule_rows,
    source_rows,
)
from adapter.rules.table import Input, Row, Source, Table, Validity, Verdict, cite, lowest
from adapter.rules.variables import Question, Variable, Variables, load_variables

__all__ = [
    "CHANGES",
    "QUESTIONS",
    "RULES",
    "SOURCES",
    "STANDING",
    "Asking",
    "Fault",
    "Faults",
    "Input",
    "NearMiss",
    "Outcome",
    "Question",
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
    "Variable",
    "Variables",
    "Verdict",
    "change_rows",
    "cite",
    "counterfactuals",
    "evaluate",
    "load",
    "load_sources",
    "load_variables",
    "lowest",
    "pivotal",
    "question_rows",
    "read_tables",
    "rule_files",
    "rule_rows",
    "source_rows",
    "version_of",
]
