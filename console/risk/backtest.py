"""The backtest: pages of facts in, what a draft of the rules says of them beside what the rules in force say.

One memory sees the facts once; both packs judge the same features. Nothing here opens an alert: `console.risk.verdicts`
turns the hits into alerts and holds them against the labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.risk.columns import FACTS, TXN_STATUSES, Array, Bools, Fact, Floats, Judgement
from console.risk.features.seen import Seen
from console.risk.packs import Pack, Rule
from console.risk.score import Features, combine, level_of, pulls
from console.risk.state.memory import Memory

HITS = np.dtype(
    [
        ("seq", "i8"),
        ("account", "i4"),
        ("at", "i8"),  # when it happened, µs
        ("live_score", "f8"),
        ("draft_score", "f8"),
        ("live_alerts", "?"),  # high enough for an alert
        ("draft_alerts", "?"),
    ]
)
"""An event on which a rule of either pack fired or that either would alert on."""

LABELS = np.dtype([("account", "i4"), ("at", "i8"), ("fraud", "?"), ("amount", "f8")])
"""What is known of an account: `at` is when the judged event happened, `amount` its minor units, 0 where it was
declined, NaN where the account as a whole is judged."""

_DECLINED = TXN_STATUSES.index("declined") + 1


@dataclass(frozen=True)
class Trail:
    """What a backtest found: hits and labels of the counted stretch, from `since` to `until` (µs of recorded time).

    `events` are all facts replayed, `scored` the counted transactions and logins.
    """

    live: Pack
    draft: Pack
    hits: Array  # HITS, in the feed's order
    live_fired: Bools  # (hits, rules): which of the pack's live rules fired on each
    draft_fired: Bools  # the same of the draft's active rules
    labels: Array  # LABELS
    since: int
    until: int
    events: int
    scored: int


class Backtest:
    """Replays facts under two packs. What was recorded before `since` (µs) only warms the memory up."""

    def __init__(self, live: Pack, draft: Pack, since: int) -> None:
        self._live, self._draft, self._since, self._until = live, draft, since, since
        self._memory = Memory()
        self._hits: list[Array] = []
        self._fired: dict[str, list[Bools]] = {"live": [], "draft": []}
        self._labels: dict[tuple[int, int, bool], tuple[bool, float]] = {}
        self._declined: set[tuple[int, int]] = set()
        self._events = self._scored = 0

    def page(self, facts: Array) -> None:
        """Take the next facts of the feed, in its order. Raises TypeError when they are not an array of FACTS."""
        if facts.dtype != FACTS:
            raise TypeError("facts must have the dtype FACTS")
        self._events += len(facts)
        scored = facts["fresh"] & ((facts["fact"] == Fact.TRANSACTION) | (facts["fact"] == Fact.LOGIN))
        features = Features(Seen(self._memory.observe(facts, scored)))
        rows = facts[scored]
        if len(facts):
            self._until = max(self._until, int(facts["recorded_at"].max()))
        counted = rows["recorded_at"] >= self._since
        if counted.any():
            self._scored += int(counted.sum())
            self._judge(rows, counted, features)
        self._note_labels(facts)

    def _judge(self, rows: Array, counted: Bools, features: Features) -> None:
        hits = np.zeros(len(rows), HITS)
        hits["seq"], hits["account"], hits["at"] = rows["seq"], rows["account"], rows["occurred_at"]
        told = np.zeros(len(rows), bool)
        pulled: dict[object, Floats] = {}
        fired: dict[str, Bools] = {}
        for side, pack, rules in (("live", self._live, self._live.live), ("draft", self._draft, self._draft.active)):
            causes = [_cause(rule, features, pulled) for rule in rules]
            score = combine(causes[: len(pack.live)], len(rows))
            hits[f"{side}_score"] = score
            hits[f"{side}_alerts"] = level_of(score, pack.thresholds) >= pack.alert_level
            fired[side] = np.array([cause > 0 for cause in causes], bool).reshape(len(causes), len(rows)).T
            told |= hits[f"{side}_alerts"] | fired[side].any(axis=1)
        told &= counted & (hits["account"] >= 0)
        self._hits.append(hits[told])
        for side, matrix in fired.items():
            self._fired[side].append(matrix[told])

    def _note_labels(self, facts: Array) -> None:
        """Keep what is known at the end of the stretch: a later word about the same event replaces an earlier one."""
        spends = facts[(facts["fact"] == Fact.TRANSACTION) & (facts["status"] == _DECLINED)]
        self._declined.update(zip(spends["account"].tolist(), spends["occurred_at"].tolist(), strict=True))
        for label in facts[np.isin(facts["fact"], (Fact.LABEL, Fact.VERDICT)) & (facts["account"] >= 0)]:
            judged = int(label["opened_at"]) or int(label["occurred_at"])
            amount = float(label["amount"])
            key = (int(label["account"]), judged, amount == amount)
            if label["code"] in (Judgement.FRAUD, Judgement.LEGIT):
                self._labels[key] = (bool(label["code"] == Judgement.FRAUD), amount)
            elif label["code"] == Judgement.WITHDRAWN:
                self._labels.pop(key, None)

    def trail(self) -> Trail:
        """What was found so far."""
        labels = np.array(
            [
                (account, at, fraud, 0.0 if known and (account, at) in self._declined else amount)
                for (account, at, known), (fraud, amount) in self._labels.items()
            ],
            LABELS,
        )
        return Trail(
            live=self._live,
            draft=self._draft,
            hits=np.concatenate([np.zeros(0, HITS), *self._hits]),
            live_fired=np.concatenate([np.zeros((0, len(self._live.live)), bool), *self._fired["live"]]),
            draft_fired=np.concatenate([np.zeros((0, len(self._draft.active)), bool), *self._fired["draft"]]),
            labels=labels,
            since=self._since,
            until=self._until,
            events=self._events,
            scored=self._scored,
        )


def _cause(rule: Rule, features: Features, pulled: dict[object, Floats]) -> Floats:
    """What a rule pulls; one that stands in both packs is worked out once."""
    strength = rule.strength.text if rule.strength else None
    meant = (rule.when.text, strength, rule.on, rule.weight, rule.expires, tuple(sorted(rule.params.items())))
    if meant not in pulled:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            pulled[meant] = pulls(rule, features)
    return pulled[meant]
