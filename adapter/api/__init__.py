"""The FHIR endpoint and the JSON API."""
