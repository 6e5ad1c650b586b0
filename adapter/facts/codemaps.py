"""The code maps: FHIR R4 ConceptMaps in `mappings/codes`, from a standard's code to our word.

`status` active: the codes were read in the source named in `description`; draft: our own reading, provisional.
"""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

import orjson

from adapter.facts.dialect import Code, CodeMap
from adapter.facts.faults import Faults


def load_code_maps(folder: FilePath, faults: Faults) -> dict[str, CodeMap]:
    """All code maps of the folder by file name without `.json`; faults are added to `faults`."""
    return {path.stem: _load(path, faults) for path in sorted(folder.glob("*.json"))}


def _load(path: FilePath, faults: Faults) -> CodeMap:
    words: dict[Code, str] = {}
    try:
        data: Any = orjson.loads(path.read_bytes())
        if data.get("resourceType") != "ConceptMap":
            faults.add(path.name, "resourceType", "must be ConceptMap")
        for group in data["group"]:
            for element in group["element"]:
                _add(words, (group["source"], element["code"]), element["target"][0]["code"], path.name, faults)
        return CodeMap(path.stem, words, "verified" if data.get("status") == "active" else "provisional")
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, AttributeError) as error:
        faults.add(path.name, "group", f"is not a ConceptMap with group, element and target ({error!r})")
        return CodeMap(path.stem, {}, "provisional")


def _add(words: dict[Code, str], code: Code, word: str, file: str, faults: Faults) -> None:
    if words.get(code, word) != word:
        faults.add(file, f"{code[0]}|{code[1]}", f"stands twice, as {words[code]!r} and as {word!r}")
    words[code] = word
