"""`mappings/consent.yaml`: what counts as consent, and how the codes of others are read. Data, with sources there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapter.model.evidence import OrganisationKind


class TermsError(ValueError):
    """The file has faults; `faults` names each with its key."""

    def __init__(self, path: Path, faults: list[str]) -> None:
        super().__init__(f"{path}: {'; '.join(faults)}")
        self.faults = tuple(f"{path}: {fault}" for fault in faults)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Referral(_Part):
    days: Annotated[int, Field(ge=1, le=3650)]
    states: frozenset[str]
    provisional: bool = False


class _Recorded(_Part):
    permit: Literal["holder", "party"]
    provisional: bool = False


class _Category(_Part):
    system: str
    code: str


class _Roles(_Part):
    reader: frozenset[str]
    holder: frozenset[str]


class _Consulting(_Part):
    kinds: frozenset[OrganisationKind]
    provisional: bool = False


class _National(_Part):
    categories: Mapping[str, _Consulting]
    data: Mapping[str, Literal["all"] | frozenset[str]]
    keep_minutes: Annotated[int, Field(ge=0, le=1440)]


class _File(_Part):
    version: str
    referral: _Referral
    recorded_by: _Recorded
    categories: tuple[_Category, ...]
    roles: _Roles
    purposes: frozenset[str]
    actions: frozenset[str]
    kinds: Mapping[str, OrganisationKind]
    national: _National


@dataclass(frozen=True, slots=True)
class Terms:
    """What counts as consent. `permit_by`: who may record a permission, `holder` or `party` (holder or reader)."""

    referral: timedelta
    referral_states: frozenset[str]
    permit_by: Literal["holder", "party"]
    categories: frozenset[tuple[str, str]]
    reader_roles: frozenset[str]
    holder_roles: frozenset[str]
    purposes: frozenset[str]
    actions: frozenset[str]
    kinds: Mapping[str, OrganisationKind]
    consulting: Mapping[str, frozenset[OrganisationKind]]
    data: Mapping[str, frozenset[str] | None]  # None: all kinds of data
    keep: timedelta

    def is_about_sharing(self, system: str, code: str) -> bool:
        """Whether a Consent of this category is one on sharing data."""
        return (system, code) in self.categories or (system, "*") in self.categories

    def consulting_of(self, kind: OrganisationKind) -> str | None:
        """The category under which the national service knows this kind of organisation; None: not mapped."""
        return next((code for code, kinds in sorted(self.consulting.items()) if kind in kinds), None)

    def type_of(self, kind: OrganisationKind) -> str | None:
        """The code of an organisation type (Nictiz) for a kind; None where there is none."""
        return next((code for code, known in self.kinds.items() if known is kind), None)


NOTHING = Terms(
    timedelta(0),
    frozenset(),
    "holder",
    frozenset(),
    frozenset(),
    frozenset(),
    frozenset(),
    frozenset(),
    {},
    {},
    {},
    timedelta(0),
)
"""Without terms nothing counts as consent."""


def load_terms(mappings: Path) -> Terms:
    """Read `consent.yaml` in this folder. Raises `TermsError`, which names every fault, and `OSError`."""
    path = mappings / "consent.yaml"
    try:
        given: Any = yaml.safe_load(path.read_text("utf-8"))
        file = _File.model_validate(given)
    except yaml.YAMLError as error:
        raise TermsError(path, [f"no YAML: {error}"]) from None
    except ValidationError as error:
        faults = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise TermsError(path, faults) from None
    return Terms(
        timedelta(days=file.referral.days),
        file.referral.states,
        file.recorded_by.permit,
        frozenset((c.system, c.code) for c in file.categories),
        file.roles.reader,
        file.roles.holder,
        file.purposes,
        file.actions,
        dict(file.kinds),
        {code: one.kinds for code, one in file.national.categories.items()},
        {code: None if kinds == "all" else frozenset(kinds) for code, kinds in file.national.data.items()},
        timedelta(minutes=file.national.keep_minutes),
    )
