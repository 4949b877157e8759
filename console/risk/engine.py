"""The decision engine: pages of facts in, columns out.

An event is scored with exactly the facts before it in the feed, whatever the size of the pages, live, in a replay and
after a restart. Time is the time at which things happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from console.risk.columns import FACTS, Array, Bools, Fact, Floats, Judgement, of_kind
from console.risk.explain import Cause, causes
from console.risk.features.seen import Seen
from console.risk.levels import Levels
from console.risk.missing import why
from console.risk.model import RULES_ONLY, Model, select
from console.risk.packs import Pack, Rule
from console.risk.registry import FEATURES
from console.risk.score import Block, Features, Gone, combine, dividing, pulls, trusted
from console.risk.state.fading import Fading
from console.risk.state.memory import Memory
from console.risk.training import Packed, packed, unpacked


class Reading(NamedTuple):
    """A feature's value, or the word that says why there is none."""

    value: float | None
    missing: str | None


class Reason(NamedTuple):
    """A rule that fired, what it read and what it compared that with."""

    rule: Rule
    readings: dict[str, Reading]


class Learned(NamedTuple):
    """What a page's transactions show a model, and what it said of them."""

    place: Array  # their positions among the scored rows
    names: tuple[str, ...]  # of the features that models learn from
    rows: Packed  # their values
    probability: Floats  # calibrated, in 0..1; NaN while rules alone decide
    version: Array  # the model's, or RULES_ONLY
    models: dict[str, Model]  # those in force on the page, by version

    def everywhere(self, rows: int) -> Floats:
        """The probability on each of so many scored rows; 0, which changes no score, where there is none."""
        whole = np.zeros(rows)
        whole[self.place] = np.where(np.isnan(self.probability), 0, self.probability)
        return whole


@dataclass(frozen=True)
class Scored:
    """What the engine says of each row of a page.

    `score` (0..1) and `risk` are NaN on rows without them: everything but fresh transactions and logins, and for
    `risk` also a VERDICT of legitimate, which sets it to 0. Levels are 0 none .. 4 critical.
    """

    pack: Pack
    score: Floats
    level: Array
    fired: Bools  # (rules, scored rows): which of `pack.active` fired, those in shadow too
    pulled: Sequence[Floats]  # by rule, on the scored rows: what it adds by its own weight
    risk: Floats  # the account's, after the event
    risk_level: Array
    features: Features  # of the scored rows only, in their order
    place: Array  # per row its position among the scored ones, -1 on others
    learned: Learned

    def tokens(self) -> Array:
        """(scored rows, kinds): what each one's customer is known by, index + 1, 0 none."""
        return self.features.gathered(lambda block: block.seen.person["token"])

    def evidence(self, rows: Sequence[int], names: Iterable[str] = FEATURES) -> list[dict[str, Reading]]:
        """Of each of some scored rows the features named, with their values or why they are missing.

        Raises IndexError for a row that was not scored.
        """
        read = self.features.at(self._places(rows))
        columns = {name: map(_reading, read(name)) for name in names}
        return [{name: next(readings) for name, readings in columns.items()} for _ in rows]

    def reasons(self, rows: Sequence[int]) -> list[list[Reason]]:
        """Of each of some rows the live rules that fired there, with what they read."""
        told: list[list[Reason]] = [[] for _ in rows]
        places = self._places(rows)
        for rule, fired in zip(self.pack.live, self.fired[:, places] & (places >= 0), strict=False):
            mine = fired.nonzero()[0].tolist()
            read = self.evidence([rows[one] for one in mine], rule.features) if mine else []
            for one, readings in zip(mine, read, strict=True):
                told[one].append(Reason(rule, readings))
        return told

    def causes(self, rows: Sequence[int]) -> list[tuple[str, list[Cause]]]:
        """The model that judged each row and what moved it, with exact values; RULES_ONLY, nothing where none did."""
        learned = self.learned
        at = {place: number for number, place in enumerate(learned.place.tolist())}
        judged = [at.get(int(self.place[row]), -1) for row in rows]
        versions = [RULES_ONLY if number < 0 else str(learned.version[number]) for number in judged]
        told: dict[int, list[Cause]] = {}
        for version, model in learned.models.items():
            mine = [number for number, judge in zip(judged, versions, strict=True) if judge == version]
            told |= zip(mine, causes(model, learned.rows[mine], learned.names), strict=True)
        return list(zip(versions, self._exact(rows, [told.get(number, []) for number in judged]), strict=True))

    def _exact(self, rows: Sequence[int], told: list[list[Cause]]) -> list[list[Cause]]:
        """The same with the features' own values: models read them rounded."""
        exact = self.evidence(rows, dict.fromkeys(cause.feature for causes in told for cause in causes))
        return [
            [Cause(cause.feature, readings[cause.feature].value, cause.log_odds) for cause in causes]
            for causes, readings in zip(told, exact, strict=True)
        ]

    def _places(self, rows: Sequence[int]) -> Array:
        return self.place[np.asarray(rows, np.int64)]


class Engine:
    """Remembers what it has seen and scores what comes next by the rules of a pack and the model in force, if any.

    `learned` names the features that models learn from; with none of them no model can be used.
    """

    def __init__(self, pack: Pack, learned: Sequence[str] = ()) -> None:
        self.pack = pack
        self.learned = tuple(learned)
        self.model: Model | None = None
        self.levels = Levels.of_pack(pack)
        self._memory = Memory()
        self._risk = Fading()
        self._beside = ThreadPoolExecutor(1, "model")

    def page(self, facts: Array) -> Scored:
        """Take the next facts of the feed, in its order, and score the fresh transactions and logins among them.

        Raises TypeError when `facts` is not an array of FACTS.
        """
        if facts.dtype != FACTS:
            raise TypeError("facts must have the dtype FACTS")
        with dividing():
            return self._page(facts)

    def _page(self, facts: Array) -> Scored:
        kinds = [facts["fresh"] & of_kind(facts, kind) for kind in (Fact.TRANSACTION, Fact.LOGIN)]
        scored = kinds[0] | kinds[1]
        place = np.where(scored, np.cumsum(scored) - 1, -1)
        sights = self._memory.observe(facts, [kind.nonzero()[0] for kind in kinds])
        features = Features([Block(Seen(sight), place[sight.rows]) for sight in sights])
        learning = self._learn(features.blocks[0])
        pulled = [pulls(rule, features) for rule in self.pack.active]
        learned = learning()
        rows = scored.nonzero()[0]
        score = np.full(len(facts), np.nan)
        score[rows] = combine(self._trusted(pulled, features), len(rows), learned.everywhere(len(rows)))
        risk = self._fade(facts, scored, score)
        return Scored(
            pack=self.pack,
            score=score,
            level=self.levels.of(score, facts["seq"]),
            fired=_fired(pulled, features),
            pulled=pulled,
            risk=risk,
            risk_level=self.levels.of(risk, facts["seq"]),
            features=features,
            place=place,
            learned=learned,
        )

    def _learn(self, transactions: Block) -> Callable[[], Learned]:
        """What the scored transactions show a model, and what the one in force says of them.

        The model says it beside whoever goes on with the page: in its trees Python's lock is free.
        """
        place = transactions.place
        columns = np.array([transactions(name) for name in self.learned]).reshape(len(self.learned), len(place))
        rows = np.ascontiguousarray(packed(columns).T)  # packed before they are turned: half the work
        model = self.model
        if model is None:
            unsaid = np.full(len(place), np.nan)
            versions = np.full(len(place), RULES_ONLY, object)
            return lambda: Learned(place, self.learned, rows, unsaid, versions, {})
        versions = np.full(len(place), model.version, object)
        saying = self._beside.submit(model.probability, select(unpacked(rows), self.learned, model.features))
        return lambda: Learned(place, self.learned, rows, saying.result(), versions, {model.version: model})

    def _trusted(self, pulled: list[Floats], features: Features) -> list[Floats]:
        """The pulls of the live rules that fired anywhere, as far as each is trusted."""
        live = zip(self.pack.live, pulled, strict=False)
        trusts = self.model.trusts if self.model else {}
        return [trusted(rule, pull, trusts) for rule, pull in live if pull is not features.silence]

    def _fade(self, facts: Array, scored: Array, score: Floats) -> Floats:
        cleared = of_kind(facts, Fact.VERDICT) & (facts["code"] == int(Judgement.LEGIT))
        return self._risk.through(self._memory.accounts, facts["occurred_at"], scored, cleared, score)

    def risk(self, accounts: Array) -> Floats:
        """The risk of accounts (dense indices) after everything seen; 0 for one without scored events."""
        return self._risk.of(accounts)

    def freeze(self) -> dict[str, bytes]:
        """The whole state by name; equal states give equal bytes, in any process."""
        fading = {f"risk.{name}": data for name, data in self._risk.freeze().items()}
        return {**self._memory.freeze(), **fading}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._memory.thaw(state)
        self._risk.thaw({"risk": state["risk.risk"], "at": state["risk.at"]})


def _fired(pulled: list[Floats], features: Features) -> Bools:
    """Which rules fired on which of the scored rows, from what they add there."""
    fired = np.zeros((len(pulled), features.rows), bool)
    for place, pull in enumerate(pulled):
        if pull is not features.silence:
            fired[place] = pull > 0
    return fired


def joined(parts: Sequence[Scored]) -> Scored:
    """One answer out of those on consecutive pieces of a page, for one pack.

    Its features can't be read: the engine has gone on since each piece.
    """
    if len(parts) == 1:
        return parts[0]
    before = np.cumsum([0] + [part.fired.shape[1] for part in parts])

    return Scored(
        pack=parts[0].pack,
        score=np.concatenate([part.score for part in parts]),
        level=np.concatenate([part.level for part in parts]),
        fired=np.concatenate([part.fired for part in parts], axis=1),
        pulled=[np.concatenate(pieces) for pieces in zip(*(part.pulled for part in parts), strict=True)],
        risk=np.concatenate([part.risk for part in parts]),
        risk_level=np.concatenate([part.risk_level for part in parts]),
        features=Gone(),
        place=np.concatenate(
            [np.where(part.place < 0, -1, part.place + first) for part, first in zip(parts, before, strict=False)]
        ),
        learned=Learned(
            place=np.concatenate([part.learned.place + first for part, first in zip(parts, before, strict=False)]),
            names=parts[0].learned.names,
            rows=np.concatenate([part.learned.rows for part in parts]),
            probability=np.concatenate([part.learned.probability for part in parts]),
            version=np.concatenate([part.learned.version for part in parts]),
            models={version: model for part in parts for version, model in part.learned.models.items()},
        ),
    )


def _reading(value: float) -> Reading:
    return Reading(value, None) if value == value else Reading(None, why(value))
