"""What the FHIR endpoints ask of the application: search, read, write, and who may see what."""
