"""Which women a reader may see, and which of their records: the treatment relation first, then the ground for each.

Related is an organisation that holds a record of her, to whom she was referred, or whom she named in a consent; only
then does the ground with each other holder count (`adapter.access.consent`). A record that says no more than who she
is, is a statement of its source alone: anybody can send a Patient. It opens nothing that another holds. The woman sees
all that is hers. Nothing narrows the demonstration and the program itself; payment sees every woman and no care
(`adapter.access.policy`).

Kept for each organisation and woman as long as the store has nothing new on her; so a search does not compute it for
each row.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from adapter.access import ActorKind, Context, Purpose
from adapter.access.consent import Ground, GroundCode, GroundKind, Party
from adapter.model.evidence import Organisation
from adapter.model.moments import day_of
from adapter.model.sources import RecordKey
from adapter.service.access.seen import Lazily, Seen
from adapter.service.rooms import Rooms
from adapter.store.related import Stand

_KEPT = 100_000
_AT_ONCE = 500
OWN = "own"
NAMED = "named"  # it holds her name and no care
SELF = "self"

_OWN = Ground(GroundKind.OWN, "eigen dossier van deze organisatie", code=GroundCode.OWN)
_HERS = Ground(GroundKind.OWN, "eigen gegevens van de vrouw", code=GroundCode.OWN)
_UNRELATED = Ground(GroundKind.NONE, "geen behandelrelatie met deze vrouw", code=GroundCode.NOTHING)
_NO_DOSSIER = Ground(
    GroundKind.NONE, "geen zorgdossier van deze vrouw bij de eigen organisatie", code=GroundCode.NO_DOSSIER
)
_FREE = Ground(GroundKind.REFERRAL, "er wordt geen grondslag gevraagd (access.consent.required)")


class Grounds(Protocol):
    """What is known of one woman's consents and referrals (`adapter.service.consents`)."""

    def ground(self, woman: str, holder: Party, reader: Party, at: date) -> Ground:
        """The ground on which `reader` may see what `holder` keeps of her."""
        ...

    def relation(self, woman: str, reader: Party, at: date) -> str | None:
        """The referral to `reader`, or the consent that names it, by which it is related to her; None for neither."""
        ...

    def related(self, reader: Party, at: date) -> Collection[str]:
        """The women to whom `reader` may be related by referral or consent; each is looked at by itself afterwards."""
        ...

    def prepare(self, women: Sequence[str]) -> None:
        """Read together what is going to be asked about each of these."""
        ...

    def stand(self) -> object:
        """Changes with what was said elsewhere than in the store."""
        ...


class Reach:
    """Narrows every door. Safe to ask from several threads."""

    def __init__(self, rooms: Rooms, grounds: Grounds | None = None, *, required: bool = True) -> None:
        """`required`: whether care data of another holder need a ground; a treatment relation they always need."""
        self._rooms = rooms
        self._grounds = grounds
        self._required = required
        self._lock = threading.Lock()
        self._stand: Stand | None = None
        self._told: object = None  # as it was at `_stand`
        self._day: date | None = None
        self._kept: OrderedDict[tuple[frozenset[str], str], Seen] = OrderedDict()
        self._parties: dict[str, Party] = {}
        self._holders: dict[str, Party] = {}
        self._own: dict[frozenset[str], frozenset[str]] = {}

    def narrows(self, ctx: Context) -> bool:
        """Whether who asks sees a part only. Payment and operations see no care, so nothing of theirs is narrowed."""
        return ctx.purpose is Purpose.TREAT and not ctx.everything

    def records(self, ctx: Context, woman: str, at: datetime | None = None) -> Seen:
        """What may be seen of one woman now."""
        if not self.narrows(ctx):
            return Seen(woman, frozenset(self._records_of(woman)), everything=True)
        now = at or self._rooms.clock()
        if ctx.woman is not None and self._rooms.store.search.woman_of(ctx.woman) != woman:
            return self._nothing(woman)
        if ctx.actor.kind is ActorKind.WOMAN:
            return self._hers(ctx, woman)
        seen = self._seen(self.reader(ctx), woman, now)
        if ctx.emergency is not None and ctx.emergency.of(woman, now) is not None:
            return Seen(woman, seen.records, seen.grounds, seen.relation, emergency=True)
        return seen

    def several(self, ctx: Context, women: Iterable[str]) -> list[Seen]:
        """The same of many: what is not known of them yet is read together."""
        wanted, found = list(women), list[Seen]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            self._prepare(ctx, some)
            found += [self.records(ctx, woman) for woman in some]
        return found

    def women(self, ctx: Context) -> frozenset[str] | None:
        """The women of whom anything may be seen; None for all of them."""
        if not self.narrows(ctx):
            return None
        if ctx.woman is not None or ctx.actor.kind is ActorKind.WOMAN:
            only = self._rooms.store.search.woman_of(ctx.woman) if ctx.woman is not None else None
            return frozenset(w for w in (only,) if w is not None and self.records(ctx, w).allowed)
        now = self._rooms.clock()
        reader = self.reader(ctx)
        own = {w for s in self.own_sources(ctx) for w in self._rooms.store.related.women_at(s)}
        more = set(self._grounds.related(reader, day_of(now))) - own if self._grounds and reader.identities else set()
        lasting = ctx.emergency.at(now) if ctx.emergency is not None else None
        own |= {one.woman for one in lasting.opened} if lasting is not None else set()
        return frozenset(own | {seen.woman for seen in self.several(ctx, sorted(more)) if seen.allowed})

    def desk(self, ctx: Context) -> frozenset[str] | None:
        """The sources on whose records somebody may decide that they are one woman: of their own organisation; all
        (None) for the desk of the IGO itself, which sees women side by side over organisations.
        """
        if ctx.everything or f"agb:{self._rooms.igo.agb.value}" in self.reader(ctx).identities:
            return None
        return self.own_sources(ctx)

    def told(self) -> object:
        """Changes with what was said elsewhere than in the store."""
        return self._grounds.stand() if self._grounds is not None else None

    def own_sources(self, ctx: Context) -> frozenset[str]:
        """The sources that are the reader's own organisation's."""
        mine = self.reader(ctx).identities
        known = self._own.get(mine)
        if known is None:
            known = self._own[mine] = frozenset(s for s in self._rooms.sources if mine & self.holder(s).identities)
        return known

    def reader(self, ctx: Context) -> Party:
        """The organisation for which is asked, under every identity by which the register knows it."""
        identity = ctx.actor.organisation or ""
        known = self._parties.get(identity)
        if known is None:
            known = self._parties[identity] = self._party(_named(identity))
        return known

    def holder(self, source: str) -> Party:
        """The organisation whose records a source holds."""
        known = self._holders.get(source)
        if known is None:
            known = self._holders[source] = self._party(self._rooms.sources[source].info.organisation)
        return known

    def _party(self, organisation: Organisation | None) -> Party:
        if organisation is None:
            return Party(frozenset())
        joined = self._rooms.joined(organisation)
        coded = (f"agb:{joined.agb}" if joined.agb else "", f"ura:{joined.ura}" if joined.ura else "")
        return Party(frozenset(text for text in coded if text), joined.kind)

    def _prepare(self, ctx: Context, women: Sequence[str]) -> None:
        if self._grounds is None or not self.narrows(ctx) or ctx.woman is not None:
            return
        identities = self.reader(ctx).identities
        with self._lock:
            self._refresh(day_of(self._rooms.clock()))
            new = [woman for woman in women if (identities, woman) not in self._kept]
        own = self.own_sources(ctx)
        asked = [w for w in new if any(r.source not in own for r in self._records_of(w)) or not own]
        if len(asked) > 1:
            self._grounds.prepare(asked)

    def _seen(self, reader: Party, woman: str, now: datetime) -> Seen:
        key = (reader.identities, woman)
        with self._lock:
            stand = self._refresh(day_of(now))
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
        made = self._made(reader, woman, day_of(now))
        with self._lock:
            if self._stand == stand:  # else something came meanwhile: it is for this answer alone
                self._kept[key] = made
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return made

    def _made(self, reader: Party, woman: str, day: date) -> Seen:
        records = self._records_of(woman)
        sources = list(self._rooms.sources)
        own = [s for s in sources if reader.identities & self.holder(s).identities]
        relation = self._relation(woman, reader, day, [r for r in records if r.source in own])
        if relation is None:
            return self._nothing(woman, records)
        if relation == NAMED:
            grounds: Mapping[str, Ground] = {s: _OWN if s in own else _NO_DOSSIER for s in sources}
        else:
            grounds = Lazily(sources, lambda source: self._ground(woman, source, reader, day, own))
        return Seen(woman, frozenset(records), grounds, relation)

    def _relation(self, woman: str, reader: Party, day: date, own: Sequence[RecordKey]) -> str | None:
        if any(self._rooms.store.related.cared_for(record) for record in own):
            return OWN
        told = self._grounds.relation(woman, reader, day) if self._grounds is not None and reader.identities else None
        return told or (NAMED if own else None)

    def _ground(self, woman: str, source: str, reader: Party, day: date, own: Collection[str]) -> Ground:
        if source in own:
            return _OWN
        if not self._required:
            return _FREE
        return _UNRELATED if self._grounds is None else self._grounds.ground(woman, self.holder(source), reader, day)

    def _hers(self, ctx: Context, woman: str) -> Seen:
        if ctx.woman is None:
            return self._nothing(woman)
        return Seen(woman, frozenset(self._records_of(woman)), dict.fromkeys(self._rooms.sources, _HERS), SELF)

    def _nothing(self, woman: str, records: Sequence[RecordKey] = ()) -> Seen:
        held = records or self._records_of(woman)
        return Seen(woman, frozenset(held), dict.fromkeys(self._rooms.sources, _UNRELATED))

    def _records_of(self, woman: str) -> list[RecordKey]:
        return self._rooms.store.search.records_of(woman)

    def _refresh(self, day: date) -> Stand:
        """Let go of what may have changed since it was made: of whom a record, a link or a consent is newer."""
        store = self._rooms.store
        stand = store.related.stand()
        told = self.told()
        before = self._stand
        if before == stand and day == self._day and told == self._told:
            return stand
        if (
            before is None
            or told != self._told
            or before.consents != stand.consents
            or day != self._day
            or store.related.directory_changed(before.versions, stand.versions)
        ):
            self._kept.clear()
        else:
            touched = store.related.moved(before.links) if stand.links != before.links else set()
            changed = store.search.changed_records(before.versions, stand.versions)
            touched |= {woman for record in changed if (woman := store.search.woman_of(record)) is not None}
            for key in [key for key in self._kept if key[1] in touched]:
                del self._kept[key]
        self._stand, self._day, self._told = stand, day, told
        return stand


def _named(identity: str) -> Organisation | None:
    """The organisation of an actor: `agb:…` or `ura:…`; anything else names none that a ground could be for."""
    system, _, code = identity.partition(":")
    if not code or system not in ("agb", "ura"):
        return None
    return Organisation(identity, code if system == "agb" else None, code if system == "ura" else None)
