"""From the text of a dialect file to a compiled `Dialect`."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeVar

from adapter.facts.compile_measures import MeasureCompiler
from adapter.facts.dialect import SHAPES, Code, CodeMap, Dialect, StatementRule
from adapter.facts.faults import Faults
from adapter.facts.keys import PARTS, RULE_KEYS, STATES, SUBJECTS, TOP_KEYS, UNMAPPED
from adapter.facts.paths import Path, PathError, compile_path
from adapter.model.evidence import OrganisationKind
from adapter.model.facts import ActKind, Outcome, ReferralKind, StatementKind
from adapter.model.sources import FhirVersion

E = TypeVar("E", bound=StrEnum)

ACT_RESOURCES = ("Encounter", "Procedure", "DiagnosticReport", "Appointment")
STANDINGS = ("verified", "provisional")


def compile_dialect(name: str, data: dict[str, Any], maps: dict[str, CodeMap], faults: Faults) -> Dialect | None:
    """The compiled dialect, or None when its faults (added to `faults`) leave nothing to compile."""
    compiler = _Compiler(f"{name}.yaml", data, maps, faults)
    try:
        return compiler.dialect()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        faults.add(f"{name}.yaml", "", f"does not have the shape of a dialect ({error!r})")
        return None


class _Compiler:
    def __init__(self, file: str, data: dict[str, Any], maps: dict[str, CodeMap], faults: Faults) -> None:
        self.file, self.data, self.maps, self.faults = file, data, maps, faults
        self.systems: dict[str, str] = {str(k): v[0] for k, v in data.get("systems", {}).items()}

    def dialect(self) -> Dialect:
        data = self.data
        for key in data.keys() - TOP_KEYS:
            self.faults.add(self.file, str(key), f"is not a key of a dialect ({', '.join(sorted(TOP_KEYS))})")
        self.check_words()
        codes, value_systems = self.statements()
        measured = MeasureCompiler(self.file, data, self.codes, self.faults)
        percentile = self.paths("percentile", [data["percentile"]]) if "percentile" in data else ()
        return Dialect(
            id=str(data["id"]),
            version=str(data["version"]),
            fhir=FhirVersion(str(data["fhir"])),
            standing=self.standing("standing", data.get("standing", "")),
            source=str(data["source"]),
            systems={alias: uris[0] for uris in data["systems"].values() for alias in uris},
            codes=codes,
            value_systems=value_systems,
            acts=self.acts(),
            states={str(k): dict(v) for k, v in data["states"].items()},
            parts={
                str(resource): {str(k): self.paths(f"paths.{resource}.{k}", v) for k, v in parts.items()}
                for resource, parts in data["paths"].items()
            },
            untyped={
                self.word("untyped", OrganisationKind, k): self.word(f"untyped.{k}", ActKind, v)
                for k, v in data["untyped"].items()
            },
            disciplines={self.word("disciplines", OrganisationKind, k): str(v) for k, v in data["disciplines"].items()},
            specialties=self.map("maps.specialty", data["maps"]["specialty"]).words,
            organisation_kinds=self.enum_map("organisation_kind", OrganisationKind),
            agb_kinds={str(k): self.word(f"agb_kinds.{k}", OrganisationKind, v) for k, v in data["agb_kinds"].items()},
            referral_kinds=self.enum_map("referral_kind", ReferralKind),
            act_texts={
                str(text).casefold(): self.word(f"act_texts.{kind}", ActKind, kind)
                for kind, texts in data.get("act_texts", {}).items()
                for text in texts
            },
            uninsured_codes=frozenset(self.codes("uninsured_codes", data.get("uninsured_codes", []))),
            dossier_types=frozenset(self.codes("dossier_types", data["dossier_types"])),
            pregnancy_codes=frozenset(self.codes("pregnancy_codes", data["pregnancy_codes"])),
            period_systems=frozenset(self.systems.get(s, s) for s in data["period_systems"]),
            unit_days={str(k): float(v) for k, v in data["units"]["days"].items()},
            unit_hours={str(k): float(v) for k, v in data["units"]["hours"].items()},
            null_systems=frozenset(self.systems.get(s, s) for s in data["null_systems"]),
            measures=measured.measures(),
            screenings=measured.screenings(),
            notes=measured.notes(),
            lab_categories=frozenset(self.codes("lab_categories", data.get("lab_categories", []))),
            percentile=percentile[0] if percentile else None,
            date_formats=tuple(str(text) for text in data.get("date_formats", ())),
        )

    def check_words(self) -> None:
        for resource, parts in self.data["paths"].items():
            for part in parts.keys() - PARTS:
                self.faults.add(self.file, f"paths.{resource}.{part}", f"is not one of {', '.join(sorted(PARTS))}")
        for resource, states in self.data["states"].items():
            for status, state in states.items():
                if state is not None and state not in STATES:
                    what = f"{state!r} is not one of {', '.join(sorted(STATES))}, or null"
                    self.faults.add(self.file, f"states.{resource}.{status}", what)

    def check_rule(self, key: str, entry: dict[str, Any], kind: StatementKind, words: CodeMap | None) -> None:
        for name, allowed in (("subject", SUBJECTS), ("unmapped", UNMAPPED)):
            if entry.get(name, next(iter(allowed))) not in allowed:
                self.faults.add(
                    self.file, f"{key}.{name}", f"{entry[name]!r} is not one of {', '.join(sorted(allowed))}"
                )
        for word in sorted(set(words.words.values())) if words is not None else ():
            if kind is StatementKind.OUTCOME:
                self.word(f"{key}.map: {entry['map']}", Outcome, word)
            if entry.get("as") == "number_word" and not word.isdecimal():
                self.faults.add(self.file, f"{key}.map: {entry['map']}", f"{word!r} is not a number")

    def statements(self) -> tuple[dict[str, dict[Code, tuple[StatementRule, ...]]], dict[str, dict[str, Any]]]:
        codes: dict[str, dict[Code, tuple[StatementRule, ...]]] = {}
        systems: dict[str, dict[str, tuple[StatementRule, ...]]] = {}
        for name, entry in self.data["statements"].items():
            key = f"statements.{name}"
            rule = self.rule(str(name), key, entry)
            of_type = codes.setdefault(rule.resource, {})
            for code in self.codes(f"{key}.codes", entry.get("codes", [])):
                of_type[code] = (*of_type.get(code, ()), rule)
            for system in entry.get("value_systems", []):
                uri = self.systems.get(system, system)
                of_system = systems.setdefault(rule.resource, {})
                of_system[uri] = (*of_system.get(uri, ()), rule)
        return codes, systems

    def rule(self, name: str, key: str, entry: dict[str, Any]) -> StatementRule:
        for unknown in entry.keys() - RULE_KEYS:
            self.faults.add(self.file, f"{key}.{unknown}", "is not a key of a statement")
        if not entry.get("codes") and not entry.get("value_systems"):
            self.faults.add(self.file, f"{key}.codes", "has no codes and no value_systems, so nothing can match")
        shape = entry.get("as", "")
        if shape not in SHAPES:
            self.faults.add(self.file, f"{key}.as", f"{shape!r} is not one of {', '.join(SHAPES)}")
        words = self.map(f"{key}.map", entry["map"]) if "map" in entry else None
        if shape == "number_word" and words is None:
            self.faults.add(self.file, f"{key}.map", "is needed to read a code as a number")
        kind = self.word(f"{key}.kind", StatementKind, entry.get("kind", ""))
        self.check_rule(key, entry, kind, words)
        basis = entry.get("basis", {})
        if isinstance(basis, str):
            basis = {"default": basis}
        when = self.paths(f"{key}.when", [entry["when"]]) if "when" in entry else ()
        return StatementRule(
            name=name,
            resource=str(entry.get("resource", "Observation")),
            kind=kind,
            shape=shape,
            values=self.paths(f"{key}.value", entry.get("value", [])),
            standing=self.standing(f"{key}.standing", entry.get("standing", self.data.get("standing", ""))),
            words=words,
            keep_unmapped=entry.get("unmapped", "keep") == "keep",
            fixed=entry.get("fixed"),
            basis=basis.get("default"),
            basis_from=self.paths(f"{key}.basis.from", basis.get("from", [])),
            basis_words=self.map(f"{key}.basis.map", basis["map"]) if "map" in basis else None,
            subject=str(entry.get("subject", "any")),
            focus=entry.get("focus"),
            when=when[0] if when else None,
            texts={str(text).casefold(): str(word) for word, texts in entry.get("texts", {}).items() for text in texts},
            at=self.paths(f"{key}.at", entry.get("at", [])),
        )

    def acts(self) -> dict[str, dict[Code, ActKind]]:
        kinds: dict[Code, ActKind] = {}
        for kind, texts in self.data["acts"].items():
            for code in self.codes(f"acts.{kind}", texts):
                if code in kinds:
                    self.faults.add(self.file, f"acts.{kind}", f"{code[1]} also stands under acts.{kinds[code]}")
                kinds[code] = self.word(f"acts.{kind}", ActKind, kind)
        observed = {
            code: self.word(f"observation_acts.{kind}", ActKind, kind)
            for kind, texts in self.data.get("observation_acts", {}).items()
            for code in self.codes(f"observation_acts.{kind}", texts)
        }
        return {**dict.fromkeys(ACT_RESOURCES, kinds), "Observation": observed}

    def codes(self, key: str, texts: Iterable[str]) -> list[Code]:
        found = []
        for text in texts:
            prefix, bar, code = str(text).partition("|")
            if not bar or not code or prefix not in self.systems:
                self.faults.add(self.file, key, f"{text!r} is not system|code with a system from 'systems'")
            else:
                found.append((self.systems[prefix], code))
        return found

    def paths(self, key: str, texts: Iterable[str]) -> tuple[Path, ...]:
        found = []
        for text in texts:
            try:
                found.append(compile_path(str(text)))
            except PathError as error:
                self.faults.add(self.file, key, str(error))
        return tuple(found)

    def map(self, key: str, name: str) -> CodeMap:
        if name not in self.maps:
            self.faults.add(self.file, key, f"there is no code map codes/{name}.json")
            return CodeMap(str(name), {}, "provisional")
        return self.maps[name]

    def enum_map(self, name: str, kind: type[E]) -> dict[Code, E]:
        words = self.map(f"maps.{name}", self.data["maps"][name]).words
        return {code: self.word(f"maps.{name}", kind, word) for code, word in words.items()}

    def word(self, key: str, kind: type[E], text: str) -> E:
        try:
            return kind(text)
        except ValueError:
            self.faults.add(self.file, key, f"{text!r} is not one of {', '.join(kind)}")
            return next(iter(kind))

    def standing(self, key: str, text: str) -> str:
        if text not in STANDINGS:
            self.faults.add(self.file, key, f"{text!r} is not one of {', '.join(STANDINGS)}")
        return str(text)
