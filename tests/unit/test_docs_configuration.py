"""The configuration reference names every key there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapter.bootstrap import access, register, settings

TEXT = (Path(__file__).parents[2] / "docs" / "reference" / "configuration.md").read_text("utf-8")
KEYS = set(re.findall(r"`(?:igo\.|zorgpad\.|simulation\.)?([a-z_]+)`", TEXT))
MODELS = [
    settings.StoreSettings,
    settings.JobSettings,
    settings.ServeSettings,
    settings.LogSettings,
    settings.SourceSettings,
    settings.AuthSettings,
    settings.IgoSettings,
    settings.ZorgpadSettings,
    settings.SimulationSettings,
    access.ClientSettings,
    access.ConsentSettings,
    access.IntrospectionSettings,
    access.PeopleSettings,
    access.LaunchSettings,
    access.LimitSettings,
    register._Rules,
    register._Member,
    register._Practitioner,
    register._Contract,
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_is_described(model):
    keys = {field.alias or name for name, field in model.model_fields.items()} - {"auth"}
    assert keys - KEYS == set()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_plain_default_is_the_one_described(model):
    for name, field in model.model_fields.items():
        if isinstance(field.default, str | int | float) and not isinstance(field.default, bool):
            shown = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
            rows = [r for r in TEXT.splitlines() if re.match(rf"\| `(?:\w+\.)?{field.alias or name}`", r)]
            assert any(f"| `{shown}` |" in row for row in rows), name
