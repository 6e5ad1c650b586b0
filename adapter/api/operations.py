"""Health and metrics. Metrics follow the Prometheus text format 0.0.4, and say nothing of one person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapter.access import Context, Purpose
from adapter.api.authentication import context
from adapter.api.errors import problem
from adapter.model.sources import SourceState
from adapter.service.port import Application

Sample = tuple[dict[str, str], float]


def routes(application: Application) -> list[BaseRoute]:
    """`/health/live`, `/health/ready` and `/metrics`."""

    async def live(request: Request) -> Response:
        return Response(orjson.dumps({"status": "live"}), media_type="application/json")

    async def ready(request: Request) -> Response:
        if await run_in_threadpool(application.ready):
            said: dict[str, object] = {"status": "ready"}
            faults = [f"{p.where}: {p.what}; {p.advice}" for p in application.check() if p.severity == "error"]
            if faults:
                said["problems"] = faults  # it works, but not with the files as they are now
            return Response(orjson.dumps(said), media_type="application/json")
        return problem(503, "not ready: the first pull has not finished, or the store does not answer")

    async def metrics(request: Request) -> Response:
        # For who runs it: how many pregnancies there are before and after one's own came in says whether she was known.
        ctx = context(request, Purpose.HOPERAT)
        text = await run_in_threadpool(exposition, application, ctx)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    return [Route("/health/live", live), Route("/health/ready", ready), Route("/metrics", metrics)]


def exposition(application: Application, ctx: Context) -> str:
    """All metrics as text. Raises `DeniedError`."""
    reports = application.reports(ctx)
    figures = application.figures()
    states = Counter(report.state for report in reports)
    blocks = [
        _gauge("adapter_sources", "Configured sources, by how they answered last", _by("state", states, SourceState)),
        _gauge(
            "adapter_source_last_answer_timestamp_seconds",
            "When each source was last asked",
            [({"source": r.source}, r.at.timestamp()) for r in reports if r.at],
        ),
        _gauge("adapter_resources", "Resource versions in the store", [({}, figures.resources)]),
        _gauge("adapter_resources_set_aside", "Resources kept but set aside as invalid", [({}, figures.set_aside)]),
        _gauge("adapter_pregnancies", "Pregnancies known", [({}, figures.pregnancies)]),
        _gauge(
            "adapter_decisions",
            "Pregnancies by the status of their latest decision",
            _by("status", figures.decisions, ("igo", "niet_igo", "gemengd", "onbepaald")),
        ),
    ]
    if figures.queue_depth is not None:
        blocks.append(_gauge("adapter_queue_depth", "Jobs waiting", [({}, figures.queue_depth)]))
    return "".join(blocks)


def _by(label: str, counts: dict[str, int] | Counter[SourceState], names: Iterable[str]) -> list[Sample]:
    # Zero is a figure too: a series that disappears cannot raise an alarm.
    found = {str(name): number for name, number in counts.items()}
    return [({label: str(name)}, found.get(str(name), 0)) for name in names]


def _gauge(name: str, text: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
    for labels, value in samples:
        inside = ",".join(f'{key}="{_escape(content)}"' for key, content in labels.items())
        lines.append(f"{name}{{{inside}}} {value}" if inside else f"{name} {value}")
    return "\n".join(lines) + "\n"


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
