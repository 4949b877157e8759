"""A brute-force reading of every feature: plain Python over the raw facts, one event at a time.

Each module answers a family of features by going through all that came before the event. Nothing is shared with the
engine but the shape of a fact.
"""

from __future__ import annotations

from tests.risk.oracle import access, amounts, fraud_history, habits, known, limits, people, shared, spend, ties
from tests.risk.oracle.past import Answers, Given, Past, plain

FAMILIES = (spend, amounts, habits, limits, access, people, shared, known, fraud_history, ties)


def answers(past: Past, now: Given) -> Answers:
    """What every feature must say of the event `now` after the facts of `past`."""
    found: Answers = {}
    for family in FAMILIES:
        found |= family.answers(past, now)
    return found


__all__ = ["Answers", "Given", "Past", "answers", "plain"]
