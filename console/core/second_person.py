"""Who decides a command that waits for a second person (contract, 7.5)."""

from __future__ import annotations

from console.core.messages import Command, CoreMeta

WAITING = "pending_approval"
"""The status of a command that waits for a second person."""


def is_own(command: Command, meta: CoreMeta) -> bool:
    """Whether this person asked for it, and so may only withdraw it."""
    return command.created_by == meta.you.subject


def may_decide(command: Command, meta: CoreMeta) -> bool:
    """Whether the core lets this person approve or reject it: never one's own."""
    return "core:approve" in meta.you.scopes and not is_own(command, meta)
