"""Loading dialects and code maps: faults name file and key."""

import shutil

import orjson
import pytest
import yaml

import builders_facts as given
from adapter.facts import DialectError, load_dialects


@pytest.fixture
def mappings(tmp_path):
    for folder in ("dialects", "codes"):
        shutil.copytree(given.ROOT / "mappings" / folder, tmp_path / folder)
    return tmp_path


def change(mappings, name, edit):
    path = mappings / "dialects" / f"{name}.yaml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    edit(data)
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


def faults(mappings):
    with pytest.raises(DialectError) as error:
        load_dialects(mappings)
    return error.value.faults


def test_the_shipped_dialects_load_and_the_abstract_one_is_not_among_them():
    names = given.dialects().names
    assert {"nictiz-geboortezorg-stu3", "nl-core-r4"} <= set(names)
    assert "geboortezorg" not in names
    assert all(d.source and d.standing in ("verified", "provisional") for d in given.dialects())


def test_an_unknown_dialect_names_those_there_are():
    with pytest.raises(DialectError, match="'nope' is unknown"):
        given.dialects().get("nope")


def test_a_path_that_is_not_supported_is_a_fault_with_file_and_key(mappings):
    change(mappings, "geboortezorg", lambda d: d["statements"]["lmp"].update(value=["value.toString()"]))
    assert any(f.startswith("nl-core-r4.yaml: statements.lmp.value: ") for f in faults(mappings))


def test_all_faults_are_told_at_once(mappings):
    def edit(data):
        data["statements"]["lmp"].update(kind="lpm", codes=["snomed|1"])
        data["acts"]["intaak"] = ["sct|1"]

    change(mappings, "geboortezorg", edit)
    found = [f for f in faults(mappings) if f.startswith("nl-core-r4.yaml")]
    assert any("statements.lmp.kind: 'lpm' is not one of" in f for f in found)
    assert any("statements.lmp.codes: 'snomed|1' is not system|code" in f for f in found)
    assert any("acts.intaak: 'intaak' is not one of" in f for f in found)


def test_a_word_that_nobody_reads_is_a_fault(mappings):
    def edit(data):
        data["statements"]["lmp"].update(unmapped="forget", subject="man", basics="x")
        data["states"]["Encounter"]["finished"] = "klaar"
        data["extra"] = 1

    change(mappings, "geboortezorg", edit)
    change(mappings, "nl-core-r4", lambda d: d["paths"]["Observation"].update(foucs=["focus.reference"]))
    keys = {f.split(": ")[1] for f in faults(mappings) if f.startswith("nl-core-r4.yaml")}
    assert keys == {
        "extra", "paths.Observation.foucs", "states.Encounter.finished", "statements.lmp.basics",
        "statements.lmp.subject", "statements.lmp.unmapped",
    }  # fmt: skip


def test_a_code_map_must_give_words_that_fit_the_fact(mappings):
    change(mappings, "geboortezorg", lambda d: d["statements"]["manner_of_end"].update(map="place-of-birth"))
    change(mappings, "nl-core-r4", lambda d: d["statements"].update(fetuses_multiple={"map": "chorionicity"}))
    found = [f for f in faults(mappings) if f.startswith("nl-core-r4.yaml")]
    assert any("statements.manner_of_end.map: place-of-birth: 'thuis' is not one of birth" in f for f in found)
    assert any("statements.fetuses_multiple.map: chorionicity: 'monochoriaal' is not a number" in f for f in found)


def test_a_code_under_two_kinds_of_act_is_a_fault(mappings):
    change(mappings, "geboortezorg", lambda d: d["acts"]["consult"].append("sct|169711001"))
    assert any("169711001 also stands under acts." in f for f in faults(mappings))


def test_a_code_map_that_is_not_there_is_a_fault(mappings):
    (mappings / "codes" / "care-level.json").unlink()
    assert any("statements.care_level.map: there is no code map codes/care-level.json" in f for f in faults(mappings))


def test_a_code_map_that_is_not_a_concept_map_is_a_fault(mappings):
    (mappings / "codes" / "care-level.json").write_text("{}", encoding="utf-8")
    assert any(f.startswith("care-level.json: ") for f in faults(mappings))


def test_a_code_with_two_words_in_one_map_is_a_fault(mappings):
    path = mappings / "codes" / "care-level.json"
    data = orjson.loads(path.read_bytes())
    elements = data["group"][0]["element"]
    elements.append({**elements[0], "target": [{"code": "vierde_lijn"}]})
    path.write_bytes(orjson.dumps(data))
    assert any("stands twice, as 'eerste_lijn' and as 'vierde_lijn'" in f for f in faults(mappings))


def test_what_is_not_yaml_or_extends_nothing_is_a_fault(mappings):
    (mappings / "dialects" / "broken.yaml").write_text("a: [", encoding="utf-8")
    (mappings / "dialects" / "orphan.yaml").write_text("id: orphan\nextends: nobody\n", encoding="utf-8")
    found = faults(mappings)
    assert any(f.startswith("broken.yaml: is not YAML") for f in found)
    assert any(f.startswith("orphan.yaml: extends: 'nobody'") for f in found)


def test_a_circle_of_extends_is_a_fault(mappings):
    change(mappings, "geboortezorg", lambda d: d.update(extends="nl-core-r4"))
    assert any("extends itself" in f for f in faults(mappings))


def test_an_empty_folder_is_a_fault(tmp_path):
    with pytest.raises(DialectError, match="no dialect files"):
        load_dialects(tmp_path)


def test_the_version_changes_with_any_byte(mappings):
    before = load_dialects(mappings).version
    path = mappings / "codes" / "care-level.json"
    path.write_bytes(path.read_bytes() + b"\n")
    assert load_dialects(mappings).version != before


def test_the_code_maps_are_valid_fhir_concept_maps():
    from fhir.resources.R4B.conceptmap import ConceptMap

    for path in sorted((given.ROOT / "mappings" / "codes").glob("*.json")):
        found = ConceptMap.model_validate_json(path.read_bytes())
        assert found.description.startswith("Source: ")
        assert found.id == path.stem


VENDOR = "id: vendor\nversion: '1'\nextends: nictiz-geboortezorg-stu3\nstanding: provisional\nsource: made up\n"


FAULTS = [
    (
        'measures: {hb: {codes: ["loinc|93846-4"], unit: druppels, source: x}}',
        "measures.hb.unit: 'druppels' has no table",
    ),
    ('measures: {nieuw: {codes: ["loinc|1-8"]}}', "measures.nieuw.source: a code needs its source"),
    ("measures: {nieuw: {source: x}}", "measures.nieuw.codes: has no codes"),
    ('measures: {nieuw: {codes: ["zz|1"], source: x}}', "measures.nieuw.codes: 'zz|1' is not system|code"),
    ('measures: {nieuw: {codes: ["loinc|1-8"], source: x, kleur: rood}}', "measures.nieuw.kleur: is not one of"),
    (
        'measures: {nieuw: {codes: ["loinc|1-8"], source: x, subject: kat}}',
        "measures.nieuw.subject: 'kat' is not one of",
    ),
    (
        'measures: {nieuw: {codes: ["loinc|1-8"], source: x, plausible: 3}}',
        "measures.nieuw.plausible: must be [lowest",
    ),
    (
        'measures: {nieuw: {codes: ["loinc|1-8"], source: x, split: [rr]}}',
        "measures.nieuw.split: 'rr' is not a key",
    ),
    ('screenings: {nieuw: {codes: ["loinc|29893-5"], source: x}}', "29893-5 also stands under screenings.hiv"),
    ("notes: {nieuw: {kind: mening, source: x}}", "notes.nieuw.kind: 'mening' is not one of"),
    ('percentile: "value"', "percentile: 'value': 'value' is a choice of types"),
]


def test_what_is_wrong_with_a_measure_a_screening_or_a_note_is_told_by_file_and_key(mappings):
    for number, (lines, _) in enumerate(FAULTS):
        text = VENDOR.replace("vendor", f"vendor-{number}") + lines
        (mappings / "dialects" / f"vendor-{number}.yaml").write_text(text, encoding="utf-8")
    found = faults(mappings)
    for number, (_, told) in enumerate(FAULTS):
        own = [fault for fault in found if fault.startswith(f"vendor-{number}.yaml: ")]
        assert any(told in fault for fault in own), (told, own)
    assert all(fault.startswith("vendor-") for fault in found)


def test_every_rule_says_in_which_source_its_codes_were_read():
    for dialect in given.dialects():
        rules = [rule for many in dialect.measures.values() for rule in many]
        rules += [*dialect.screenings.values(), *(rule for many in dialect.notes.values() for rule in many)]
        assert all(len(rule.source) > 10 for rule in rules)
