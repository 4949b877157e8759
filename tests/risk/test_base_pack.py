"""The shipped pack on small stories: each typology raises an alert, its honest look-alike does not."""

from __future__ import annotations

import numpy as np
import pytest

from console.risk.columns import Fact, Judgement
from console.risk.engine import Engine

HOME = {"lat": 31.2, "lon": 121.5, "country": 65}
AWAY = {"lat": 39.9, "lon": 116.4, "country": 65}
PAYMENT, REFUND, TRANSFER = 3, 4, 9
SUCCESS, BAD_PASSWORD, RESET = 1, 2, 6


def pay(tale, amount, **fields):
    return tale.tell(Fact.TRANSACTION, PAYMENT, status=2, amount=-amount, **fields)


def move(tale, amount, party, **fields):
    return tale.tell(Fact.TRANSACTION, TRANSFER, status=2, amount=amount, party=party, **fields)


def takeover(tale):
    for _ in range(5):
        tale.login(BAD_PASSWORD, device=90, ip=90, **AWAY).wait(minutes=0.5)
    tale.login(SUCCESS, device=90, ip=90, **AWAY).wait(minutes=1).login(RESET, device=90, ip=90, **AWAY)
    tale.wait(minutes=3).spend(180_000, merchant=60, device=90, ip=90, **AWAY)


def card_testing(tale):
    for number in range(8):
        tale.spend(150 + number, merchant=61, device=91, ip=91).wait(minutes=0.3)
        tale.tell(Fact.TRANSACTION, 1, status=3, amount=200, merchant=61, device=91, ip=91).wait(minutes=0.3)


def bust_out(tale):
    tale.limits(1_500_000, 1_400_000).wait(days=2)
    available = 1_400_000
    for number in range(9):
        available -= 150_000
        tale.spend(150_000, merchant=62 + number % 3, mcc=6051, device=0, **HOME).limits(1_500_000, available)
        tale.wait(minutes=8)


def cash_out(tale):
    pay(tale, 100_000).wait(minutes=10)
    for number in range(3):
        tale.spend(300_000, merchant=70, device=0, **HOME).limits(1_000_000, 700_000 - 300_000 * number)
        tale.wait(minutes=6)


def mule(tale):
    tale.login(SUCCESS, device=92, ip=92, **AWAY)
    for sender in range(6):
        move(tale.wait(minutes=4), -120_000, 200 + sender)
    move(tale.wait(minutes=15), 650_000, 300, device=92, ip=92, **AWAY)


def synthetic(tale):
    for account in range(3, 7):
        tale.limits(500_000, 500_000, account=account, opened_at=tale.now - 10 * 86_400 * 10**6)
        tale.login(SUCCESS, account=account, device=93, ip=93).wait(hours=2)
    for number in range(3):
        tale.spend(150_000, merchant=80, account=6, device=93, ip=93)
        tale.limits(500_000, 350_000 - 150_000 * number, account=6).wait(minutes=5)


def impossible_travel(tale):
    tale.spend(3000, merchant=1, channel=1, **HOME).wait(minutes=20)
    tale.spend(250_000, merchant=81, channel=2, device=94, ip=94, **AWAY)


def ring(tale):
    for account in range(10, 18):
        tale.login(SUCCESS, account=account, device=95, ip=95).wait(minutes=1)
    for number in range(3):
        occurred = {"opened_at": tale.now - number * 60_000_000, "merchant": 82, "device": 95}
        tale.tell(Fact.LABEL, Judgement.FRAUD, account=10 + number, **occurred)
    tale.spend(200_000, merchant=82, account=17, device=95, ip=95)


def traveller(tale):
    tale.wait(hours=6).login(SUCCESS, device=0, ip=40, **AWAY).wait(hours=2)
    for number in range(6):
        tale.spend(8000 + 900 * number, merchant=100 + number, channel=1, **AWAY).wait(hours=3)


def new_phone(tale):
    tale.login(BAD_PASSWORD, device=41, ip=0, **HOME).wait(minutes=1).login(SUCCESS, device=41, ip=0, **HOME)
    tale.login(7, device=41, ip=0, **HOME).wait(minutes=30)
    tale.spend(6000, merchant=2, device=41, ip=0, **HOME).wait(hours=2)
    tale.spend(9000, merchant=101, device=41, ip=0, **HOME)


def family_tablet(tale):
    for account in (1, 2):
        tale.normal_life(20, account=account, device=account)
    for account in (0, 1, 2):
        tale.login(SUCCESS, account=account, device=42, ip=0, **HOME).wait(minutes=2)
        tale.spend(5000, merchant=3, account=account, device=42, ip=0, **HOME).wait(minutes=5)


def festival(tale):
    for number in range(9):
        tale.spend(6000 + 1500 * number, merchant=110 + number, device=0, ip=0, **HOME).wait(minutes=9)


def honest_raise(tale):
    tale.limits(1_400_000, 1_300_000).wait(days=3)
    for number in range(4):
        tale.spend(9900, merchant=120 + number, mcc=5712, device=0, **HOME)
        tale.limits(1_400_000, 1_290_000 - 9900 * number).wait(hours=3)


@pytest.mark.parametrize(
    ("happening", "typology"),
    [
        (takeover, "account_takeover"),
        (card_testing, "card_testing"),
        (bust_out, "bust_out"),
        (cash_out, "cash_out"),
        (mule, "mule"),
        (synthetic, "synthetic"),
        (impossible_travel, "geography"),
        (ring, "ring"),
    ],
)
def test_a_fraud_raises_an_alert_of_its_typology(base_pack, story, happening, typology):
    scored, begin = play(base_pack, story(), happening)
    hits = np.flatnonzero(scored.level >= base_pack.alert_level)
    assert [hit for hit in hits if hit < begin] == []
    fired = {reason.rule.typology for reasons in scored.reasons(hits) for reason in reasons}
    assert typology in fired


@pytest.mark.parametrize("happening", [traveller, new_phone, family_tablet, festival, honest_raise])
def test_honest_life_raises_none(base_pack, story, happening):
    scored, _ = play(base_pack, story(), happening)
    reasons = scored.reasons(np.flatnonzero(scored.level >= 2).tolist())
    assert [[reason.rule.id for reason in fired] for fired in reasons] == []


def play(pack, tale, happening):
    begin = len(tale.normal_life().facts)
    happening(tale)
    return Engine(pack).page(tale.facts), begin
