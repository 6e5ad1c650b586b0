"""The FHIR endpoint and the JSON API."""

from adapter.api.app import create_app

__all__ = ["create_app"]
