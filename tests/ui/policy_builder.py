"""A journal and a mirror with a policy that has moved, indicators that rise, and a proposal."""

from __future__ import annotations

import sqlite3

from console.core.instants import DAY
from console.desk.policy import text_of
from console.paths import Home
from console.risk.policy_text import read_policy
from store.indicators import OWN, Figure, keep
from store.journal import Journal
from store.policies import Policies, Text
from tests.ui.mirror_builder import NOW

STANDARD = """\
name = "standard"

[drive]
stance = "normal"
dwell_days = 30

[[drive.rule]]
indicator = "unemployment_rate"
enter = 5.8
leave = 5.4
stance = "guarded"

[[drive.rule]]
indicator = "unemployment_rate"
enter = 7.0
leave = 6.2
stance = "tight"

[[drive.rule]]
indicator = "default_rate"
enter = 2.2
leave = 1.9
stance = "guarded"

[[drive.rule]]
indicator = "default_rate"
enter = 3.0
leave = 2.5
stance = "tight"

[[drive.rule]]
indicator = "portfolio_delinquency"
enter = 4.0
leave = 3.0
stance = "guarded"

[[drive.rule]]
indicator = "portfolio_delinquency"
enter = 7.0
leave = 5.0
stance = "tight"

[[drive.rule]]
indicator = "loss_rate"
enter = 12.0
leave = 8.0
stance = "guarded"

[automatic]
count = 20
exposure = { CNY = 20_000_000 }
per_rule = 10
ceiling = 200

[stances]
tight.cutoffs = { approve_above = 610, decline_below = 588 }
guarded.cutoffs = { approve_above = 598, decline_below = 576 }
normal.cutoffs = { approve_above = 585, decline_below = 564 }
loose.cutoffs = { approve_above = 570, decline_below = 550 }
"""
SPRING = STANDARD.replace("leave = 5.4", "leave = 5.3").replace("standard", "spring")

BEFORE = {"alerts_per_day": 2.9, "minutes_per_day": 17.4, "precision": {"value": 0.56, "low": 0.4, "high": 0.7}}
AFTER = {"alerts_per_day": 4.5, "minutes_per_day": 27.0, "precision": {"value": 0.42, "low": 0.3, "high": 0.6}}
EFFECT = {
    "from": "a/normal",
    "to": "a/guarded",
    "days": 30.0,
    "alerts": {"live": BEFORE, "draft": AFTER},
    "applications": {
        "live": {"approve": 25, "refer": 3, "decline": 3},
        "draft": {"approve": 18, "refer": 3, "decline": 10},
    },
    "limits": {"live": {"accounts": 2, "minor": {}}, "draft": {"accounts": 9, "minor": {}}},
}
FIGURES = {
    "unemployment_rate": ("percent", "macro", [5.0, 5.1, 5.0, 5.2, 5.3, 5.3, 5.5, 5.6, 5.7, 5.9]),
    "default_rate": ("percent", "macro", [1.7, 1.74, 1.69, 1.66, 1.71, 1.75, 1.8, 1.82, 1.9, 1.95]),
    "portfolio_delinquency": ("percent", "portfolio", [1.1, 1.3, 1.2, 1.8, 2.4, 3.3]),
    "loss_rate": ("percent", "desk", [2.0, 2.4, 1.9]),
    "queue_load": ("hours", "desk", [7.5, 8.3]),
}


def spring() -> Text:
    """The policy that is in force."""
    return text_of(read_policy("spring", SPRING))


def build_policies(home: Home) -> None:
    """One policy, then another that moved and went back; a proposal with its effect; figures of five indicators."""
    text, own = text_of(read_policy("standard", STANDARD)), spring()
    journal = Journal(home.journal)
    policies = Policies(journal)
    policies.apply(text, "normal", "", "watcher", now=NOW - 90 * DAY, since=0, kind="shipped")
    policies.apply(own, "normal", "cut-offs of the spring review", "jonas.p", now=NOW, since=NOW - 60 * DAY)
    policies.apply(own, "guarded", "default_rate 2.3 ≥ 2.2", "watcher", now=NOW, since=NOW - 40 * DAY, kind="automatic")
    policies.roll_back(None, "one month is no trend", "maria.k", now=NOW, since=NOW - 35 * DAY)
    because = [{"indicator": "unemployment_rate", "value": 5.9, "at": NOW, "threshold": 5.8, "rising": True}]
    made = policies.propose(own, "guarded", because, None, "watcher", now=NOW, since=NOW)
    policies.tell_effect(made.number, EFFECT)
    rows = [
        Figure(name, NOW - (len(values) - place) * 7 * DAY, place, NOW, value, unit, scope)
        for name, (unit, scope, values) in FIGURES.items()
        for place, value in enumerate(values)
    ]
    keep(journal, [figure for figure in rows if figure.scope == OWN])
    journal.close()
    mirror = sqlite3.connect(home.mirror)
    mirror.executemany(
        "INSERT OR REPLACE INTO indicator VALUES (?, ?, ?, ?, ?, ?, ?)",
        [tuple(vars(figure).values()) for figure in rows if figure.scope != OWN],
    )
    mirror.commit()
    mirror.close()
