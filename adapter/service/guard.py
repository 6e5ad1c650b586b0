"""Asks the policy before a use case, and leaves the audit event behind: the same few lines for every use case."""

from __future__ import annotations

from collections.abc import Sequence

from adapter.access import Action, Context, DeniedError, Entity, EventType, Grant, Outcome, Resource
from adapter.service.rooms import Rooms


class Guard:
    """Policy and audit over the wired rooms."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def allowed(self, ctx: Context, action: Action, *what: Resource) -> Grant:
        """The grant for all of `what`. Raises `DeniedError`, after that was recorded."""
        try:
            return self._rooms.policy.require(ctx, action, *what)
        except DeniedError as error:
            self.refused(ctx, error)
            raise

    def allows(self, ctx: Context, action: Action, *what: Resource) -> bool:
        """Whether `allowed` would grant it: to leave something out. Nothing is recorded."""
        return self._rooms.policy.allows(ctx, action, *what)

    def refused(self, ctx: Context, error: DeniedError) -> None:
        """Keep that a request was denied."""
        self._rooms.audit.denied(ctx, error, self._rooms.clock(), self._rooms.policy)

    def record(
        self,
        ctx: Context,
        type: EventType,
        action: Action,
        grant: Grant,
        entities: Sequence[Entity] = (),
        *,
        patient: str | None = None,
        query: str | None = None,
        subtype: str | None = None,
        refused: str | None = None,
        checks: Sequence[str] = (),
    ) -> None:
        """Keep that it was done; `refused`: why it was not, where that is no matter of policy. `checks`: what was
        looked at before it was allowed (`Seen.checks`).
        """
        log, at = self._rooms.audit, self._rooms.clock()
        log.record(
            *(
                log.event(
                    ctx,
                    type,
                    action,
                    at,
                    patient=woman,
                    entities=about,
                    query=query,
                    grant=grant,
                    subtype=subtype,
                    outcome=Outcome.SUCCESS if refused is None else Outcome.MINOR_FAILURE,
                    reason=refused,
                    checks=checks,
                )
                for woman, about in self._of_whom(patient, entities)
            )
        )

    def _of_whom(
        self, patient: str | None, entities: Sequence[Entity]
    ) -> Sequence[tuple[str | None, Sequence[Entity]]]:
        """One event for each woman whose pregnancies are named, so that she finds it; one for all where none is."""
        named = {e.reference for e in entities if e.kind == "pregnancy"} if patient is None else set()
        women = self._rooms.store.whose(named) if named else {}
        if not women:
            return [(patient, entities)]
        rest = [e for e in entities if e.kind != "pregnancy"]
        found: dict[str | None, list[Entity]] = {}
        for entity in entities:
            if entity.kind == "pregnancy":
                found.setdefault(women.get(entity.reference), []).append(entity)
        return [(woman, [*hers, *rest]) for woman, hers in found.items()]
