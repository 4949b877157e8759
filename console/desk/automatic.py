"""What the machine did by itself, would have done and left to people, what is left of its budget, and its stop."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from getpass import getuser
from typing import Any

from console.core import instants
from console.core.instants import DAY, HOUR
from console.desk import tickets
from console.desk.regimes import Regimes
from console.exits import Exit
from console.language import term, tr
from console.paths import Home
from console.risk.automatic import Regime, Spent, spent
from console.risk.intervals import Share, wilson
from console.ui.text import clean
from store import wanting
from store.automatic import SKIPPED, Act, Automatic, Stop
from store.files import StoreError
from store.journal import Journal, JournalError
from store.reader import Reader

NEWEST = 200
"""Acts that are told of, the newest."""
RECORD = 30 * DAY
"""What the record of a rule looks back over, µs."""


@dataclass(frozen=True)
class RuleActs:
    """The measures that a rule called for and that were carried out, and what people said of them since."""

    rule_id: str
    acts: int
    fraud: int
    legit: int

    @property
    def right(self) -> Share | None:
        """The share that was right, of those that people have judged."""
        return wilson(self.fraud, self.fraud + self.legit)


@dataclass(frozen=True)
class Standing:
    """Where the automatic measures stand. `regime` is None before the first policy, `stop` while nothing is stopped.

    `spent` is what the last hour's claims take of the budget, by what this desk's mirror shows and its journal knows;
    `shadowed` what would have been taken of it in shadow. `results` counts the last hour's acts by (result, why).
    """

    regime: Regime | None
    stop: Stop | None
    subjects: tuple[str, ...]
    spent: Spent
    shadowed: Spent
    results: dict[tuple[str, str], int]
    acts: Sequence[Act]
    verdicts: dict[str, str]
    rules: Sequence[RuleActs]


def standing(journal: Journal, mirror: Reader | None, core_now: int) -> Standing:
    """As of an instant of the core's clock. Raises PolicyError for a policy that can't be read."""
    acts = Automatic(journal)
    recent = acts.recent(NEWEST)
    done = acts.carried_out(core_now - RECORD)
    said = wanting.verdicts(mirror, (act.cause for act in (*recent, *done))) if mirror is not None else {}
    subjects = tuple(sorted(acts.subjects()))
    costs = []
    for subject in subjects:
        found = tickets.read(mirror, subject, core_now) if mirror is not None else {}
        costs += tickets.costs(found, acts.reserved(subject, tickets.since(core_now)), core_now)
    shadow = [tickets.cost(tickets.written(act)) for act in acts.shadowed(core_now - HOUR)]
    return Standing(
        Regimes(journal).now(),
        acts.stopped(),
        subjects,
        spent(costs),
        spent(shadow),
        acts.results(core_now - HOUR),
        recent,
        said,
        by_rule(done, said),
    )


def by_rule(acts: Sequence[Act], verdicts: dict[str, str]) -> list[RuleActs]:
    """The record of each rule that called for measures that were carried out, the most first."""
    found = []
    for rule in sorted({rule for act in acts for rule in act.rules}):
        said = [verdicts.get(act.cause) for act in acts if rule in act.rules]
        found.append(RuleActs(rule, len(said), said.count("fraud"), said.count("legit")))
    return sorted(found, key=lambda one: -one.acts)


def why(act: Act) -> str:
    """Why an act was left, in the reader's language."""
    return term("automatic.why", act.why) if act.why else ""


def stop_words(stop: Stop) -> str:
    """Who or what stopped everything, and why."""
    return tr("automatic.stopped", by=clean(stop.by, 40), why=term("automatic.stop", clean(stop.why, 200)))


# ---------------------------------------------------------------- the command line


def run_status(home: Home, *, as_json: bool) -> int:
    """Print where the automatic measures stand. Raises StoreError when the journal can't be read."""
    if not home.journal.exists():
        return _say(tr("automatic.never"))
    journal = Journal(home.journal)
    try:
        mirror = Reader(home.mirror)
    except StoreError:
        mirror = None
    found = standing(journal, mirror if mirror is not None and mirror.ready() else None, instants.now())
    if as_json:
        return _say(json.dumps(_told(found)))
    for line in _lines(found):
        print(line)
    return Exit.OK


def run_turn(options: argparse.Namespace, home: Home) -> int:
    """Stop everything that is done by itself, or let it go on."""
    home.make()
    acts, now = Automatic(Journal(home.journal)), instants.now()
    try:
        if options.action == "stop":
            acts.stop(now, getuser(), options.reason or "person")
        else:
            acts.resume(now, getuser(), options.reason)
    except JournalError as error:
        print(tr("cli.error", error=error), file=sys.stderr)
        return Exit.FAILED
    stop = acts.stopped()
    return _say(tr("automatic.resumed") if stop is None else stop_words(stop))


def _lines(found: Standing) -> list[str]:
    regime, stop = found.regime, found.stop
    lines = [stop_words(stop) if stop else tr("automatic.not_stopped")]
    if regime is not None:
        mode = tr("automatic.shadow") if regime.shadow else tr("automatic.acting")
        who = ", ".join(found.subjects) or tr("automatic.nobody")
        lines.append(tr("automatic.by", mode=mode, policy=regime.stamp, who=who))
        taken = found.shadowed if regime.shadow else found.spent
        lines.append(tr("automatic.count_left", used=taken.count, of=regime.budget.count))
        for currency, most in regime.budget.exposure.items():
            used = taken.exposure.get(currency, 0)
            lines.append(tr("automatic.exposure_left", currency=currency, used=used, of=most))
    counted = [f"{result_words(result, left)} {count}" for (result, left), count in sorted(found.results.items())]
    lines.append(tr("automatic.last_hour", results="  ".join(counted) or tr("automatic.nothing")))
    for one in found.rules:
        share = one.right
        right = f"{share.value:.0%} ({share.low:.0%}-{share.high:.0%})" if share else "-"
        lines.append(
            tr("automatic.rule", rule=one.rule_id, acts=one.acts, fraud=one.fraud, legit=one.legit, right=right)
        )
    return lines


def result_words(result: str, left: str = "") -> str:
    """A result in words; what was left is told by why."""
    if result == SKIPPED and left:
        return term("automatic.why", left)
    return term("automatic.result", result)


def _told(found: Standing) -> dict[str, Any]:
    regime = found.regime
    return {
        "stopped": asdict(found.stop) if found.stop else None,
        "policy": regime.stamp if regime else None,
        "shadow": regime.shadow if regime else None,
        "budget": asdict(regime.budget) if regime else None,
        "spent": asdict(found.shadowed if regime and regime.shadow else found.spent),
        "subjects": found.subjects,
        "last_hour": [
            {"result": result, "why": left or None, "count": count} for (result, left), count in found.results.items()
        ],
        "rules": [asdict(one) for one in found.rules],
        "acts": [asdict(act) | {"verdict": found.verdicts.get(act.cause)} for act in found.acts],
    }


def _say(text: str) -> int:
    print(text)
    return Exit.OK
