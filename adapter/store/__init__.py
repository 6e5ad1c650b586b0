"""Source versions as received, links, decisions, audit events, outbox: SQLite or PostgreSQL."""
