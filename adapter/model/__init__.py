"""Pure types of birth care: identifiers, moments, facts, care path, claims projection, decision. No I/O, no FHIR."""
