"""A faulty catalogue is refused, with file, line, entry and what is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from adapter import claims, rules
from tests.support.claims_world import MAPPINGS


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    for folder in ("rules", "catalogues"):
        shutil.copytree(MAPPINGS / folder, tmp_path / folder)
    return tmp_path


def change(mappings: Path, name: str, old: str, new: str) -> str:
    path = mappings / "catalogues" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(rules.RuleError) as caught:
        claims.load_catalogue(mappings)
    return str(caught.value)


INTEGRAL, MONO = "integraal.yaml", "monodisciplinair.yaml"
CASES = [
    (INTEGRAL, "phase: nataal", "phase: nachtelijk", "nataal-eerstelijn: 'phase' is 'nachtelijk'"),
    (
        INTEGRAL,
        "id: nataal-eerstelijn",
        "id: iets-anders",
        "outcome 'nataal-eerstelijn' is no prestatie of this catalogue",
    ),
    (INTEGRAL, "id: nataal-tweedelijn", "id: nataal-eerstelijn", "prestatie 'nataal-eerstelijn' stands here twice"),
    (INTEGRAL, "cites: [kennisnet-9, eigen-lezing]", "cites: [krant]", "cites 'krant'"),
    (
        INTEGRAL,
        "standing: verified\n        to: 2022-12-31",
        "standing: verified\n        to: 2022-11-30",
        "has no row for",
    ),
    (
        INTEGRAL,
        "    code:\n    to: 2022-12-31",
        "    code:\n    to: 2021-12-31",
        "chooses 'begeleiding-tot-16-weken', which is valid",
    ),
    (
        INTEGRAL,
        "    code:\n    to: 2022-12-31",
        "    code:\n    from: 2020-01-01",
        "keuze-prenataal/prenataal-eindigend",
    ),
    (INTEGRAL, "prestaties:", "prestatie:", "unknown key 'prestatie'"),
    (INTEGRAL, "prestaties:", "prestaties: [", "is not YAML"),
    (MONO, "code_to: 2017-12-31", "unit: keer", "a code needs the period for which it was read"),
    (MONO, "disciplines: [verloskunde]", "disciplines: [tandheelkunde]", "'disciplines' names 'tandheelkunde'"),
    (MONO, "acts: [bevalling]", "acts: [vulling]", "'acts' names 'vulling'"),
    (MONO, "once: yes", "once: soms", "'once' is 'soms', not yes or no"),
    (
        MONO,
        "part_of: volledige-verloskundige-zorg",
        "part_of: heelal",
        "is part of 'heelal', which is no prestatie here",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "what"), CASES)
def test_a_fault_is_named(mappings: Path, name: str, old: str, new: str, what: str) -> None:
    told = change(mappings, name, old, new)
    assert what in told and f"catalogues/{name}" in told


def test_the_version_follows_both_files(mappings: Path) -> None:
    before = claims.load_catalogue(mappings).version
    path = mappings / "catalogues" / MONO
    path.write_text(path.read_text(encoding="utf-8") + "# gewijzigd\n", encoding="utf-8")
    assert claims.load_catalogue(mappings).version != before


def test_an_official_code_makes_a_claim_ready(mappings: Path) -> None:
    from dataclasses import replace

    from adapter import selection
    from adapter.model.register import Contract
    from tests.support.claims_world import ALWAYS, an_igo, pregnancy

    catalogue = claims.load_catalogue(mappings)
    official = replace(catalogue.integral["geboortezorg-prenataal"], code="OFFICIEEL")
    loaded = replace(catalogue, integral={**catalogue.integral, official.id: official})
    igo = an_igo([Contract(("1000",), ALWAYS, tariff={official.id: 100})])
    given = pregnancy()
    said = claims.advise(given, selection.decide(given, igo, rules.load(mappings)), igo, loaded)[0]
    assert said.claim is not None and said.prestatie is not None
    assert (said.claim.ready, said.claim.blocked_by) == (True, ())
    assert (said.prestatie.code, said.prestatie.standing) == ("OFFICIEEL", "verified")
