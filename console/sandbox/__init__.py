"""The embedded core: a real HTTP server over a real database of its own, for demos, tests and as the reference."""
