"""How each rule has done: hits, what became of them, precision, the operators' time, and which rules say the same.

A hit is an event on which the rule fired. It is judged by the label of its transaction. Without one, such as a sign-in
or a declined attempt, it is fraud when a labelled fraud of the account lies within a day of it, else it is what the
verdict on the account within a week after it says. When nobody said anything it counts as legitimate once labels would
have arrived, and as unknown before that. Distances are whole seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from console.risk.alerts import MINUTES_PER_ALERT
from console.risk.columns import DAY, SECOND, Array, Bools, Judgement
from console.risk.engine import Scored
from console.risk.intervals import Share, wilson
from console.risk.packs import Pack, Rule

EPISODE = 7 * DAY // SECOND
"""A verdict on an account speaks for its hits of so long before it."""
LATEST = 253_402_300_799
"""The last second that the contract can write."""
NEAR = DAY // SECOND
"""An event this close to a known fraud of its account belongs to it."""

_HIT = [("seq", "i8"), ("at", "i8"), ("account", "i4"), ("score", "f4")]


@dataclass(frozen=True)
class RuleRecord:
    """One rule's record. `overlap` maps another rule's id to the share of this one's hits on which it fired too.

    `presumed` are hits that no label contradicted in time; `unknown` those still open. `precision` is None while
    nothing is known. `alerts` are the account-days it would have an operator look at; `minutes` what that costs.
    """

    id: str
    state: str
    hits: int
    fraud: int
    legit: int
    inconclusive: int
    presumed: int
    unknown: int
    precision: Share | None
    alerts: int
    minutes: int
    overlap: dict[str, float]


def hit_type(rules: int) -> np.dtype[np.void]:
    """A row of hits by so many rules: place, time (µs), account, score, and a bit per rule."""
    return np.dtype([*_HIT, ("fired", "u1", (max(1, -(-rules // 8)),))])


def hits_of(facts: Array, scored: Scored) -> Array:
    """The events of a page on which a rule fired, live or in shadow: rows of `hit_type(len(pack.active))`."""
    places = np.flatnonzero(scored.fired.any(axis=0)) if len(scored.fired) else np.zeros(0, np.int64)
    rows = np.flatnonzero(scored.place >= 0)[places]
    hits = np.zeros(len(rows), hit_type(len(scored.fired)))
    hits["seq"], hits["at"] = facts["seq"][rows], facts["recorded_at"][rows]
    hits["account"], hits["score"] = facts["account"][rows], scored.score[rows]
    if len(rows):
        hits["fired"] = np.packbits(scored.fired[:, places].T, axis=1)
    return hits


def together(pages: Iterable[tuple[Sequence[tuple[str, str]], Array]]) -> tuple[list[tuple[str, str]], Array, Bools]:
    """Pages of hits by different sets of rules as one: the (id, state) of every rule, the hits, (rules, hits) fired."""
    held = [(rules, hits) for rules, hits in pages if len(hits)]
    names = list(dict.fromkeys(name for rules, _ in held for name in rules))
    place = {name: row for row, name in enumerate(names)}
    fired = np.zeros((len(names), sum(len(hits) for _, hits in held)), bool)
    begin = 0
    for rules, hits in held:
        bits = np.unpackbits(hits["fired"], axis=1, count=len(rules)).T
        fired[[place[name] for name in rules], begin : begin + len(hits)] = bits
        begin += len(hits)
    plain = [hits[[name for name, _ in _HIT]] for _, hits in held]
    return names, np.concatenate(plain) if plain else np.zeros(0, _HIT), fired


def judgements(hits: Array, labels: Array, verdicts: Array) -> Array:
    """Per hit the Judgement's code, 0 where nobody said anything.

    `labels` are rows (seq, account, at, code) of judged transactions, the newest word last; `verdicts` rows (account,
    at, code). Times are µs.
    """
    accounts, seconds = hits["account"], hits["at"] // SECOND
    judged = np.zeros(len(hits), np.uint8)
    code, away = _next(accounts, seconds, verdicts[:, 0], verdicts[:, 1] // SECOND, verdicts[:, 2])
    judged[away < EPISODE] = code[away < EPISODE]
    last = {told[0]: told for told in labels.tolist()}
    frauds = np.array([told for told in last.values() if told[-1] == Judgement.FRAUD], np.int64).reshape(-1, 4)
    victim, when, fraud = frauds[:, 1], frauds[:, 2] // SECOND, frauds[:, 3]
    _, after = _next(accounts, seconds, victim, when, fraud)
    _, before = _next(accounts, LATEST - seconds, victim, LATEST - when, fraud)
    judged[np.minimum(after, before) <= NEAR] = Judgement.FRAUD
    rows = np.flatnonzero(np.isin(hits["seq"], np.fromiter(last, np.int64, len(last))))
    judged[rows] = [last[seq][-1] for seq in hits["seq"][rows].tolist()]
    return judged


def _next(account: Array, second: Array, about: Array, said: Array, code: Array) -> tuple[Array, Array]:
    """Per hit the code of the next word `about` its account, and how many seconds after it that was `said`.

    Without one the code means nothing and the distance is beyond everything.
    """
    if not len(about):
        return np.zeros(len(account), np.int64), np.full(len(account), LATEST)
    keys = _key(about, said)
    order = np.argsort(keys, kind="stable")
    place = np.searchsorted(keys[order], _key(account, second))
    found = order[np.minimum(place, len(keys) - 1)]
    same = (place < len(keys)) & (about[found] == account)
    return code[found], np.where(same, said[found] - second, LATEST)


def _key(account: Array, number: Array) -> Array:
    """An account and a number of up to 38 bits, a second or a day, in one, in that order."""
    return np.asarray((account.astype(np.int64) << np.int64(38)) | np.maximum(number, 0))


def records(
    pack: Pack, names: Sequence[tuple[str, str]], hits: Array, fired: Bools, judged: Array, mature_before: int
) -> list[RuleRecord]:
    """The record of every active rule of a pack, and of those that were active when they hit, in order of id.

    `mature_before` is the instant (µs) before which an unlabelled event counts as legitimate.
    """
    weights = {rule.id: rule.weight for rule in pack.rules}
    alerting = pack.thresholds[pack.alert_level - 1] - 1e-6
    day = _key(hits["account"], hits["at"] // DAY)
    mature = hits["at"] < mature_before
    shares = _overlaps(names, fired)
    known = {}
    for row, (name, state) in enumerate(names):
        mine = np.flatnonzero(fired[row])
        score = hits["score"][mine].astype(np.float64)
        if state == "shadow":
            score = 1 - (1 - score) * (1 - weights.get(name, 0.0))
        counts = np.bincount(judged[mine], minlength=len(Judgement) + 1)
        presumed = int((mature[mine] & (judged[mine] == 0)).sum())
        fraud, legit = int(counts[Judgement.FRAUD]), int(counts[Judgement.LEGIT])
        alerts = len(np.unique(day[mine[score >= alerting]]))
        known[name, state] = RuleRecord(
            id=name,
            state=state,
            hits=len(mine),
            fraud=fraud,
            legit=legit,
            inconclusive=int(counts[Judgement.INCONCLUSIVE]),
            presumed=presumed,
            unknown=int(counts[0]) - presumed,
            precision=wilson(fraud, fraud + legit + presumed),
            alerts=alerts,
            minutes=alerts * MINUTES_PER_ALERT,
            overlap=shares[row],
        )
    quiet = {(rule.id, rule.state): _quiet(rule) for rule in pack.active}
    return [record for _, record in sorted({**quiet, **known}.items(), key=lambda item: _by_id(item[0]))]


def _overlaps(names: Sequence[tuple[str, str]], fired: Bools) -> list[dict[str, float]]:
    bits = np.packbits(fired, axis=1)
    words = np.ascontiguousarray(np.pad(bits, ((0, 0), (0, -bits.shape[1] % 8)))).view(np.uint64)
    shares: list[dict[str, float]] = []
    for row, (mine, _) in enumerate(names):
        both = np.bitwise_count(words[row] & words).sum(axis=1)
        others: Mapping[str, float] = {
            other: float(both[column] / both[row])
            for column, (other, _) in enumerate(names)
            if other != mine and both[column] > 0
        }
        shares.append(dict(sorted(others.items(), key=lambda item: (-item[1], item[0]))))
    return shares


def _quiet(rule: Rule) -> RuleRecord:
    return RuleRecord(rule.id, rule.state, 0, 0, 0, 0, 0, 0, None, 0, 0, {})


def _by_id(key: tuple[str, str]) -> tuple[str, int, str]:
    """ATO-2 before ATO-10."""
    family, _, number = key[0].partition("-")
    return family, int(number), key[1]
