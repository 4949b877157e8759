"""`riskdesk bench policy`: hard times that nobody tells the desk of, with a policy that moves and one that does not.

The same world twice for each seed, each with the whole product: sandbox, watcher, and a desk that decides about credit
as the policy in force recommends. Losses are what the core's own books have charged off. Policies may be tuned on seed
1 only; the figures come from the seeds after it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, cast

import httpx

from console import children
from console.bench.credit_desk import CreditDesk
from console.bench.machine import machine
from console.core.instants import DAY
from console.core.messages import Account, Application
from console.desk import policy as policies
from console.exits import Exit
from console.paths import Home
from console.risk.policy import Reading, driven
from console.risk.policy_text import read_policy
from console.sandbox import run as sandbox
from console.sandbox.life import PLAYED_FROM
from console.sandbox.lockstep import PATH, Step
from console.sandbox.world import load
from console.sandbox.world.downturn import Times
from console.watch.policy import NOTE
from store.files import StoreError
from store.indicators import figures
from store.journal import Journal
from store.policies import Policies
from store.reader import Reader

WORLD = "downturn"
TUNED_ON = 1
DAYS = 240
A_DAY = 24 * 60
PUBLISHED_AFTER_DAYS = 28 + 9
"""The longest that a figure of the economy is behind: it comes every four weeks and is nine days old then."""
LOOK_S = 0.003
ALIVE_EVERY = 1_000
RULE = re.compile(r"^\[\[drive\.rule\]\]\n(?:\w+ = .*\n)+", re.MULTILINE)


@dataclass(frozen=True)
class Trial:
    """What to run: so many seeds after the one that policies are tuned on, or that one only."""

    seeds: int = 5
    tuning: bool = False
    policy: Path | None = None

    @property
    def chosen(self) -> list[int]:
        return [TUNED_ON] if self.tuning else [TUNED_ON + number for number in range(1, self.seeds + 1)]


@dataclass(frozen=True)
class Arm:
    """What a policy came to in a world. Days are the world's, money minor units.

    `moves` are (day, stance); `due_day` is the first on which an indicator had passed a threshold. `approved` are the
    customers whose application was approved, `bad` those whose account was charged off or is late at the end.
    """

    moves: list[tuple[float, str]]
    due_day: float | None
    loss_minor: int
    new_loss_minor: int
    charged_off: int
    exposure_minor: int
    applied: set[str]
    approved: set[str]
    bad: set[str]
    done: dict[str, int]


def run(asked: Trial, *, as_json: bool) -> int:
    """Play, compare, and print a table or one JSON object. Raises OSError when a process fails."""
    began = time.monotonic()
    text = asked.policy.read_text(encoding="utf-8") if asked.policy else policies.shipped().text
    rows = [_pair(seed, text) for seed in asked.chosen]
    found = {
        "seeds": asked.chosen,
        "tuned_on": TUNED_ON,
        "policy": read_policy("policy", text).version,
        "days": DAYS,
        "dwell_days": read_policy("policy", text).drive.dwell_days,
        "rows": rows,
        **summary(rows),
        "seconds": round(time.monotonic() - began, 1),
        "machine": machine(),
    }
    print(json.dumps(found) if as_json else table(found))
    return Exit.OK


def moving(text: str) -> str:
    """The policy with a watcher that moves it."""
    return text.replace('apply = "proposal"', 'apply = "automatic"')


def fixed(text: str) -> str:
    """The policy that nothing moves."""
    return RULE.sub("", text)


def _pair(seed: int, text: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="riskdesk-bench-") as folder, ThreadPoolExecutor(2) as pool:
        arms = [
            pool.submit(_arm, Path(folder) / name, seed, version)
            for name, version in (("moving", moving(text)), ("fixed", fixed(text)))
        ]
        row = compared(seed, begins_on(seed), *(arm.result() for arm in arms))
    print(line(row), file=sys.stderr, flush=True)
    return row


def begins_on(seed: int) -> float:
    """The day on which the downturn begins, which only the world knows."""
    return (Times(load(WORLD).downturn, seed, PLAYED_FROM).begins - PLAYED_FROM) / DAY


# ---------------------------------------------------------------- one world


def _arm(folder: Path, seed: int, text: str) -> Arm:
    folder.mkdir()
    data, home = folder / "core", Home(folder / "home")
    world = ("--world", WORLD, "--seed", str(seed), "--days", str(DAYS), "--lockstep", str(A_DAY), "--data", str(data))
    home.make()
    _put_in_force(home, text)
    with children.sandbox(*world, log=folder / "sandbox.log") as core, _watcher(home, core) as watcher:
        desk = CreditDesk(core, home)
        try:
            due = _work(desk, core, home, watcher, text)
        finally:
            desk.close()
        moves = _moves(home)
    return _judged(data, moves, due, dict(desk.done))


def _put_in_force(home: Home, text: str) -> None:
    journal = Journal(home.journal)
    try:
        policies.apply(journal, read_policy("bench", text), None, "bench policy", "bench", 0)
    finally:
        journal.close()


@contextmanager
def _watcher(home: Home, core: str) -> Iterator[subprocess.Popen[bytes]]:
    command = children.command("watch", "--tied", "--home", str(home.folder), "--core", core, "--rules-only")
    with children.open_private(home.log) as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        children.stop(process)


def _work(desk: CreditDesk, core: str, home: Home, watcher: subprocess.Popen[bytes], text: str) -> float | None:
    """Day by day to the end: live, wait for the product, decide; the day on which the first move was due."""
    mirror: Reader | None = None
    with httpx.Client(base_url=core, timeout=300) as control:
        while True:
            answer = control.post(PATH)
            answer.raise_for_status()
            step = Step(**answer.json())
            mirror = mirror or _opened(home, watcher)
            _caught_up(mirror, step.head_seq, watcher)
            desk.day(step.reached)
            if step.over:
                break
    readings = [Reading(figure.id, figure.recorded_at, figure.value) for figure in figures(mirror, desk.journal)]
    mirror.close()
    stood = driven(read_policy("bench", text), readings, 0)
    return (stood[1].since - PLAYED_FROM) / DAY if len(stood) > 1 else None


def _opened(home: Home, watcher: subprocess.Popen[bytes]) -> Reader:
    """The mirror as soon as the watcher has made it."""
    while True:
        _alive(home, watcher)
        try:
            mirror = Reader(home.mirror)
        except StoreError:
            time.sleep(LOOK_S)
            continue
        if mirror.ready():
            return mirror
        mirror.close()
        time.sleep(LOOK_S)


def _caught_up(mirror: Reader, head: int, watcher: subprocess.Popen[bytes]) -> None:
    """Wait until the mirror has everything, and the policy's drive has looked at every indicator in it."""
    looks = 0
    while True:
        scanned = mirror.rows("SELECT coalesce(max(scanned_to_seq), -1) FROM feed")[0][0]
        if scanned >= head:
            newest = mirror.rows("SELECT coalesce(max(seq), 0) FROM indicator")[0][0]
            note = mirror.notes().get(NOTE)
            if note is not None and json.loads(note)["seq"] >= newest:
                return
        looks += 1
        if looks % ALIVE_EVERY == 0 and watcher.poll() is not None:
            raise OSError(f"the watcher ended on the way (code {watcher.returncode})")
        time.sleep(LOOK_S)


def _alive(home: Home, watcher: subprocess.Popen[bytes]) -> None:
    if watcher.poll() is not None:
        said = home.log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise OSError(f"the watcher ended on the way (code {watcher.returncode}):\n{said}")


def _moves(home: Home) -> list[tuple[float, str]]:
    """What the stance became and when, the first stance left out."""
    journal = Journal(home.journal)
    try:
        past = Policies(journal).history()[::-1]
    finally:
        journal.close()
    return [((move.since - PLAYED_FROM) / DAY, move.stance) for move in past[1:]]


def _judged(data: Path, moves: list[tuple[float, str]], due: float | None, done: dict[str, int]) -> Arm:
    """What the core's books say at the end."""
    accounts = cast(Sequence[Account], sandbox.stands(data, "account"))
    asked = cast(Sequence[Application], sandbox.stands(data, "application"))
    approved = {one.customer_id for one in asked if one.status == "booked"}
    lost = [account for account in accounts if account.credit_state == "charged_off"]
    return Arm(
        moves=moves,
        due_day=due,
        loss_minor=sum(account.limits.balance_minor for account in lost),
        new_loss_minor=sum(account.limits.balance_minor for account in lost if account.customer_id in approved),
        charged_off=len(lost),
        exposure_minor=sum(account.limits.balance_minor for account in accounts if account.status == "active"),
        applied={one.customer_id for one in asked},
        approved=approved,
        bad={account.customer_id for account in accounts if account.credit_state != "current"},
        done=done,
    )


# ---------------------------------------------------------------- figures


def compared(seed: int, began: float, moved: Arm, stayed: Arm) -> dict[str, Any]:
    """One seed's figures. A good customer is one whom the fixed policy approved and who repays under it."""
    good = stayed.approved - stayed.bad
    bad = stayed.approved & stayed.bad
    tightened = next((day for day, _ in moved.moves), None)
    return {
        "seed": seed,
        "began_day": round(began, 1),
        "due_day": None if moved.due_day is None else round(moved.due_day, 1),
        "tightened_day": None if tightened is None else round(tightened, 1),
        "after_days": None if tightened is None else round(tightened - began, 1),
        "moves": [(round(day, 1), stance) for day, stance in moved.moves],
        "loss_fixed_minor": stayed.loss_minor,
        "loss_moving_minor": moved.loss_minor,
        "loss_cut": 1 - moved.loss_minor / stayed.loss_minor if stayed.loss_minor else None,
        "charged_off": [stayed.charged_off, moved.charged_off],
        "exposure_minor": [stayed.exposure_minor, moved.exposure_minor],
        "applied": len(moved.applied | stayed.applied),
        "approved": [len(stayed.approved), len(moved.approved)],
        "good": len(good),
        "good_lost": len(good - moved.approved),
        "bad": len(bad),
        "bad_avoided": len(bad - moved.approved),
        "done": [stayed.done, moved.done],
    }


UNITS = {"minor": (1e5, " thousand"), "cut": (0.01, " %")}
SUMMED = ("after_days", "loss_fixed_minor", "loss_moving_minor", "loss_cut", "good", "good_lost", "bad", "bad_avoided")


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Mean and deviation over the seeds of each figure that every seed has."""
    found = {}
    for name in SUMMED:
        values = [row[name] for row in rows if row[name] is not None]
        if values:
            found[name] = {"mean": fmean(values), "deviation": stdev(values) if len(values) > 1 else 0.0}
    return found


# ---------------------------------------------------------------- for people


def line(row: dict[str, Any]) -> str:
    """One seed as a line: losses in thousands of the currency."""
    moves = ", ".join(f"day {day:.0f} {stance}" for day, stance in row["moves"])
    fixed_loss, moving_loss = row["loss_fixed_minor"] / 1e5, row["loss_moving_minor"] / 1e5
    cut = "-" if row["loss_cut"] is None else f"{100 * row['loss_cut']:.0f} %"
    after = "never" if row["after_days"] is None else f"{row['after_days']:.1f}"
    return (
        f"{row['seed']:4} {row['began_day']:6.1f} {after:>7} {fixed_loss:10.1f} {moving_loss:10.1f} {cut:>6} "
        f"{row['good_lost']:5} of {row['good']:4} {row['bad_avoided']:5} of {row['bad']:4}  {moves}"
    )


def table(found: dict[str, Any]) -> str:
    """The figures as text."""
    head = (
        f"{'seed':>4} {'began':>6} {'days':>7} {'fixed':>10} {'moving':>10} {'less':>6} {'good lost':>13} "
        f"{'bad avoided':>13}  stance"
    )
    lines = [
        f"policy {found['policy']}, {found['days']} days, tuned on seed {found['tuned_on']}",
        f"began: day of the downturn; days: from there until the stance tightened (dwell {found['dwell_days']:g},"
        f" figures up to {PUBLISHED_AFTER_DAYS} days behind); fixed, moving: charged off, thousands",
        "",
        head,
        *(line(row) for row in found["rows"]),
        "",
    ]
    for name in SUMMED:
        if name in found:
            scale, unit = UNITS.get(name.rpartition("_")[2], (1.0, ""))
            mean, spread = found[name]["mean"] / scale, found[name]["deviation"] / scale
            lines.append(f"{name.removesuffix('_minor'):14} {mean:10.1f} ± {spread:.1f}{unit}")
    lines += ["", f"{found['seconds']:.0f} s on {found['machine']}"]
    return "\n".join(lines)
