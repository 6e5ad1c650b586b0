"""Wires the rooms together; nothing else builds its own dependencies."""

from adapter.bootstrap.settings import Settings, data_folder, load
from adapter.bootstrap.wire import open_application

__all__ = ["Settings", "data_folder", "load", "open_application"]
