"""What the policy in force says of automatic measures."""

from __future__ import annotations

from console.risk.automatic import Regime
from console.risk.policy_text import read_policy
from store.journal import Journal
from store.policies import in_force


class Regimes:
    """The regime of a journal's policy, read again when another policy or stance is in force."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._known: Regime | None = None

    def now(self) -> Regime | None:
        """The regime in force; None before the first policy. Raises PolicyError for one that can't be read."""
        found = in_force(self._journal)
        if found is None:
            return None
        if self._known is None or self._known.stamp != found.stamp:
            policy = read_policy(found.name, found.text)
            measures = policy.stances[found.stance].automatic
            self._known = Regime(policy.budget, measures, policy.shadow, found.stamp)
        return self._known
