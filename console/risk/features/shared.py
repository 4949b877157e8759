"""What happens on a device, an IP and its network (IPv4 /24, IPv6 /48), whoever's account it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from console.risk.columns import Array, Bools, Floats
from console.risk.features.known import with_one
from console.risk.features.seen import History, Seen, count, different, ratio
from console.risk.missing import TOO_FEW
from console.risk.registry import EXACT, SPANS, Feature, register
from console.risk.state.memory import LOGIN_FAILED, LOGIN_SEEN, SPEND_DECLINED, USED

KEPT = EXACT.format(kept=12)


def _accounts(seen: Seen, kind: str, span: int) -> Floats:
    others = seen.on(kind).within(span) & seen.others(kind)
    return np.asarray(different(others, seen.sight.used[kind]["account"]) + 1)


def _done(seen: Seen, kind: str, bit: int, span: int) -> Bools:
    return np.asarray((seen.sight.used[kind]["done"] & bit > 0) & seen.on(kind).within(span))


def _failed(seen: Seen, kind: str, span: int) -> Floats:
    return count(_done(seen, kind, LOGIN_FAILED, span))


def _declined(seen: Seen, kind: str, span: int) -> Floats:
    return count(_done(seen, kind, SPEND_DECLINED, span))


def _failed_share(seen: Seen, kind: str, span: int) -> Floats:
    logins = count(_done(seen, kind, LOGIN_SEEN, span))
    return ratio(_failed(seen, kind, span), np.where(logins >= 3, logins, 0), TOO_FEW)


def _applications(seen: Seen, kind: str, span: int) -> Floats:
    return count(History(seen.sight.applied[kind], seen.now).within(span))


Measure = Callable[[Seen, str, int], Array]
_MEASURES: tuple[tuple[str, str, str, str, Measure, dict[str, tuple[str, ...]]], ...] = (
    (
        "accounts_on_{}",
        "accounts",
        "",
        "Different accounts on the event's {}, this one included.",
        _accounts,
        {"device": ("15m", "24h", "7d", "8w"), "ip": ("15m", "24h", "7d"), "subnet": ("15m", "24h", "7d")},
    ),
    (
        "failed_logins_{}",
        "events",
        "",
        "Failed logins on the event's {}, of any account.",
        _failed,
        {"device": ("1h",), "ip": ("15m", "1h"), "subnet": ("15m",)},
    ),
    (
        "failed_share_{}",
        "share",
        ", too_few below 3 login events",
        "Share of the login events on the event's {} that failed, of any account.",
        _failed_share,
        {"ip": ("1h",), "subnet": ("1h",)},
    ),
    (
        "declines_{}",
        "events",
        "",
        "Declined spends on the event's {}, of any account.",
        _declined,
        {"device": ("1h", "24h"), "ip": ("1h", "24h"), "subnet": ("1h",)},
    ),
    (
        "applications_{}",
        "applications",
        "",
        "Applications sent from the event's {}.",
        _applications,
        {"device": ("24h", "8w"), "ip": ("24h", "4w"), "subnet": ("6h", "24h")},
    ),
)


def _bound(measure: Measure, kind: str, span: int) -> Callable[[Seen], Floats]:
    return lambda seen: with_one(seen, kind, measure(seen, kind, span))


for _name, _unit, _further, _meaning, _measure, _spans in _MEASURES:
    for _kind in USED:
        for _word in _spans.get(_kind, ()):
            register(
                Feature(
                    name=f"{_name.format(_kind)}_{_word}",
                    entity=_kind,
                    unit=_unit,
                    window=f"{_word}, {KEPT}",
                    missing=f"missing_input without {_kind}{_further}",
                    meaning=f"{_meaning.format(_kind)} Window: {_word}.",
                    compute=_bound(_measure, _kind, SPANS[_word]),
                )
            )
