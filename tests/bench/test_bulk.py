"""The bulk trial, small: a rate-limiting core, a stop, two kills, and the core's own ledger as the judge."""

from __future__ import annotations

from console.bench import bulk
from console.bench.bulk import Findings, Scale


def test_every_account_is_frozen_once_over_a_stop_and_kills() -> None:
    findings = bulk.run(Scale(accounts=30, stop_at=12, per_s=120, burst=40, killed_at=(0.7,)))
    assert findings.flawless, findings
    assert (findings.frozen, findings.doubled, findings.missed) == (30, 0, 0)
    assert 12 <= findings.stopped_at < 30
    assert findings.kills == 2


def test_findings_with_a_fault_are_not_flawless() -> None:
    whole = {"accounts": 3, "frozen": 3, "confirmed": 3, "audit_whole": True}
    assert Findings(**whole).flawless
    for fault in ("doubled", "missed", "strangers", "moved", "out_of_order"):
        assert not Findings(**whole, **{fault: 1}).flawless
    assert not Findings(**whole | {"frozen": 2}).flawless
    assert not Findings(**whole | {"audit_whole": False}).flawless
