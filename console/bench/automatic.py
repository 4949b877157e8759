"""Automatic measures put to the trial: two watchers under one subject, many critical alerts, one killed in the middle.

The core's own ledger says at the end whether an account was frozen twice and whether the budget was kept; the desks'
journals say why each of the others was left.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from console.bench.bulk import Desk, placed, until
from console.bench.machine import machine
from console.bench.traffic import ATTACKERS_IP, LIMIT, Town
from console.core import instants
from console.exits import Exit
from console.paths import Home, fixtures
from console.risk.policy import digest
from console.sandbox.bank import Bank
from console.sandbox.run import Sandbox, SandboxOptions
from store.automatic import Automatic
from store.journal import Journal
from store.mirror_schema import LEVELS
from store.overrides import Listing, Lists
from store.policies import Policies, Text

OPERATORS = ("sandbox-operator", "sandbox-operator-2")
SERVICE = "sandbox-supervisor"
"""The service's token: with the role of a supervisor, or the core's bulk rule would keep the 21st from acting."""
SLICE = 500


@dataclass(frozen=True)
class Scale:
    """Alerts, how many may be answered in an hour, after what share of those one watcher is killed, and after how many
    seconds it comes back."""

    alerts: int = 1_000
    budget: int = 400
    killed_at: float = 0.5
    back_after_s: float = 3.0
    quiet_s: float = 6.0
    """After so long without a freeze, and with no claim under way, nothing more comes."""


@dataclass
class Findings:
    """What the ledger says: accounts frozen, frozen twice, others touched, and by how much the budget was passed.

    `by_desk` are the freezes each desk made; `left` why each desk left the alerts that it did not answer.
    """

    alerts: int = 0
    budget: int = 0
    frozen: int = 0
    twice: int = 0
    strangers: int = 0
    over_count: int = 0
    over_exposure: int = 0
    unfrozen: int = 0
    seconds: float = 0.0
    by_desk: list[int] = field(default_factory=list)
    left: list[dict[str, int]] = field(default_factory=list)
    audits_whole: bool = False

    @property
    def flawless(self) -> bool:
        wrong = self.twice or self.strangers or self.over_count or self.over_exposure
        return self.audits_whole and not wrong and self.frozen == min(self.alerts, self.budget)


def report(alerts: int, budget: int, *, as_json: bool) -> int:
    """Run the trial and print a table or one JSON object; 0 when it is flawless."""
    findings = run(Scale(alerts, budget))
    figures = {**asdict(findings), "machine": machine()}
    print(json.dumps(figures) if as_json else "\n".join(f"{name:16} {value}" for name, value in figures.items()))
    return Exit.OK if findings.flawless else Exit.FAILED


def run(scale: Scale) -> Findings:
    """Raise the alerts, kill a watcher on the way, start it again, and judge. Raises OSError when nothing goes on."""
    with tempfile.TemporaryDirectory(prefix="riskdesk-automatic-") as folder:
        options = SandboxOptions(data=Path(folder) / "core")
        with Sandbox(options) as sandbox, _desks(Path(folder), sandbox.origin, scale) as desks:
            town = Town(10 * scale.alerts)
            town.residents = town.quiet
            _publish(sandbox.bank, list(town.opened(instants.now())))
            for desk in desks:
                desk.start()
            for desk in desks:
                until(lambda desk=desk: desk.mirrors(scale.alerts), "the mirror's accounts")  # type: ignore[misc]
            return _trial(sandbox.bank, desks, town, scale)


@contextmanager
def _desks(folder: Path, core: str, scale: Scale) -> Iterator[list[Desk]]:
    """Two desks of different operators, whose watchers act under one subject by one policy."""
    desks = [
        Desk(Home(folder / token), core, token, watch=("--automatic",), RISKDESK_SERVICE_TOKEN=SERVICE)
        for token in OPERATORS
    ]
    try:
        for desk in desks:
            policy(desk.journal, scale.budget, exposure=scale.budget * LIMIT)
            block(desk.journal)
        yield desks
    finally:
        for desk in desks:
            desk.stop()


def policy(journal: Journal, count: int, *, exposure: int, shadow: bool = False, ceiling: int = 1_000_000) -> None:
    """Put a policy in force that lets so much be done in an hour by itself, on every critical alert."""
    shipped = (fixtures() / "policies" / "standard.toml").read_text(encoding="utf-8")
    kept = [line for line in shipped.splitlines() if not line.startswith(tuple(f"{key} =" for key in _BUDGET))]
    budget = (
        f"[automatic]\nshadow = {str(shadow).lower()}\ncount = {count}\nexposure = {{ CNY = {exposure} }}\n"
        f"per_rule = {count}\nceiling = {ceiling}"
    )
    text = "\n".join(kept).replace("[automatic]", budget).replace("least_score = 0.97", "least_score = 0.0")
    now = instants.now()
    Policies(journal).apply(
        Text(version=digest(text), name="trial", text=text), "normal", "trial", "trial", now=now, since=now
    )


def block(journal: Journal) -> None:
    """Have whatever comes from the attackers raise an alert of the highest level."""
    listing = Listing(
        list="block", kind="ip", subject=ATTACKERS_IP, level=len(LEVELS) - 1, reason="a campaign", expires_at=None
    )
    Lists(journal).add(listing, instants.now(), "trial")


_BUDGET = ("shadow", "count", "exposure", "per_rule", "ceiling")


def _publish(bank: Bank, changes: list) -> None:  # type: ignore[type-arg]
    for first in range(0, len(changes), SLICE):
        with bank.batch():
            bank.log.extend(changes[first : first + SLICE])


def _trial(bank: Bank, desks: list[Desk], town: Town, scale: Scale) -> Findings:
    began, at = time.monotonic(), instants.now()
    _publish(bank, [change for one in town.quiet for change in town.taken_over(one, at)])
    expected = min(scale.alerts, scale.budget)
    until(lambda: _done(desks) >= scale.killed_at * expected, "the middle")
    desks[0].end()
    time.sleep(scale.back_after_s)
    desks[0].start()
    last, still = -1, time.monotonic()
    while time.monotonic() - still < scale.quiet_s:
        done = _done(desks)
        if done != last or any(Automatic(desk.journal).claiming() for desk in desks):
            last, still = done, time.monotonic()
        time.sleep(0.2)
    findings = Findings(scale.alerts, scale.budget, seconds=round(time.monotonic() - began - scale.quiet_s, 1))
    _judge(findings, bank, desks, town)
    return findings


def _done(desks: list[Desk]) -> int:
    return sum(Automatic(desk.journal).results().get(("CONFIRMED", ""), 0) for desk in desks)


def _judge(findings: Findings, bank: Bank, desks: list[Desk], town: Town) -> None:
    holds = placed(bank)
    attacked = {one.account for one in town.quiet}
    findings.frozen = sum(account in holds for account in attacked)
    findings.unfrozen = len(attacked) - findings.frozen
    findings.twice = sum(count > 1 for count in holds.values())
    findings.strangers = len(set(holds) - attacked)
    findings.over_count = max(0, sum(holds.values()) - findings.budget)
    exposed = sum(bank.account(account).limits.available_minor * count for account, count in holds.items())
    findings.over_exposure = max(0, exposed - findings.budget * LIMIT)
    for desk in desks:
        results: Counter[str] = Counter()
        for (result, why), count in Automatic(desk.journal).results().items():
            results[why or result] += count
        findings.by_desk.append(results.pop("CONFIRMED", 0))
        findings.left.append(dict(results))
    findings.audits_whole = all(desk.journal.verify_audit() is None for desk in desks)
