"""Names of organisations in audit lines, which hold identities: `ura:…`, `agb:…`, or the id of a source."""

from __future__ import annotations

from adapter.service.rooms import Rooms


class OrganisationNames:
    """Looks in the register of the IGO and among the configured sources."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def of(self, identity: str | None) -> str | None:
        """The name; None where nobody told us."""
        if not identity:
            return None
        for member in self._rooms.igo.members:
            known = {f"agb:{member.agb.value}" if member.agb else "", f"ura:{member.ura.value}" if member.ura else ""}
            if identity in known:
                return member.name
        for source, setup in self._rooms.sources.items():
            held = setup.info.organisation
            if identity in (source, held.id, f"agb:{held.agb}", f"ura:{held.ura}"):
                return held.name or setup.info.name
        return None
