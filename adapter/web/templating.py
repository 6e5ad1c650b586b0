"""Jinja2 with escaping always on, and the few words and filters that the templates use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from adapter.access import Action, Purpose, Resource
from adapter.access.redact import redact
from adapter.model.moments import AMSTERDAM, day_of, iso
from adapter.service import dutch
from adapter.service.asked import Asked
from adapter.web import menu
from adapter.web.forms import hidden_field, token_of

_MARKED = re.compile(r"`([^`]+)`|\*([^*`]+)\*")


def inline(text: str) -> Markup:
    """A sentence of the rulebook: `code` and *emphasis*; all else is text. An address is no link: a page leads nowhere
    outside."""
    found, at = Markup(), 0
    for mark in _MARKED.finditer(text):
        code, stressed = mark.groups()
        found += text[at : mark.start()]
        found += Markup("<em>{}</em>").format(stressed) if code is None else Markup("<code>{}</code>").format(code)
        at = mark.end()
    return found + text[at:]


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("adapter.web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        day=dutch.day,
        instant=dutch.instant,
        term=dutch.term,
        euros=dutch.euros,
        value=dutch.value,
        outcome=dutch.outcome,
        iso=iso,
        plain=dutch.plain,
        capital=dutch.capital,
        as_day=day_of,
        redact=redact,
        inline=inline,
    )
    made.globals.update(words=dutch, age=dutch.age_in_years)
    return made


_TEMPLATES = _environment()


def compile_all() -> None:
    """Compile every template now, so that the first reader does not wait for it."""
    for name in _TEMPLATES.list_templates():
        _TEMPLATES.get_template(name)


def page(request: Request, template: str, values: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """One page. `asked` in the values keeps the day and instant asked about in every link."""
    asked = values.get("asked") or Asked()
    shared = {
        "path": request.url.path,
        "navigation": menu.navigation(request),
        "home": menu.home(menu.who(request)),
        "shown": menu.shown(request),
        "decides": menu.allows(request, Purpose.HPAYMT, Action.READ, Resource.DECISION),
        "treats": menu.allows(request, Purpose.TREAT, Action.READ, Resource.CARE_PATH),
        "links": menu.allows(request, Purpose.TREAT, Action.READ, Resource.LINK),
        "demonstration": menu.is_demonstration(request),
        "formulier": hidden_field(request),
        "form_token": token_of(request),
        "asked": asked,
        "query": query(asked),
        "known_local": f"{asked.known_at.astimezone(AMSTERDAM):%Y-%m-%dT%H:%M}" if asked.known_at else "",
    }
    return HTMLResponse(_TEMPLATES.get_template(template).render({**shared, **values, "asked": asked}), status)


def query(asked: Asked) -> str:
    """`?as_of=…&known_at=…`, or nothing."""
    given = {"as_of": asked.as_of, "known_at": asked.known_at}
    said = {name: iso(moment) for name, moment in given.items() if moment is not None}
    return f"?{urlencode(said)}" if said else ""
