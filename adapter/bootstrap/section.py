"""What every part of the configuration has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the configuration file. An unknown key is a fault; what was given is repeated in no message."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
