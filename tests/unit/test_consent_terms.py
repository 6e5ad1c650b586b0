"""`mappings/consent.yaml` and `[access.consent]`: every fault is named, with file and key."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from adapter.access.consent.terms import NOTHING, TermsError, load_terms
from adapter.bootstrap import data_folder
from adapter.bootstrap.access import AccessSettings, ClientSettings, ConsentSettings
from adapter.bootstrap.consents import faults, grounding
from adapter.model.evidence import OrganisationKind
from adapter.service.port import ConfigurationError

MAPPINGS = data_folder("mappings")
TERMS = load_terms(MAPPINGS)


def access(**consent: object) -> AccessSettings:
    clients = (ClientSettings(id="landelijk", name="Voorziening"),)
    return AccessSettings(
        issuer="https://adapter.example",
        client=clients,
        consent=ConsentSettings(**consent),  # type: ignore[arg-type]
    )


def test_birth_care_stands_in_no_national_category_and_is_denied() -> None:
    unmapped = [k for k in OrganisationKind if TERMS.consulting_of(k) is None]
    assert {OrganisationKind.VERLOSKUNDIGENPRAKTIJK, OrganisationKind.KRAAMZORG} <= set(unmapped)
    assert TERMS.consulting_of(OrganisationKind.ZIEKENHUIS) == "RPZAC104"


def test_kinds_of_organisation_are_those_of_the_dialects() -> None:
    mapped = json.loads((MAPPINGS / "codes" / "organisation-kind.json").read_text("utf-8"))
    (group,) = [g for g in mapped["group"] if g["source"].endswith("organization-type")]
    assert {e["code"]: e["target"][0]["code"] for e in group["element"]} == {c: k.value for c, k in TERMS.kinds.items()}


def test_what_is_our_own_reading_is_marked() -> None:
    given = yaml.safe_load((MAPPINGS / "consent.yaml").read_text("utf-8"))
    own = [given["referral"], given["recorded_by"], *given["national"]["categories"].values()]
    assert all(part["provisional"] is True for part in own)


def test_without_terms_nothing_is_consent() -> None:
    assert not NOTHING.is_about_sharing("http://loinc.org", "59284-0")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("days: 365", "days: nooit"), "referral.days"),
        (("permit: holder", "permit: iedereen"), "recorded_by.permit"),
        (("G3: verloskundigenpraktijk", "G3: tandarts"), "kinds.G3"),
        (("version:", "verzie:"), "version"),
        (("version:", "\t:"), "no YAML"),
    ],
)
def test_a_fault_names_file_and_key(tmp_path: Path, change: tuple[str, str], named: str) -> None:
    text = (MAPPINGS / "consent.yaml").read_text("utf-8")
    (tmp_path / "consent.yaml").write_text(text.replace(*change, 1), "utf-8")
    with pytest.raises(TermsError, match=r"consent\.yaml") as error:
        load_terms(tmp_path)
    assert any(named in fault for fault in error.value.faults)


def test_a_stand_in_needs_a_file_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "geen.json").write_text("{", "utf-8")
    for file in (None, tmp_path / "weg.json", tmp_path / "geen.json"):
        (problem,) = faults(access(national="local", national_file=file), TERMS)
        assert problem.where == "[access.consent] national_file"
        with pytest.raises(ConfigurationError):
            grounding(access(national="local", national_file=file), TERMS, lambda: datetime.now(UTC))


def test_who_speaks_for_the_national_service_is_a_registered_system() -> None:
    assert faults(access(national_client="landelijk"), TERMS) == []
    (problem,) = faults(access(national_client="iemand"), TERMS)
    assert "'iemand'" in problem.what


def test_without_access_no_ground_is_required() -> None:
    assert not grounding(None, TERMS, lambda: datetime.now(UTC)).required
    assert grounding(access(), TERMS, lambda: datetime.now(UTC)).required
