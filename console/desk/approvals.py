"""`riskdesk approvals`: what waits for a second person, and deciding it. `riskdesk act withdraw`: taking it back."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace
from typing import Any

import msgspec

from console.core import instants
from console.core.ballots import CANCEL
from console.core.client import CoreClient
from console.core.commands import Absent, InvalidWish, outcome
from console.core.instants import Instant
from console.core.messages import Command, CoreMeta, encode
from console.core.problems import CoreProblem, CoreUnreachable
from console.core.second_person import is_own, may_decide
from console.desk import act, ballots, deciding, stored
from console.desk.credentials import Credentials
from console.desk.waiting import concerned, waiting
from console.exits import Exit
from console.language import term, tr
from console.paths import Home, home
from console.ui import formats, reason_codes
from console.ui.asked import asks
from console.ui.text import clean
from store.files import StoreError
from store.journal import Blocked, Entry, IllegalMove, Journal
from store.life import State
from store.reader import AccountDetail, Reader

# ---------------------------------------------------------------- what waits


def show(place: Home, *, as_json: bool) -> int:
    """Print what waits, the least time left first, as the mirror knows it."""
    try:
        mirror = Reader(place.mirror)
    except (StoreError, OSError) as error:
        return act.fail(str(error), Exit.FAILED)
    try:
        meta = stored.meta(mirror.notes().get("meta"))
        reason_codes.told_by(meta)
        found = [(command, concerned(mirror, command)) for command in waiting(mirror, instants.now())]
    finally:
        mirror.close()
    if as_json:
        print(json.dumps([_described(command, detail, meta) for command, detail in found], ensure_ascii=False))
        return Exit.OK
    if not found:
        print(tr("approvals.none"))
    for command, detail in found:
        print(_line(command, detail, meta))
    return Exit.OK


def _described(command: Command, detail: AccountDetail | None, meta: CoreMeta | None) -> dict[str, Any]:
    """A command as the core tells it, who may decide it, and what the mirror knows of its account."""
    told: dict[str, Any] = msgspec.json.decode(encode(command))
    row = detail.row if detail else None
    told["own"] = meta is not None and is_own(command, meta)
    told["may_decide"] = meta is not None and may_decide(command, meta)
    told["account"] = row and {
        "status": row.status, "version": row.version, "credit_limit_minor": row.credit_limit_minor,
        "available_minor": row.available_minor, "balance_minor": row.balance_minor, "currency": row.currency,
        "risk_score": row.score, "rule_ids": json.loads(row.rule_ids or "[]"),
    }  # fmt: skip
    return told


def _line(command: Command, detail: AccountDetail | None, meta: CoreMeta | None) -> str:
    exponents = {currency.code: currency.exponent for currency in meta.currencies} if meta else {}
    account = stored.account(detail.doc if detail else None)
    left = formats.age(command.not_after - instants.now())
    own = meta is not None and is_own(command, meta)
    who = tr("approvals.own") if own else clean(command.created_by, 24)
    what = f"{asks(command, account, exponents)} · {reason_codes.words(command.reason_code) or formats.NOTHING}"
    return f"{command.id}  {left:>4}  {clean(command.target.id, 72)}  {who}  {what}"


# ---------------------------------------------------------------- deciding


def decide(options: Namespace, core: str, choice: str) -> int:
    """Approve, reject or cancel a command by its id: journal it, wake the watcher, and wait when asked to."""
    place = home(getattr(options, "home", None))
    place.make()
    credentials = Credentials(place)
    try:
        journal = Journal(place.journal)
        meta, command, core_now = asyncio.run(_ask(core, credentials, options.command_id))
        if isinstance(command, Absent):
            return act.fail(tr("approvals.unknown", id=clean(options.command_id, 72)), Exit.REFUSED)
        entry = ballots.cast(journal, meta, command, choice, options.note, core_now=core_now)
    except (InvalidWish, Blocked) as error:
        return act.fail(deciding.explain(error), Exit.REFUSED)
    except CoreUnreachable as error:
        return act.fail(str(error), Exit.UNREACHABLE)
    except CoreProblem as problem:
        return act.fail(str(problem), Exit.REFUSED)
    except StoreError as error:
        return act.fail(str(error), Exit.FAILED)
    return _send(place, core, credentials, journal, entry, options)


async def _ask(core: str, credentials: Credentials, command_id: str) -> tuple[CoreMeta, Command | Absent, Instant]:
    """Who we are for the core, the command as it has it now, and its clock."""
    async with CoreClient(core, credentials.sending) as client:
        meta, command = await asyncio.gather(client.meta(), outcome(client, command_id))
        return meta, command, Instant(instants.now() + client.clock_offset_us)


def _send(place: Home, core: str, credentials: Credentials, journal: Journal, entry: Entry, options: Namespace) -> int:
    what = {"choice": term("ui.command", entry.type), "command": entry.target_id, "id": entry.command_id}
    print(tr("approvals.queued", **what), flush=True)
    act.wake(place, core, credentials, entry.command_id)
    return act.wait(journal, entry, options.timeout) if options.wait else Exit.OK


def withdraw(options: Namespace, core: str) -> int:
    """Take a command of this desk back: at the desk while it was not sent, at the core while it waits for approval."""
    place = home(getattr(options, "home", None))
    try:
        journal = Journal(place.journal) if place.journal.exists() else None
        entry = journal.get(options.command_id) if journal else None
        if journal is not None and entry is not None and entry.state is State.QUEUED:
            journal.withdraw(entry.command_id, instants.now(), entry.created_by)
            print(tr("approvals.withdrawn", id=entry.command_id))
            return Exit.OK
    except IllegalMove as overtaken:
        print(str(overtaken), file=sys.stderr)
    except StoreError as error:
        return act.fail(str(error), Exit.FAILED)
    return decide(options, core, CANCEL)
