"""Which records are one woman and which dossiers one pregnancy, by evidence and by what persons decide."""
