"""A backtest's figures for machines and for people, and the accounts that stand behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from console.bench.machine import machine
from console.core.instants import wire
from console.language import tr
from console.risk.backtest import Trail
from console.risk.intervals import Share
from console.risk.verdicts import SIDES, Figures, Known, Side
from console.ui import formats

Report = dict[str, Any]
Who = Mapping[int, tuple[str, str | None]]
"""(account id, currency) by account number."""


FIGURES = {
    "alerts": "{:,}",
    "alerts_per_day": "{:,.1f}",
    "minutes_per_day": "{:,.0f}",
    "fraud": "{:,}",
    "unknown": "{:,}",
}
"""A side's plain figures, and how each is written."""


def told(trail: Trail, found: Figures, who: Who) -> Report:
    """A backtest's figures as one JSON object; `new`, `lost` and `kept` count alerts, `precision` is the draft's."""
    new, lost = found.only("draft"), found.only("live")
    precision = found.sides["draft"].precision
    return {
        "scored": trail.scored,
        "from": wire(trail.since),
        "to": wire(trail.until),
        "days": round(found.days, 3),
        "new": int(new.sum()),
        "lost": int(lost.sum()),
        "kept": len(found.alerts) - int((new | lost).sum()),
        "precision": None if precision is None else round(precision.value, 4),
        "new_precision": _share(found.precision(new)),
        "lost_precision": _share(found.precision(lost)),
        **{side: _side(found, found.sides[side], side, who) for side in SIDES},
        "rules": [
            {
                "rule_id": rule.rule_id,
                "state": rule.state,
                "hits": rule.hits,
                "live_hits": rule.live_hits,
                "accounts": len(rule.accounts),
                "alerts": rule.alerts,
                "precision": _share(rule.precision),
            }
            for rule in found.rules
        ],
        "machine": machine(),
    }


def _side(found: Figures, side: Side, name: str, who: Who) -> dict[str, Any]:
    alerts = found.alerts[found.of(name)]
    return {
        "alerts": side.alerts,
        "alerts_per_day": round(side.alerts_per_day, 2),
        "minutes_per_day": round(side.minutes_per_day, 1),
        "fraud": side.fraud,
        "unknown": side.unknown,
        "precision": _share(side.precision),
        "fraud_minor": _money(found.losses["account"], found.losses["amount"], who),
        "reached_minor": _money(alerts["account"], alerts[f"{name}_reached_minor"], who),
    }


def _share(share: Share | None) -> dict[str, float] | None:
    if share is None:
        return None
    ends = {"value": round(share.value, 4), "low": round(share.low, 4), "high": round(share.high, 4)}
    return {"hits": share.hits, "of": share.of, **ends}


def _money(accounts: Iterable[int], amounts: Iterable[float], who: Who) -> dict[str, int]:
    """Minor units by currency."""
    sums: dict[str, float] = {}
    for account, amount in zip(accounts, amounts, strict=True):
        currency = who.get(int(account), ("", None))[1] or "?"
        sums[currency] = sums.get(currency, 0.0) + amount
    return {currency: round(amount) for currency, amount in sorted(sums.items())}


def behind(trail: Trail, found: Figures, who: Who) -> Iterator[dict[str, Any]]:
    """One object an alert, then one a rule and account: what stands behind each number."""
    names = {"live": [rule.id for rule in trail.live.live], "draft": [rule.id for rule in trail.draft.live]}
    kinds = np.where(found.only("draft"), 0, np.where(found.only("live"), 1, 2))
    for place, alert in enumerate(found.alerts):
        account_id, currency = who.get(int(alert["account"]), ("", None))
        yield {
            "alert": ("new", "lost", "kept")[kinds[place]],
            "account_id": account_id,
            "opened_at": wire(int(alert["opened_at"])),
            "known": Known(alert["known"]).name.lower(),
            "currency": currency,
            "fraud_minor": round(float(alert["fraud_minor"])),
            **{
                side: {
                    "hits": int(alert[f"{side}_hits"]),
                    "score": round(float(alert[f"{side}_score"]), 4),
                    "reached_minor": round(float(alert[f"{side}_reached_minor"])),
                    "rules": [name for name, on in zip(names[side], found.fired[side][place], strict=False) if on],
                }
                for side in SIDES
            },
        }
    for rule in found.rules:
        for account, hits in rule.accounts.items():
            yield {"rule": rule.rule_id, "account_id": who.get(account, ("", None))[0], "hits": hits}


# ---------------------------------------------------------------- figures for people


def table(report: Report, exponents: Mapping[str, int]) -> Iterator[str]:
    """The figures as lines of text. `exponents` are the decimal places of each currency."""
    yield tr(
        "backtest.stretch",
        days=f"{report['days']:.1f}",
        begin=report["from"][:16],
        end=report["to"][:16],
        warm=f"{report['warm_up_days']:.1f}",
    )
    yield tr("backtest.replayed", events=f"{report['events']:,}", seconds=f"{report['seconds']:.1f}")
    yield ""
    yield f"{'':28} {tr('backtest.live'):>18} {tr('backtest.draft'):>18}"
    live, draft = (report[side] for side in SIDES)
    for key, form in FIGURES.items():
        yield f"{tr(f'backtest.{key}'):28} {form.format(live[key]):>18} {form.format(draft[key]):>18}"
    yield f"{tr('backtest.precision'):28} {percent(live['precision']):>18} {percent(draft['precision']):>18}"
    for currency, money in live["fraud_minor"].items():
        reached = [side["reached_minor"].get(currency, 0) for side in (live, draft)]
        title = tr("backtest.reached", currency=currency)
        yield f"{title:28} " + " ".join(f"{formats.money(sum_, currency, exponents):>18}" for sum_ in reached)
        yield f"{tr('backtest.fraud_money'):28} {formats.money(money, currency, exponents):>18}"
    yield ""
    yield tr("backtest.changes", new=report["new"], lost=report["lost"], kept=report["kept"])
    yield tr("backtest.precisions", new=percent(report["new_precision"]), lost=percent(report["lost_precision"]))
    yield ""
    yield tr("backtest.rules")
    for rule in report["rules"]:
        before = "-" if rule["live_hits"] is None else f"{rule['live_hits']:,}"
        counts = f"{rule['hits']:>9,} {before:>9} {rule['accounts']:>9,} {rule['alerts']:>9,}"
        yield f"{rule['rule_id']:10} {rule['state']:7} {counts}  {percent(rule['precision'])}"


def percent(share: dict[str, Any] | None) -> str:
    """A share with its interval: `12 % (8 to 17)`; a dash when nothing is known."""
    if share is None:
        return "–"
    low, high = (round(share[end] * 100) for end in ("low", "high"))
    return tr("backtest.percent", value=round(share["value"] * 100), low=low, high=high)
