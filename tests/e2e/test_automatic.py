"""Two watchers that act by themselves under one subject, as processes; one dies in the middle and comes back."""

from __future__ import annotations

from console.bench.automatic import Scale, run


def test_no_account_is_frozen_twice_and_the_budget_is_kept_when_a_watcher_is_killed() -> None:
    found = run(Scale(alerts=30, budget=12, back_after_s=0.5, quiet_s=2.0))
    assert (found.frozen, found.twice, found.strangers, found.over_count, found.over_exposure) == (12, 0, 0, 0, 0)
    assert found.audits_whole
    assert sum(found.by_desk) == 12
    assert all(left["budget_count"] >= found.unfrozen for left in found.left), "every desk says why the rest is left"
