"""Tables beside the source versions that the FHIR endpoint needs."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from adapter.store.tables import Instant, _Position, metadata

awaited = Table(
    "awaited",
    metadata,
    Column("source", Text, primary_key=True),
    Column("reference", Text, primary_key=True),  # a dossier or contact that was named and is not here
    Column("woman", Text, primary_key=True),  # the record that waits for it
)

resource_identifiers = Table(
    "resource_identifiers",
    metadata,
    Column("token", Text, primary_key=True),  # HMAC, never the identifier itself
    Column("source", Text, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("woman", Text),
)
Index("resource_identifiers_record", resource_identifiers.c.source, resource_identifiers.c.woman)

identifier_progress = Table(
    "identifier_progress",
    metadata,
    Column("source", Text, primary_key=True),  # one row, of no source
    Column("position", _Position, nullable=False),  # versions up to here are yet to come into `resource_identifiers`
)

referred = Table(  # filled by `adapter.store.referred`
    "referred",
    metadata,
    Column("source", Text, primary_key=True),
    Column("woman", Text, primary_key=True),
    Column("receiver", Text, primary_key=True),  # agb:… or ura:…; empty: a referral to whom is not known (yet)
)
Index("referred_receiver", referred.c.receiver)

referred_progress = Table(
    "referred_progress",
    metadata,
    Column("source", Text, primary_key=True),
    Column("reading", Text, nullable=False),  # as what the resources of this source were read
    Column("position", _Position, nullable=False),  # its versions up to here are in `referred`
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("fhir_version", Text, nullable=False),
    Column("owner", Text, nullable=False),  # the actor who asked for it
    Column("status", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),  # sealed: it may hold a secret of the receiver
)
