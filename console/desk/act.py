"""`riskdesk act`: one intervention from the command line, by the same path as the console's dialogs."""

from __future__ import annotations

import argparse
import asyncio
import sys

from console import children
from console.core import commands, instants
from console.core.client import CoreClient
from console.core.commands import InvalidWish, Wish
from console.core.instants import Instant
from console.core.messages import Account, CoreMeta
from console.core.problems import CoreProblem, CoreUnreachable
from console.desk import deciding, hotline
from console.desk.credentials import Credentials
from console.exits import Exit
from console.language import tr
from console.paths import Home, home
from console.ui.text import clean
from console.watch.lock import holder
from store.files import StoreError
from store.journal import Blocked, Entry, Journal
from store.life import State

REFUSED = (State.REJECTED, State.EXPIRED, State.CANCELLED, State.REVIEW)
LONGEST = 500
"""Characters of a message on the terminal."""


def run(options: argparse.Namespace, core: str) -> int:
    """Decide, journal, nudge the watcher (started when there is none), and wait when asked to."""
    place = home(getattr(options, "home", None))
    place.make()
    credentials = Credentials(place)
    try:
        meta, account, core_now = asyncio.run(_read(core, credentials, options.account))
        journal = Journal(place.journal)
        entry = deciding.decide(journal, meta, _wish(options, account), core_now=core_now, account=account)
    except (InvalidWish, Blocked) as error:
        return _fail(deciding.explain(error), Exit.USAGE if isinstance(error, InvalidWish) else Exit.REFUSED)
    except CoreUnreachable as error:
        return _fail(str(error), Exit.UNREACHABLE)
    except CoreProblem as problem:
        return _fail(str(problem), Exit.REFUSED)
    except StoreError as error:
        return _fail(str(error), Exit.FAILED)
    print(tr("cli.queued", id=entry.command_id, type=entry.type, account=entry.account_id), flush=True)
    _wake(place, core, credentials, entry)
    return _wait(journal, entry, options.timeout) if options.wait else Exit.OK


async def _read(core: str, credentials: Credentials, account_id: str) -> tuple[CoreMeta, Account, Instant]:
    """What the decision stands on: the core's rules, the account as it is now, and the core's clock."""
    async with CoreClient(core, credentials.reading) as client:
        meta, account = await asyncio.gather(client.meta(), client.account(account_id))
        return meta, account, Instant(instants.now() + client.clock_offset_us)


def _wish(options: argparse.Namespace, account: Account) -> Wish:
    """The wish that the command line spells. Raises ValueError for a time that is none."""
    reason, note = options.reason, options.note
    if options.action == "freeze":
        until = instants.parse(options.expires_at) if options.expires_at else None
        return commands.freeze(account.id, reason, note, scope=options.scope, expires_at=until)
    if options.action == "unfreeze":
        return commands.unfreeze(account.id, options.hold or [hold.hold_id for hold in account.holds], reason, note)
    if options.action == "set-limit":
        currency = account.limits.currency
        return commands.set_limit(account.id, options.value_minor, currency, reason, note, limit=options.limit)
    return commands.close(account.id, reason, note)


def _wake(place: Home, core: str, credentials: Credentials, entry: Entry) -> None:
    """Have the watcher send it now: hand the token over and nudge, or start a watcher, which sends what is queued."""
    if holder(place.lock) is None:
        children.start_watcher(place, core)
        return
    try:
        token = credentials.sending()
        if token:
            hotline.hand_over(place.socket, token)
        hotline.nudge(place.socket, entry.command_id)
    except hotline.SocketError as error:
        print(tr("cli.not_nudged", error=error), file=sys.stderr)


def _wait(journal: Journal, entry: Entry, timeout_s: float) -> int:
    """Wait for the outcome and say it; 0 only when the core's effect was seen."""
    entry = deciding.wait_for(journal, entry.command_id, timeout_s)
    print(tr("cli.outcome", id=entry.command_id, state=entry.state, why=entry.why or "-"))
    if entry.state is State.CONFIRMED:
        return Exit.OK
    return Exit.REFUSED if entry.state in REFUSED else Exit.UNCONFIRMED


def _fail(text: str, code: Exit) -> int:
    """Say why it ended; some of the words are the core's."""
    print(tr("cli.error", error=clean(text, LONGEST)), file=sys.stderr)
    return code
