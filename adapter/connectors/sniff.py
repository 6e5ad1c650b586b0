"""Which FHIR version a text is written in, by what differs between 3.0.2 and 4.0.1."""

from __future__ import annotations

import re

from adapter.model.sources import FhirVersion

_STU3 = re.compile(
    rb'"context"\s*:\s*\{|<context>|"clinicalStatus"\s*:\s*"|<clinicalStatus\s+value='
    rb'|"resourceType"\s*:\s*"(?:ReferralRequest|ProcedureRequest|BodySite)"|<(?:ReferralRequest|ProcedureRequest|BodySite)[\s>]'
)
_R4 = re.compile(
    rb'"encounter"\s*:\s*\{|<encounter>|"clinicalStatus"\s*:\s*\{'
    rb'|"resourceType"\s*:\s*"(?:ServiceRequest|BodyStructure)"|<(?:ServiceRequest|BodyStructure)[\s>]'
)


def sniff(text: bytes) -> FhirVersion | None:
    """The version, or None when the text holds no sign of either, or of both."""
    stu3, r4 = _STU3.search(text) is not None, _R4.search(text) is not None
    if stu3 == r4:
        return None
    return FhirVersion.STU3 if stu3 else FhirVersion.R4
