"""OperationOutcome: written for others, and read of others without repeating their free text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapter.fhir.jsontext import JsonObject

_SEVERITIES = ("fatal", "error", "warning", "information")
# Code system http://hl7.org/fhir/issue-type, the codes that STU3 and R4 share and `deleted`, `multiple-matches` of R4.
_CODES = frozenset(
    {
        "invalid",
        "structure",
        "required",
        "value",
        "invariant",
        "security",
        "login",
        "unknown",
        "expired",
        "forbidden",
        "suppressed",
        "processing",
        "not-supported",
        "duplicate",
        "not-found",
        "too-long",
        "code-invalid",
        "extension",
        "too-costly",
        "business-rule",
        "conflict",
        "incomplete",
        "transient",
        "lock-error",
        "no-store",
        "exception",
        "timeout",
        "throttled",
        "informational",
        "deleted",
        "multiple-matches",
    }
)


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue: severity fatal, error, warning or information; code of http://hl7.org/fhir/issue-type."""

    severity: str
    code: str
    diagnostics: str
    expression: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.severity not in _SEVERITIES:
            raise ValueError(f"severity must be one of {', '.join(_SEVERITIES)}")
        if self.code not in _CODES:
            raise ValueError("code must be one of http://hl7.org/fhir/issue-type")


def operation_outcome(issues: Sequence[Issue]) -> JsonObject:
    """An OperationOutcome, valid in STU3 and R4. Raises `ValueError` without issues (FHIR asks at least one)."""
    if not issues:
        raise ValueError("an OperationOutcome needs at least one issue")
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue) for issue in issues]}


def _issue(issue: Issue) -> JsonObject:
    made: JsonObject = {"severity": issue.severity, "code": issue.code}
    if issue.diagnostics:
        made["diagnostics"] = issue.diagnostics
    if issue.expression:
        made["expression"] = list(issue.expression)
    return made


def outcome_text(outcome: Any) -> list[str]:
    """What a source's OperationOutcome says, by its codes alone: its free text may hold anything.

    Issues of severity information are no problem and are left out.
    """
    issues = outcome.get("issue") if isinstance(outcome, dict) else None
    texts = (
        [_issue_text(issue) for issue in issues or () if isinstance(issue, dict)] if isinstance(issues, list) else []
    )
    return [text for text in texts if text] or (
        [] if texts else ["The source sent an OperationOutcome without issues."]
    )


def _issue_text(issue: dict[str, Any]) -> str:
    severity, code = issue.get("severity"), issue.get("code")
    if severity == "information":
        return ""
    known = severity if severity in _SEVERITIES else "issue of unknown severity"
    reason = f" ({code})" if isinstance(code, str) and code in _CODES else ""
    return f"The source reports: {known}{reason}. Ask its administrator; the details are in its own log."
