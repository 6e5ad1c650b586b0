"""A configuration with registered systems, and what they send to get a token: whole applications are made with it."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

from joserfc.jwk import ECKey

from adapter.service.access.tokens import ASSERTION_TYPE
from support.fhir_server import observation
from support.systems_world import jwks, signed

SNOMED = "http://snomed.info/sct"
PREGNANCY = {
    "resourceType": "Condition",
    "id": "p1",
    "clinicalStatus": "active",
    "code": {"coding": [{"system": SNOMED, "code": "118185001"}]},
    "subject": {"reference": "Patient/w1"},
    "context": {"reference": "EpisodeOfCare/e1"},
}
DUE = observation("due", code="161714006", valueDateTime="2026-09-01")
KEY = ECKey.generate_key("P-384", {"kid": "one", "use": "sig"})
CONFIG = """
[store]
url = "sqlite:///adapter.db"
[[source]]
id = "vp"
name = "Verloskundigenpraktijk 't Groen"
agb = "08001234"
kind = "files"
path = "nothing"
fhir_version = "3.0"
dialect = "nictiz-geboortezorg-stu3"
[igo]
register = "igo.toml"
[access]
issuer = "{issuer}"
[[access.client]]
id = "epd-groen"
name = "EPD van 't Groen"
agb = "08001234"
source = "vp"
scopes = ["system/*.cruds"]
jwks_file = "epd-groen.jwks.json"
[[access.client]]
id = "igo"
name = "Systeem van de IGO"
agb = "53000001"
roles = ["igo-controller"]
purposes = ["HPAYMT"]
jwks_file = "epd-groen.jwks.json"
"""
REGISTER = """
[igo]
name = "IGO Voorbeeld"
agb = "53000001"
[[member]]
name = "Verloskundigenpraktijk 't Groen"
agb = "08001234"
discipline = "verloskunde"
from = 2017-01-01
"""


def configured(folder: Path, issuer: str) -> Path:
    """A configuration with one registered system."""
    (folder / "nothing").mkdir()
    (folder / "igo.toml").write_text(REGISTER)
    (folder / "epd-groen.jwks.json").write_bytes(jwks(KEY))
    config = folder / "adapter.toml"
    config.write_text(CONFIG.format(issuer=issuer))
    return config


def form(issuer: str, scope: str = "system/*.cruds", who: str = "epd-groen") -> dict[str, str]:
    """A token request."""
    now = int(time.time())
    claims = {"iss": who, "sub": who, "aud": f"{issuer}/oauth/token", "iat": now, "exp": now + 240}
    return {
        "grant_type": "client_credentials",
        "scope": scope,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signed({**claims, "jti": str(uuid.uuid4())}, KEY),
    }
