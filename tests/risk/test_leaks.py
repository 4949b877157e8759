"""What is usual for an account stays so; a verdict tells the merchant's next event."""

from __future__ import annotations

import pytest

from console.risk.columns import HOUR, LABEL_KINDS, Fact, Judgement
from console.risk.engine import Engine


def test_one_huge_purchase_does_not_move_what_is_usual(base_pack, story):
    tale = story()
    for amount in (900, 1000, 1100, 1000, 950, 1050, 500_000, 1000):
        tale.spend(amount).wait(hours=5)
    scored = Engine(base_pack).page(tale.facts)
    assert scored.features("amount_to_usual")[6] == pytest.approx(500, rel=0.01)
    assert scored.features("amount_to_usual")[7] == pytest.approx(1, rel=0.1)
    assert scored.features("unusual_count_24h")[7] == 1


def test_a_verdict_acts_on_the_next_event(base_pack, story):
    tale = story()
    for _ in range(8):
        tale.spend(1000, merchant=3).wait(hours=5)
    judged = tale.now - 5 * HOUR
    operator = LABEL_KINDS.index("operator") + 1
    tale.tell(Fact.LABEL, Judgement.FRAUD, merchant=3, amount=1000, opened_at=judged, status=operator)
    tale.spend(1000, merchant=3, account=1).tell(Fact.LABEL, Judgement.LEGIT, merchant=3, opened_at=judged)
    tale.spend(1000, merchant=3, account=1)
    assert Engine(base_pack).page(tale.facts).features("ordinary_frauds_merchant_30d").tolist()[-2:] == [1, 0]
