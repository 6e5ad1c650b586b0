"""Prove that the audit log is whole, and take out what is older than it must be kept without losing that proof."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from adapter.store import ledger, plain
from adapter.store.audit import Audit, AuditHead
from adapter.store.audit_pen import START
from adapter.store.audit_tables import audit_checkpoints
from adapter.store.errors import StoreError
from adapter.store.tables import audit, microseconds

_A = audit.c
_C = audit_checkpoints.c
_AT_ONCE = 2000
_ANEW = "SELECT 1 FROM meta WHERE name = :name"
_TAKEN = "the file of the log was taken away, and the log begun anew: put back the one that belongs to this store"


@dataclass(frozen=True, slots=True)
class AuditProof:
    """What was found: the lines from `first` up to `last`, and the first that is not as it was written.

    `broken`: the number of that line, None when all is well; `why` says what is wrong with it.
    """

    first: int
    last: int
    head: str
    broken: int | None = None
    why: str = ""


class AuditBrokenError(StoreError):
    """The log is not whole, so nothing is taken out of it: that would take the evidence along."""


class AuditKeeping(Audit):
    """Prove and prune."""

    def prove_audit(self, noted: AuditHead | None = None) -> AuditProof:
        """Go over every line. `noted`: a head that was noted elsewhere, which must be part of the chain still.

        Memory is steady, however long the log is. Raises `StoreError`.
        """
        proof = self._proof(noted)
        with self._ledger.reading() as connection:
            anew = plain.rows(connection, _ANEW, name=ledger.GONE)
        return _broken(proof, 1, _TAKEN) if anew and proof.broken is None else proof

    def _proof(self, noted: AuditHead | None = None) -> AuditProof:
        with self._ledger.reading() as connection:
            lines, head, seal = self._head(connection)
            start, chain, forged = self._begin(connection)
            proof = AuditProof(start + 1, lines, head.hex())
            if forged is not None:
                return _broken(proof, forged, "the checkpoint behind it was not made by this program")
            expected, marked = start + 1, False
            for row in _lines(connection, start):
                chain = self._next(chain, row)
                if row["position"] != expected:
                    return _broken(proof, expected, f"it is gone; line {row['position']} comes next")
                if not hmac.compare_digest(bytes(row["chain"]), chain):
                    return _broken(proof, expected, "it was changed, or the line before it was replaced")
                if noted is not None and noted.lines == expected and noted.chain != chain.hex():
                    return _broken(proof, expected, "it is not the line that was noted")
                expected, marked = expected + 1, row["actor"] is not None
            if expected != lines + 1 or chain != head:
                return _broken(proof, min(expected, lines + 1), "the log ends earlier or later than it did")
            if (seal or marked) and not hmac.compare_digest(seal, self._vault.chain(b"head", _value(lines, head))):
                return _broken(proof, lines + 1, "the end of the log was moved: what came behind it is gone")
            if noted is not None and noted.lines > lines:
                return _broken(proof, lines + 1, f"{noted.lines} lines were noted")
            return proof

    def verify_audit(self) -> int | None:
        """The number of the first line that is not as it was written or is gone; None when all are there."""
        return self.prove_audit().broken

    def prune_audit(self, before: datetime, at: datetime) -> int:
        """Take out the oldest lines, up to the first that is not older than `before`; gives how many.

        A sealed checkpoint keeps the hash of the last of them, so that what remains can be proved as before. Raises
        `AuditBrokenError` where the log is not whole: then nothing is taken out.
        """
        with self._ledger.reading() as connection:
            start, _, _ = self._begin(connection)
            kept = connection.execute(select(func.min(_A.position)).where(_A.recorded >= before)).scalar()
            lines, _, _ = self._head(connection)
            last = lines if kept is None else kept - 1
        if last > start:
            if (proof := self._proof()).broken is not None:
                raise AuditBrokenError(f"audit line {proof.broken}: {proof.why}; nothing was taken out")
            self._checkpoint(last, last - start, before, at)
        return self._take_out_lines(max(last, start))

    def _checkpoint(self, last: int, lines: int, before: datetime, at: datetime) -> None:
        with self._ledger.writing() as connection:
            self._ledger.lock(connection, "audit")
            chain = connection.execute(select(_A.chain).where(_A.position == last)).scalar_one()
            row = {"position": last, "chain": chain, "until": before, "lines": lines, "made_at": at}
            connection.execute(insert(audit_checkpoints).values(**row, seal=self._checkpoint_seal(row)))

    def _take_out_lines(self, last: int) -> int:
        """Lines behind the checkpoint go in small steps: others write meanwhile, and a next time goes on with it."""
        taken = 0
        while True:
            with self._ledger.writing() as connection:
                oldest = select(_A.position).where(_A.position <= last).order_by(_A.position).limit(_AT_ONCE)
                upto = max(connection.execute(oldest).scalars(), default=None)
                if upto is None:
                    return taken
                taken += connection.execute(delete(audit).where(_A.position <= upto)).rowcount

    def _begin(self, connection: Connection) -> tuple[int, bytes, int | None]:
        """The line behind which the log begins, its hash, and, where a checkpoint is forged, the line after it."""
        row = connection.execute(select(audit_checkpoints).order_by(_C.position.desc()).limit(1)).mappings().first()
        if row is None:
            return 0, START, None
        sound = hmac.compare_digest(bytes(row["seal"]), self._checkpoint_seal(row))
        return row["position"], bytes(row["chain"]), None if sound else row["position"] + 1

    def _checkpoint_seal(self, row: Any) -> bytes:
        numbers = (row["position"], microseconds(row["until"]), row["lines"], microseconds(row["made_at"]))
        return self._vault.chain(b"checkpoint", bytes(row["chain"]), repr(numbers).encode())


def _lines(connection: Connection, start: int) -> Iterator[Any]:
    few = connection.execution_options(yield_per=1000)
    with few.execute(select(audit).where(_A.position > start).order_by(_A.position)) as rows:
        yield from rows.mappings()


def _value(lines: int, chain: bytes) -> bytes:
    return lines.to_bytes(8, "big") + chain


def _broken(proof: AuditProof, line: int, why: str) -> AuditProof:
    return AuditProof(proof.first, proof.last, proof.head, line, why)
