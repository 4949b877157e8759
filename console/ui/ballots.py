"""A decision about waiting commands as it leaves the approvals screen, and its way into the journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from console.core.commands import InvalidWish
from console.core.instants import Instant
from console.core.messages import Command
from console.desk import ailments, ballots, deciding
from console.language import tr
from console.ui.drafts import Refused
from console.ui.sight import Sight
from console.ui.submitting import wake
from store.journal import Blocked


@dataclass(frozen=True)
class Vote:
    """approve, reject or cancel, on one or several commands."""

    choice: str
    commands: Sequence[Command]
    note: str | None = None


def cast(sight: Sight, vote: Vote, complain: Callable[[str], None]) -> int:
    """Journal a vote, command by command, and wake the watcher; how many were taken.

    Raises Refused, with the words for the first, when some were not; those before and after it are taken all the same.
    `complain` is called, in another thread, when nobody woke.
    """
    meta, core_now = sight.situation.meta, Instant(sight.situation.core_now)
    if meta is None:
        raise Refused(tr("ui.need.reasons"))
    taken, refused = [], []
    for command in vote.commands:
        try:
            entry = ballots.cast(sight.open_journal(), meta, command, vote.choice, vote.note, core_now=core_now)
            taken.append(entry.command_id)
        except (InvalidWish, Blocked) as error:
            refused.append(deciding.explain(error))
        except ailments.UNTAKEN as error:
            refused.append(ailments.untaken(error, sight.home.folder))
    if taken:
        wake(sight.home, taken[-1], complain)
    if refused:
        raise Refused(tr("approvals.refused", taken=len(taken), refused=len(refused), why=refused[0]))
    return len(taken)
