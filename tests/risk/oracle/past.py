"""The facts so far, and the ways of going through them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from console.risk.columns import DAY, HOUR, MINUTE, Fact

Given = dict[str, Any]
Answers = dict[str, Any]

NONE, FEW, LACKS = "no_history", "too_few", "missing_input"
SPANS = {"15m": 15 * MINUTE, "1h": HOUR, "6h": 6 * HOUR, "24h": DAY, "48h": 2 * DAY, "7d": 7 * DAY, "14d": 14 * DAY}
SPANS |= {"4w": 28 * DAY, "30d": 30 * DAY, "8w": 56 * DAY, "90d": 90 * DAY}


def plain(row: Any) -> Given:
    """A fact as a dict, with what a transaction or login means."""
    fact = {name: row[name].item() for name in row.dtype.names}
    txn = fact["fact"] == Fact.TRANSACTION and fact["fresh"]
    fact["txn"] = txn
    fact["spend"] = txn and fact["code"] in (1, 2, 9) and fact["amount"] > 0
    fact["declined"] = fact["status"] == 3
    fact["bought"] = fact["spend"] and not fact["declined"]
    fact["inflow"] = txn and fact["code"] == 9 and fact["amount"] < 0
    fact["sent"] = fact["spend"] and fact["code"] == 9
    fact["shopped"] = fact["bought"] and not fact["sent"]
    fact["refund"], fact["paid"] = txn and fact["code"] == 4, txn and fact["code"] == 3 and not fact["declined"]
    fact["moves"] = txn and (fact["spend"] or fact["declined"] or fact["code"] in (2, 3, 4) or fact["inflow"])
    fact["login"] = fact["fact"] == Fact.LOGIN and fact["fresh"]
    fact["failed"] = fact["login"] and fact["code"] in (2, 3, 4, 5)
    fact["uses"] = fact["bought"] or (fact["login"] and fact["code"] == 1)
    fact["other"] = fact["party"] if fact["code"] == 9 else fact["merchant"]
    return fact


class Past:
    """All facts before the event, in the order they arrived."""

    def __init__(self) -> None:
        self.facts: list[Given] = []

    def of(
        self, kind: str, index: int, want: Callable[[Given], bool] = lambda _: True, keep: int = 10**9
    ) -> list[Given]:
        """The last `keep` wanted facts of an entity; none of nobody."""
        return [fact for fact in self.facts if index >= 0 and fact[kind] == index and want(fact)][-keep:]

    def moves(self, now: Given) -> list[Given]:
        return self.of("account", now["account"], lambda fact: fact["moves"], 24)


def inside(facts: Iterable[Given], now: Given, span: str) -> list[Given]:
    """Those that happened in the window that ends at the event."""
    return [fact for fact in facts if 0 <= now["occurred_at"] - fact["occurred_at"] < SPANS[span]]


def total(facts: Iterable[Given]) -> float:
    return float(sum(fact["amount"] for fact in facts))


def ago(at: int | None, now: Given) -> float | str:
    """Seconds since a moment that is not in the future."""
    return (now["occurred_at"] - at) / 1e6 if at and at <= now["occurred_at"] else NONE


def since(facts: Iterable[Given], now: Given) -> float | str:
    """Seconds since the latest that is not in the event's future."""
    return ago(max((f["occurred_at"] for f in facts if f["occurred_at"] <= now["occurred_at"]), default=None), now)


def different(values: Iterable[int], also: int = -1) -> int:
    """How many different values that are not missing."""
    return len({*values, also} - {-1})


def noted(values: Iterable[int], keep: int) -> list[int]:
    """What a short list remembers: each value that was not on it, the first one giving way."""
    kept: list[int] = []
    for value in values:
        if value not in kept:
            kept = [*kept, value][-keep:]
    return kept


def is_new(value: int, known: Sequence[int], given: bool) -> float | str:
    return LACKS if not given else NONE if not known else float(value not in known)


def lacking(lacks: bool, value: Any) -> Any:
    """The value, or that the event lacks the field for it."""
    return LACKS if lacks else value


def by_days(facts: Iterable[Given], slots: int) -> list[Given]:
    """Of facts in daily buckets those that are kept: a later day takes the place of one `slots` days earlier."""
    facts, held = list(facts), dict[int, int]()
    for fact in facts:
        day = fact["occurred_at"] // DAY
        held[day % slots] = max(held.get(day % slots, 0), day)
    return [fact for fact in facts if held[fact["occurred_at"] // DAY % slots] == fact["occurred_at"] // DAY]
