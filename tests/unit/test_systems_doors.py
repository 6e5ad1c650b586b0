"""Tokens over HTTP: the endpoints of OAuth and SMART, and the scopes that a token needs at the FHIR door."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager

import httpx
import pytest

from adapter import fhir
from adapter.access import Purpose, UnavailableError
from adapter.model.sources import FhirVersion, Media
from support.fhir_server import (
    JSON,
    door,
    encounter,
    episode,
    observation,
    open_service,
    patient,
    post_entry,
    put_entry,
    transaction,
)
from support.systems_world import EC_KEY, ISSUER, World, client, signed

FULL = client("full", source="vp", organisation="agb:08000000", scopes=("system/*.cruds",))


@asynccontextmanager
async def serving(tmp_path, *clients):
    world = World(clients or (FULL,))
    with open_service(tmp_path) as service:
        world.audit = None
        transport = httpx.ASGITransport(door(service, entrance=world.entrance))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            yield world, http
        await service.aclose()


async def bearer(world, scope="system/*.cruds", **more):
    given = await world.ask(scope, **more)
    return {"Authorization": f"Bearer {given['access_token']}"}


@pytest.mark.parametrize("base", ["", "/fhir/stu3", "/fhir/r4"])
async def test_discovery(tmp_path, base):
    async with serving(tmp_path) as (_, http):
        answer = await http.get(f"{base}/.well-known/smart-configuration")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        said = answer.json()
        assert said["token_endpoint"] == f"{ISSUER}/oauth/token"
        assert said["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
        assert {"RS384", "ES384"} <= set(said["token_endpoint_auth_signing_alg_values_supported"])
        assert "client-confidential-asymmetric" in said["capabilities"]
        assert "system/*.cruds" in said["scopes_supported"]
        assert "issuer" not in said, "SMART 2.2: only with the capability sso-openid-connect"


@pytest.mark.parametrize(
    ("method", "address", "allow"),
    [
        ("GET", "/oauth/token", "POST"),
        ("DELETE", "/oauth/introspect", "POST"),
        ("POST", "/oauth/jwks", "GET, HEAD"),
        ("PATCH", "/.well-known/oauth-authorization-server", "GET, HEAD"),
        ("POST", "/.well-known/smart-configuration", "GET, HEAD"),
        ("POST", "/fhir/r4/.well-known/smart-configuration", "GET, HEAD"),
        ("POST", "/cds-services", "GET, HEAD"),
        ("GET", "/cds-services/geboortezorg-zorgpad", "POST"),
    ],
)
async def test_another_method_is_told_which_one_there_is(tmp_path, method, address, allow):
    async with serving(tmp_path) as (world, http):
        answer = await http.request(method, address, headers={"Accept": "application/json", **await bearer(world)})
        assert (answer.status_code, answer.headers["allow"]) == (405, allow)
        assert answer.headers["content-type"] in ("application/json", "application/problem+json")


@pytest.mark.parametrize("version", ["stu3", "r4"])
async def test_metadata_names_the_token_endpoint(tmp_path, version):
    async with serving(tmp_path) as (_, http):
        answer = await http.get(f"/fhir/{version}/metadata")
        checked = fhir.check(answer.content, Media.JSON, FhirVersion.STU3 if version == "stu3" else FhirVersion.R4)
        assert checked.problem is None
        security = answer.json()["rest"][0]["security"]
        assert security["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"
        assert security["extension"][0]["extension"] == [{"url": "token", "valueUri": f"{ISSUER}/oauth/token"}]


async def test_our_keys(tmp_path):
    async with serving(tmp_path) as (_, http):
        answer = await http.get("/oauth/jwks")
        assert all("d" not in key for key in answer.json()["keys"])
        server = (await http.get("/.well-known/oauth-authorization-server")).json()
        assert (server["issuer"], server["jwks_uri"]) == (ISSUER, f"{ISSUER}/oauth/jwks")


async def test_a_token_over_http(tmp_path):
    async with serving(tmp_path) as (world, http):
        answer = await http.post("/oauth/token", data=world.form())
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["pragma"] == "no-cache"
        assert answer.json()["token_type"] == "bearer"


@pytest.mark.parametrize(
    ("sent", "error", "status"),
    [
        ({"content": b"{}", "headers": {"Content-Type": "application/json"}}, "invalid_request", 400),
        ({"data": {"grant_type": "client_credentials"}}, "invalid_client", 401),
        ({"data": {"grant_type": "x"}}, "unsupported_grant_type", 400),
        ({"content": b"a=1&a=2"}, "invalid_request", 400),
        ({"content": b"a=\xff"}, "invalid_request", 400),
        ({"content": b"a=" + b"x" * 70_000}, "invalid_request", 400),
        ({"data": {"grant_type": "client_credentials"}, "params": {"scope": "x"}}, "invalid_request", 400),
    ],
    ids=range(7),
)
async def test_a_request_that_is_wrong(tmp_path, sent, error, status):
    sent.setdefault("headers", {"Content-Type": "application/x-www-form-urlencoded"})
    async with serving(tmp_path) as (_, http):
        answer = await http.post("/oauth/token", **sent)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
        assert answer.headers["cache-control"] == "no-store"
        assert set(answer.json()) == {"error", "error_description"}
        assert (status == 401) == ("www-authenticate" in answer.headers)


async def test_introspection_over_http(tmp_path):
    async with serving(tmp_path) as (world, http):
        token = (await world.ask())["access_token"]
        said = (await http.post("/oauth/introspect", data={**world.form(), "token": token})).json()
        assert said["active"] is True
        assert (await http.post("/oauth/introspect", data={"token": token})).status_code == 401


async def test_without_a_token_nobody_reads(tmp_path):
    async with serving(tmp_path) as (_, http):
        for address in ("/fhir/stu3/Patient", "/fhir/r4/Observation?patient=x", "/fhir/stu3"):
            answer = await http.get(address)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.json()["resourceType"] == "OperationOutcome"
        assert (await http.get("/fhir/stu3/metadata")).status_code == 200


@pytest.mark.parametrize("token", ["x", "demo.source.vp", "demo.woman.vp.w1", signed({"iss": ISSUER})])
async def test_a_token_that_is_none_of_ours(tmp_path, token):
    async with serving(tmp_path) as (_, http):
        answer = await http.get("/fhir/stu3/Patient", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        assert token not in answer.text


async def test_what_cannot_be_said_now_is_503(tmp_path):
    async with serving(tmp_path) as (world, http):

        async def down(_):
            raise UnavailableError("the server that knows this token does not answer")

        world.entrance.identify = down
        answer = await http.get("/fhir/stu3/Patient", headers={"Authorization": "Bearer x"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.json()["resourceType"] == "OperationOutcome"
        assert (await http.get("/fhir/stu3/metadata")).status_code == 200


async def filled(world, http):
    who = await bearer(world, id="full")
    body = transaction(*map(put_entry, (patient(), episode(), encounter("n1"), observation("o1"))))
    answer = await http.post("/fhir/stu3", json=body, headers={**JSON, **who})
    assert answer.status_code == 200, answer.text


LIMITED = [
    # what is asked, the letter and type that it needs
    ("GET", "Observation/o1", "Observation", "r"),
    ("GET", "Observation/o1/_history", "Observation", "r"),
    ("GET", "Observation/o1/_history/1", "Observation", "r"),
    ("GET", "Observation?patient=Patient/w1", "Observation", "s"),
    ("GET", "Observation/_history", "Observation", "s"),
    ("GET", "_history", "*", "s"),
    ("PUT", "Observation/o1", "Observation", "u"),
    ("POST", "Observation", "Observation", "c"),
    ("GET", "Patient/w1/$everything", "Patient", "r"),
    ("GET", "EpisodeOfCare/e1/$everything", "EpisodeOfCare", "r"),
]


@pytest.mark.parametrize(("method", "address", "kind", "letter"), LIMITED, ids=str)
async def test_each_interaction_needs_its_letter(tmp_path, method, address, kind, letter):
    others = "".join(x for x in "cruds" if x != letter)
    async with serving(tmp_path, FULL) as (world, http):
        await filled(world, http)
        body = json.dumps(observation("o1")) if method in ("PUT", "POST") else None
        for scope, refused in ((f"system/{kind}.{letter}", False), (f"system/*.{others}", True)):
            who = await bearer(world, scope, id="full", jti=scope)
            answer = await http.request(method, f"/fhir/stu3/{address}", content=body, headers={**JSON, **who})
            assert (answer.status_code == 403) is refused, answer.text
            if refused:
                assert "insufficient_scope" in answer.json()["issue"][0]["diagnostics"]
                assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
                assert world.lines.events[-1].type == "denied"


async def test_the_entries_of_a_bundle_need_theirs(tmp_path):
    async with serving(tmp_path, FULL) as (world, http):
        await filled(world, http)
        who = {**JSON, **await bearer(world, "system/Observation.c system/Patient.r", id="full")}
        new = post_entry(observation("o2"), "urn:uuid:5b0e8a57-7c57-4f3a-9f5e-5f8f6a2f1c99")
        assert (await http.post("/fhir/stu3", json=transaction(new), headers=who)).status_code == 200
        put = put_entry(observation("o1", status="amended"))
        assert (await http.post("/fhir/stu3", json=transaction(new, put), headers=who)).status_code == 403
        asks = [{"request": {"method": "GET", "url": url}} for url in ("Patient/w1", "Patient?_id=w1", "Encounter/n1")]
        batch = await http.post("/fhir/stu3", json=transaction(put, *asks, kind="batch"), headers=who)
        assert [entry["response"]["status"][:3] for entry in batch.json()["entry"]] == ["403", "200", "403", "403"]


async def test_a_write_needs_a_source_as_well(tmp_path):
    async with serving(tmp_path, FULL, client("reader", scopes=("system/*.cruds",))) as (world, http):
        who = await bearer(world, id="reader")
        answer = await http.put("/fhir/stu3/Patient/w1", json=patient(), headers={**JSON, **who})
        assert answer.status_code == 403


async def test_links_name_the_address_under_which_we_are_reached(tmp_path):
    async with serving(tmp_path) as (world, http):
        await filled(world, http)
        found = (await http.get("/fhir/stu3/Patient?_id=w1", headers=await bearer(world))).json()
        assert found["link"][0]["url"].startswith(f"{ISSUER}/fhir/stu3/Patient")
        assert found["entry"][0]["fullUrl"] == f"{ISSUER}/fhir/stu3/Patient/w1"


async def test_no_secret_in_the_technical_log(tmp_path, capsys):
    from adapter.access import log

    log.configure()
    async with serving(tmp_path) as (world, http):
        form = world.form("system/*.cruds")
        token = (await http.post("/oauth/token", data=form)).json()["access_token"]
        await http.post("/oauth/token", data=form)
        await http.get("/fhir/stu3/Patient", headers={"Authorization": f"Bearer {token}x"})
    said = "".join(capsys.readouterr())
    assert "access.token-refused" in said
    assert "eyJ" not in said
    assert EC_KEY.kid not in said.split()


READER = client("dva", for_woman=True, roles=(), source="vp", organisation="agb:08000000", scopes=("patient/*.cruds",))


async def test_a_token_for_one_woman_shows_her_alone_and_no_bsn(tmp_path):
    async with serving(tmp_path, FULL, READER) as (world, http):
        await filled(world, http)
        other = transaction(put_entry(patient("w2", bsn="900186021")), put_entry(episode("e2", woman="w2")))
        assert (
            await http.post("/fhir/stu3", json=other, headers={**JSON, **await bearer(world, id="full", jti="w2")})
        ).is_success
        who = await bearer(world, "patient/*.cruds", id="dva", patient="Patient/w1")
        found = await http.get("/fhir/stu3/Patient", headers=who)
        assert [entry["resource"]["id"] for entry in found.json()["entry"]] == ["w1"]
        assert "999911120" not in found.text
        assert (await http.get("/fhir/stu3/EpisodeOfCare/e1", headers=who)).status_code == 200
        for address in ("Patient/w2", "EpisodeOfCare/e2", "EpisodeOfCare/e2/_history", "Patient/w2/$everything"):
            assert (await http.get(f"/fhir/stu3/{address}", headers=who)).status_code == 404, address
        listed = (await http.get("/fhir/stu3/EpisodeOfCare?_include=EpisodeOfCare:patient", headers=who)).text
        assert "w2" not in listed
        put = await http.put("/fhir/stu3/Patient/w1", json=patient(), headers={**JSON, **who})
        assert put.status_code == 403


async def test_a_payment_token_reads_no_resource(tmp_path):
    payment = client(
        "igo", purposes=(Purpose.HPAYMT,), roles=("igo-controller", "zorgverlener"), organisation="agb:08000000"
    )
    async with serving(tmp_path, FULL, payment) as (world, http):
        await filled(world, http)
        who = await bearer(world, "system/*.rs", id="igo")
        for address in ("Observation/o1", "Observation?patient=Patient/w1", "Patient/w1/$everything", "_history"):
            answer = await http.get(f"/fhir/stu3/{address}", headers=who)
            assert answer.status_code == 403, address
            assert "o1" not in answer.text


@pytest.mark.parametrize("scope", ["system/Observation.rs?code=57036006", "system/Observation.rs?code=1"])
async def test_a_scope_for_some_resources_alone(tmp_path, scope):
    async with serving(tmp_path, FULL) as (world, http):
        await filled(world, http)
        who = await bearer(world, scope, id="full")
        found = (await http.get("/fhir/stu3/Observation?patient=Patient/w1", headers=who)).json()
        one = await http.get("/fhir/stu3/Observation/o1", headers=who)
        meets = "57036006" in scope
        assert (found["total"], one.status_code) == ((1, 200) if meets else (0, 404))


async def test_what_is_brought_along_needs_a_scope_too(tmp_path):
    async with serving(tmp_path, FULL) as (world, http):
        await filled(world, http)
        asked = "/fhir/stu3/EpisodeOfCare?_id=e1&_include=EpisodeOfCare:patient"
        for scope, kinds in (
            ("system/EpisodeOfCare.rs", {"EpisodeOfCare"}),
            ("system/EpisodeOfCare.rs system/Patient.r", {"EpisodeOfCare", "Patient"}),
        ):
            who = await bearer(world, scope, id="full", jti=scope)
            found = (await http.get(asked, headers=who)).json()
            assert {entry["resource"]["resourceType"] for entry in found["entry"]} == kinds
        who = await bearer(world, "system/Patient.r system/Encounter.r", id="full", jti="everything")
        everything = (await http.get("/fhir/stu3/Patient/w1/$everything", headers=who)).json()
        assert {e["resource"]["resourceType"] for e in everything["entry"]} == {"Patient", "Encounter"}


async def test_an_epd_calls_a_cds_service_with_a_jwt_of_its_own(tmp_path):
    epd = client("epd", calls_as="https://epd.example", source="vp", organisation="agb:08000000")
    service = "/cds-services/geboortezorg-zorgpad"
    hook = {"hook": "patient-view", "hookInstance": "1", "context": {"patientId": "p1", "userId": "Practitioner/9"}}
    async with serving(tmp_path, epd) as (world, http):
        assert (await http.get("/cds-services")).json()["services"][0]["id"] == "geboortezorg-zorgpad"
        assert (await http.post(service, json=hook)).status_code == 401
        said = {"iss": "https://epd.example", "aud": ISSUER + service, "exp": world.at + 60, "jti": "call-1"}
        shown = {"Authorization": f"Bearer {signed(said)}"}
        answer = await http.post(service, json=hook, headers=shown)
        assert answer.status_code == 200 and answer.json()["cards"] == []
        again = await http.post(service, json=hook, headers=shown)
        assert again.status_code == 401 and "used before" in again.text
        said |= {"jti": "call-2", "aud": f"{ISSUER}/fhir/stu3/Patient"}
        elsewhere = await http.get("/fhir/stu3/Patient", headers={"Authorization": f"Bearer {signed(said)}"})
        assert elsewhere.status_code == 401
