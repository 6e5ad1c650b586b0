"""How days, terms and the words of the model are written for a Dutch reader, the same on pages and in a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

from adapter.carepath.times import LONGEST_DAYS
from adapter.model.carepath import GestationalAge
from adapter.model.moments import AMSTERDAM, Moment, day_of

_WORD = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")  # one of our own words, such as tweede_lijn
_HASH = re.compile(r"[0-9a-f]{16,64}")
_IN_TEXT = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b")
_DAY_IN_TEXT = re.compile(r"\b(\d{2})-(\d{2})-(\d{4})\b")
_TAG = re.compile(
    r" \((?:aandoening|bevinding|gebeurtenis|omgeving|procedure|regime/therapie|situatie|verrichting"
    r"|waarneembare entiteit)\)$"
)
"""The semantic tag at the end of a SNOMED CT name: it says what sort of concept it is, not what happened."""
_MONTHS = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")

STATUS = {"igo": "IGO", "niet_igo": "niet-IGO", "gemengd": "gemengd", "onbepaald": "onbepaald"}
RISK = {"mogelijk": "zorg buiten de IGO is mogelijk", "waarschijnlijk": "zorg buiten de IGO is waarschijnlijk"}
PHASE_STATE = {
    "not_started": "nog niet begonnen",
    "running": "loopt",
    "ended": "afgesloten",
    "not_applicable": "niet van toepassing",
}
OUTCOME = {
    "birth": "geboorte",
    "stillbirth": "doodgeboorte",
    "miscarriage": "miskraam",
    "ectopic": "buitenbaarmoederlijke zwangerschap",
    "termination": "afgebroken",
    "maternal_death": "overlijden van de moeder",
    "unknown": "afloop onbekend",
}
SOURCE_STATE = {
    "answered": "heeft geantwoord",
    "failed": "niet bereikbaar",
    "refused": "geweigerd",
    "not_asked": "niet gevraagd",
}
SENDS = "stuurt zelf"
MOMENT_STATE = {
    "done": "gedaan",
    "upcoming": "komt nog",
    "gap": "ontbreekt",
    "declined": "afgezien",
    "unknown": "onbekend",
    "not_applicable": "niet van toepassing",
}
TIMING = {"early": "te vroeg", "late": "te laat"}
CLINICAL = {
    "active": "actief",
    "recurrence": "terugkerend",
    "relapse": "teruggekeerd",
    "inactive": "niet actief",
    "remission": "in remissie",
    "resolved": "over",
}
STANDING = {"verified": "geverifieerd", "provisional": "eigen lezing"}
REGIMES = {
    "selection-regular": "reguliere bekostiging (vanaf 2023)",
    "selection-experiment": "experiment (2017 t/m 2022)",
}
UNITS = {"kraamzorg_hours": "uur"}
REASON = {"met": "voldaan", "not_met": "niet voldaan", "unknown": "onbekend"}
FACTS = {
    "edd": "Uitgerekende datum",
    "lmp": "Laatste menstruatie",
    "gravidity": "Graviditeit",
    "parity": "Pariteit",
    "fetuses": "Aantal kinderen",
    "chorionicity": "Chorioniciteit",
    "care_level": "Zorgniveau",
    "risk_status": "Risicostatus",
    "intended_place_of_birth": "Voorgenomen plaats van bevallen",
    "place_of_birth": "Plaats van bevallen",
    "delivery_type": "Wijze van bevallen",
    "labour_start": "Begin actieve ontsluiting",
    "placenta_birth": "Geboorte placenta",
    "kraamzorg_hours": "Kraamzorguren",
    "blood_group": "Bloedgroep",
    "rhesus": "Rhesus D",
    "rhesus_c": "Rhesus c",
    "irregular_antibodies": "Irregulaire antistoffen",
    "case_manager": "Casemanager",
    "insurer": "Zorgverzekeraar (UZOVI)",
}
_OWN = frozenset({"blood_group", "rhesus", "rhesus_c", "irregular_antibodies"})
"""Facts that our own word says better than the name of the code: `O`, not `bloedgroep O (bevinding)`."""
BASIS = {
    "definitive": "definitief vastgesteld",
    "conception": "op grond van ovulatie of bevruchting",
    "ultrasound": "op grond van echo",
    "lmp": "op grond van laatste menstruatie",
    "stated": "opgegeven",
    "living_fetuses": "levende vruchten",
    "multiple_pregnancy": "meerling opgegeven",
    "counted": "geteld",
    "born": "geboren",
    "delivery_type": "wijze van bevallen",
    "procedure": "verrichting",
    "manner_of_end": "wijze van einde",
    "disorder": "aandoening",
    "perinatal_death": "perinatale sterfte",
}
ABOUT = {
    "source": "Bron",
    "responsible": "Verantwoordelijke",
    "responsibility": "Verantwoordelijkheid",
    "place": "Plaats van bevallen",
    "kraamzorg": "Kraamzorg",
    "insured": "Verzekering",
    "contract": "Contract",
    "birth": "Geboorte",
    "date": "Datum",
    "outcome": "Afloop",
    "pregnancy": "Zwangerschap",
    "woman": "Vrouw",
    "organisation": "Uitvoerende organisatie",
    "gestational_age": "Zwangerschapsduur",
}
RESPONSIBILITY_BASIS = {
    "dossier": "dossier",
    "referral": "overdracht",
    "perinatal_period": "perinatale periode",
    "encounter": "contact",
}


def basis(word: str) -> str:
    """What a value rests on: our word for it, or what the source says."""
    key = word.removeprefix("edd_")
    return BASIS.get(key) or plain(RESPONSIBILITY_BASIS.get(word, word))


def day(moment: Moment | None) -> str:
    """`29 jul 2024`, in Europe/Amsterdam; a dash where there is none."""
    if moment is None:
        return "–"
    at = day_of(moment)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def short_day(moment: Moment) -> str:
    """`29 jul`, where the year is clear from what stands around it."""
    at = day_of(moment)
    return f"{at.day} {_MONTHS[at.month - 1]}"


def instant(moment: Moment | None) -> str:
    """`29 jul 2024 14:05`, in Europe/Amsterdam; what was given as a day stays a day."""
    if not isinstance(moment, datetime):
        return day(moment)
    return f"{day(moment)} {moment.astimezone(AMSTERDAM):%H:%M}"


def term(age: GestationalAge | None) -> str:
    """`24+3`: weeks and days; a dash where unknown, and where it cannot be: a dossier that nobody closed."""
    return "–" if age is None or beyond_term(age) else f"{age.weeks}+{age.days}"


def beyond_term(age: GestationalAge) -> bool:
    """Whether no pregnancy lasts so long."""
    return age.weeks * 7 + age.days > LONGEST_DAYS


def age_in_years(birth: date, on: date) -> int:
    """Completed years on that day."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def euros(cents: int | None) -> str:
    """`€ 1.234,00`; a dash where not agreed."""
    if cents is None:
        return "–"
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}€ {whole:,}".replace(",", ".") + f",{rest:02d}"


def value(given: object) -> str:
    """Any fact value in words."""
    if given is None:
        return "onbekend"
    if isinstance(given, bool):
        return "ja" if given else "nee"
    if isinstance(given, date):
        return instant(given)
    if isinstance(given, float):
        return f"{given:g}".replace(".", ",")
    text = str(given)
    return text.replace("_", " ") if _WORD.fullmatch(text) else text


def plain(text: str) -> str:
    """A name or sentence as a reader expects it: no semantic tag, no underscores, days as everywhere else."""
    found = _TAG.sub("", text) if text.endswith(")") else text
    if "_" in found:
        found = _IN_TEXT.sub(lambda word: word.group().replace("_", " "), found)
    return _DAY_IN_TEXT.sub(_day_in_words, found) if "-" in found else found


def _day_in_words(found: re.Match[str]) -> str:
    day_, month, year = (int(part) for part in found.groups())
    return f"{day_} {_MONTHS[month - 1]} {year}" if 1 <= month <= 12 else found.group()


def fact(key: str, given: object, display: str | None) -> str:
    """A fact in words, with its unit: the source's own wording where the value is a word, else the value."""
    if display and key == "insurer":
        return f"{display} ({value(given)})"
    if display and isinstance(given, str) and key not in _OWN:
        return plain(display)
    unit = UNITS.get(key) if given is not None else None
    return f"{value(given)} {unit}" if unit else value(given)


def said(about_: str, given: object) -> str:
    """A value in a disagreement: an outcome by its Dutch word, anything else as a fact."""
    if about_ == "gestational_age" and isinstance(given, int):
        return f"{given // 7}+{given % 7}"
    return outcome(given) if about_ == "outcome" and isinstance(given, str) else fact(about_, given, None)


def capital(text: str) -> str:
    """With a capital in front, the rest as it is: `20 wekenecho`, `NIPT`, `Intake`."""
    return text[:1].upper() + text[1:]


def clinical(status: str) -> str:
    """The clinical status of a disorder (FHIR condition-clinical) in words; another word as it is."""
    return CLINICAL.get(status, status)


def regime(rule_set: str) -> str:
    """The name of a rule set."""
    return REGIMES.get(rule_set, rule_set)


def is_fingerprint(text: str | None) -> bool:
    """Whether a text is the hash of a version: it says that something changed, and nothing to a reader."""
    return text is not None and _HASH.fullmatch(text) is not None


def missing(variables: Iterable[str], sources: Iterable[str]) -> list[str]:
    """What is missing, each thing said once: an organisation that a sentence already names is not named again."""
    said = [FACTS.get(name, name) for name in variables]
    return said + [f"{name} is niet gehoord" for name in sources if not any(name in text for text in said)]


def cites(sources: str, standing: str) -> str:
    """The sources of a reason, without the words that its standing says already."""
    return "; ".join(part for part in sources.split("; ") if part != STANDING[standing])


def about(word: str) -> str:
    """What a disagreement is about."""
    return FACTS.get(word) or ABOUT.get(word) or word.replace("_", " ").capitalize()


def outcome(word: str | None) -> str:
    """How a pregnancy ended, in words."""
    return OUTCOME.get(word or "unknown", word or "")


def name(text: str | None, fallback: str = "naam onbekend") -> str:
    """A name, or that there is none."""
    return text or fallback
