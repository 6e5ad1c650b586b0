"""A local stand-in for the national consent service: a file with what women chose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from adapter.access.consent import ConsentRecord, Party
from adapter.access.consent.precedence import weightiest
from adapter.access.consent.terms import Terms
from adapter.model.evidence import OrganisationKind
from adapter.model.identifiers import Bsn, InvalidIdentifierError
from adapter.service.consents.national import NationalAnswer, Question


class StandInError(ValueError):
    """The file of the stand-in has faults; each is named by its row, never by what stands there."""


class StandIn:
    """A local stand-in: a JSON file with what women chose, read anew whenever it changes.

    A list of objects: `bsn`; `holder` and `reader` (`ura:…` or `agb:…`), or `holder_type` (Nictiz organization-type)
    and `reader_category` (national consulting category), each left out for any; `permit`. Without a choice that fits
    the answer is deny, as with the national service.
    """

    def __init__(self, path: Path, terms: Terms) -> None:
        self._path = path
        self._terms = terms
        self._stamp: tuple[int, int] | None = None
        self._chosen: dict[Bsn, list[ConsentRecord]] = {}
        self.load()

    def load(self) -> None:
        """Read the file if it changed. Raises `StandInError`, `OSError`."""
        status = self._path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp == self._stamp:
            return
        try:
            given = json.loads(self._path.read_text("utf-8"))
        except ValueError:
            raise StandInError(f"{self._path}: no JSON") from None
        if not isinstance(given, list):
            raise StandInError(f"{self._path}: give a list of choices")
        chosen: dict[Bsn, list[ConsentRecord]] = {}
        for number, row in enumerate(given, start=1):
            bsn, record = self._choice(number, row)
            chosen.setdefault(bsn, []).append(record)
        self._chosen, self._stamp = chosen, stamp

    def closed_question(self, question: Question) -> NationalAnswer:
        """The weightiest choice that fits; deny where there is none."""
        try:
            self.load()
        except StandInError as error:
            raise OSError(str(error)) from None
        holder = Party(question.holder, self._terms.kinds.get(question.holder_type, OrganisationKind.ONBEKEND))
        readers = self._terms.consulting.get(question.reader_category, frozenset())
        fitting = [
            record
            for record in self._chosen.get(question.bsn, ())
            if any(record.about(holder, Party(question.reader, kind), None, None) for kind in readers)
        ]
        found = weightiest(fitting)
        if found is None:
            return NationalAnswer(False, "geen keuze bij de landelijke toestemmingsvoorziening")
        why = "keuze bij de landelijke toestemmingsvoorziening"
        return NationalAnswer(found.permit, why, f"Consent/{found.id}")

    def _choice(self, number: int, row: Any) -> tuple[Bsn, ConsentRecord]:
        known = {"bsn", "holder", "reader", "holder_type", "reader_category", "permit"}
        where = f"{self._path}: row {number}"
        if not isinstance(row, dict) or not set(row) <= known or not isinstance(row.get("permit"), bool):
            raise StandInError(f"{where}: give bsn, permit (true or false), and any of {', '.join(sorted(known))}")
        try:
            bsn = Bsn(str(row.get("bsn")))
        except InvalidIdentifierError as error:
            raise StandInError(f"{where}: {error}") from None
        record = ConsentRecord(
            f"landelijk-{number}",
            "",
            _one(row.get("holder")),
            _kinds(where, row.get("holder_type"), {c: frozenset({k}) for c, k in self._terms.kinds.items()}),
            _one(row.get("reader")),
            _kinds(where, row.get("reader_category"), dict(self._terms.consulting)),
            row["permit"],
        )
        return bsn, record


def _one(identity: object) -> frozenset[str] | None:
    return None if identity is None else frozenset({str(identity)})


def _kinds(
    where: str, code: object, known: dict[str, frozenset[OrganisationKind]]
) -> frozenset[OrganisationKind] | None:
    if code is None:
        return None
    if code not in known:
        raise StandInError(f"{where}: {code!r} is not in mappings/consent.yaml")
    return known[str(code)]
