"""Where a value came from, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OrganisationKind(StrEnum):
    """Kinds of organisation in birth care. Codes: Nictiz organization-type (G3, V4, V5, V6, K4, B2, L1, Z3, GC)."""

    VERLOSKUNDIGENPRAKTIJK = "verloskundigenpraktijk"
    ZIEKENHUIS = "ziekenhuis"
    HUISARTS = "huisarts"
    KRAAMZORG = "kraamzorg"
    ECHOCENTRUM = "echocentrum"
    LABORATORIUM = "laboratorium"
    GEBOORTECENTRUM = "geboortecentrum"
    ZORGVERZEKERAAR = "zorgverzekeraar"
    OVERIG = "overig"
    ONBEKEND = "onbekend"


RESPONSIBLE_KINDS = frozenset(
    {OrganisationKind.VERLOSKUNDIGENPRAKTIJK, OrganisationKind.ZIEKENHUIS, OrganisationKind.HUISARTS}
)
"""Only these can be responsible for obstetric care; the others are involved."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A care organisation as the sources and the register know it.

    `id` is `agb:08001234`, `ura:…` or, where a source gives neither, `<source>:<reference>`. A URA is never read as an
    AGB code; only the register of the IGO joins the two.
    """

    id: str
    agb: str | None = None
    ura: str | None = None
    name: str | None = None
    kind: OrganisationKind = OrganisationKind.ONBEKEND


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place in one version of one resource at one source.

    `version` is the source's own, or ours where it gives none. `organisation` is the AGB code (else URA, else id) of
    the organisation whose act or record it is.
    """

    source: str
    reference: str
    version: str
    path: str
    organisation: str | None = None
