"""What is asked before a reader sees what another organisation holds, as the configuration says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from adapter.service.consents.grounds import Grounds
from adapter.service.links.pregnancies import Pregnancies
from adapter.service.rooms import Rooms


@dataclass(frozen=True, slots=True)
class Grounding:
    """`told`: makes what knows the consents and referrals of women; without it an organisation sees its own alone.

    `required`: whether a ground is asked for what another organisation holds. `emergency`: how long noodtoegang lasts.
    `national_client`: the registered system from which notifications of the national consent service are believed.
    """

    told: Callable[[Rooms, Pregnancies], Grounds] | None = None
    required: bool = True
    emergency: timedelta = timedelta(minutes=60)
    national_client: str | None = None
