"""How much and how often the account spends, what was declined, what came back, what came in."""

from __future__ import annotations

import numpy as np

from console.risk.columns import DAY
from tests.risk.oracle.past import (
    FEW,
    LACKS,
    NONE,
    Answers,
    Given,
    Past,
    by_days,
    different,
    inside,
    is_new,
    lacking,
    noted,
    since,
    total,
)

CASH_MCC = {4829, 5944, 6010, 6011, 6012, 6050, 6051, 6211, 6540, 7995}


def is_cash(fact: Given) -> bool:
    return fact["code"] == 2 or fact["mcc"] in CASH_MCC


def answers(past: Past, now: Given) -> Answers:
    return _windows(past, now) | _days(past, now) | _amounts(past, now) | _flows(past, now)


def _windows(past: Past, now: Given) -> Answers:
    moves = past.moves(now)
    bought = [fact for fact in moves if fact["bought"]]
    refused = [fact for fact in moves if fact["spend"] and fact["declined"]]
    tried = [fact for fact in moves if fact["spend"]]
    seen: Answers = {"since_last_spend": since(bought, now), "since_last_decline": since(refused, now)}
    for span in ("15m", "1h", "24h", "7d"):
        seen[f"decline_count_{span}"] = len(inside(refused, now, span))
    for span in ("15m", "1h", "24h"):
        seen[f"spend_count_{span}"] = len(inside(bought, now, span))
    for span in ("1h", "24h"):
        seen[f"spend_sum_{span}"] = total(inside(bought, now, span))
        seen[f"merchant_count_{span}"] = different(fact["other"] for fact in inside(tried, now, span))
    for span in ("15m", "1h"):
        seen[f"small_count_{span}"] = len(inside([fact for fact in tried if fact["amount"] <= 1000], now, span))
    seen["credential_declines_1h"] = len(inside([fact for fact in refused if fact["decline"] == 2], now, "1h"))
    seen["limit_declines_24h"] = len(inside([fact for fact in refused if fact["decline"] == 1], now, "24h"))
    run = 0
    for fact in reversed(moves):
        if fact["bought"]:
            break
        run += fact in refused
    rounds = [fact for fact in bought if fact["amount"] % 10_000 == 0]
    month, fortnight = inside(bought, now, "30d"), inside(bought, now, "14d")
    cash = [fact for fact in fortnight if is_cash(fact)]
    return seen | {
        "consecutive_declines": run,
        "round_count_24h": len(inside(rounds, now, "24h")),
        "round_share_30d": FEW if len(month) < 5 else len(inside(rounds, now, "30d")) / len(month),
        "cash_share_14d": total(cash) / total(fortnight) if fortnight else NONE,
    }


def _days(past: Past, now: Given) -> Answers:
    kept = by_days(past.of("account", now["account"], lambda fact: fact["bought"]), 32)
    today, seen, sums, counts = now["occurred_at"] // DAY, Answers(), {}, {}
    for span, days in (("7d", 7), ("30d", 30)):
        recent = [fact for fact in kept if 0 <= today - fact["occurred_at"] // DAY < days]
        counts[days], sums[days] = len(recent), total(recent)
        seen |= {f"spend_count_{span}": len(recent), f"spend_sum_{span}": total(recent)}
    before = sums[30] - sums[7]
    enough = counts[30] - counts[7] >= 10 and before > 0
    seen["spend_week_ratio"] = sums[7] / (before * 7 / 23) if enough else FEW
    amounts = [fact["amount"] for fact in kept if 0 <= today - fact["occurred_at"] // DAY < 30]
    spend = now["amount"]
    seen["amount_to_mean_30d"] = FEW if len(amounts) < 3 else lacking(not now["spend"], spend / np.mean(amounts))
    seen["amount_z_30d"] = FEW if len(amounts) < 10 else lacking(not now["spend"], _z(spend, amounts))
    income = [f["income"] for f in past.of("customer", now["customer"], lambda f: f["fact"] == 7 and f["income"] > 0)]
    with_this = sums[30] + (spend if now["spend"] else 0)
    seen["spend_to_income_30d"] = with_this / income[-1] if income else NONE
    return seen


def _z(spend: float, amounts: list[float]) -> float:
    mean = float(np.mean(amounts))
    return (spend - mean) / max(float(np.std(amounts, ddof=1)), mean / 10)


def _amounts(past: Past, now: Given) -> Answers:
    spend = now["amount"]
    amounts = [fact["amount"] for fact in past.of("account", now["account"], lambda fact: fact["bought"])]
    return {
        "amount": lacking(not now["txn"], spend),
        "is_round": lacking(not now["spend"], float(spend % 10_000 == 0)),
        "is_cash": lacking(not now["spend"], float(is_cash(now))),
        "network_risk": lacking(now["network_risk"] < 0, now["network_risk"]),
        "amount_z": FEW if len(amounts) < 10 else lacking(not now["spend"], _z(spend, amounts)),
        "amount_to_max": FEW if len(amounts) < 3 else lacking(not now["spend"], spend / max(amounts)),
    }


def _flows(past: Past, now: Given) -> Answers:
    moves = past.moves(now)
    inflow = [fact for fact in moves if fact["inflow"] and not fact["declined"]]
    outflow = [fact for fact in moves if fact["bought"] and fact["sent"]]
    refunds = [fact for fact in moves if fact["refund"]]
    seen: Answers = {
        "inflow_count_48h": len(inside(inflow, now, "48h")),
        "outflow_sum_48h": total(inside(outflow, now, "48h")),
        "senders_7d": different(fact["party"] for fact in inside(inflow, now, "7d")),
        "recipients_7d": different(fact["party"] for fact in inside(outflow, now, "7d")),
        "refund_elsewhere": LACKS if not now["refund"] else float(now["party"] >= 0),
    }
    for span in ("24h", "48h"):
        came, went = -total(inside(inflow, now, span)), total(inside(outflow, now, span))
        went += now["amount"] if now["sent"] else 0
        seen |= {f"inflow_sum_{span}": came, f"outflow_share_{span}": went / came if came > 0 else NONE}
    for span in ("24h", "30d"):
        back = inside(refunds, now, span)
        seen |= {f"refund_count_{span}": len(back), f"refund_sum_{span}": -total(back)}
    month = inside([fact for fact in moves if fact["bought"]], now, "30d")
    seen["refund_ratio_30d"] = -total(inside(refunds, now, "30d")) / total(month) if month else NONE
    payees = past.of("account", now["account"], lambda f: f["bought"] and f["sent"] and f["party"] >= 0)
    known = noted([fact["party"] for fact in payees], 8)
    seen["is_new_payee"] = is_new(now["party"], known, now["sent"] and now["party"] >= 0)
    return seen
