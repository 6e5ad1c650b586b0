"""A database as an earlier version of the program left it."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def migrated(connection: Connection, to: str) -> None:
    """Bring an empty database, or an older one, to a migration (`0010`) and no further."""
    config = Config()
    config.set_main_option("script_location", "adapter.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, to)
