"""The words that a dialect file may use as keys; anything else is a typing mistake, and a fault."""

from __future__ import annotations

TOP_KEYS = frozenset({
    "abstract", "act_texts", "acts", "agb_kinds", "date_formats", "disciplines", "dossier_types", "fhir", "id",
    "lab_categories", "maps", "measures", "notes", "null_systems", "observation_acts", "paths", "percentile",
    "period_systems", "pregnancy_codes", "screenings", "source", "sources", "standing", "statements", "states",
    "systems", "uninsured_codes", "units", "untyped", "version",
})  # fmt: skip

RULE_KEYS = frozenset({
    "as", "at", "basis", "codes", "fixed", "focus", "kind", "map", "resource", "source", "standing", "subject",
    "texts", "unmapped", "value", "value_systems", "when",
})  # fmt: skip

MEASURE_KEYS = frozenset({"codes", "kind", "name", "plausible", "source", "split", "subject", "unit"})
NOTE_KEYS = frozenset({"categories", "codes", "kind", "name", "resource", "source"})
NOTE_KINDS = frozenset({"disorder", "complication", "allergy", "alert"})
"""What is noted and no screening."""

PARTS = frozenset({
    "at", "care_manager", "child", "clinical", "code", "conditions", "context", "detail", "dossier", "end", "focus",
    "group", "manager", "members", "not_done", "on_behalf", "organisation", "payor", "performer", "practitioner",
    "provider", "receiver", "referral", "role", "sender", "sender_behalf", "specialty", "start", "status", "subject",
    "value",
})  # fmt: skip
"""Structural parts of a resource, in `paths`."""

STATES = frozenset({"done", "planned", "declined", "in_progress", "unknown"})
SUBJECTS = frozenset({"any", "woman", "child"})
MEASURED_SUBJECTS = SUBJECTS | {"fetus"}
UNMAPPED = frozenset({"keep", "drop"})
