"""Who may do what, for which purpose: a table of grants, and no beyond it (default deny)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from adapter.access.binding import is_loopback
from adapter.access.identity import Context, Purpose, Role


class Action(StrEnum):
    """What is done, in the letters of an audit event (DICOM C-R-U-D-E, as FHIR AuditEvent.action has them)."""

    CREATE = "C"
    READ = "R"
    UPDATE = "U"
    DELETE = "D"
    EXECUTE = "E"  # a search, a decision, a pull


class Resource(StrEnum):
    """Kinds of data. Care and payment see different ones: purposes are walls."""

    PREGNANCIES = "pregnancies"  # the list
    CARE_PATH = "care-path"
    SOURCE_RESOURCE = "source-resource"  # a resource as its source sent it
    DECISION = "decision"  # holds the claims projection, no clinical value
    OVERRIDE = "override"  # what a person decides in place of the rules
    CLAIM = "claim"  # that a claim was made
    SIGNAL = "signal"  # what insurers, members or the woman tell beside the EPDs
    TRIAL = "trial"  # other rules, register or contract over what is stored; nothing is kept
    CASEMIX = "casemix"  # figures, small cells suppressed
    IDENTITY = "identity"  # find a woman by BSN
    LINK = "link"  # a decision on links, or a proposal for one
    RECORD = "record"  # a whole record: bring in, remove
    SOURCE = "source"  # pull from it, see how it answered
    AUDIT = "audit"
    PLANNING = "planning"  # expected births, caseload, completeness: figures of the region, no woman
    CONSENT = "consent"  # what she permits or forbids, and the grounds that follow from it
    EMERGENCY = "emergency"  # noodtoegang: to begin it
    OWN_LOG = "own-log"  # inzage: who looked at her own data


@dataclass(frozen=True, slots=True)
class Grant:
    """One row of the table: this role may do this, for this purpose, to this kind of data."""

    role: str
    purpose: Purpose
    action: Action
    what: Resource
    policy: str = ""  # id and version of the policy that granted it, for the audit event


class Denial(StrEnum):
    """Why the answer is no."""

    NO_ROLE = "no-role"  # the actor has no role that this policy knows
    WRONG_PURPOSE = "wrong-purpose"  # allowed for another purpose
    NOT_GRANTED = "not-granted"
    DEMONSTRATION_OFF_LOOPBACK = "demonstration-off-loopback"
    PURPOSE_NOT_HELD = "purpose-not-held"  # this token or session may not name that purpose
    SCOPE = "scope"  # the scopes of the token leave this kind of data out


class DeniedError(Exception):
    """The policy says no. `reason` says why, `told` what who asked may know of it; neither names a person or data."""

    def __init__(self, reason: Denial, context: Context, action: Action, what: Resource) -> None:
        super().__init__(f"not allowed ({reason.value}): {action.name.lower()} of {what.value} for {context.purpose}")
        self.reason = reason
        self.action = action
        self.what = what
        self.told = _told(reason, context)


_FOR = {Purpose.TREAT: "care (TREAT)", Purpose.HPAYMT: "payment (HPAYMT)", Purpose.HOPERAT: "operations (HOPERAT)"}


def _told(reason: Denial, context: Context) -> str:
    """Which purpose is needed, where another is held: that goes by the question alone, and not by what there is."""
    text = "not allowed for this identity and purpose"
    if reason is not Denial.PURPOSE_NOT_HELD:
        return text
    held = " or ".join(sorted(_FOR[purpose] for purpose in context.purposes or ())) or "nothing"
    return f"{text}: this is for {_FOR[context.purpose]}, and this token or session is for {held}"


def _rows(role: Role, purpose: Purpose, actions: str, *kinds: Resource) -> Iterable[Grant]:
    return (Grant(role, purpose, Action(letter), kind) for kind in kinds for letter in actions)


GRANTS: tuple[Grant, ...] = (
    *_rows(Role.ZORGVERLENER, Purpose.TREAT, "R", Resource.CARE_PATH, Resource.SOURCE_RESOURCE),
    *_rows(Role.ZORGVERLENER, Purpose.TREAT, "RE", Resource.PREGNANCIES, Resource.SOURCE),
    *_rows(Role.ZORGVERLENER, Purpose.TREAT, "E", Resource.IDENTITY, Resource.EMERGENCY),
    *_rows(Role.ZORGVERLENER, Purpose.TREAT, "CRU", Resource.CONSENT),
    *_rows(Role.VROUW, Purpose.TREAT, "R", Resource.PREGNANCIES, Resource.CARE_PATH, Resource.SOURCE_RESOURCE),
    *_rows(Role.VROUW, Purpose.TREAT, "CRU", Resource.CONSENT),
    *_rows(Role.VROUW, Purpose.TREAT, "R", Resource.OWN_LOG),
    *_rows(Role.KOPPELBEHEERDER, Purpose.TREAT, "CRU", Resource.LINK),
    *_rows(Role.BRON, Purpose.TREAT, "CRU", Resource.SOURCE_RESOURCE),
    *_rows(Role.BRON, Purpose.TREAT, "CRU", Resource.CONSENT),
    *_rows(Role.IGO_CONTROLLER, Purpose.HPAYMT, "RE", Resource.PREGNANCIES, Resource.DECISION),
    *_rows(Role.IGO_CONTROLLER, Purpose.HPAYMT, "CU", Resource.OVERRIDE),
    *_rows(Role.IGO_CONTROLLER, Purpose.HPAYMT, "C", Resource.CLAIM),
    *_rows(Role.IGO_CONTROLLER, Purpose.HPAYMT, "C", Resource.SIGNAL),
    *_rows(Role.IGO_CONTROLLER, Purpose.HPAYMT, "E", Resource.TRIAL, Resource.IDENTITY),
    *_rows(Role.IGO_CONTROLLER, Purpose.HPAYMT, "R", Resource.CASEMIX),
    *_rows(Role.IGO_CONTROLLER, Purpose.HPAYMT, "R", Resource.SOURCE),
    *_rows(Role.BEHEERDER, Purpose.HOPERAT, "RE", Resource.SOURCE),
    *_rows(Role.BEHEERDER, Purpose.HOPERAT, "CD", Resource.RECORD),
    *_rows(Role.BEHEERDER, Purpose.HOPERAT, "E", Resource.DECISION),
    *_rows(Role.BEHEERDER, Purpose.HOPERAT, "CU", Resource.LINK),
    *_rows(Role.LOGBEHEERDER, Purpose.HOPERAT, "RE", Resource.AUDIT),
    *_rows(Role.PLANNER, Purpose.HOPERAT, "R", Resource.PLANNING),
)
"""Our own first table. It is provisional: an IGO's agreements decide who may see what."""


class Policy:
    """A table of grants with a name and version."""

    def __init__(self, grants: Iterable[Grant] = GRANTS, *, id: str = "adapter-default", version: str = "2") -> None:
        self.id = id
        self.version = version
        name = f"{id}|{version}"
        self._grants = {
            (grant.role, grant.purpose, grant.action, grant.what): Grant(
                grant.role, grant.purpose, grant.action, grant.what, name
            )
            for grant in grants
        }

    def require(self, context: Context, action: Action, *what: Resource) -> Grant:
        """The grant under which all of `what` is allowed (the first, where several). Raises `DeniedError`."""
        if not what:
            raise ValueError("say what kind of data is asked for")
        if context.actor.demonstration and not is_loopback_client(context.client):
            raise DeniedError(Denial.DEMONSTRATION_OFF_LOOPBACK, context, action, what[0])
        if context.purposes is not None and context.purpose not in context.purposes:
            raise DeniedError(Denial.PURPOSE_NOT_HELD, context, action, what[0])
        grants = [self._one(context, action, kind) for kind in what]  # every one of them, not the first alone
        return grants[0]

    def allows(self, context: Context, action: Action, *what: Resource) -> bool:
        """Whether `require` would grant it: to leave a button out, never in place of `require`."""
        try:
            self.require(context, action, *what)
        except DeniedError:
            return False
        return True

    def _one(self, context: Context, action: Action, what: Resource) -> Grant:
        for role in context.actor.roles:
            grant = self._grants.get((role, context.purpose, action, what))
            if grant is not None:
                return grant
        raise DeniedError(self._why(context, action, what), context, action, what)

    def _why(self, context: Context, action: Action, what: Resource) -> Denial:
        roles = set(context.actor.roles)
        if not any(grant.role in roles for grant in self._grants.values()):
            return Denial.NO_ROLE
        for grant in self._grants.values():
            if grant.role in roles and (grant.action, grant.what) == (action, what):
                return Denial.WRONG_PURPOSE
        return Denial.NOT_GRANTED


def is_loopback_client(client: str) -> bool:
    """Whether a client address is this machine; an empty one is a call from within the program."""
    return not client or is_loopback(client)
