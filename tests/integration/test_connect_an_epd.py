"""The first steps of docs/connect-an-epd.md, as they stand there: two files, checked, pulled, decided."""

from __future__ import annotations

import re
from pathlib import Path

from adapter import bootstrap
from adapter.access import DEMONSTRATION, Context, Purpose
from adapter.model.sources import FhirVersion, SourceState
from adapter.simulation.epd import create_app
from adapter.simulation.epd_sample import sample
from support.serving import serving

PAGE = Path(__file__).parents[2] / "docs" / "connect-an-epd.md"
PROVIDED = "https://epd.example.org/fhir"


async def test_from_two_files_to_a_decision(tmp_path, monkeypatch):
    adapter_toml, igo_toml = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)[:2]
    monkeypatch.setenv("VP_GROEN_TOKEN", "abc")
    epd = create_app(sample(FhirVersion.STU3, 2, 4), FhirVersion.STU3)
    with serving(epd) as url:
        assert PROVIDED in adapter_toml
        (tmp_path / "adapter.toml").write_text(adapter_toml.replace(PROVIDED, f"{url}/fhir"))
        (tmp_path / "igo.toml").write_text(igo_toml)
        application = bootstrap.open_application(tmp_path / "adapter.toml")
        try:
            assert not [p for p in application.check() if p.severity == "error"]
            reports = await application.pull()
            assert [(r.source, r.state, r.invalid) for r in reports] == [("vp-groen", SourceState.ANSWERED, 0)]
            care, payment = (Context(DEMONSTRATION, purpose) for purpose in (Purpose.TREAT, Purpose.HPAYMT))
            page = application.pregnancies(care, as_of=None, known_at=None, offset=0, limit=10)
            assert page.total == 2
            for one in page.items:
                assert application.care_path(care, one.pregnancy).facts
                assert application.decision(payment, one.pregnancy).phases
        finally:
            await application.aclose()
    assert {request.headers.get("authorization") for request in epd.state.seen} == {"Bearer abc"}
