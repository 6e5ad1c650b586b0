"""A source whose token stands for one woman (MedMij): she is named in no search."""

from __future__ import annotations

import pytest

from adapter.connectors import Ask, Auth, SourceConfig, connect
from adapter.connectors.config import ConfigurationError
from adapter.model.evidence import Organisation
from adapter.model.identifiers import Bsn
from adapter.model.sources import FhirVersion, SourceInfo, SourceState
from adapter.simulation.epd import Quirks, create_app
from adapter.simulation.epd_sample import sample, sample_bsn
from adapter.simulation.epd_search import Searcher, SearchError
from support.serving import serving

INFO = SourceInfo("phr", "PHR", Organisation("agb:08001234"), "nictiz")


async def pull(version, ask, monkeypatch, **quirks):
    monkeypatch.setenv("PHR_TOKEN", "abc")
    app = create_app(sample(version, 1, 3), version, quirks=Quirks(**quirks))
    got = []

    async def deliver(items):
        got.extend(items)

    with serving(app) as url:
        auth = Auth("bearer", token_env="PHR_TOKEN")
        config = SourceConfig(INFO, "fhir", f"{url}/fhir", women="token", auth=auth, format="xml")
        outcome = await connect(config).pull(ask, deliver)
    return outcome, got, list(app.state.seen)


@pytest.mark.parametrize("version", list(FhirVersion))
async def test_all_of_her_comes_without_naming_her(version, monkeypatch):
    outcome, got, seen = await pull(version, Ask(discover=True), monkeypatch)
    assert outcome.state is SourceState.ANSWERED
    assert {one.reference for one in got} == {f"{r['resourceType']}/{r['id']}" for r in sample(version, 1, 3)}
    assert len(got) == len({one.reference for one in got})
    assert not [s.url for s in seen if "patient=Patient/w0" in s.url or "beneficiary=" in s.url]
    assert {s.headers["accept"] for s in seen} == {"application/fhir+xml, application/xml;q=0.9"}


async def test_another_woman_is_not_asked_for(monkeypatch):
    outcome, got, seen = await pull(FhirVersion.STU3, Ask(discover=False, bsns=(sample_bsn(0),)), monkeypatch)
    assert [(w.bsn, w.state) for w in outcome.women] == [(sample_bsn(0), SourceState.NOT_ASKED)]
    assert not got
    assert [s.url.rpartition("/")[2] for s in seen] == ["metadata"]


async def test_only_dossiers_of_a_status(monkeypatch):
    outcome, got, _ = await pull(FhirVersion.STU3, Ask(discover=True, status=("cancelled",)), monkeypatch)
    assert (outcome.state, got) == (SourceState.ANSWERED, [])


def test_it_needs_a_token():
    with pytest.raises(ConfigurationError, match="needs a token"):
        SourceConfig(INFO, "fhir", "https://epd.example/fhir", women="token")
    with pytest.raises(ConfigurationError, match="format"):
        SourceConfig(INFO, "fhir", "https://epd.example/fhir", format="csv")
    assert isinstance(sample_bsn(0), Bsn)


@pytest.mark.parametrize("version", list(FhirVersion))
async def test_a_search_that_is_refused_with_its_includes_is_asked_without_them(version, monkeypatch):
    included = Searcher._included

    def refusing(self, result, matches):
        if result.includes and result.kind != "EpisodeOfCare":
            raise SearchError(400, "not-supported", "this _include is not supported")
        return included(self, result, matches)

    monkeypatch.setattr(Searcher, "_included", refusing)
    outcome, got, seen = await pull(version, Ask(discover=True), monkeypatch)
    assert outcome.state is SourceState.ANSWERED
    assert {one.reference for one in got} == {f"{r['resourceType']}/{r['id']}" for r in sample(version, 1, 3)}
    refused = [s.url for s in seen if "_include" in s.url and "EpisodeOfCare?" not in s.url]
    assert len(refused) == len({url.partition("?")[0] for url in refused})  # each asked so once
