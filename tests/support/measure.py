"""Which lines and branches of the product the tests go through: the product itself marks them while it runs.

A tracer is asked at every line that Python 3.11 executes, those of libraries too; that doubled the time of all tests.
With `MEASURE=1` each module of the product is loaded with a mark before every statement and at both sides of every
branch, which takes next to nothing. What was marked goes to coverage.py, which reports it as ever.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from functools import cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from shutil import rmtree
from threading import RLock
from types import ModuleType
from typing import Any

import pytest
from coverage import Coverage

ROOT = Path(__file__).parents[2]
PRODUCT = ROOT / "adapter"
KEPT = ROOT / "var" / "measured" / str(Path(__file__).stat().st_mtime_ns)  # bytecode with marks, as of these lines
MOST = 1000  # lines in a file; a line executed is marked at its number, and at these after it where a branch went
TAKEN, PASSED = MOST, 2 * MOST
SEEN: dict[str, list[int]] = {}

Branch = ast.If | ast.For | ast.AsyncFor | ast.While


def start() -> None:
    """From here on, modules of the product are loaded with marks; those loaded already have none."""
    for old in set(KEPT.parent.glob("*")) - {KEPT}:
        rmtree(old, ignore_errors=True)
    one_at_a_time = RLock()
    execute, translate = SourceFileLoader.exec_module, SourceFileLoader.source_to_code

    def exec_module(self: Any, module: ModuleType) -> None:
        if not Path(self.path).is_relative_to(PRODUCT):
            return execute(self, module)
        self.marks = True
        vars(module)["_marks_"] = SEEN.setdefault(self.path, [0] * (3 * MOST))
        with one_at_a_time:  # what has marks must not be kept where every other run looks for it
            before, sys.pycache_prefix = sys.pycache_prefix, str(KEPT)
            try:
                code = self.get_code(module.__name__)
            finally:
                sys.pycache_prefix = before
        exec(code, vars(module))
        return None

    def source_to_code(self: Any, data: bytes, path: str, **how: Any) -> Any:
        return translate(self, marked(ast.parse(data)) if hasattr(self, "marks") else data, path, **how)

    loader: Any = SourceFileLoader
    loader.exec_module, loader.source_to_code = exec_module, source_to_code


def marked(module: ast.Module) -> ast.Module:
    """The same module, which notes in its list `_marks_` where it has been."""
    _mark_within(module)
    return ast.fix_missing_locations(module)


def _mark_within(node: ast.AST) -> None:
    for name in ("body", "orelse", "finalbody"):
        if block := getattr(node, name, None):
            setattr(node, name, [made for n, statement in enumerate(block) for made in _with_mark(n, statement)])
    if isinstance(node, Branch):
        node.body[:0] = [_mark(node, TAKEN + node.lineno)]
        node.orelse[:0] = [_mark(node, PASSED + node.lineno)]
    elif isinstance(node, ast.Try):
        for handler in node.handlers:
            _mark_handler(handler)
    elif isinstance(node, ast.Match):
        _mark_cases(node)


def _with_mark(number: int, statement: ast.stmt) -> Iterable[ast.stmt]:
    _mark_within(statement)
    match statement:  # what documents stays in front, as does what comes from the future
        case ast.Expr(ast.Constant(str())) if number == 0:
            return [statement]
        case ast.ImportFrom("__future__"):
            return [statement, _mark(statement, statement.lineno)]
    lines = [*(each.lineno for each in getattr(statement, "decorator_list", ())), statement.lineno]
    return [*(_mark(statement, line) for line in lines), statement]


def _mark_handler(handler: ast.ExceptHandler) -> None:
    _mark_within(handler)
    if handler.type is None:
        handler.body[:0] = [_mark(handler, handler.lineno)]
    else:  # looked at also where the exception is another one
        noted = ast.parse(f"_marks_.__setitem__({handler.lineno}, 1)", mode="eval").body
        handler.type = ast.BoolOp(ast.Or(), [noted, handler.type])


def _mark_cases(match: ast.Match) -> None:
    before: list[int] = []
    for case in match.cases:
        _mark_within(case)
        line = case.pattern.lineno
        case.body[:0] = [_mark(case.pattern, at) for at in [*before, line, TAKEN + line]]
        before += [line, PASSED + line]
    last = match.cases[-1]
    if last.guard or not (isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None):
        other: list[ast.stmt] = [_mark(last.pattern, at) for at in before]
        match.cases.append(ast.match_case(ast.MatchAs(), None, other))


def _mark(place: Any, number: int) -> ast.stmt:
    made = ast.Assign(
        [ast.Subscript(ast.Name("_marks_", ast.Load()), ast.Constant(number), ast.Store())], ast.Constant(1)
    )
    return ast.copy_location(made, place)


def arcs(seen: bytes, possible: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """What was marked, as coverage.py names it: from which line execution went to which, and which lines it was at."""
    ways: dict[int, list[int]] = {}
    for start, end in possible:
        ways.setdefault(start, []).append(end)
    found = {(line, line) for line in range(MOST) if seen[line]}
    for start, ends in ways.items():
        if start > 0 and len(ends) > 1:
            body = min((end for end in ends if end > start), default=None)
            found |= {(start, end) for end in ends if seen[(TAKEN if end == body else PASSED) + start]}
    return found


class Measuring:
    """What pytest tells: each process how it ends, and the one that tells the outcome all of them together."""

    def __init__(self) -> None:
        self.all: dict[str, bytes] = {}

    def add(self, found: dict[str, bytes]) -> None:
        for path, seen in found.items():
            self.all[path] = bytes(map(max, self.all[path], seen)) if path in self.all else seen

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        found = {path: bytes(seen) for path, seen in SEEN.items()}
        given = getattr(session.config, "workeroutput", None)
        if given is not None:
            given["seen"] = found
        else:
            self.add(found)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.add(getattr(node, "workeroutput", {}).get("seen", {}))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        whole: Any = Coverage(config_file=str(ROOT / "pyproject.toml"))
        reporter = whole._get_file_reporter = cache(whole._get_file_reporter)  # each file is read once: that takes long
        data = whole.get_data()
        data.erase()
        data.add_arcs({path: arcs(seen, reporter(path).arcs()) for path, seen in self.all.items()})
        data.touch_files(map(str, PRODUCT.rglob("*.py")))
        terminalreporter.section("coverage")
        whole.report(file=terminalreporter._tw)
        data.close()
