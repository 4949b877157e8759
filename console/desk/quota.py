"""How many more accounts an operator may act on before the core's bulk rule asks a second person (contract, 7.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from console.core.commands import Expected, Wish
from console.core.instants import MINUTE, SECOND, Instant
from console.core.messages import CoreMeta
from store.journal import Journal
from store.plans import touched
from store.reader import Reader
from store.recorded import accounts_commanded

MARGIN = MINUTE
"""An account that leaves the window so soon is not counted on to be in it when the core looks."""


@dataclass(frozen=True)
class Quota:
    """Of `most` distinct accounts within `window_s` seconds, `used` were acted on. Past `most` each command waits."""

    used: frozenset[str]
    most: int
    window_s: int

    @property
    def left(self) -> int:
        return max(0, self.most - len(self.used))

    def after(self, account_id: str) -> int:
        """How many are left once this account is acted on too."""
        return max(0, self.most - len(self.used | {account_id}))

    def covers(self, account_id: str) -> bool:
        """Whether a command on this account stays within the rule."""
        return account_id in self.used or self.left > 0


def quota(meta: CoreMeta, journal: Journal | None, mirror: Reader | None, core_now: int) -> Quota | None:
    """The operator's quota at an instant of the core's clock; None for a supervisor, whom the rule does not bind.

    What the core recorded comes from the mirror, what is still on its way from the journal.
    """
    if "supervisor" in meta.you.roles:
        return None
    since = core_now - meta.limits.bulk_window_s * SECOND
    used = accounts_commanded(mirror, meta.you.subject, since) if mirror is not None else set()
    used |= touched(journal, meta.you.subject, since) if journal is not None else set()
    return Quota(frozenset(used), meta.limits.bulk_accounts, meta.limits.bulk_window_s)


def expected(journal: Journal, meta: CoreMeta, wish: Wish, core_now: Instant) -> Expected:
    """Whether the bulk rule will make a command decided now wait for a second person, by this desk's own journal.

    While commands that were to use the quota up are on their way, nobody knows whether the core will get them first.
    """
    if not wish.type.startswith("account."):
        return "no"
    soon = quota(meta, journal, None, core_now + MARGIN)
    if soon is None or soon.covers(wish.account_id):
        return "no"
    since = core_now + MARGIN - soon.window_s * SECOND
    known = replace(soon, used=frozenset(touched(journal, meta.you.subject, since, recorded=True)))
    return "perhaps" if known.covers(wish.account_id) else "yes"
