"""What is usual for an account."""

from __future__ import annotations

import math
import statistics

from tests.risk.oracle.past import FEW, LACKS, Answers, Given, Past, inside, since


def usual(past: Past, account: int, least: int = 3) -> tuple[float, float] | None:
    """Mean and deviation of the spends, each cut at three deviations above the mean of those before it."""
    spends = past.of("account", account, lambda fact: fact["bought"])
    if len(spends) < least:
        return None
    cut: list[float] = []
    for fact in spends:
        most = math.inf if len(cut) < 5 else statistics.fmean(cut) + 3 * _width(cut)
        cut.append(min(fact["amount"], most))
    return statistics.fmean(cut), _width(cut)


def _width(amounts: list[float]) -> float:
    return max(statistics.stdev(amounts), statistics.fmean(amounts) / 10)


def answers(past: Past, now: Given) -> Answers:
    known = usual(past, now["account"])
    mean, width = known or (math.nan, math.nan)
    spends = [fact for fact in past.moves(now) if fact["bought"]]
    far = [fact for fact in spends if fact["amount"] > 2.5 * mean]
    seen: Answers = {
        "usual_amount": mean,
        "amount_to_usual": now["amount"] / mean if now["spend"] else LACKS,
        "amount_usual_z": (now["amount"] - mean) / width if now["spend"] else LACKS,
    }
    for span in ("24h", "7d", "14d"):
        peak = max((fact["amount"] for fact in inside(spends, now, span)), default=None)
        seen[f"peak_to_usual_{span}"] = "no_history" if peak is None else peak / mean
        seen[f"unusual_count_{span}"] = len(inside(far, now, span))
    return {**(seen if known else dict.fromkeys(seen, FEW)), "since_unusual": since(far, now)}
