"""Walk every address of the service as people who may see little, and look for any text of what is not theirs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Route

from adapter.access import Actor, Identified, Purpose, Role
from adapter.api.fhir.declared import INTERACTIONS, OPERATIONS
from adapter.model.sources import FhirVersion
from adapter.service.endpoint.parameters import parameters
from adapter.service.examples import PEOPLE
from support.reach_world import (
    ANNA,
    BERTA,
    CONTROLLER,
    PLANNER,
    Doors,
    care_provider,
    identified,
    referral,
    region,
    system,
    woman,
)

MINE = "agb:53000001"
LINKS = Actor("koppel-1", "K. Oppel", "agb:08000102", (Role.KOPPELBEHEERDER,))
KEEPER = Actor("log-1", "L. Og", MINE, (Role.LOGBEHEERDER,))

WHO: dict[str, Identified] = {
    "andere-praktijk": identified(care_provider("vp2")),
    "epd-andere-praktijk": identified(system("vp2"), source="vp2", scopes=("system/*.cruds",)),
    "controller": identified(CONTROLLER, Purpose.HPAYMT),
    "planner": identified(PLANNER, Purpose.HOPERAT),
    "koppelbeheerder": identified(LINKS),
    "ziekenhuis": identified(care_provider("zh")),
}


def told(source: str, who: str) -> set[str]:
    """Every text that stands in a record and nowhere else."""
    return {f"geheim-{source}-{who}", f"Voornaam-{source}", f"{source}-{who}-bevinding", f"{source}-{who}-hb"}


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Anna at practice and hospital, Berta at the practice (referred to nobody); the other practice knows neither."""
    holdings = {
        "vp": [*woman("vp", "anna", ANNA), referral("vp", "anna", "zh"), *woman("vp", "berta", BERTA)],
        "zh": [*woman("zh", "anna", ANNA), referral("zh", "anna", "zh", sender="vp")],
        "vp2": [],
    }
    with region(tmp_path_factory.mktemp("leaks"), holdings) as world:
        yield world.doors(WHO)


ALL = frozenset({*told("vp", "anna"), *told("vp", "berta"), *told("zh", "anna"), ANNA, BERTA})
HIDDEN = {
    "andere-praktijk": ALL | {"Berta", "Anna"},
    "epd-andere-praktijk": ALL | {"Berta", "Anna"},
    "controller": ALL | {"Berta", "Anna"},
    "planner": ALL | {"Berta", "Anna", "vp-anna", "vp-berta"},
    "koppelbeheerder": ALL | {"Berta", "Anna"},
    "ziekenhuis": frozenset({"geheim-vp-berta", "vp-berta", "Berta", BERTA}),
}


def addresses(doors: Doors) -> Iterator[tuple[str, str, Any]]:
    """Method, address and body of everything there is: pages, JSON API, FHIR, hooks."""
    world = doors.world
    known = [world.pregnancy("vp"), world.pregnancy("vp", "berta")]
    yield from _pages_and_api(doors, known)
    yield from _fhir()
    for bsn in (ANNA, BERTA):
        yield "POST", "/api/v1/pregnancies/_search", {"bsn": bsn}
    for patient in ("vp-anna", "vp-berta", "zh-anna"):
        context = {"patientId": patient, "userId": "Practitioner/7"}
        hook = {"hook": "patient-view", "hookInstance": "1", "context": context}
        yield "POST", "/cds-services/geboortezorg-zorgpad", hook


def _pages_and_api(doors: Doors, known: list[str]) -> Iterator[tuple[str, str, Any]]:
    declared = doors.get("andere-praktijk", "/openapi.json").json()
    paths = [*declared["paths"], *(r.path for r in doors.app.routes if isinstance(r, Route))]
    for path in dict.fromkeys(paths):
        if path.startswith(("/static", "/fhir", "/inloggen", "/launch", "/uitloggen", "/oauth")):
            continue
        if path.endswith(("/rulebook", "/regelboek")):  # of nobody: its examples have names of their own
            continue
        path = path.replace("/pregnancies/{id}", "/pregnancies/{pregnancy}")  # noqa: PLW2901 - the same, by its name
        for pregnancy in known if "{pregnancy}" in path else known[:1]:
            address = path.replace("{pregnancy}", pregnancy).replace("{id}", "1").replace("{keys}", "0" * 16)
            for name in ("proposal", "decision", "override", "consent", "statement"):
                address = address.replace(f"{{{name}}}", "1")
            if "{" in address or address.endswith("/gebeurtenissen"):  # a stream that never ends: asked elsewhere
                continue
            yield "GET", address, None


HELD = {"Patient": "vp-berta", "EpisodeOfCare": "vp-berta-dossier", "Observation": "vp-berta-bevinding"}
HELD_OF_ANNA = {"Patient": "vp-anna", "EpisodeOfCare": "vp-anna-dossier", "Observation": "zh-anna-bevinding"}


def _fhir() -> Iterator[tuple[str, str, Any]]:
    """Every interaction and operation on what is held, every type, and every parameter of the types that are held."""
    for at, version in (("/fhir/stu3", FhirVersion.STU3), ("/fhir/r4", FhirVersion.R4)):
        kinds = parameters(version) if version is FhirVersion.STU3 else HELD
        for kind in kinds:
            yield "GET", f"{at}/{kind}", None
        yield "GET", f"{at}/_history?_count=1000", None
    for kind, id in (*HELD.items(), *HELD_OF_ANNA.items()):
        yield "GET", f"/fhir/stu3/{kind}/_history", None
        for path in dict.fromkeys(i.path for i in INTERACTIONS if "GET" in i.methods and "{id}" in i.path):
            for operation in [o.code for o in OPERATIONS] if "${operation}" in path else [""]:
                named = "/".join(path).replace("{type}", kind).replace("{id}", id)
                yield (
                    "GET",
                    "/fhir/stu3/" + named.replace("{version}", "1").replace("${operation}", f"${operation}"),
                    None,
                )
    for kind in (*HELD, "ReferralRequest"):
        for name in parameters(FhirVersion.STU3)[kind]:
            yield (
                "GET",
                f"/fhir/stu3/{kind}?{name}={'EpisodeOfCare/vp-berta-dossier' if 'context' in name else 'vp-berta'}",
                None,
            )


@pytest.mark.parametrize("token", list(WHO))
def test_no_address_gives_a_text_that_is_not_for_this_reader(doors: Doors, token: str) -> None:
    asked, leaks = 0, []
    for method, address, body in addresses(doors):
        asked += 1
        answer = doors.ask(token, method, address, json=body, headers={"Accept": "*/*"})
        assert answer.status_code < 500, (token, address, answer.text[:300])
        for text in HIDDEN[token]:
            if text in _shown(answer.text, address):
                leaks.append((method, address, answer.status_code, text))
    assert asked > 150
    assert leaks == []


def _shown(text: str, address: str) -> str:
    """What was answered, without what was asked: a self link or page may repeat an id of the address."""
    for part in (address, address.rsplit("?", maxsplit=1)[-1], *address.replace("?", "/").replace("=", "/").split("/")):
        if len(part) > 5:
            text = text.replace(part, "")
    if "rulebook" in address or "regelboek" in address:  # its examples have persons of their own
        for name, _ in PEOPLE.values():
            text = text.replace(name, "")
    return text


def test_the_same_walk_finds_it_for_who_may_see_it(doors: Doors) -> None:
    """So that the walk would see a leak."""
    doors.world.application.entrance.known["praktijk"] = identified(care_provider("vp"))  # type: ignore[attr-defined]
    seen = "".join(doors.ask("praktijk", m, a, json=b).text for m, a, b in addresses(doors))
    for text in (*told("vp", "anna"), "Berta", "geheim-zh-anna"):
        assert text in seen
