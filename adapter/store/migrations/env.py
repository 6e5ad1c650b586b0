"""Alembic's entry: runs the steps on the connection that `adapter.store.database` hands over."""

from __future__ import annotations

from alembic import context

from adapter.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()  # inside the transaction of the caller
