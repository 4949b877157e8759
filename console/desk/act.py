"""`riskdesk act`: one intervention from the command line, by the same path as the console's dialogs."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from console import children
from console.core import commands, instants
from console.core.client import CoreClient
from console.core.commands import InvalidWish, NotRehearsed, Wish, limit_of
from console.core.instants import Instant
from console.core.messages import Account, CoreMeta
from console.core.problems import CoreProblem, CoreUnreachable
from console.desk import ailments, deciding, ends, foretold, hotline, preview, shares
from console.desk.checklist import NOT_ASKED, Answer, answers, to_ask
from console.desk.credentials import Credentials
from console.desk.quota import quota
from console.desk.undo import NoUndo, compensations
from console.exits import Exit
from console.language import tr
from console.paths import Home, home
from console.ui import rules
from console.ui.text import clean
from console.watch.lock import holder
from store.files import StoreError
from store.journal import Blocked, Entry, Journal
from store.life import State
from store.reader import Reader

REFUSED = (State.REJECTED, State.EXPIRED, State.CANCELLED, State.REVIEW)
LONGEST = 500
"""Characters of a message on the terminal."""


def run(options: argparse.Namespace, core: str) -> int:
    """Decide, journal, nudge the watcher (started when there is none), and wait when asked to."""
    place = home(getattr(options, "home", None))
    place.make()
    credentials = Credentials(place)
    try:
        journal = Journal(place.journal)
        undone = _undone(journal, options.command) if options.action == "undo" else None
        account_id = undone.account_id if undone else options.account
        seen = _Seen(*asyncio.run(_read(core, credentials, account_id)))
        wishes = _back(undone, seen, options) if undone else [_wish(options, seen.account, seen.core_now)]
        if options.preview:
            return max(_preview(place, core, credentials, journal, seen, wish) for wish in wishes)
        entries = [_decide(place, journal, seen, wish, options, undone) for wish in wishes]
    except (InvalidWish, Blocked) as error:
        return fail(deciding.explain(error), Exit.USAGE if isinstance(error, InvalidWish) else Exit.REFUSED)
    except CoreUnreachable as error:
        return fail(str(error), Exit.UNREACHABLE)
    except (CoreProblem, NotRehearsed, NoUndo) as refusal:
        return fail(str(refusal), Exit.REFUSED)
    except StoreError as error:
        return fail(ailments.words(error, place.folder) or str(error), Exit.FAILED)
    for entry in entries:
        print(tr("cli.queued", id=entry.command_id, type=entry.type, account=entry.account_id), flush=True)
        wake(place, core, credentials, entry.command_id)
    return max(wait(journal, entry, options.timeout) for entry in entries) if options.wait else Exit.OK


def _undone(journal: Journal, command_id: str) -> Entry:
    """The command to take back. Raises ValueError for one that the journal does not have."""
    entry = journal.get(command_id)
    if entry is None:
        raise ValueError(tr("desk.undo.no_such", id=command_id))
    return entry


def _back(undone: Entry, seen: _Seen, options: argparse.Namespace) -> list[Wish]:
    """What takes a command back, with the reason given for it. Raises NoUndo."""
    wishes = compensations(undone, seen.account, seen.core_now)
    return [replace(wish, reason_code=options.reason, note=options.note) for wish in wishes]


def _decide(
    place: Home, journal: Journal, seen: _Seen, wish: Wish, options: argparse.Namespace, undone: Entry | None
) -> Entry:
    return deciding.decide(
        journal,
        seen.meta,
        wish,
        core_now=seen.core_now,
        account=seen.account,
        follows=undone.command_id if undone else None,
        checklist=_answers(place, wish.account_id, options.check) if wish.type == "account.unfreeze" else (),
    )


async def _read(core: str, credentials: Credentials, account_id: str) -> tuple[CoreMeta, Account, Instant]:
    """What the decision stands on: the core's rules, the account as it is now, and the core's clock."""
    async with CoreClient(core, credentials.reading) as client:
        meta, account = await asyncio.gather(client.meta(), client.account(account_id))
        return meta, account, Instant(instants.now() + client.clock_offset_us)


@dataclass(frozen=True)
class _Seen:
    """What a decision stands on."""

    meta: CoreMeta
    account: Account
    core_now: Instant


def _preview(place: Home, core: str, credentials: Credentials, journal: Journal, seen: _Seen, wish: Wish) -> int:
    """Print what the core says of a dry run; 0 when it would accept. Raises CoreProblem and CoreUnreachable."""
    if "dry_run" not in seen.meta.capabilities:
        return fail(tr("ui.dialog.preview.unsupported"), Exit.REFUSED)
    request = preview.body(wish, seen.meta, seen.account, seen.core_now)
    if_match = deciding.if_match(journal, wish, seen.account)
    found = asyncio.run(_rehearse(core, credentials, request, if_match, seen.core_now))
    exponents = {currency.code: currency.exponent for currency in seen.meta.currencies}
    mirror = Reader(place.mirror) if place.mirror.exists() else None
    left = quota(seen.meta, journal, mirror, seen.core_now)
    lines = [foretold.effect(found, seen.account, exponents)]
    if found.approval:
        lines.append(("warning", tr("ui.dialog.approval")))
    lines += [line for line in (foretold.told(wish, seen.meta),) if line is not None]
    if left is not None:
        lines.append(foretold.quota_words(left, seen.account.id))
    for _, words in lines:
        print(words)
    return Exit.OK if found.problem is None else Exit.REFUSED


async def _rehearse(
    core: str, credentials: Credentials, request: bytes, if_match: int | None, now: Instant
) -> preview.Preview:
    async with CoreClient(core, credentials.sending) as client:
        try:
            return preview.of(await commands.rehearse(client, request, if_match, now))
        except CoreProblem as refusal:
            return preview.refused(refusal.problem)


def _wish(options: argparse.Namespace, account: Account, core_now: Instant) -> Wish:
    """The wish that the command line spells. Raises ValueError for a time or a share that is none."""
    reason, note = options.reason, options.note
    if options.action == "freeze":
        until = ends.end(options.expires_at, core_now) if options.expires_at else None
        return commands.freeze(account.id, reason, note, scope=options.scope, expires_at=until)
    if options.action == "unfreeze":
        return commands.unfreeze(account.id, options.hold or [hold.hold_id for hold in account.holds], reason, note)
    if options.action == "set-limit":
        currency = account.limits.currency
        value = options.value_minor if options.share is None else _share(options, account)
        return commands.set_limit(account.id, value, currency, reason, note, limit=options.limit)
    return commands.close(account.id, reason, note)


def _answers(place: Home, account_id: str, given: Sequence[str]) -> list[Answer]:
    """The checks before a release with the answers given; says which were left out. Raises ValueError for no answer."""
    mirror = Reader(place.mirror) if place.mirror.exists() else None
    answered = answers(to_ask(mirror, account_id, rules.pack), given)
    left_out = [one["id"] for one in answered if one["answer"] == NOT_ASKED]
    if left_out:
        print(tr("desk.check.open", checks=", ".join(left_out)), file=sys.stderr)
    return answered


def _share(options: argparse.Namespace, account: Account) -> int:
    base = limit_of(account, options.limit) if options.of == "limit" else account.limits.balance_minor
    value = shares.minor(options.share, base)
    if value is None:
        raise ValueError(tr("ui.dialog.need.share"))
    return value


def wake(place: Home, core: str, credentials: Credentials, about: str) -> None:
    """Have the watcher go on now: hand the token over and nudge, or start a watcher, which finds what is to do."""
    if holder(place.lock) is None:
        children.start_watcher(place, core)
        return
    try:
        token = credentials.sending()
        if token:
            hotline.hand_over(place.socket, token)
        hotline.nudge(place.socket, about)
    except hotline.SocketError as error:
        print(tr("cli.not_nudged", error=error), file=sys.stderr)


def wait(journal: Journal, entry: Entry, timeout_s: float) -> int:
    """Wait for the outcome and say it; 0 only when the core's effect was seen."""
    entry = deciding.wait_for(journal, entry.command_id, timeout_s)
    print(tr("cli.outcome", id=entry.command_id, state=entry.state, why=entry.why or "-"))
    if entry.state is State.CONFIRMED:
        return Exit.OK
    return Exit.REFUSED if entry.state in REFUSED else Exit.UNCONFIRMED


def fail(text: str, code: Exit) -> int:
    """Say why it ended; some of the words are the core's."""
    print(tr("cli.error", error=clean(text, LONGEST)), file=sys.stderr)
    return code
