"""Asks the policy before a use case, and leaves the audit event behind: the same few lines for all around decisions."""

from __future__ import annotations

from collections.abc import Sequence

from adapter.access import Action, Context, DeniedError, Entity, EventType, Grant, Outcome, Resource
from adapter.service.rooms import Rooms


class Guard:
    """Policy and audit over the wired rooms."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def allowed(self, ctx: Context, action: Action, what: Resource) -> Grant:
        """The grant. Raises `DeniedError`, after that was recorded."""
        try:
            return self._rooms.policy.require(ctx, action, what)
        except DeniedError as error:
            self._rooms.audit.denied(ctx, error, self._rooms.clock(), self._rooms.policy)
            raise

    def record(
        self,
        ctx: Context,
        type: EventType,
        action: Action,
        grant: Grant,
        entities: Sequence[Entity] = (),
        *,
        query: str | None = None,
        subtype: str | None = None,
        refused: str | None = None,
    ) -> None:
        """Keep that it was done; `refused`: why it was not, where that is no matter of policy."""
        log, at = self._rooms.audit, self._rooms.clock()
        log.record(
            log.event(
                ctx,
                type,
                action,
                at,
                entities=entities,
                query=query,
                grant=grant,
                subtype=subtype,
                outcome=Outcome.SUCCESS if refused is None else Outcome.MINOR_FAILURE,
                reason=refused,
            )
        )
