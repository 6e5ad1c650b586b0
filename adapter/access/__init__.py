"""Who may, for what purpose, and the audit event of every read, search and decision."""
