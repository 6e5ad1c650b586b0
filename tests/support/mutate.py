"""Spoil what is valid, in every way that a faulty or hostile client might; all of it from one `random.Random`."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

BSNS = ("999911120", "900186021", "999990160", "123456782")
_SYSTEM = "http://fhir.nl/fhir/NamingSystem/bsn"
GARBAGE: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    3.5,
    10**30,
    -(10**30),
    1e308,
    "",
    " ",
    "\u0000",
    "\ud800",
    "\u202e",
    "é" * 40,
    "x" * 5000,
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "'; DROP TABLE x; --",
    "%s%n",
    "{{7*7}}",
    "2026-02-30",
    "2026-13",
    "0000-00-00",
    "9999-12-31",
    "-0001-01-01",
    "24:00",
    "2026-01-01T25:00:00Z",
    "2026-01-01T10:00:00+99:99",
    "Patient/",
    "/",
    "#",
    "#x",
    "urn:uuid:x",
    "http://[",
    "http://localhost/fhir/stu3/Patient/w1",
    "Patient/w1/_history/9",
    "Patient?identifier=x",
    "Patient?",
    "?",
    "Observation/o1",
    "Unknown/1",
    [],
    {},
    [[]],
    [{}],
    [None],
    {"a": {}},
    ["a", 1],
    *BSNS,
    f"{_SYSTEM}|{BSNS[0]}",
    f"Patient/{BSNS[1]}",
    {"system": _SYSTEM, "value": BSNS[2]},
    {"value": 7},
    {"reference": 7},
    {"resourceType": "Patient"},
    {"coding": [{"system": 1}]},
    {"extension": [{"url": "x", "valueString": BSNS[3]}]},
)
TEXTS = tuple(g for g in GARBAGE if isinstance(g, str) and "\ud800" not in g)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    found = [here]
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        found += places(item, (*here, key))
    return found


def tree(rng: Random, value: Any) -> Any:
    """A JSON value with something in it spoilt."""
    made = copy.deepcopy(value)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        place = rng.choice(places(made))
        if not place:
            continue
        holder = made
        for key in place[:-1]:
            holder = holder[key]
        _spoil(rng, holder, place[-1])
    return made


def _spoil(rng: Random, holder: Any, key: Any) -> None:
    how = rng.randrange(8)
    if how == 0:
        del holder[key]
    elif how == 1:
        holder[key] = [holder[key]]
    elif how == 2 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    elif how == 3 and isinstance(holder, dict):
        holder[rng.choice(("unknown", "_" + str(key), "contained", "extension", "id", "meta", "text", BSNS[3]))] = _bad(
            rng
        )
    elif how == 4 and isinstance(holder[key], str):
        holder[key] = text(rng, holder[key])
    elif how == 5:
        holder[key] = _deep(rng)
    else:
        holder[key] = _bad(rng)


def _bad(rng: Random) -> Any:
    return copy.deepcopy(rng.choice(GARBAGE))


def _deep(rng: Random) -> Any:
    made: Any = 1
    for _ in range(rng.choice((3, 30, 300))):
        made = {"extension": [made]} if rng.random() < 0.5 else [made]
    return made


def text(rng: Random, given: str) -> str:
    """A text with a few characters changed."""
    made = list(given)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(made) + 1)
        made[at : at + rng.randrange(2)] = rng.choice(
            (*"|,:/?&=%#\\.$ -+\"'<>\n\t", "\u00e9", "\u0000", *BSNS, "9" * 30, "")
        )
    return "".join(made)


def raw(rng: Random, body: bytes) -> bytes:
    """Bytes with some changed, gone, doubled or strange."""
    made = bytearray(body)
    for _ in range(rng.randrange(1, 4)):
        at, size = rng.randrange(len(made) + 1), rng.choice((1, 1, 2, 10, 200))
        how = rng.randrange(6)
        if how == 0:
            del made[at : at + size]
        elif how == 1:
            made[at:at] = made[max(0, at - size) : at]
        elif how == 2:
            made[at:at] = bytes(rng.randrange(256) for _ in range(size % 11))
        elif how == 3:
            del made[at:]
        elif how == 4 and made:
            made[at % len(made)] = rng.randrange(256)
        else:
            made[at:at] = rng.choice(
                (b"\xef\xbb\xbf", b"\x00", b"]", b"}", b"NaN", b"1e999", b'"a":1,"a":2,', b"<!--", b"&x;")
            )
    return bytes(made)


def dumped(value: Any) -> bytes:
    """As JSON, however strange."""
    return json.dumps(value, ensure_ascii=True).encode()


DOCTYPE = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">]>',
    b'<!DOCTYPE x SYSTEM "file:///etc/passwd">',
    b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>',
    b'<?xml version="1.0" encoding="utf-16"?>',
    b'<?xml version="1.0" encoding="UTF-7"?>',
)


def xml(rng: Random, body: bytes) -> bytes:
    """XML with something in it spoilt."""
    if rng.random() < 0.3:
        return rng.choice(DOCTYPE) + body.partition(b"?>")[2]
    if rng.random() < 0.4:
        return body.replace(
            b'value="', b'value="' + rng.choice((b"&c;", b"\xff", b"  ", b"x" * 4000, b"&#0;", b"-")), 1
        )
    return raw(rng, body)
