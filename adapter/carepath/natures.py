"""What kinds of care are by nature: of before, during or after the birth, whatever their date; and their names."""

from __future__ import annotations

from adapter.model.facts import ActKind

A = ActKind
NATAL = frozenset({A.BEVALLING, A.SECTIO, A.GEBOORTE, A.PARTUSASSISTENTIE})
POSTNATAL = frozenset({A.POSTNATALE_ZORG, A.KRAAMZORG, A.NACONTROLE})
PRENATAL = frozenset(
    {
        A.INTAKE,
        A.PRENATAAL_HUISBEZOEK_KRAAMZORG,
        A.TERMIJNECHO,
        A.SEO_1,
        A.SEO_2,
        A.ECHO,
        A.GUO,
        A.NIPT,
        A.COUNSELING,
        A.VERSIE,
    }
)
NOT_PREGNANCY_CARE = frozenset({A.PRECONCEPTIE, A.FERTILITEIT, A.ANTICONCEPTIE, A.NEONATOLOGIE})
"""Outside the prenatal phase (BR/REG-22100, NR/REG-2312): does not start it."""

NAMES: dict[ActKind, str] = {
    A.INTAKE: "intake",
    A.CONSULT: "consult",
    A.PRENATAAL_HUISBEZOEK_KRAAMZORG: "prenataal huisbezoek kraamzorg",
    A.BEVALLING: "begeleiding bevalling",
    A.PARTUSASSISTENTIE: "partusassistentie",
    A.OPNAME: "opname",
    A.SECTIO: "sectio caesarea",
    A.GEBOORTE: "geboorte",
    A.POSTNATALE_ZORG: "postnatale zorg",
    A.KRAAMZORG: "kraamzorg",
    A.NACONTROLE: "nacontrole",
    A.TERMIJNECHO: "termijnecho",
    A.SEO_1: "13 wekenecho",
    A.SEO_2: "20 wekenecho",
    A.ECHO: "echo",
    A.GUO: "geavanceerd ultrageluidonderzoek",
    A.NIPT: "NIPT",
    A.LAB: "laboratoriumonderzoek",
    A.COUNSELING: "counseling prenatale screening",
    A.CTG: "CTG",
    A.VERSIE: "versie",
    A.HIGH_CARE: "high care obstetrie",
    A.PRECONCEPTIE: "preconceptiezorg",
    A.ANTICONCEPTIE: "anticonceptiezorg",
    A.NEONATOLOGIE: "neonatologie",
    A.FERTILITEIT: "fertiliteitszorg",
    A.OVERIG: "overige zorg",
}
