"""Settings from the environment: every key of `adapter.toml` has a variable, and the variable wins.

`ADAPTER_STORE_URL` is `[store] url`; `ADAPTER_SOURCE_VP_GROEN_BASE_URL` is `base_url` of the `[[source]]` whose id is
`vp-groen` (`…_AUTH_METHOD`: of its `[source.auth]`); `ADAPTER_SOURCE` holds all sources as JSON. An empty variable is
one that is not set.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Mapping
from typing import Any

PREFIX = "ADAPTER_"

Location = tuple[str | int, ...]


class EnvironmentFaultError(ValueError):
    """Variables that mean nothing here; `faults` holds (variable, what is wrong). Values are never repeated."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {what}" for name, what in faults))
        self.faults = faults


class Overlay:
    """The content of a configuration file with the environment laid over it, and which variable gave what."""

    def __init__(self, data: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self.data: dict[str, Any] = copy.deepcopy(dict(data))
        self.given_by: dict[Location, str] = {}
        self._faults: list[tuple[str, str]] = []
        self._left = {name: value for name, value in environment.items() if name.startswith(PREFIX) and value}

    def apply(
        self, sections: Mapping[str, Collection[str]], source: Collection[str], auth: Collection[str], top: list[str]
    ) -> None:
        """Lay it over: the keys of each section, of a source and its auth, and at the top. `EnvironmentFaultError`."""
        for key in top:
            if (name := PREFIX + key.upper()) in self._left:
                self._put(self.data, key, (key,), name)
        for section, keys in sections.items():
            self._section(section, keys)
        self._all_sources()
        keys_of_source: dict[str, tuple[str, ...]] = {key: (key,) for key in source if key != "auth"}
        keys_of_source |= {f"auth_{key}": ("auth", key) for key in auth}
        self._sources(keys_of_source)
        if self._faults:
            raise EnvironmentFaultError(self._faults)

    def variable(self, location: Location) -> str | None:
        """The variable that gave what stands at this location, or what it is part of."""
        for length in range(len(location), 0, -1):
            if name := self.given_by.get(location[:length]):
                return name
        return None

    def _section(self, section: str, keys: Collection[str]) -> None:
        """The variables of one section; `people.issuer` among the keys stands for a table in it."""
        start = f"{PREFIX}{section.upper()}_"
        paths = {key.replace(".", "_"): tuple(key.split(".")) for key in keys}
        for name in sorted(n for n in self._left if n.startswith(start)):
            key = name.removeprefix(start).lower()
            if key not in paths:
                self._faults.append((name, f"[{section}] has no key {key}; it has {', '.join(sorted(keys))}"))
                continue
            within: Any = self.data
            for part in (section, *paths[key][:-1]):
                within = within.setdefault(part, {}) if isinstance(within, dict) else None
            if isinstance(within, dict):  # else the file is wrong, and validation says so
                self._put(within, paths[key][-1], (section, *paths[key]), name)

    def _all_sources(self) -> None:
        name = f"{PREFIX}SOURCE"
        if name not in self._left:
            return
        try:
            sources = json.loads(self._left[name])
        except ValueError as error:
            where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
            self._faults.append((name, f"not valid JSON{where}; give a list of sources"))
            return
        self.data["source"] = sources
        self.given_by["source",] = name

    def _sources(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        sources = self.data.get("source", [])
        named = [(i, s) for i, s in enumerate(sources) if isinstance(s, dict)] if isinstance(sources, list) else []
        places = {f"{PREFIX}SOURCE_{str(s.get('id')).upper().replace('-', '_')}_": (i, s) for i, s in named}
        for name in sorted(n for n in self._left if n.startswith(f"{PREFIX}SOURCE_")):
            # The longest id first: vp_noord_name is the name of vp-noord, not the key noord_name of vp.
            for start in sorted((p for p in places if name.startswith(p)), key=len, reverse=True):
                if path := keys.get(name.removeprefix(start).lower()):
                    index, source = places[start]
                    within = source.setdefault("auth", {}) if path[0] == "auth" else source
                    if isinstance(within, dict):
                        self._put(within, path[-1], ("source", index, *path), name)
                    break
            else:
                self._faults.append((name, "there is no source with this id, or a source has no such key"))

    def _put(self, within: dict[str, Any], key: str, location: Location, name: str) -> None:
        within[key] = self._left[name]
        self.given_by[location] = name
