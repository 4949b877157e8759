"""Carries out plans: makes the command of each item when its turn comes, a few at a time, behind single decisions.

The dispatcher sends the commands and finds out what became of them; this only decides which come next. It asks the core
for each account first, so a core that is away or that asks for patience holds the plan up, not the desk.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from console.core import instants
from console.core.client import CoreClient
from console.core.commands import InvalidWish
from console.core.instants import MINUTE, Instant
from console.core.messages import Account, CoreMeta
from console.core.problems import CoreProblem, CoreUnreachable, Unreadable
from console.desk import bulk, deciding
from console.desk.bulk import Skip
from console.desk.quota import expected
from console.watch.errands import ClientSource
from store.journal import WATCHER, Blocked, Journal
from store.plans import Item, NotRunning, Plan, Plans

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Commands of plans that are under way at the same time: fewer than the dispatcher sends of one kind."""
LOOK_S = 0.05
"""Seconds between looks at what has ended while a plan runs."""
PATIENCE_S = 1.0
"""Seconds a plan rests when the core does not answer or says so without naming a time."""
META_KEPT = MINUTE
GONE = frozenset({(404, "not_found"), (403, "forbidden")})
"""Problems of the core, by status and code, that end the item of the account that was asked for."""


class PlanRunner:
    """The executor of plans. `dispatch` has the dispatcher send what is queued."""

    def __init__(
        self,
        journal: Journal,
        commands: ClientSource,
        dispatch: Callable[[], Awaitable[None]],
        now: Callable[[], Instant] = instants.now,
    ) -> None:
        self._journal, self._plans = journal, Plans(journal)
        self._commands = commands
        self._dispatch = dispatch
        self._now = now
        self._meta: CoreMeta | None = None
        self._meta_at = 0
        self._task: asyncio.Task[None] | None = None

    # ------------------------------------------------------------ scheduling

    def run_due(self) -> None:
        """Have running plans go on, in a task of their own; called each second and whenever a plan was made."""
        if (self._task is None or self._task.done()) and self._plans.running():
            self._task = asyncio.create_task(self._work(), name="plans")
            self._task.add_done_callback(_tell)

    @property
    def waits_for_credential(self) -> bool:
        return any(plan.waits_for == "credential" for plan in self._plans.running())

    async def close(self) -> None:
        """Begin nothing more. What is decided already stays with the dispatcher."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        """Go on until no plan runs or there is no credential."""
        going_on = True
        while going_on and (plan := self._foremost()) is not None:
            try:
                going_on = await self.step(plan)
            except CoreProblem as problem:
                self._wait(plan, "credential" if problem.status == 401 else "core")
                await asyncio.sleep(problem.retry_after_s or PATIENCE_S)
            except CoreUnreachable:
                self._wait(plan, "core")
                await asyncio.sleep(PATIENCE_S)
            await asyncio.sleep(LOOK_S)

    def _foremost(self) -> Plan | None:
        """The plan whose turn it is: the first with an item that waits, else one that only waits for its end."""
        running = self._plans.running()
        for plan in running:
            if self._plans.waiting(plan.number, 1):
                return plan
            self._plans.finish(plan.number, self._now())
        return running[0] if running else None

    # ------------------------------------------------------------ one plan

    async def step(self, plan: Plan) -> bool:
        """Begin what may begin now; False while there is no credential.

        Raises CoreProblem and CoreUnreachable when the core can't be asked for an account; that item waits.
        """
        client = self._commands()
        if client is None:
            self._wait(plan, "credential")
            return False
        traffic = self._plans.traffic()
        if traffic.put_off or traffic.single or traffic.planned >= AT_ONCE:
            return True
        meta = await self._rules(client)
        if meta.you.subject != plan.created_by:
            self._plans.stop(plan.number, self._now(), WATCHER, "another_person")
            return True
        for item in self._plans.waiting(plan.number, AT_ONCE - traffic.planned):
            await self._begin(plan, item, client, meta)
        self._wait(plan, None)
        return True

    async def _begin(self, plan: Plan, item: Item, client: CoreClient, meta: CoreMeta) -> None:
        """Decide an item on its account as it is now, or skip it with the reason."""
        try:
            account = await client.account(item.target.account_id)
            self._decide(plan, item, account, meta, self._core_now(client))
        except CoreProblem as problem:
            if (problem.status, problem.problem.code) not in GONE:
                raise  # a page of something on the way, which says nothing of the account
            self._skip(item, problem.problem.code)
        except Unreadable:
            self._skip(item, "unreadable")
        except Skip as skip:
            self._skip(item, skip.why)
        except InvalidWish as invalid:
            self._skip(item, invalid.key)
        except Blocked:
            self._skip(item, "blocked")
        except NotRunning as stopped:
            log.info("%s", stopped)
        else:
            await self._dispatch()

    def _decide(self, plan: Plan, item: Item, account: Account, meta: CoreMeta, core_now: Instant) -> None:
        """The version that was looked at when the plan was made stays the one that the decision stands on."""
        wish = bulk.wish(plan.order, item.target, account)
        seen = item.target.version or account.version
        intent = deciding.fix(
            meta,
            wish,
            core_now=core_now,
            account=account,
            if_match=seen if wish.type.startswith("account.") else None,
            second_person=expected(self._journal, meta, wish, core_now),
        )
        self._plans.decide(item, intent, core_now)

    def _skip(self, item: Item, why: str) -> None:
        try:
            self._plans.skip(item, why, self._now())
        except NotRunning as stopped:
            log.info("%s", stopped)

    def _wait(self, plan: Plan, what: str | None) -> None:
        if plan.waits_for != what:
            self._plans.wait(plan.number, what)

    async def _rules(self, client: CoreClient) -> CoreMeta:
        """What the core says of itself and of whoever sends, asked again every minute."""
        if self._meta is None or not self._meta_at <= self._now() <= self._meta_at + META_KEPT:
            self._meta, self._meta_at = await client.meta(), self._now()
        return self._meta

    def _core_now(self, client: CoreClient) -> Instant:
        return Instant(self._now() + client.clock_offset_us)


def _tell(task: asyncio.Task[None]) -> None:
    """What broke the runner is told; the next second's round begins anew."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("plans can't go on: %s: %s", type(error).__name__, error)
