"""One score in 0..1 from what the rules say and what the model learned, and its level.

Noisy-or (Pearl 1988, 4.3.2): each rule that fires is an independent cause of suspicion with the probability
`trust * strength`, and the model's calibrated probability p is one more cause, weighed as `weighed` says:

    score = 1 - (1 - weighed(p)) * product(1 - trust * strength)

It never falls when a rule fires or grows stronger or when p rises. Without a model p is 0 and trust is the pack's
weight. With one, a rule is trusted with what it knows beyond the model (`learner.trusts`): causes in a noisy-or must be
independent, and what rule and model know both would count twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from console.risk.columns import Array, Bools, Floats
from console.risk.features.seen import Seen
from console.risk.packs import Rule
from console.risk.registry import FEATURES

OVERLOOKED = 2.5
"""What an overlooked fraud weighs in looks in vain: a probability of 2 in 7 is worth one. In the sandbox's trial world
that halves the false alerts of rules alone at about the same catch."""


def dividing() -> np.errstate:
    """Features and rules divide as they please: what that gives where it means nothing, they replace."""
    return np.errstate(divide="ignore", invalid="ignore", over="ignore")


class Block:
    """Scored rows of one kind, transactions or logins, and their features, each worked out when it is asked for.

    `place` are the rows' positions among all scored rows of the page.
    """

    def __init__(self, seen: Seen, place: Array) -> None:
        self.seen, self.place = seen, place
        self._columns: dict[str, Floats] = {}

    def __call__(self, name: str) -> Floats:
        """One float a row; a missing value is a NaN with its reason. Raises KeyError for an unknown name.

        To be asked while `dividing`.
        """
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = FEATURES[name].compute(self.seen)
        return column

    def rows_of(self, places: Array) -> tuple[Array, Array]:
        """Which of some places among all scored rows hold a row of this kind, and which row each of those holds."""
        if not len(self.place):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        row = np.minimum(np.searchsorted(self.place, places), len(self.place) - 1)
        mine = np.flatnonzero(self.place[row] == places)
        return mine, row[mine]


class Features:
    """The features of all scored rows of a page."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self.rows = sum(len(block.place) for block in blocks)
        self._looked_at: dict[int, list[tuple[Block, Bools]]] = {}
        self.silence = np.zeros(self.rows)
        """What every rule that fires nowhere adds; nobody may write there."""
        self.silence.flags.writeable = False

    def __call__(self, name: str) -> Floats:
        """One float a scored row; a missing value is a NaN with its reason. Raises KeyError for an unknown name."""
        with dividing():
            return self.gathered(lambda block: block(name))

    def looked_at(self, rule: Rule) -> list[tuple[Block, Bools]]:
        """The blocks with events that the rule looks at, and which of their rows these are."""
        if rule.events not in self._looked_at:
            marked = [(block, (block.seen.events & np.uint16(rule.events)) > 0) for block in self.blocks]
            self._looked_at[rule.events] = [(block, rows) for block, rows in marked if np.count_nonzero(rows)]
        return self._looked_at[rule.events]

    def at(self, places: Array) -> Callable[[str], list[float]]:
        """What reads any feature of some scored rows, in their order. Raises IndexError where one was not scored."""
        parts = [(block, *block.rows_of(places)) for block in self.blocks]
        parts = [(block, mine, rows) for block, mine, rows in parts if len(mine)]
        if sum(len(mine) for _, mine, _ in parts) != len(places):
            raise IndexError("one of the rows was not scored")

        def read(name: str) -> list[float]:
            values = np.empty(len(places))
            with dividing():
                for block, mine, rows in parts:
                    values[mine] = block(name)[rows]
            return values.tolist()

        return read

    def gathered(self, of: Callable[[Block], Array]) -> Array:
        """What is told of each block's rows, in the order of the scored rows."""
        parts = [of(block) for block in self.blocks]
        whole = np.empty((self.rows, *parts[0].shape[1:]), parts[0].dtype)
        for block, part in zip(self.blocks, parts, strict=True):
            whole[block.place] = part
        return whole


class Gone(Features):
    """Those of a page in pieces: the engine has gone on since each of them."""

    def __init__(self) -> None:
        super().__init__(())

    def __call__(self, name: str) -> Floats:
        raise LookupError(f"{name} can only be read of each piece, before the engine takes the next")


def pulls(rule: Rule, features: Features) -> Floats:
    """What the rule adds to each scored row: 0 where it does not fire, else weight * strength (strength in 0..1).

    To be asked while `dividing`.
    Where it fires nowhere that is `features.silence` itself, by which others skip it: most rules on most pages.
    """
    pull = features.silence
    for block, looked_at in features.looked_at(rule):
        fired = looked_at & rule.when.holds(block)
        if np.count_nonzero(fired):
            pull = np.zeros(features.rows) if pull is features.silence else pull
            rows = fired.nonzero()[0]
            pull[block.place[rows]] = _pull(rule, block, rows)
    return pull


def _pull(rule: Rule, block: Block, rows: Array) -> Floats:
    """What the rule adds to rows where its condition holds."""
    pull = np.full(len(rows), rule.weight)
    if rule.strength is not None:
        strength = np.broadcast_to(rule.strength.value(block), len(block.place))[rows]
        pull = np.where(strength > 0, rule.weight * np.minimum(strength, 1), 0)
    if rule.expires is not None:
        pull *= block.seen.facts["recorded_at"][rows] < rule.expires
    return pull


def trusted(rule: Rule, pull: Floats, trusts: Mapping[str, float]) -> Floats:
    """The rule's pull with its weight replaced by what it knows beyond the model, where that is known."""
    if rule.id not in trusts or not rule.weight:
        return pull
    return np.asarray(pull * (trusts[rule.id] / rule.weight))


def weighed(probability: Floats) -> Floats:
    """A calibrated probability on the scale of the packs' weights, where a half asks for somebody's look.

    The odds are multiplied by what an overlooked fraud costs against a look in vain (Elkan 2001); 0..1 to 0..1, rising.
    """
    return np.asarray(OVERLOOKED * probability / (1 + (OVERLOOKED - 1) * probability))


def combine(causes: Sequence[Floats], rows: int, model: Floats | None = None) -> Floats:
    """The noisy-or of the rules' pulls and, where there is one, of a model's weighed probability."""
    spared = np.ones(rows)
    for cause in [*causes, *([] if model is None else [weighed(model)])]:
        if cause.any():
            spared *= 1 - cause
    return 1 - spared


def level_of(score: Array, thresholds: Sequence[float]) -> Array:
    """0 none, 1 low, 2 medium, 3 high, 4 critical (u1); a threshold belongs to the level it opens. NaN is none."""
    level = np.zeros(len(score), np.uint8)
    for threshold in thresholds:
        level += score >= threshold
    return level
