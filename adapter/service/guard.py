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
            log.event(
                ctx,
                type,
                action,
                at,
                patient=patient,
                entities=entities,
                query=query,
                grant=grant,
                subtype=subtype,
                outcome=Outcome.SUCCESS if refused is None else Outcome.MINOR_FAILURE,
                reason=refused,
                checks=checks,
            )
        )
