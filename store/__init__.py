"""The mirror of the core and the desk's own journal: the only rooms with SQL."""
