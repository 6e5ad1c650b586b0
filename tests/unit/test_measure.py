"""What the marks in the product tell is what a tracer tells."""

from __future__ import annotations

import ast
import subprocess
import sys

from coverage import Coverage

from support.measure import MOST, arcs, marked

CODE = '''\
"""What it is."""
from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import cache


class Kind:
    """A kind."""

    name = "kind"

    @property
    def long(self) -> int:
        """How long."""
        return len(
            self.name,
        )


@cache
def way(n):
    if n == 0:
        return "zero"
    elif n < 0:
        found = "below"
    else:
        found = "above"
        for each in range(n):
            if each == 2:
                break
            if each == 5:
                continue
        else:
            found += "!"
    while n > 3:
        n -= 1
    while True:
        n += 1
        if n > 5:
            break
    return found


def fails(what):
    try:
        if what:
            raise what
    except (KeyError, OSError) as error:
        return str(error)
    except ValueError:
        return None
    except TypeError:
        return 3
    finally:
        Kind().long
    with suppress(LookupError):
        return 1 // (what or 0)
    return 2


def kind(of):
    match of:
        case int():
            return "number"
        case str() if of:
            found = "text"
        case [one, *_]:
            found = one
        case {"never": _}:
            found = None
    return locals().get("found")


def rest(of):
    match of:
        case 1:
            pass
        case _:
            return 2


async def each():
    async for one in more():
        if one > 1:
            yield one


async def more():
    for one in (1, 2):
        yield one


async def all():
    return [one async for one in each()]


def never():
    for one in ():
        print(one)
    return lambda: 1


for n in (-1, 0, 1, 7):
    way(n)
for what in (None, ValueError()):
    try:
        fails(what)
    except ZeroDivisionError:
        pass
for of in (1, "a", 1.5, [1]):
    kind(of)
rest(1)
asyncio.run(all())
'''


def told_by(coverage, path):
    analysis = coverage._analyze(str(path))
    return {
        "statements": sorted(analysis.statements),
        "missing": sorted(analysis.missing),
        "branches missing": {start: sorted(ends) for start, ends in analysis.missing_branch_arcs().items()},
    }


def test_the_marks_tell_what_a_tracer_tells(tmp_path):
    path = tmp_path / "sample.py"
    path.write_text(CODE)
    traced = tmp_path / "traced"
    command = [sys.executable, "-m", "coverage", "run", "--branch", f"--data-file={traced}", "--rcfile=", str(path)]
    subprocess.run(command, check=True, cwd=tmp_path)
    tracer = Coverage(data_file=str(traced), config_file=False)
    tracer.load()

    marks = [0] * (3 * MOST)
    exec(compile(marked(ast.parse(CODE)), str(path), "exec"), {"__name__": "sample", "_marks_": marks})
    ours = Coverage(data_file=str(tmp_path / "marked"), config_file=False, branch=True)
    data = ours.get_data()
    possible = ours._get_file_reporter(str(path)).arcs()
    data.add_arcs({str(path): arcs(bytes(marks), possible)})

    expected = told_by(tracer, path)
    assert told_by(ours, path) == expected
    assert len(expected["branches missing"]) == 4
