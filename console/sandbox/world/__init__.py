"""A population that lives, and frauds that happen to it: the life behind the sandbox's core."""

from __future__ import annotations

from console.sandbox.world.ledger import Bank
from console.sandbox.world.settings import load, names
from console.sandbox.world.world import World

__all__ = ["Bank", "World", "load", "names"]
