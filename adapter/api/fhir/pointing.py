"""What entries of one Bundle call each other, and what is kept instead: http://hl7.org/fhir/http.html#trules."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from adapter import fhir
from adapter.api.fhir.entries import Step
from adapter.model.sources import FhirVersion
from adapter.service.endpoint import values
from adapter.service.endpoint.condition import identifying, meets
from adapter.service.endpoint.parameters import parameters
from adapter.service.endpoint.query import Query

_LINK = re.compile(r"""(\s(?:href|src)\s*=\s*)("[^"]*"|'[^']*')""")
_URIS = frozenset(
    {"url", "uri", "valueUri", "valueUrl", "valueOid", "valueUuid", "instantiatesUri", "implicitRules", "source"}
)
"""Elements that hold an address and no reference. An identifier has its value as text: that stays."""


@dataclass(slots=True)
class Names:
    """What references say, and what they shall say. `addresses`: the fullUrls among them, which stand elsewhere too."""

    references: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def learn(self, step: Step) -> None:
        """What others call this entry."""
        if not step.full_url:
            return
        reference = step.reference
        self.references[step.full_url] = self.addresses[step.full_url] = reference
        relative = fhir.relative(step.full_url)
        if relative is not None and relative != reference:
            self.references[relative] = reference

    def put_in(self, value: Any) -> bool:
        """Put them in; whether any was."""
        done = False
        if isinstance(value, list):
            for at, item in enumerate(value):
                if isinstance(item, (dict, list)):
                    done = self.put_in(item) or done
                elif isinstance(item, str) and item in self.addresses:
                    value[at], done = self.addresses[item], True
        elif isinstance(value, dict):
            for key, item in value.items():
                if isinstance(item, str):
                    new = self._instead(key, item)
                    if new != item:
                        value[key], done = new, True
                elif isinstance(item, dict) or (isinstance(item, list) and (key in _URIS or _deep(item))):
                    done = self.put_in(item) or done
        return done

    def _instead(self, key: str, text: str) -> str:
        if key == "reference":
            return self.references.get(text, text)
        if key in _URIS:
            return self.addresses.get(text, text)
        return _LINK.sub(self._link, text) if key == "div" and self.addresses else text

    def _link(self, found: re.Match[str]) -> str:
        """A link or an image in a narrative."""
        given = html.unescape(found[2][1:-1])
        return f'{found[1]}"{html.escape(self.addresses[given])}"' if given in self.addresses else found[0]


def _deep(items: list[Any]) -> bool:
    return any(isinstance(item, (dict, list)) for item in items)


class Made:
    """What the entries of a transaction make or change, to be found by identifier before it is stored."""

    def __init__(self, steps: Iterable[Step], version: FhirVersion) -> None:
        self._by_value: dict[tuple[str, str], list[Step]] = {}
        for step in steps:
            parameter = parameters(version).get(step.kind, {}).get("identifier")
            if parameter is None or step.resource is None:
                continue
            for value in {value for _, value in values.tokens(step.resource, parameter)}:
                self._by_value.setdefault((step.kind, value), []).append(step)

    def meeting(self, query: Query) -> list[Step]:
        """Those that the query will find, in their order; none where it is no search by identifier."""
        near = {step.at: step for value in identifying(query) for step in self._by_value.get((query.kind, value), ())}
        found = [near[at] for at in sorted(near)]
        return [s for s in found if s.writes and s.resource is not None and meets(query, s.resource, s.id)]
