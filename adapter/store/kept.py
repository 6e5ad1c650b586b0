"""Small things that are derived, kept so that they need not be made again after a start. Sealed; replaced at will."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from adapter.store.records import Part
from adapter.store.tables import meta


class Kept(Part):
    """Keep one text under a name, in place of the one before."""

    def keep(self, name: str, body: bytes) -> None:
        """Keep this under the name. It must hold nothing of one woman: it outlives the removal of her records."""
        row = f"kept {name}"
        with self._database.writing() as connection:
            self._database.lock(connection, row)
            connection.execute(delete(meta).where(meta.c.name == row))
            connection.execute(insert(meta).values(name=row, value=self._vault.own.seal(body, row.encode())))

    def kept(self, name: str) -> bytes | None:
        """What was kept last; None where nothing was."""
        row = f"kept {name}"
        with self._database.reading() as connection:
            sealed = connection.execute(select(meta.c.value).where(meta.c.name == row)).scalar()
        return None if sealed is None else self._vault.own.open(sealed, row.encode())
