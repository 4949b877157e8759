"""Detection in a world judged by its truth: which episodes were alerted in time, and whom false alarms fell on.

Times are stream instants in µs. A hit is an event that scored at the level at which alerts open, at the moment the core
recorded it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from console.core.instants import DAY
from console.sandbox.bank.truth import Act

AFTERMATH = 7 * DAY
"""After a fraud an alert on its accounts is not false for so long."""
THOUSAND = 1_000


class Period(NamedTuple):
    """The stretch that is judged, from inclusive, to exclusive."""

    start: int
    end: int

    def holds(self, instant: int) -> bool:
        return self.start <= instant < self.end


@dataclass
class Episode:
    """The acts of one episode, by account, in order: (when, what it lost)."""

    typology: str
    benign: bool
    began: int
    acts: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def loss(self) -> int:
        return sum(loss for acts in self.acts.values() for _, loss in acts)

    @property
    def ended(self) -> int:
        return max(acts[-1][0] for acts in self.acts.values())


class Outcome(NamedTuple):
    """What became of an episode that began at an instant: for a fraud, whether it was alerted before half its loss; for
    a look-alike, whether anything in it raised an alert."""

    typology: str
    began: int
    alerted: bool


class FalseAlerts(NamedTuple):
    """Days of accounts on which an alert was raised without a fraud, and days that could have had one."""

    alerts: int
    account_days: float

    @property
    def per_thousand(self) -> float:
        """Alerts per 1,000 account-days; NaN without any day."""
        return self.alerts / self.account_days * THOUSAND if self.account_days else float("nan")


class Judgement(NamedTuple):
    """What one watcher made of one world."""

    frauds: list[Outcome]
    lookalikes: list[Outcome]
    everybody: FalseAlerts
    by_lookalike: dict[str, FalseAlerts]


def judge(acts: Iterable[Act], hits: Iterable[tuple[str, int]], opened: Mapping[str, int], period: Period) -> Judgement:
    """Judge the episodes that begin in the period, and every false alert in it.

    An episode without a loss is left out: nothing was there to save. Of several accounts each is stopped by its own
    alert only.
    """
    episodes = _episodes(acts)
    found: dict[str, list[int]] = defaultdict(list)
    for account, at in sorted(hits):
        found[account].append(at)
    begun = [episode for episode in episodes if period.holds(episode.began)]
    return Judgement(
        [
            Outcome(episode.typology, episode.began, _in_time(episode, found))
            for episode in begun
            if not episode.benign and episode.loss > 0
        ],
        [Outcome(episode.typology, episode.began, _alarmed(episode, found)) for episode in begun if episode.benign],
        _false_alerts(found, opened, _guilty(episodes), period),
        _by_lookalike([episode for episode in begun if episode.benign], found),
    )


def _episodes(acts: Iterable[Act]) -> list[Episode]:
    told: dict[str, Episode] = {}
    for act in acts:
        episode = told.setdefault(act.episode, Episode(act.typology, act.benign, act.at))
        episode.acts[act.account].append((act.at, act.loss_minor))
    return list(told.values())


def _in_time(episode: Episode, hits: Mapping[str, list[int]]) -> bool:
    """Whether no more than half of the loss had gone when each account had its first alert, or at the end without."""
    gone = 0
    for account, acts in episode.acts.items():
        alert = _first(hits.get(account, []), episode.began)
        gone += sum(loss for at, loss in acts if alert is None or at <= alert)
    return 2 * gone <= episode.loss


def _alarmed(episode: Episode, hits: Mapping[str, list[int]]) -> bool:
    return any(_alerts_of(acts, hits.get(account, [])) for account, acts in episode.acts.items())


def _alerts_of(acts: list[tuple[int, int]], hits: list[int]) -> set[int]:
    """Days with a hit from the first to the last of an account's acts."""
    return {hit // DAY for hit in hits if acts[0][0] <= hit <= acts[-1][0]}


def _first(hits: list[int], since: int) -> int | None:
    place = bisect_left(hits, since)
    return hits[place] if place < len(hits) else None


def _guilty(episodes: Iterable[Episode]) -> dict[str, list[Period]]:
    """When an alert on an account is not false."""
    stretches: dict[str, list[Period]] = defaultdict(list)
    for episode in episodes:
        if not episode.benign:
            for account in episode.acts:
                stretches[account].append(Period(episode.began, episode.ended + AFTERMATH))
    return stretches


def _false_alerts(
    hits: Mapping[str, list[int]], opened: Mapping[str, int], guilty: Mapping[str, list[Period]], period: Period
) -> FalseAlerts:
    alerts, days = 0, 0.0
    for account, since in opened.items():
        stretches = guilty.get(account, [])
        alarms = [hit for hit in hits.get(account, []) if period.holds(hit)]
        alerts += len({hit // DAY for hit in alarms if not any(stretch.holds(hit) for stretch in stretches)})
        days += max(0, period.end - max(period.start, since)) / DAY
        days -= sum(max(0, min(period.end, end) - max(period.start, start)) for start, end in stretches) / DAY
    return FalseAlerts(alerts, days)


def _by_lookalike(episodes: Iterable[Episode], hits: Mapping[str, list[int]]) -> dict[str, FalseAlerts]:
    alerts: Counter[str] = Counter()
    days: Counter[str] = Counter()
    for episode in episodes:
        for account, acts in episode.acts.items():
            alerts[episode.typology] += len(_alerts_of(acts, hits.get(account, [])))
            days[episode.typology] += acts[-1][0] // DAY - acts[0][0] // DAY + 1
    return {name: FalseAlerts(alerts[name], days[name]) for name in sorted(days)}
