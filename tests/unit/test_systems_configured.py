"""`[access]` for systems: what `adapter check` says of it, where it may listen, and under which name it is reached."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapter.bootstrap import load, reachable_safely
from adapter.bootstrap.access import AccessSettings
from adapter.bootstrap.admission import registered
from adapter.bootstrap.systems import faults
from adapter.service.port import ConfigurationError
from support.systems_world import EC_KEY, jwks

GOOD = {"id": "epd", "name": "EPD", "jwks_url": "https://epd.example/jwks.json"}


def access(*clients, **more):
    return AccessSettings.model_validate({"issuer": "https://adapter.example", "client": clients, **more})


def said(*clients, **more):
    return [f"{fault.where}: {fault.what}" for fault in faults(access(*clients, **more), ["vp"], strict=True)]


def test_nothing_wrong(tmp_path):
    path = tmp_path / "jwks.json"
    path.write_bytes(jwks(EC_KEY))
    file = {**GOOD, "id": "file", "jwks_url": None, "jwks_file": path, "agb": "08001234", "source": "vp"}
    assert said(GOOD, file) == []
    assert [client.id for client in registered(access(GOOD, file), ["vp"])] == ["epd", "file"]


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"jwks_url": None}, "jwks_url or jwks_file"),
        ({"jwks_file": "x.json"}, "not both"),
        ({"jwks_url": "http://epd.example/jwks"}, "https"),
        ({"jwks_url": "https://u:p@epd.example/jwks"}, "https"),
        ({"scopes": ("nonsense",)}, "nonsense"),
        ({"scopes": ("patient/*.rs",)}, "woman"),
        ({"scopes": ()}, "no token"),
        ({"purposes": ()}, "no token"),
        ({"purposes": ("TREAT", "HPAYMT")}, "HPAYMT"),
        ({"purposes": ("HOPERAT",), "subject": "woman"}, "care alone"),
        ({"roles": ("koning",)}, "koning"),
        ({"roles": ("bron",)}, "bron"),
        ({"source": "zh"}, "'zh'"),
        ({"ura": "1"}, "URA"),
        ({"agb": "x"}, "AGB"),
        ({"organisations": ("nonsense",)}, "ura:"),
    ],
    ids=str,
)
def test_each_fault_names_its_key(wrong, what):
    found = said({**GOOD, **wrong})
    assert found
    assert any(what in fault for fault in found)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "No such file"),
        (b"nonsense", "no JWKS"),
        (json.dumps({"keys": [EC_KEY.as_dict(private=True)]}).encode(), "private"),
    ],
    ids=range(3),
)
def test_a_file_of_keys_is_read(tmp_path, content, what):
    path = tmp_path / "jwks.json"
    if content is not None:
        path.write_bytes(content)
    [fault] = said({**GOOD, "jwks_url": None, "jwks_file": path})
    assert what in fault
    assert str(path) in fault
    with pytest.raises(ConfigurationError):
        registered(access({**GOOD, "jwks_url": None, "jwks_file": path}), ["vp"])


def test_two_with_one_id_and_a_proxy_that_is_no_address():
    found = said(GOOD, GOOD, proxies=("front.example",))
    assert sum("same id" in fault for fault in found) == 2
    assert any("access.proxies" in fault for fault in found)


def test_a_system_that_says_itself_for_whom_it_asks_has_them_named():
    assert said({**GOOD, "organisations": ["agb:08000102", "ura:00000007"]}) == []
    assert ["organisations" in fault for fault in said({**GOOD, "organisations": ["*"]})] == [True]
    without_keys = {**GOOD, "jwks_url": None, "organisations": ["*"]}
    assert said(without_keys, introspection={"url": "https://node.example/introspect", "audience": "us"}) == []


def test_introspection(monkeypatch):
    without_keys = {**GOOD, "jwks_url": None, "id": "did:web:node.example:iam:groen"}
    node = {"url": "http://127.0.0.1:8081/introspect", "token_env": "NODE_TOKEN", "audience": "https://node.example/x"}
    monkeypatch.setenv("NODE_TOKEN", "x")
    assert said(without_keys, introspection=node) == []
    monkeypatch.delenv("NODE_TOKEN")
    assert ["NODE_TOKEN" in fault for fault in said(without_keys, introspection=node)] == [True]
    assert any("https" in f for f in said(introspection={"url": "http://node.example/introspect"}))
    monkeypatch.setenv("NODE_TOKEN", "x")
    without = {key: value for key, value in node.items() if key != "audience"}
    assert ["access.introspection.audience" in fault for fault in said(without_keys, introspection=without)] == [True]
    assert said(without_keys, introspection={**without, "audience": "*"}) == []


CONFIG = """
[igo]
register = "igo.toml"
[access]
issuer = "{issuer}"
[[access.client]]
id = "epd"
name = "EPD"
jwks_file = "keys/epd.json"
[access.introspection]
url = "https://node.example/introspect"
token_file = "node.token"
"""


def written(folder: Path, issuer: str = "https://adapter.example") -> Path:
    path = folder / "adapter.toml"
    path.write_text(CONFIG.format(issuer=issuer))
    return path


def test_files_stand_beside_the_configuration(tmp_path):
    found = load(written(tmp_path), {}).access
    assert found.client[0].jwks_file == tmp_path / "keys" / "epd.json"
    assert found.introspection.token_file == tmp_path / "node.token"


def test_from_the_environment(tmp_path):
    environment = {
        "ADAPTER_ACCESS_ISSUER": "https://other.example",
        "ADAPTER_ACCESS_PROXIES": "10.0.0.1 10.0.0.2",
        "ADAPTER_ACCESS_INTROSPECTION_URL": "https://other.example/introspect",
        "ADAPTER_ACCESS_LIMITS_PER_MINUTE": "5",
        "ADAPTER_ACCESS_CLIENT": json.dumps([GOOD]),
    }
    found = load(written(tmp_path), environment).access
    assert (found.issuer, found.proxies) == ("https://other.example", ("10.0.0.1", "10.0.0.2"))
    assert found.introspection.url == "https://other.example/introspect"
    assert found.limits.per_minute == 5
    assert found.client[0].jwks_url == GOOD["jwks_url"]


@pytest.mark.parametrize(("name", "value"), [("ADAPTER_ACCESS_NONSENSE", "x"), ("ADAPTER_ACCESS_CLIENT", "{")])
def test_a_variable_that_means_nothing(tmp_path, name, value):
    with pytest.raises(ConfigurationError) as error:
        load(written(tmp_path), {name: value})
    assert name in str(error.value)


def test_beyond_this_machine_only_with_access_and_tls(tmp_path):
    assert reachable_safely(written(tmp_path))
    assert not reachable_safely(written(tmp_path, "http://localhost:8080"))
    (tmp_path / "adapter.toml").write_text('[igo]\nregister = "igo.toml"\n')
    assert not reachable_safely(tmp_path / "adapter.toml")
    assert not reachable_safely(tmp_path / "none.toml")


async def test_what_stands_in_front_is_believed_only_where_it_is_named(tmp_path):
    import asyncio
    import socket

    import httpx

    from adapter.cli import serving

    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": f"{scope['scheme']} {scope['client'][0]}".encode()})

    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    for proxies, seen in (((), "http 127.0.0.1"), (("127.0.0.1",), "https 192.0.2.7")):
        with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as listener:
            doors = lambda application: app  # noqa: E731
            app.state = SimpleNamespace(live=SimpleNamespace(close=lambda: None))
            patch.setattr("adapter.asgi.build", doors)
            application = SimpleNamespace(entrance=SimpleNamespace(proxies=proxies))
            async with serving.serving(application, listener) as server, httpx.AsyncClient() as client:
                async with asyncio.timeout(10):
                    assert (await client.get(server.address, headers=forwarded)).text == seen
