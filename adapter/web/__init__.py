"""The pages, in Dutch."""

from adapter.web.app import install

__all__ = ["install"]
