"""A decision as it leaves a dialog: the wish, the account as it was on screen, and what it was decided on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from console.core.commands import Wish
from console.core.messages import Account, DecidedOn
from store.overrides import Listing


@dataclass(frozen=True)
class Draft:
    """`account` is the resource the operator saw, None when the core had not told it yet.

    `follows` is the command that this decision undoes or repeats, `checklist` what was answered before it. `also` are
    wishes decided in the same breath, which go out after it in their order, `snooze` keeps the alert out of the queue
    from the same moment on: all of it is journaled or none.
    """

    wish: Wish
    account: Account | None
    decided_on: DecidedOn
    follows: str | None = None
    checklist: Sequence[Mapping[str, str]] = ()
    also: Sequence[Wish] = ()
    snooze: Listing | None = None


class Refused(Exception):
    """The decision could not be journaled; the message says why, for the operator."""


Submit = Callable[[Draft], str]
"""Journals a draft and wakes the watcher; returns the command's id. Raises Refused."""
