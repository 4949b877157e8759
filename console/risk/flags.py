"""What a transaction means, as bits: worked out once when it arrives and kept beside it."""

from __future__ import annotations

import numpy as np

from console.risk.columns import TXN_KINDS, TXN_STATUSES, Array, Decline, Fact, of_kind

SPEND = 1  # money leaves at the customer's wish: purchase, cash advance, outgoing transfer; declined ones too
DECLINED = 2
PAYMENT = 4
REFUND = 8
INFLOW = 16  # incoming transfer
TRANSFER = 32  # outgoing transfer
ROUND = 64  # a multiple of 100 major units
SMALL = 128  # spend of at most 10 major units
CASH = 256  # cash advance, or a purchase of something as good as cash
NO_MONEY = 512  # a spend declined because the money is not there
BAD_CREDENTIAL = 1024  # a spend declined for a wrong or outdated number, code or date
LOGIN = 2048  # no transaction but a login; never kept

MINOR_PER_MAJOR = 100
ROUND_TO = 100.0 * MINOR_PER_MAJOR
CASH_LIKE_MCC = (4829, 5944, 6010, 6011, 6012, 6050, 6051, 6211, 6540, 7995)
"""Money transfer, jewellery, cash, quasi-cash, securities, stored value, betting (ISO 18245)."""

_IS_CASH_LIKE = np.zeros(1 << 16, bool)
_IS_CASH_LIKE[list(CASH_LIKE_MCC)] = True

_PURCHASE, _CASH_ADVANCE, _PAYMENT, _REFUND, _TRANSFER = (
    TXN_KINDS.index(kind) + 1 for kind in ("purchase", "cash_advance", "payment", "refund", "transfer")
)
_DECLINED = TXN_STATUSES.index("declined") + 1
_NO_MONEY, _BAD_CREDENTIAL = int(Decline.LIMIT), int(Decline.CREDENTIAL)


def flags_of(facts: Array) -> Array:
    """Per row of `facts` the bits above (u2); 0 on everything that is not a transaction."""
    bits = np.zeros(len(facts), np.uint16)
    rows = of_kind(facts, Fact.TRANSACTION).nonzero()[0]
    columns = (facts[name][rows] for name in ("code", "amount", "status", "mcc", "decline"))
    bits[rows] = _of_transactions(*columns)
    return bits


def _of_transactions(kind: Array, amount: Array, status: Array, mcc: Array, decline: Array) -> Array:
    outgoing = amount > 0
    transfer = kind == _TRANSFER
    cash_advance = kind == _CASH_ADVANCE
    declined = status == _DECLINED
    spend = ((kind == _PURCHASE) | cash_advance | transfer) & outgoing
    bits = np.zeros(len(kind), np.uint16)
    for bit, holds in (
        (SPEND, spend),
        (DECLINED, declined),
        (PAYMENT, kind == _PAYMENT),
        (REFUND, kind == _REFUND),
        (INFLOW, transfer & (amount < 0)),
        (TRANSFER, transfer & outgoing),
        (ROUND, spend & (np.floor(amount / ROUND_TO) * ROUND_TO == amount)),
        (SMALL, spend & (amount <= 10 * MINOR_PER_MAJOR)),
        (CASH, cash_advance | (spend & _IS_CASH_LIKE[mcc])),
        (NO_MONEY, spend & declined & (decline == _NO_MONEY)),
        (BAD_CREDENTIAL, spend & declined & (decline == _BAD_CREDENTIAL)),
    ):
        bits |= holds * np.uint16(bit)
    return bits
