"""Secrets do not stand in a configuration file: it is copied, mailed and put under version control.

A secret comes from an environment variable (a key ending in `_env` names it, or `ADAPTER_…` gives the whole value) or
from a file (`…_file`). What looks like a secret in the file itself is named by its place, never repeated.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from adapter.bootstrap.settings import read_toml
from adapter.model.sources import Problem

_NAMES = re.compile(r"(?:^|_)(?:secret|password|passwd|wachtwoord|token|api_?key|private_?key|credentials?)(?:_|$)")
_ELSEWHERE = ("_env", "_file", "_url", "_claim", "_auth", "_endpoint", "_seconds", "_minutes")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
_PRIVATE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
_BEARER = re.compile(r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}")
_OPAQUE = re.compile(r"[A-Za-z0-9+/=_-]{32,}")
_HEX = re.compile(r"[0-9a-fA-F]{32,}")
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BITS = 4.2
"""Bits of entropy a character, from which a long word without spaces is no word: names and addresses stay below."""

_ADVICE = "name a variable (a key ending in _env) or a file (_file), or give the whole key as an ADAPTER_ variable"


def secrets_in(path: Path) -> list[Problem]:
    """Every value of the file that looks like a secret. Raises `ConfigurationError` where it cannot be read."""
    found = []
    for place, key, value in _values(read_toml(path), ""):
        if (what := _looks(key, value)) is not None:
            found.append(Problem(None, f"{path}: {place}", f"{what}; secrets do not stand in this file", _ADVICE))
    return found


def _values(given: Any, at: str, key: str = "") -> Iterator[tuple[str, str, str]]:
    if isinstance(given, dict):
        for name, value in given.items():
            yield from _values(value, f"{at}.{name}" if at else str(name), str(name))
    elif isinstance(given, list):
        for number, value in enumerate(given):
            yield from _values(value, f"{at}[{number}]", key)
    elif isinstance(given, str) and given:
        yield at, key, given


def _looks(key: str, value: str) -> str | None:
    """What a value looks like; None for one that may stand there."""
    if _PRIVATE.search(value):
        return "this is a private key"
    if _JWT.search(value) or _BEARER.search(value):
        return "this is a token"
    if _password_in(value):
        return "this address holds a password"
    name = key.lower()
    if _NAMES.search(name) and not name.endswith(_ELSEWHERE):
        return "this key holds a secret"
    if _UUID.fullmatch(value) or name.endswith(("_file", "_env", "path")):
        return None
    if _HEX.fullmatch(value) or (_OPAQUE.fullmatch(value) and _entropy(value) > _BITS):
        return "this looks like a key or a token"
    return None


def _password_in(value: str) -> bool:
    """Whether an address holds one: before its host, or as a parameter (PostgreSQL and Redis take it there)."""
    if "://" not in value:
        return False
    try:
        parts = urlsplit(value)
        return parts.password is not None or any(_names_password(name) for name, _ in parse_qsl(parts.query))
    except ValueError:
        return False


def _names_password(parameter: str) -> bool:
    name = parameter.lower()
    return name.endswith("password") or (_NAMES.search(name) is not None and not name.endswith(_ELSEWHERE))


def unset(variable: str) -> str:
    """That a variable is not set. What is no name of one is not repeated: it may be the secret itself."""
    if _VARIABLE.fullmatch(variable):
        return f"the variable {variable} is not set"
    return "this names no variable that is set; give the name of the variable (capitals, digits and _), not its value"


def _entropy(text: str) -> float:
    counts = [text.count(each) for each in set(text)]
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)
