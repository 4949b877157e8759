"""`riskdesk plan`: one decision on many accounts from the command line, what became of it, stop and resume."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from typing import Any

from console.core import instants
from console.core.client import CoreClient
from console.core.commands import InvalidWish
from console.core.instants import Instant
from console.core.messages import CoreMeta
from console.core.problems import CoreProblem, CoreUnreachable
from console.desk import bulk, deciding, ends
from console.desk.act import wake
from console.desk.credentials import Credentials
from console.desk.quota import Quota, quota
from console.exits import Exit
from console.language import term, tr
from console.paths import Home, home
from console.ui.text import clean
from store.files import StoreError
from store.journal import Journal, JournalError
from store.life import State
from store.plans import SKIPPED, Item, Order, Plan, Plans, PlanState, Target
from store.reader import Reader

ID = re.compile(r"[A-Za-z0-9_.:-]{1,72}")
NEWEST = 20
"""Plans listed when none is named."""
LOOK_S = 0.1
TYPES = {
    "freeze": "account.freeze",
    "unfreeze": "account.unfreeze",
    "set-limit": "account.set_limit",
    "close": "account.close",
}


def run_make(options: argparse.Namespace, core: str) -> int:
    """Make a plan of a file's accounts and have the watcher carry it out; wait for its end when asked to."""
    place = home(getattr(options, "home", None))
    place.make()
    try:
        wanted = read_ids(sys.stdin.read() if options.source == "-" else _text(Path(options.source)))
        credentials = Credentials(place)
        meta, core_now = asyncio.run(_read(core, credentials))
        journal = Journal(place.journal)
        with _mirror(place) as mirror:
            chosen, left = bulk.targets(mirror, wanted), quota(meta, journal, mirror, core_now)
        plan = bulk.make(journal, meta, _order(options, core_now), chosen, core_now)
    except InvalidWish as error:
        return _fail(deciding.explain(error), Exit.USAGE)
    except CoreUnreachable as error:
        return _fail(str(error), Exit.UNREACHABLE)
    except CoreProblem as problem:
        return _fail(str(problem), Exit.REFUSED)
    except (StoreError, JournalError) as error:
        return _fail(str(error), Exit.FAILED)
    _tell(plan, chosen, left)
    wake(place, core, credentials, f"plan {plan.number}")
    return _wait(Plans(journal), plan.number, options.timeout) if options.wait else Exit.OK


def run_show(place: Home, number: int | None, *, as_json: bool) -> int:
    """Print the newest plans, or one with its items."""
    if not place.journal.exists():
        print("[]" if as_json else tr("plans.none"))
        return Exit.OK
    plans = Plans(Journal(place.journal))
    try:
        shown = plans.recent(NEWEST) if number is None else [plans.need(number)]
    except JournalError as error:
        return _fail(str(error), Exit.FAILED)
    items = plans.items(number) if number is not None else []
    if as_json:
        told = [_told(plans, plan) for plan in shown]
        print(json.dumps(told if number is None else told[0] | {"items": [_item(item) for item in items]}))
        return Exit.OK
    for plan in shown:
        print(_line(plans, plan))
    if not shown:
        print(tr("plans.none"))
    for item in items:
        print(f"{item.position:6} {item.target.account_id:24} {result(item.result):20} {clean(item.why or '', 60)}")
    return Exit.OK


def run_turn(options: argparse.Namespace, core: str) -> int:
    """Stop a plan, or resume it."""
    place = home(getattr(options, "home", None))
    if not place.journal.exists():
        return _fail(tr("plans.none"), Exit.FAILED)
    plans = Plans(Journal(place.journal))
    credentials = Credentials(place)
    try:
        if options.action == "stop":
            plan = plans.stop(options.number, instants.now(), getuser())
        elif plans.need(options.number).state is PlanState.DRAFT:  # it becomes the plan of who sends its commands
            meta, _ = asyncio.run(_read(core, credentials))
            plan = plans.resume(options.number, instants.now(), meta.you.subject)
        else:
            plan = plans.resume(options.number, instants.now(), getuser())
    except CoreUnreachable as error:
        return _fail(str(error), Exit.UNREACHABLE)
    except CoreProblem as problem:
        return _fail(str(problem), Exit.REFUSED)
    except JournalError as error:
        return _fail(str(error), Exit.FAILED)
    if plan.state is PlanState.RUNNING:
        wake(place, core, credentials, f"plan {plan.number}")
    print(_line(plans, plan))
    return Exit.OK


def read_ids(text: str) -> list[str]:
    """The account ids of a text, one a line; empty lines and what follows a `#` are left out. Raises ValueError."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        account_id = line.partition("#")[0].strip()
        if account_id and not ID.fullmatch(account_id):
            raise ValueError(tr("plans.no_id", line=number, text=clean(account_id, 40)))
        if account_id:
            found.append(account_id)
    return found


def result(word: str) -> str:
    """An item's result as people read it."""
    return tr(f"plans.{word.lower()}") if word in (SKIPPED, "WAITING") else term("ui.state", word)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


async def _read(core: str, credentials: Credentials) -> tuple[CoreMeta, Instant]:
    """What the core says of whoever will send the commands, and its clock."""
    async with CoreClient(core, credentials.sending) as client:
        meta = await client.meta()
        return meta, Instant(instants.now() + client.clock_offset_us)


def _value(options: argparse.Namespace) -> dict[str, Any]:
    if options.share is not None:
        return {"share": options.share}
    if options.currency is None:
        raise ValueError(tr("plans.no_currency"))
    return {"value_minor": options.value_minor, "currency": options.currency}


@contextmanager
def _mirror(place: Home) -> Iterator[Reader | None]:
    """The mirror, None where there is none yet."""
    try:
        mirror = Reader(place.mirror)
    except StoreError:
        yield None
        return
    try:
        yield mirror if mirror.ready() else None
    finally:
        mirror.close()


def _order(options: argparse.Namespace, core_now: Instant) -> Order:
    """The order that the command line spells. Raises ValueError for a time that is none."""
    params: dict[str, Any] = {}
    if options.action == "freeze":
        until = ends.end(options.expires_at, core_now) if options.expires_at else None
        params = {"scope": options.scope} | ({"expires_at": until} if until else {})
    elif options.action == "set-limit":
        params = {"limit": options.limit} | _value(options)
    return Order(TYPES[options.action], params, options.reason, options.note)


def _tell(plan: Plan, chosen: Sequence[Target], left: Quota | None) -> None:
    """Say what was stored, and what one must know of it."""
    accounts = {target.account_id for target in chosen}
    print(tr("plans.made", number=plan.number, type=plan.order.type, accounts=len(accounts)), flush=True)
    unknown = sum(target.version is None for target in chosen)
    if unknown:
        print(tr("plans.unknown", count=unknown), file=sys.stderr)
    waiting = bulk.beyond(plan.order, accounts, left)
    if left is not None and waiting:
        print(tr("plans.approval", left=left.left, waiting=waiting), file=sys.stderr)


def _wait(plans: Plans, number: int, timeout_s: float) -> int:
    """Wait until the plan is done or stopped and say how it ended; 0 only when every effect was seen."""
    end = time.monotonic() + timeout_s
    while (plan := plans.need(number)).state is PlanState.RUNNING and time.monotonic() < end:
        time.sleep(LOOK_S)
    print(_line(plans, plan))
    if plan.state is not PlanState.DONE:
        return Exit.UNCONFIRMED
    others = set(plans.results(number)[number]) - {State.CONFIRMED}
    return Exit.REFUSED if others else Exit.OK


def _line(plans: Plans, plan: Plan) -> str:
    how = bulk.progress(plans, plan, instants.now())
    counts = "  ".join(f"{result(word)} {count}" for word, count in sorted(how.results.items()))
    pace = tr("plans.pace", pace=round(how.per_minute), eta=how.eta_s) if how.per_minute and how.eta_s else ""
    state = term("plans.state", plan.state)
    return (
        f"{plan.number:4} {state:8} {plan.order.type:18} {how.results.ended}/{how.results.accounts}  {counts}  {pace}"
    )


def _told(plans: Plans, plan: Plan) -> dict[str, Any]:
    how = bulk.progress(plans, plan, instants.now())
    return {
        "plan": plan.number,
        "type": plan.order.type,
        "params": plan.order.params,
        "reason_code": plan.order.reason_code,
        "state": plan.state,
        "created_by": plan.created_by,
        "created_at": instants.wire(plan.created_at),
        "accounts": how.results.accounts,
        "ended": how.results.ended,
        "results": dict(how.results),
        "per_minute": how.per_minute,
        "eta_s": how.eta_s,
        "waits_for": plan.waits_for,
        "why": plan.why,
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "position": item.position,
        "account_id": item.target.account_id,
        "exposure_minor": item.target.exposure_minor,
        "currency": item.target.currency,
        "command_id": item.command_id,
        "result": item.result,
        "why": item.why,
    }


def _fail(text: str, code: Exit) -> int:
    print(tr("cli.error", error=clean(text, 500)), file=sys.stderr)
    return code
