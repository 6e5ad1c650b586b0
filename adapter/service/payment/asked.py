"""What a decision asked of the rule tables and of the contracts, and whether those of today still answer the same.

Rules reach a decision by their answers alone, and contracts by the insurers of its phases: with the same members,
parameters, catalogue and program, a decision of which every answer is the same is the same decision. So after a change
of rules or contracts only those are computed again that asked something which is answered otherwise now.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from adapter import claims, model, rules, selection
from adapter.claims import Catalogue
from adapter.model.decision import Selection
from adapter.model.register import Igo
from adapter.rules import RuleBook
from adapter.service.payment import lines
from adapter.service.rooms import Rooms

_ENCODER = msgspec.msgpack.Encoder()
_ALL = msgspec.msgpack.Decoder(tuple[bytes, list[bytes]])
_ONE = msgspec.msgpack.Decoder(tuple[str, str | None, int, tuple[str, ...], bytes])
_CONTRACTS = ""
"""The question of no table: which contracts there are with these insurers."""
_KEPT = 200_000
"""Different questions of which the answer is remembered, some 200 bytes each."""


class Asked:
    """The questions that decisions asked, under one rule book, register and catalogue."""

    def __init__(self, book: RuleBook, igo: Igo, catalogue: Catalogue) -> None:
        self._book = book
        self._igo = igo
        self._basis = _basis(igo, catalogue)
        self._written: dict[tuple[str, str | None, date, tuple[str, ...]], bytes] = {}
        self._same: dict[bytes, bool] = {}

    def write(self, chosen: Selection) -> bytes:
        """What was asked for this selection, with what was answered."""
        self._bound()
        written, found = self._written, []
        for decides, insurer, on, keys in chosen.asked:
            for key in keys or ((),):
                question = (decides, insurer, on, key)
                one = written.get(question)
                if one is None:
                    answer = self._book.fingerprint(*question)
                    one = written[question] = _ENCODER.encode((decides, insurer, on.toordinal(), key, answer))
                found.append(one)
        found.append(self._contracts({insurer for _, insurer, _, keys in chosen.asked if keys}))
        return _ENCODER.encode((self._basis, found))

    def _contracts(self, insurers: set[str | None]) -> bytes:
        """The question for the contracts: for all of them where the insurer of a phase is not known."""
        named = () if None in insurers else tuple(sorted(i for i in insurers if i is not None))
        question = (_CONTRACTS, None, date.min, named)
        one = self._written.get(question)
        if one is None:
            answer = _contracts_with(self._igo, named)
            one = self._written[question] = _ENCODER.encode((_CONTRACTS, None, 0, named, answer))
        return one

    def same(self, asked: bytes) -> bool:
        """Whether all of it is answered the same. False where that is not known, or something else changed."""
        if not asked:
            return False
        self._bound()
        try:
            basis, questions = _ALL.decode(asked)
        except msgspec.DecodeError:  # as another program wrote it
            return False
        if basis != self._basis:
            return False
        known = self._same
        for question in questions:
            same = known.get(question)
            if same is None:
                same = known[question] = self._answers(question)
            if not same:
                return False
        return True

    def _answers(self, question: bytes) -> bool:
        decides, insurer, day, key, answer = _ONE.decode(question)
        if decides == _CONTRACTS:
            return _contracts_with(self._igo, key) == answer
        return self._book.fingerprint(decides, insurer, date.fromordinal(day), key) == answer != b""

    def _bound(self) -> None:
        if len(self._same) + len(self._written) > _KEPT:
            self._written.clear()
            self._same.clear()


_AT_ONCE = 4
"""Sets of rooms of which the questions are kept: those in force, and those of a trial beside them."""
_last: list[tuple[RuleBook, Igo, Catalogue, Asked]] = []


def asked_of(rooms: Rooms) -> Asked:
    """The questions under these rooms; kept while the same rules, register and catalogue (objects) are asked again."""
    for rules_, igo, catalogue, kept in _last:
        if rules_ is rooms.rules and igo is rooms.igo and catalogue is rooms.catalogue:
            return kept
    new = Asked(rooms.rules, rooms.igo, rooms.catalogue)
    _last[:] = [(rooms.rules, rooms.igo, rooms.catalogue, new), *_last[: _AT_ONCE - 1]]
    return new


def _contracts_with(igo: Igo, insurers: tuple[str, ...]) -> bytes:
    """A fingerprint of the contracts that hold for these insurers, in their order; of all, where none is named.

    With whom else a contract was made is none of their business.
    """
    mine = {"*", *insurers}
    held = [replace(c, insurers=tuple(i for i in c.insurers if i in mine)) for c in igo.contracts]
    return _fingerprint(repr([c for c in held if c.insurers] if insurers else igo.contracts))


def _basis(igo: Igo, catalogue: Catalogue) -> bytes:
    """All else that makes a decision of a projection, but for what persons decided."""
    return _fingerprint(repr(replace(igo, contracts=(), version="")) + catalogue.version + _program())


def _fingerprint(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


@cache
def _program() -> str:
    """A fingerprint of the program that selects and claims: another version may decide otherwise by the same rules."""
    digest = hashlib.blake2b(digest_size=8)
    paths = [path for package in (model, rules, selection, claims) for path in Path(package.__path__[0]).glob("*.py")]
    for path in (*sorted(paths), Path(__file__), Path(lines.__file__)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
