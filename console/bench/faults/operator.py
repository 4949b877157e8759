"""One desk of a trial: an operator who looks, decides and nudges, and a watcher that is killed on the way."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field

import httpx
import msgspec

from console import children
from console.bench.faults import scene, wishes
from console.bench.faults.keeper import Keeper
from console.bench.faults.others import Others
from console.bench.faults.plan import Meddling, Moment, Plan, Script, Second
from console.bench.faults.proxy import Line
from console.core import instants
from console.core.instants import SECOND, Instant
from console.core.messages import Account, CoreMeta, decoder
from console.desk import deciding, hotline
from console.paths import Home
from store.journal import Blocked, Entry, IllegalMove, Journal
from store.life import SETTLED, State

TOKENS = ("sandbox-operator", "sandbox-operator-2", "sandbox-service")
AT_ONCE = 24
"""Commands of one desk that are open at the same time."""
LOOK_S = 0.02
DOWN_S = 0.3
"""How long an operator stops deciding when the watcher does not answer."""
_META = decoder(CoreMeta)
_ACCOUNT = decoder(Account)


@dataclass
class Open:
    """A decided command that is not settled yet."""

    account_id: str
    script: Script
    waited: bool = False


@dataclass(frozen=True)
class Pace:
    """Seconds: how long the core may begin to execute a command, how long a second person has, and how long the
    trial waits at its end for what is still open."""

    deadline_s: int = 7
    approval_s: int = 10
    patience_s: float = 100


@dataclass
class Desk:
    """One desk: home, line, watcher and operator. `decide_all` runs in a thread of its own."""

    number: int
    home: Home
    core: str
    seed: str
    pace: Pace
    quota: int
    decided: list[str] = field(default_factory=list)
    blocked: int = 0

    def __post_init__(self) -> None:
        self.plan = Plan(self.seed)
        self.line = Line(self, Plan(f"{self.seed} reads"))
        self.others = Others(self.core, self.seed)
        self._chance = random.Random(f"operator {self.seed}")
        self._open: dict[str, Open] = {}
        self._about: dict[str, str] = {}
        self._on_requests = 0
        self._keeper: Keeper | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._guarded, name=f"desk {self.number}", daemon=True)

    @property
    def token(self) -> str:
        return TOKENS[self.number]

    @property
    def keeper(self) -> Keeper:
        if self._keeper is None:
            raise RuntimeError("the desk was not started")
        return self._keeper

    # ------------------------------------------------------------ for the line

    def kill(self, moment: Moment, command_id: str) -> None:
        self.keeper.kill(moment, command_id)

    def meddle(self, command_id: str) -> None:
        self.others.meddle(self._about[command_id])

    # ------------------------------------------------------------ for the trial

    def start(self, program: tuple[str, ...]) -> None:
        """Start watcher and operator, once the line listens. `program` runs the command line."""
        self.home.make()
        watch = ("watch", "--tied", "--core", f"http://127.0.0.1:{self.line.port}")
        self._keeper = Keeper(self.home, self.token, [*(program or children.command()), *watch])
        self._keeper.start()
        self._thread.start()

    def finish(self) -> None:
        """Wait until every command is settled or patience is over. Raises what broke the operator."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        if self._keeper is not None:
            self._keeper.stop()
        self.others.close()

    # ------------------------------------------------------------ the operator

    def _guarded(self) -> None:
        try:
            self.decide_all()
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits for this thread
            self._failure = error

    def decide_all(self) -> None:
        journal = Journal(self.home.journal)
        with httpx.Client(base_url=f"{self.core}/core/v1", headers={"Authorization": f"Bearer {self.token}"}) as http:
            meta = self._hurried(_META.decode(http.get("/meta").content))
            self.keeper.wait_until_up()
            until = time.monotonic() + self.pace.patience_s
            while len(self.decided) < self.quota or (self._open and time.monotonic() < until):
                self.keeper.keep(journal)
                self._look(journal)
                if len(self.decided) < self.quota and len(self._open) < AT_ONCE:
                    self._decide(journal, http, meta)
                    until = time.monotonic() + self.pace.patience_s
                else:
                    time.sleep(LOOK_S)
        self.line.calm = True
        self.keeper.keep(journal)
        journal.close()

    def _hurried(self, meta: CoreMeta) -> CoreMeta:
        """The core's rules with shorter deadlines; the product's own margin is taken off them again."""
        slack = 2
        limits = msgspec.structs.replace(
            meta.limits, not_after_max_s=self.pace.deadline_s + slack, approval_max_s=self.pace.approval_s + slack
        )
        return msgspec.structs.replace(meta, limits=limits)

    def _decide(self, journal: Journal, http: httpx.Client, meta: CoreMeta) -> None:
        account_id = self._chance.choice(scene.accounts_of(self.number))
        name, script = wishes.draw(self._chance), self.plan.script()
        account: Account = _ACCOUNT.decode(http.get(f"/accounts/{account_id}").content)
        if script.meddling is Meddling.DECIDING:
            self.others.meddle(account_id)
        try:
            entry = self._decision(journal, meta, name, account)
        except Blocked:
            self.blocked += 1
            time.sleep(LOOK_S / 4)
            return
        self._open[entry.command_id] = Open(account_id, script)
        self._about[entry.command_id] = account_id
        self.line.expect(entry.command_id, entry.target_id, script)
        self.decided.append(entry.command_id)
        if script.kill is Moment.QUEUED:
            self.keeper.kill(Moment.QUEUED, entry.command_id)
        elif script.withdrawn:
            self._withdraw(journal, entry.command_id)
        else:
            self._nudge(entry.command_id)

    def _decision(self, journal: Journal, meta: CoreMeta, name: str, account: Account) -> Entry:
        now = instants.now()
        if name in ("application", "limit_request") and self._on_requests < scene.WISHES:
            not_after = Instant(now + self.pace.deadline_s * SECOND)
            number = self._on_requests
            intent = wishes.on_request(self._chance, name, self.number, number, account.id, now, not_after)
            entry = journal.intend(intent, now)
            self._on_requests += 1
            return entry
        return deciding.decide(journal, meta, wishes.wish(self._chance, name, account), core_now=now, account=account)

    def _withdraw(self, journal: Journal, command_id: str) -> None:
        try:
            journal.withdraw(command_id, instants.now(), "trial")
        except IllegalMove:
            return  # it is on its way already, which is one of the outcomes to judge

    def _nudge(self, command_id: str) -> None:
        try:
            hotline.nudge(self.home.socket, command_id)
        except hotline.SocketError:
            time.sleep(DOWN_S)  # no watcher at the moment: the next one finds it queued

    # ------------------------------------------------------------ what became of it

    def _look(self, journal: Journal) -> None:
        for command_id, opened in tuple(self._open.items()):
            entry = journal.get(command_id)
            if entry is None or entry.state in SETTLED:
                del self._open[command_id]
            elif entry.state is State.AWAITING_APPROVAL and not opened.waited:
                opened.waited = True
                self._second_person(entry, opened)

    def _second_person(self, entry: Entry, opened: Open) -> None:
        script = opened.script
        if script.killed_waiting:
            self.keeper.kill(Moment.AWAITING, entry.command_id)
        if script.meddling is Meddling.APPROVAL:
            self.others.meddle(opened.account_id)
        match script.second:
            case Second.APPROVED if entry.type != "account.close" or self._chance.random() < 0.1:
                self.others.decide(entry.command_id, "approve")
            case Second.APPROVED | Second.REJECTED:
                self.others.decide(entry.command_id, "reject")
            case Second.CANCELLED:
                self.others.cancel(entry.command_id, self.token)
