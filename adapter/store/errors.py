"""What can go wrong in the store, one class for each thing a caller can act on."""

from __future__ import annotations


class StoreError(Exception):
    """Something went wrong in the store. The message says what and what to do, and never holds a BSN."""


class StoreUnavailableError(StoreError):
    """The database cannot be reached, is locked, or its disk is full. Trying again later may help."""


class StoreUrlError(StoreError):
    """The store URL names a database that this product does not support."""


class NewerDatabaseError(StoreError):
    """The database was migrated by a newer version of this program; this one would misread it."""


class KeyRingError(StoreError):
    """A master key is missing, or is not 32 bytes in hex or base64."""


class WrongMasterKeyError(StoreError):
    """The database was sealed with a master key that is not on the key ring."""


class TamperedError(StoreError):
    """A row does not decrypt under its own key: it was changed, or moved, outside this program."""


class ConflictError(StoreError):
    """A row with this id exists already and says something else; nothing that is kept is ever changed."""


class VersionConflictError(ConflictError):
    """A resource is not at the version that was expected. `stands`: where it is (0: not there, None: removed)."""

    def __init__(self, type: str, id: str, expected: int, stands: int | None) -> None:
        super().__init__(f"{type}: not at the version expected")
        self.type = type
        self.id = id
        self.expected = expected
        self.stands = stands
