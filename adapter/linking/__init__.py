"""Which records are the same woman, which dossiers the same pregnancy, with the explanation.

Nothing is merged: a link is a decision beside the records, made again whenever the records change. Dates of a pregnancy
alone never link two women: the official example data hold two different women with identical obstetric dates.
"""

from adapter.linking.blocking import CROWDED, sought_tokens, tokens, tokens_of, words_of
from adapter.linking.children import with_own_numbers
from adapter.linking.pregnancy import (
    DUE_DATE_TOLERANCE,
    TERM,
    DossierDates,
    PregnancyGroup,
    dates_of,
    group_dossiers,
)
from adapter.linking.profile import Profile, pack, profile_of, unpack
from adapter.linking.settle import Group, Weighed, settle
from adapter.linking.woman import AUTOMATIC, DECISIVE, Comparison, Outcome, compare, weigh

__all__ = [
    "AUTOMATIC",
    "CROWDED",
    "DECISIVE",
    "DUE_DATE_TOLERANCE",
    "TERM",
    "Comparison",
    "DossierDates",
    "Group",
    "Outcome",
    "PregnancyGroup",
    "Profile",
    "Weighed",
    "compare",
    "dates_of",
    "group_dossiers",
    "pack",
    "profile_of",
    "settle",
    "sought_tokens",
    "tokens",
    "tokens_of",
    "unpack",
    "weigh",
    "with_own_numbers",
    "words_of",
]
