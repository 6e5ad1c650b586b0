"""Which records are the same woman, which dossiers the same pregnancy, with the explanation."""
