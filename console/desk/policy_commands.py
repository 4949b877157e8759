"""`riskdesk policy`: what is in force, drafts, what they change and would do, proposals, applying, rolling back."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from console.core import instants
from console.desk import policy as desk
from console.desk.indicators import readings
from console.desk.lists import surroundings
from console.desk.policy_effect import Choice, Effect, effect
from console.exits import Exit
from console.language import term, tr
from console.paths import Home
from console.risk.policy import Policy, switches, wanted
from console.risk.policy_text import read_policy
from console.ui.text import clean
from store.files import StoreError
from store.indicators import Figure, figures
from store.journal import Journal
from store.policies import InForce, Policies, Proposal
from store.reader import Reader


def run(home: Home, packs: Path | None, options: argparse.Namespace) -> int:
    """Do what was asked. Raises ValueError with words for people, OSError for files."""
    what = options.what
    if what == "check":
        policy = desk.read_file(options.file)
        print(tr("policy.good", name=policy.name, version=policy.version, stances=", ".join(policy.stances)))
        return Exit.OK
    if not home.journal.exists():
        raise ValueError(tr("policy.none"))
    journal = Journal(home.journal)
    try:
        return _COMMANDS[what](_Asked(home, packs, journal, options))
    finally:
        journal.close()


class _Asked:
    """One call: where, and what was typed."""

    def __init__(self, home: Home, packs: Path | None, journal: Journal, options: argparse.Namespace) -> None:
        self.home, self.packs, self.journal, self.options = home, packs, journal, options

    def figures(self) -> list[Figure]:
        """Every figure that is known; without a mirror the desk's own."""
        try:
            mirror = Reader(self.home.mirror)
        except (StoreError, OSError):
            return figures(None, self.journal)
        try:
            return figures(mirror if mirror.ready() else None, self.journal)
        finally:
            mirror.close()

    def choice(self, named: str) -> tuple[Policy, str | None]:
        """The policy of a file with no stance chosen but --stance, or the one in force with a stance of its own."""
        policy = desk.present(self.journal)[1]
        stance: str | None = getattr(self.options, "stance", None)
        if not Path(named).exists():
            return policy, desk.known_stance(policy, named)
        return desk.read_file(Path(named)), stance


def _show(asked: _Asked) -> int:
    found, policy = desk.present(asked.journal)
    known = asked.figures()
    state = switches(policy.drive, readings(known))
    proposal = Policies(asked.journal).open_proposal()
    if asked.options.json:
        print(json.dumps(_plain(found, policy, known, proposal), ensure_ascii=False))
        return Exit.OK
    since = instants.wire(found.since)[:16] if found.since else tr("policy.beginning")
    print(tr("policy.in_force", name=clean(found.name, 64), stamp=found.stamp, since=since, by=clean(found.actor, 40)))
    if found.reason:
        print(f"  {clean(found.reason, 200)}")
    print(tr("policy.asked_for", stance=wanted(policy, state).stance, apply=term("policy.apply", policy.drive.apply)))
    for switch in state:
        value = "-" if switch.newest is None else f"{switch.newest.value:g}"
        on = tr("policy.on") if switch.on else "-"
        rule = switch.rule
        print(f"  {rule.indicator:24} {value:>9}  {rule.enter:>7g} {rule.leave:>7g}  {rule.stance:10} {on}")
    if proposal is not None:
        print(
            tr(
                "policy.proposal",
                number=proposal.number,
                stance=proposal.stance,
                why=clean(desk.because(proposal.because), 400),
            )
        )
        if proposal.effect:
            print("\n".join(effect_lines(json.loads(proposal.effect))))
    return Exit.OK


def _plain(found: InForce, policy: Policy, known: list[Figure], proposal: Proposal | None) -> dict[str, Any]:
    newest = {figure.id: asdict(figure) for figure in known}
    return {
        "in_force": {name: value for name, value in asdict(found).items() if name != "text"} | {"stamp": found.stamp},
        "stances": list(policy.stances),
        "indicators": newest,
        "proposal": asdict(proposal) if proposal else None,
    }


def _diff(asked: _Asked) -> int:
    lines = desk.differing(desk.present(asked.journal)[1], desk.read_file(asked.options.file))
    print("\n".join(lines) if lines else tr("policy.same"))
    return Exit.OK


def _draft(asked: _Asked) -> int:
    """The text in force, to be edited: printed, or in a new file."""
    text, to = desk.present(asked.journal)[0].text, asked.options.to
    if to is None:
        sys.stdout.write(text)
        return Exit.OK
    with os.fdopen(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    print(tr("policy.drafted", file=to))
    return Exit.OK


def _backtest(asked: _Asked) -> int:
    found, policy = desk.present(asked.journal)
    number = asked.options.proposal
    if number is not None:
        proposal = next(iter(Policies(asked.journal).proposals(f"WHERE number = {number}")), None)
        text = Policies(asked.journal).text(proposal.version) if proposal else None
        if proposal is None or text is None:
            raise ValueError(tr("policy.no_proposal", number=number))
        draft, stance = read_policy(text.name, text.text), proposal.stance
    elif asked.options.draft is None:
        raise ValueError(tr("policy.nothing_to_try"))
    else:
        draft, chosen = asked.choice(asked.options.draft)
        stance = _stance(draft, chosen, found.stance)
    told = effect(asked.home, asked.packs, Choice(policy, found.stance), Choice(draft, stance), asked.options.days)
    if number is not None:
        Policies(asked.journal).tell_effect(number, told)
    print(json.dumps(told) if asked.options.json else "\n".join(effect_lines(told)))
    return Exit.OK


def _stance(policy: Policy, chosen: str | None, present: str) -> str:
    return desk.known_stance(policy, chosen or (present if present in policy.stances else policy.drive.stance))


def _apply(asked: _Asked) -> int:
    now, by = surroundings(asked.home)
    policy, stance = asked.choice(asked.options.draft)
    done = desk.apply(asked.journal, policy, stance, asked.options.reason, by, now)
    print(tr("policy.applied", stamp=done.stamp))
    return Exit.OK


def _propose(asked: _Asked) -> int:
    now, by = surroundings(asked.home)
    policy, stance = asked.choice(asked.options.draft)
    made = desk.propose(asked.journal, policy, stance, asked.options.reason, by, now)
    print(tr("policy.proposed", number=made.number, stamp=f"{made.version}/{made.stance}"))
    return Exit.OK


def _rollback(asked: _Asked) -> int:
    now, by = surroundings(asked.home)
    done = desk.roll_back(asked.journal, asked.options.version, asked.options.reason, by, now)
    print(tr("policy.rolled_back", stamp=done.stamp))
    return Exit.OK


def _history(asked: _Asked) -> int:
    past = Policies(asked.journal).history()
    if asked.options.json:
        rows = [{name: value for name, value in asdict(move).items() if name != "text"} for move in past]
        print(json.dumps(rows, ensure_ascii=False))
        return Exit.OK
    for move in past:
        since = instants.wire(move.since)[:16] if move.since else "-"
        kind, name = term("policy.kind", move.kind), clean(move.name, 20)
        print(f"{since:16} {move.stamp:26} {name:20} {kind:12} {clean(move.actor, 20):12} {clean(move.reason, 80)}")
    return Exit.OK


_COMMANDS = {
    "show": _show,
    "diff": _diff,
    "draft": _draft,
    "backtest": _backtest,
    "apply": _apply,
    "propose": _propose,
    "rollback": _rollback,
    "history": _history,
}


def effect_lines(told: Effect) -> list[str]:
    """What a policy would have changed, as lines of text."""
    live, draft = told["alerts"]["live"], told["alerts"]["draft"]
    rows = [
        (tr("policy.alerts_per_day"), f"{live['alerts_per_day']:.1f}", f"{draft['alerts_per_day']:.1f}"),
        (tr("policy.minutes_per_day"), f"{live['minutes_per_day']:.0f}", f"{draft['minutes_per_day']:.0f}"),
        (tr("policy.precision"), _percent(live["precision"]), _percent(draft["precision"])),
        *(
            (tr(f"policy.{what}"), *(str(told["applications"][side][what]) for side in ("live", "draft")))
            for what in ("approve", "refer", "decline")
        ),
        (tr("policy.cut"), *(str(told["limits"][side]["accounts"]) for side in ("live", "draft"))),
    ]
    head = tr("policy.effect", days=f"{told['days']:.0f}", before=told["from"], after=told["to"])
    return [head, *(f"  {name:28} {before:>14} {after:>14}" for name, before, after in rows)]


def _percent(share: dict[str, float] | None) -> str:
    if share is None:
        return "–"
    low, high = (round(100 * share[end]) for end in ("low", "high"))
    return tr("backtest.percent", value=round(100 * share["value"]), low=low, high=high)
