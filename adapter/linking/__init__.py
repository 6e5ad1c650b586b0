"""Which records are the same woman, which dossiers the same pregnancy, with the explanation.

Nothing is merged: a link is a decision beside the records, made again whenever the records change. Dates of a pregnancy
alone never link two women: the official example data hold two different women with identical obstetric dates.
"""

from adapter.linking.pregnancy import (
    DUE_DATE_TOLERANCE,
    TERM,
    DossierDates,
    PregnancyGroup,
    dates_of,
    foreign_references,
    group_dossiers,
)
from adapter.linking.woman import DECISIVE, Comparison, Outcome, compare, tokens

__all__ = [
    "DECISIVE",
    "DUE_DATE_TOLERANCE",
    "TERM",
    "Comparison",
    "DossierDates",
    "Outcome",
    "PregnancyGroup",
    "compare",
    "dates_of",
    "foreign_references",
    "group_dossiers",
    "tokens",
]
