"""FHIR as a format: STU3 and R4, JSON and XML. The only room that knows `fhir.resources`."""
