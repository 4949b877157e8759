"""A bulk freeze put to the trial: a core that limits the rate, a stop in the middle, a watcher that is killed.

The core's own ledger says at the end whether every account was frozen, and once.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from console import children
from console.bench.accounts import put_account
from console.bench.faults import ledger
from console.bench.machine import machine
from console.core import commands, instants
from console.core.messages import CoreMeta, Limits, decoder
from console.desk import deciding, hotline
from console.exits import Exit
from console.paths import Home
from console.sandbox.bank import Bank
from console.sandbox.run import Sandbox, SandboxOptions
from store.files import StoreError
from store.journal import Journal
from store.life import SETTLED
from store.plans import Plans, PlanState
from store.reader import Reader

TOKEN = "sandbox-supervisor"  # noqa: S105 - the sandbox's own
CURRENCY, LIMIT_MINOR = "CNY", 1_000_000
STILL_S = 1.5
"""How long a stopped plan is watched after the restart: nothing may move."""
SINGLE_EVERY_S = 2.0
"""A freeze of one account is decided so often beside the plan, on an account of its own."""
SINGLES = 200
LOOK_S = 0.02
PATIENCE_S = 600.0
_META = decoder(CoreMeta)


@dataclass(frozen=True)
class Scale:
    """Accounts, after how many the plan is stopped, and how many requests the core takes a second and at once.

    `killed_at` are the shares of the accounts at which the running watcher is killed, besides the kill while the plan
    is stopped.
    """

    accounts: int = 1_000
    stop_at: int = 400
    per_s: float = 60.0
    burst: int = 60
    killed_at: tuple[float, ...] = (0.6, 0.8)
    seed: int = 1


@dataclass
class Findings:
    """What the ledger says: accounts frozen, frozen more than once, not frozen, and others touched.

    `moved`: accounts frozen while the plan was stopped, after its commands under way had ended. `out_of_order`:
    accounts that came before the stop although others with a greater exposure came after it. `singles_s`: from the
    decision to confirmed, of freezes beside the plan. `put_off`: attempts that the core refused for the rate.
    """

    accounts: int = 0
    frozen: int = 0
    doubled: int = 0
    missed: int = 0
    strangers: int = 0
    confirmed: int = 0
    stopped_at: int = 0
    moved: int = 0
    out_of_order: int = 0
    kills: int = 0
    put_off: int = 0
    seconds: float = 0.0
    per_minute: float = 0.0
    singles_s: list[float] = field(default_factory=list)
    audit_whole: bool = False

    @property
    def flawless(self) -> bool:
        wrong = self.doubled or self.missed or self.strangers or self.moved or self.out_of_order
        return self.audit_whole and not wrong and self.frozen == self.confirmed == self.accounts


class Desk:
    """One home with its watcher, and a journal of the trial's own."""

    def __init__(
        self, home: Home, core: str, token: str = TOKEN, *, watch: Sequence[str] = (), **environment: str
    ) -> None:
        """`watch` are further arguments of the watcher, `environment` further variables of all that is run."""
        self.home, self.core, self._watch = home, core, watch
        home.make()
        self.journal = Journal(home.journal)
        self.plans = Plans(self.journal)
        self._environment = {**os.environ, "RISKDESK_TOKEN": token, "OPENBLAS_NUM_THREADS": "1", **environment}
        self._watcher: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start a watcher and wait until it answers."""
        with children.open_private(self.home.log) as log:
            self._watcher = subprocess.Popen(  # noqa: S603 - our own program
                self._command("watch", "--tied", "--rules-only", *self._watch),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._environment,
            )
        until(self._answers, "the watcher's answer")

    def kill(self) -> None:
        """SIGKILL, and a new watcher."""
        self.end()
        self.start()

    def end(self) -> None:
        """SIGKILL."""
        if self._watcher is not None:
            self._watcher.kill()
            self._watcher.wait()

    def stop(self) -> None:
        if self._watcher is not None:
            children.stop(self._watcher)
        self.journal.close()

    def say(self, *arguments: str, text: str = "") -> str:
        """Run the command line as an operator does. Raises OSError with its words when it fails."""
        done = subprocess.run(  # noqa: S603 - our own program
            self._command(*arguments), input=text, capture_output=True, text=True, env=self._environment, check=False
        )
        if done.returncode:
            raise OSError(f"riskdesk {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def mirrors(self, accounts: int) -> bool:
        """Whether the mirror has so many accounts."""
        with suppress(StoreError), closing(Reader(self.home.mirror)) as mirror:
            return mirror.ready() and mirror.size() >= accounts
        return False

    def _answers(self) -> bool:
        with suppress(hotline.SocketError):
            return bool(hotline.status(self.home.socket))
        return False

    def _command(self, *arguments: str) -> list[str]:
        return children.command(*arguments, "--home", str(self.home.folder), "--core", self.core)


class Singles:
    """Freezes of single accounts beside the plan, one after another, and how long each takes."""

    def __init__(self, desk: Desk, meta: CoreMeta) -> None:
        self._desk, self._meta = desk, meta
        self._open: tuple[str, float] | None = None
        self._last = time.monotonic()
        self.decided: list[str] = []
        self.took: list[float] = []

    def look(self) -> None:
        """Note what is confirmed; decide the next when it is time."""
        now = time.monotonic()
        if self._open is not None:
            entry = self._desk.journal.get(self._open[0])
            if entry is not None and entry.state in SETTLED:
                self.took.append(now - self._open[1])
                self._open = None
        elif now - self._last > SINGLE_EVERY_S and len(self.decided) < SINGLES:
            self._last = now
            account_id = f"single.{len(self.decided)}"
            wish = commands.freeze(account_id, "account_takeover")
            entry = deciding.decide(self._desk.journal, self._meta, wish, core_now=instants.now())
            self.decided.append(account_id)
            self._open = (entry.command_id, now)
            with suppress(hotline.SocketError):  # a watcher that was killed just now finds it when it is back
                hotline.nudge(self._desk.home.socket, entry.command_id)


def report(seed: int, *, as_json: bool) -> int:
    """Put a bulk freeze of 1,000 accounts to the trial and print a table or one JSON object; 0 when it is flawless."""
    findings = run(Scale(seed=seed))
    took = sorted(findings.singles_s)
    figures = {
        **{name: value for name, value in vars(findings).items() if name != "singles_s"},
        "singles": len(took),
        "single_p95_ms": round(took[int(len(took) * 0.95)] * 1000) if took else None,
        "seed": seed,
        "machine": machine(),
    }
    if as_json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:36} {value}")
    return Exit.OK if findings.flawless else Exit.FAILED


def run(scale: Scale) -> Findings:
    """Freeze, stop, kill, resume, kill again, and judge. Raises OSError when a process does not start or go on."""
    with tempfile.TemporaryDirectory(prefix="riskdesk-bulk-") as folder:
        options = SandboxOptions(data=Path(folder) / "core", per_s=scale.per_s, burst=scale.burst)
        with Sandbox(options) as sandbox, _desk(Home(Path(folder) / "desk"), sandbox.origin) as desk:
            exposures = set_up(sandbox.bank, scale)
            desk.start()
            until(lambda: desk.mirrors(scale.accounts + SINGLES), "the mirror's accounts")
            return _trial(sandbox.bank, desk, scale, exposures)


@contextmanager
def _desk(home: Home, core: str) -> Iterator[Desk]:
    desk = Desk(home, core)
    try:
        yield desk
    finally:
        desk.stop()


def _trial(bank: Bank, desk: Desk, scale: Scale, exposures: dict[str, int]) -> Findings:
    findings = Findings(accounts=scale.accounts)
    singles = Singles(desk, _rules(desk.core))
    began = time.monotonic()
    named = random.Random(scale.seed).sample(sorted(exposures), len(exposures))
    desk.say("plan", "freeze", "--from", "-", "--reason", "account_takeover", text="\n".join(named))
    _wait_for(desk, singles, scale.stop_at, "the stop")
    desk.plans.stop(1, instants.now(), "trial")
    until(lambda: not desk.plans.traffic().planned, "the end of what was under way")
    before = set(placed(bank)) & set(exposures)
    findings.stopped_at = len(before)
    desk.kill()
    paused = time.monotonic()
    time.sleep(STILL_S)
    findings.moved = len(set(placed(bank)) & set(exposures)) - len(before)
    desk.say("plan", "resume", "1")
    began += time.monotonic() - paused
    for share in scale.killed_at:
        _wait_for(desk, singles, int(share * scale.accounts), "the plan's going on")
        desk.kill()
    _wait_for(desk, singles, scale.accounts, "the plan's end")
    until(lambda: desk.plans.need(1).state is PlanState.DONE, "the plan's being done")
    findings.seconds = round(time.monotonic() - began, 1)
    findings.per_minute = round(scale.accounts / findings.seconds * 60)
    findings.kills = 1 + len(scale.killed_at)
    findings.out_of_order = len(before - set(sorted(exposures, key=lambda one: -exposures[one])[: len(before)]))
    _judge(findings, bank, desk, exposures, singles)
    return findings


def _rules(core: str) -> CoreMeta:
    answer = httpx.get(f"{core}/core/v1/meta", headers={"Authorization": f"Bearer {TOKEN}"})
    meta: CoreMeta = _META.decode(answer.content)
    return meta


def _wait_for(desk: Desk, singles: Singles, ended: int, what: str) -> None:
    def so_far() -> bool:
        singles.look()
        return desk.plans.results(1)[1].ended >= ended

    until(so_far, what)


def _judge(findings: Findings, bank: Bank, desk: Desk, exposures: dict[str, int], singles: Singles) -> None:
    holds = placed(bank)
    findings.frozen = sum(account_id in holds for account_id in exposures)
    findings.doubled = sum(count > 1 for count in holds.values())
    findings.missed = sum(account_id not in holds for account_id in exposures)
    findings.strangers = len(set(holds) - set(exposures) - set(singles.decided))
    findings.confirmed = desk.plans.results(1)[1]["CONFIRMED"]
    findings.put_off = int(desk.journal.rows("SELECT count(*) FROM attempt WHERE status = 429")[0][0])
    findings.singles_s = singles.took
    findings.audit_whole = desk.journal.verify_audit() is None


def placed(bank: Bank) -> Counter[str]:
    """How many holds commands have placed on each account, by the core's whole log."""
    made = [effect for effects in ledger.read(bank).effects.values() for effect in effects if effect.type == "account"]
    return Counter(effect.after["id"] for effect in made if len(effect.after["holds"]) > len(effect.before["holds"]))


def set_up(bank: Bank, scale: Scale) -> dict[str, int]:
    """Put the accounts; gives what can be spent on each of the plan's."""
    chance = random.Random(scale.seed)
    exposures = {f"acc.{number:05d}": chance.randrange(LIMIT_MINOR) for number in range(scale.accounts)}
    with bank.batch():
        for account_id in (*exposures, *(f"single.{number}" for number in range(SINGLES))):
            put_account(bank, account_id, _limits(exposures.get(account_id, LIMIT_MINOR)))
    return exposures


def _limits(available: int) -> Limits:
    return Limits(
        currency=CURRENCY,
        credit_limit_minor=LIMIT_MINOR,
        available_minor=available,
        balance_minor=LIMIT_MINOR - available,
        pending_minor=0,
    )


def until(true: Callable[[], bool], what: str) -> None:
    """Wait until something is so. Raises OSError when it is not in time."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > end:
            raise OSError(f"{what} did not come within {PATIENCE_S:.0f} s")
        time.sleep(LOOK_S)
