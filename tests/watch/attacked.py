"""A town under attack, and the desks on its core whose watchers act by themselves, moved step by step."""

from __future__ import annotations

from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

from console.bench.automatic import block, policy
from console.bench.bulk import placed
from console.bench.traffic import LIMIT, Town
from console.core import commands, instants
from console.core.client import CoreClient
from console.core.identifiers import new_id
from console.core.instants import MINUTE, Instant
from console.core.messages import encode
from console.desk.credentials import Credentials
from console.paths import Home
from console.sandbox.run import Sandbox
from console.watch.options import WatchOptions
from console.watch.watcher import Watcher
from store.automatic import Act, Automatic
from tests.applicants import application, customer, pending

ROUNDS = 40
SERVICE, SUPERVISOR = "sandbox-service", "sandbox-supervisor"


class Watch:
    """One desk whose watcher is moved step by step."""

    def __init__(self, home: Home, core: Sandbox, client: CoreClient, credentials: Credentials) -> None:
        home.make()
        self.home, self.core = home, core
        options = WatchOptions(home, core.origin, rules_only=True, automatic=True)
        self.watcher = Watcher(options, client, credentials)
        self.journal = self.watcher._journal
        self.acts = Automatic(self.journal)

    async def open(self) -> None:
        await self.watcher.open()
        await self.watcher.ask_meta()
        self.watcher.follower.max_wait_s = 0

    async def follow(self) -> None:
        await self.watcher.follow()
        assert self.watcher.follower.health.last_error is None

    async def step(self) -> None:
        """The feed, what calls for a measure, and what is to be sent."""
        await self.follow()
        self.watcher.automatic._considered_at = 0
        await self.watcher.automatic.step()
        await self.watcher.dispatcher.run_due()
        await self.watcher.dispatcher.drain()

    async def settle(self) -> None:
        """Until nothing changes any more."""
        for _ in range(ROUNDS):
            before = self.journal.data_version(), self.journal.rows("SELECT max(seq) FROM audit")
            await self.step()
            if not self.acts.claiming() and before[1] == self.journal.rows("SELECT max(seq) FROM audit"):
                return
        raise AssertionError("it never came to rest")

    def act(self, account: str) -> Act:
        return next(act for act in self.acts.recent(1000) if act.account_id == account)

    @property
    def results(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for (result, why), count in self.acts.results().items():
            found[why or result] += count
        return found


class Scene:
    """A core with a town under attack, and desks on it."""

    def __init__(self, core: Sandbox, folder: Path, stack: AsyncExitStack) -> None:
        self.core, self._folder, self._stack = core, folder, stack
        self.homes: dict[str, Home] = {}

    def attack(self, accounts: int) -> list[str]:
        town = Town(10 * accounts)
        town.residents = town.quiet
        at = instants.now()
        with self.core.bank.batch():
            self.core.bank.log.extend(list(town.opened(at)))
            self.core.bank.log.extend([change for one in town.quiet for change in town.taken_over(one, at)])
        return [one.account for one in town.quiet]

    async def watch(
        self, name: str = "one", *, budget: int = 100, token: str = SUPERVISOR, shadow: bool = False, ceiling: int = 999
    ) -> Watch:
        home = Home(self._folder / name)
        tokens = {"RISKDESK_TOKEN": "sandbox-operator", "RISKDESK_SERVICE_TOKEN": token}
        credentials = Credentials(home, tokens)
        assert credentials.find_service()
        client = await self._stack.enter_async_context(CoreClient(self.core.origin, credentials.reading))
        made = Watch(home, self.core, client, credentials)
        if name not in self.homes:
            policy(made.journal, budget, exposure=1000 * LIMIT, shadow=shadow, ceiling=ceiling)
            block(made.journal)
        self.homes[name] = home
        await made.open()
        self._stack.push_async_callback(made.watcher.close)
        return made

    def apply(self, number: int, **more: object) -> None:
        """Somebody asks for an account, with every check passed unless said otherwise."""
        now = instants.now()
        with self.core.bank.batch():
            for kind, resource in (
                ("customer", customer(number, now)),
                ("account", pending(number, now)),
                ("application", application(number, now, **more)),
            ):
                self.core.bank.put(kind, resource, now)

    @property
    def holds(self) -> Counter[str]:
        return placed(self.core.bank)

    async def claim(self, account: str, token: str = "sandbox-operator-2", what: str = "claim") -> None:
        wish = commands.claim(account, 5) if what == "claim" else commands.release(account)
        now = instants.now()
        body = encode(commands.request(wish, Instant(now + MINUTE)))
        async with CoreClient(self.core.origin, lambda: token) as client:
            await commands.submit(client, new_id(now), body, None)
