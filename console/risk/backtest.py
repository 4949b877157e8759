"""The backtest: pages of facts in, what a draft of the rules says of them beside what the rules in force say.

One engine sees the facts once; the draft judges the same features, beside the same models. Nothing here opens an alert:
`console.risk.verdicts` turns the hits into alerts and holds them against the labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from console.risk.columns import TXN_STATUSES, Array, Bools, Fact, Floats, Judgement, of_kind
from console.risk.engine import Engine, Scored
from console.risk.model import Model
from console.risk.packs import Pack, Rule
from console.risk.score import combine, dividing, level_of, pulls, trusted

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
    rules: tuple[Rule, ...]  # the draft's live rules, then those that it has in shadow and the pack has not
    draft_fired: Bools  # (hits, rules): which of these fired on each
    labels: Array  # LABELS
    since: int
    until: int
    events: int
    scored: int


class Backtest:
    """Replays facts under two packs. What was recorded before `since` (µs) only warms the memory up.

    `takeovers` are the models that were in force, each with the seq from which it counted (None: rules alone), in the
    order of the feed; `learned` are the features that they learn from.
    """

    def __init__(
        self,
        live: Pack,
        draft: Pack,
        since: int,
        takeovers: Sequence[tuple[int, Model | None]] = (),
        learned: Sequence[str] = (),
    ) -> None:
        self._live, self._draft, self._since, self._until = live, draft, since, since
        self._engine = Engine(replace(live, rules=live.live), learned)
        self._takeovers = list(takeovers)
        shadows = {_meaning(rule) for rule in live.shadow}
        self._rules = (*draft.live, *(rule for rule in draft.shadow if _meaning(rule) not in shadows))
        before = {_meaning(rule): place for place, rule in enumerate(live.live)}
        self._same = [before.get(_meaning(rule)) for rule in self._rules]
        self._hits: list[Array] = []
        self._fired: dict[str, list[Bools]] = {"live": [], "draft": []}
        self._labels: dict[tuple[int, int, bool], tuple[bool, float]] = {}
        self._declined: set[tuple[int, int]] = set()
        self._events = self._scored = 0

    def page(self, facts: Array) -> None:
        """Take the next facts of the feed, in its order. Raises TypeError when they are not an array of FACTS."""
        for part in self._parts(facts):
            scored = self._engine.page(part)
            counted = part["recorded_at"][scored.place >= 0] >= self._since
            if counted.any():
                self._scored += int(counted.sum())
                self._compare(part[scored.place >= 0], counted, scored)
        self._events += len(facts)
        if len(facts):
            self._until = max(self._until, int(facts["recorded_at"].max()))
        self._note_labels(facts)

    def _parts(self, facts: Array) -> Iterator[Array]:
        """The page in pieces of one model each, which is in force while its piece is looked at."""
        begin = 0
        while self._takeovers:
            end = int(np.searchsorted(facts["seq"], self._takeovers[0][0]))
            if end == len(facts):
                break
            yield facts[begin:end]
            begin, self._engine.model = end, self._takeovers.pop(0)[1]
        yield facts[begin:]

    def _compare(self, rows: Array, counted: Bools, scored: Scored) -> None:
        hits = np.zeros(len(rows), HITS)
        hits["seq"], hits["account"], hits["at"] = rows["seq"], rows["account"], rows["occurred_at"]
        pulled = [self._pulls(rule, place, scored) for rule, place in zip(self._rules, self._same, strict=True)]
        fired = {
            "live": scored.fired.T,
            "draft": np.array([pull > 0 for pull in pulled], bool).reshape(len(pulled), len(rows)).T,
        }
        told = np.zeros(len(rows), bool)
        for side, pack, score in (
            ("live", self._live, scored.score[scored.place >= 0]),
            ("draft", self._draft, self._draft_score(pulled, scored)),
        ):
            hits[f"{side}_score"] = score
            hits[f"{side}_alerts"] = level_of(score, pack.thresholds) >= pack.alert_level
            told |= hits[f"{side}_alerts"] | fired[side].any(axis=1)
        told &= counted & (hits["account"] >= 0)
        self._hits.append(hits[told])
        for side, matrix in fired.items():
            self._fired[side].append(matrix[told])

    def _pulls(self, rule: Rule, place: int | None, scored: Scored) -> Floats:
        """What a rule of the draft adds. One that is in force as it is, at a place, was worked out there."""
        if place is not None and rule.weight == self._live.live[place].weight:
            return scored.pulled[place]
        with dividing():
            return pulls(rule, scored.features)  # of one piece of a page

    def _draft_score(self, pulled: list[Floats], scored: Scored) -> Floats:
        """The draft's score: the model's word as it was; what a rule has earned only where it means the same still."""
        trusts = self._engine.model.trusts if self._engine.model else {}
        causes = [
            trusted(rule, pull, trusts if place is not None else {})
            for rule, pull, place in zip(self._draft.live, pulled, self._same, strict=False)
        ]
        rows = scored.fired.shape[1]
        return combine(causes, rows, scored.learned.everywhere(rows))

    def _note_labels(self, facts: Array) -> None:
        """Keep what is known at the end of the stretch: a later word about the same event replaces an earlier one."""
        spends = facts[of_kind(facts, Fact.TRANSACTION) & (facts["status"] == _DECLINED)]
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
            rules=self._rules,
            draft_fired=np.concatenate([np.zeros((0, len(self._rules)), bool), *self._fired["draft"]]),
            labels=labels,
            since=self._since,
            until=self._until,
            events=self._events,
            scored=self._scored,
        )


def _meaning(rule: Rule) -> tuple[object, ...]:
    """What a rule's earned trust stands on: which events it points at."""
    strength = rule.strength.text if rule.strength else None
    return rule.id, rule.when.text, strength, rule.on, rule.expires, tuple(sorted(rule.params.items()))
