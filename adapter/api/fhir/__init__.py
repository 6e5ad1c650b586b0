"""The FHIR endpoints for EPDs, `/fhir/stu3` and `/fhir/r4`: `door.routes`."""
