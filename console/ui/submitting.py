"""The console's one way to decide: a draft goes into the journal, and the watcher is woken to send it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Thread

from console.core.commands import InvalidWish
from console.core.instants import Instant
from console.desk import ailments, bulk, deciding, hotline
from console.desk.credentials import CredentialError, Credentials
from console.language import tr
from console.paths import Home
from console.ui.drafts import Draft, Refused, Submit
from console.ui.sight import Sight
from store.journal import Blocked
from store.plans import Order, Target


def submitter(sight: Sight, complain: Callable[[str], None]) -> Submit:
    """The function that journals drafts for this home. `complain` is called, in another thread, when nobody woke."""

    def submit(draft: Draft) -> str:
        situation = sight.situation
        if situation.meta is None:
            raise Refused(tr("ui.need.reasons"))
        try:
            entry = deciding.decide(
                sight.open_journal(),
                situation.meta,
                draft.wish,
                core_now=Instant(situation.core_now),
                account=draft.account,
                decided_on=draft.decided_on,
                follows=draft.follows,
                checklist=draft.checklist,
                also=draft.also,
                snooze=draft.snooze,
            )
        except (InvalidWish, Blocked) as error:
            raise Refused(deciding.explain(error)) from error
        except ailments.UNTAKEN as error:
            raise Refused(ailments.untaken(error, sight.home.folder)) from error
        wake(sight.home, entry.command_id, complain)
        return entry.command_id

    return submit


def planner(
    sight: Sight, complain: Callable[[str], None]
) -> Callable[[Order, Sequence[Target], Sequence[Mapping[str, str]]], int]:
    """The function that keeps a decision on many accounts as a plan and returns its number; it raises Refused."""

    def plan(order: Order, targets: Sequence[Target], checklist: Sequence[Mapping[str, str]]) -> int:
        situation = sight.situation
        if situation.meta is None:
            raise Refused(tr("ui.need.reasons"))
        try:
            now = Instant(situation.core_now)
            made = bulk.make(sight.open_journal(), situation.meta, order, targets, now, checklist)
        except InvalidWish as error:
            raise Refused(deciding.explain(error)) from error
        except ailments.UNTAKEN as error:
            raise Refused(ailments.untaken(error, sight.home.folder)) from error
        wake(sight.home, f"plan {made.number}", complain)
        return made.number

    return plan


def hand_over(home: Home, complain: Callable[[str], None]) -> None:
    """Give the watcher the operator's token."""
    wake(home, None, complain)


def wake(home: Home, about: str | None, complain: Callable[[str], None]) -> None:
    """Hand the token over and nudge for what was decided, in a thread: the token's source may take seconds."""
    Thread(target=_wake, args=(home, about, complain), daemon=True).start()


def _wake(home: Home, about: str | None, complain: Callable[[str], None]) -> None:
    """Hand the token over, and nudge where there is something new to do."""
    try:
        token = Credentials(home).sending()
        if token:
            hotline.hand_over(home.socket, token)
        if about is not None:
            hotline.nudge(home.socket, about)
    except (hotline.SocketError, CredentialError, OSError) as error:
        complain(str(error))
