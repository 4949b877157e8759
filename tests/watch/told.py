"""A core's feed, told change by change."""

from __future__ import annotations

import json
from typing import Any

from console.core import feed
from console.core.feed import Page
from console.core.instants import wire

EPOCH = "test"
NOON = 1_700_000_000_000_000
SECOND = 1_000_000


class Core:
    """Builds pages of a feed, change by change."""

    def __init__(self) -> None:
        self.seq = 0

    def page(self, *changes: dict[str, Any]) -> Page:
        first = self.seq
        numbered = []
        for change in changes:
            self.seq += 1
            numbered.append({"seq": self.seq, "occurred_at": wire(NOON), "recorded_at": wire(NOON), **change})
        body = {
            "epoch": EPOCH,
            "from_seq": first,
            "scanned_to_seq": self.seq,
            "head_seq": self.seq,
            "watermark": wire(NOON),
            "has_more": False,
            "next_cursor": str(self.seq),
            "changes": numbered,
        }
        return feed.read(json.dumps(body).encode(), None)


def upsert(type_: str, id_: str, version: int = 1, **data: Any) -> dict[str, Any]:
    return {
        "type": type_,
        "op": "upsert",
        "id": id_,
        "version": version,
        "data": {"id": id_, "version": version, **data},
    }


def delete(type_: str, id_: str, version: int) -> dict[str, Any]:
    return {"type": type_, "op": "delete", "id": id_, "version": version}


def purchase(id_: str, version: int = 1, at: int = NOON, **data: Any) -> dict[str, Any]:
    facts = {
        "account_id": "acc.1",
        "kind": "purchase",
        "status": "pending",
        "amount_minor": 1000,
        "currency": "CNY",
        "occurred_at": wire(at),
        "recorded_at": wire(at),
        "merchant": {"id": "mer.1"},
    }
    return upsert("transaction", id_, version, **(facts | data))


def account(id_: str = "acc.1", version: int = 1, **data: Any) -> dict[str, Any]:
    limits = {"currency": "CNY", "credit_limit_minor": 9, "available_minor": 9, "balance_minor": 0, "pending_minor": 0}
    facts = {"customer_id": "cus.1", "status": "active", "credit_state": "current", "limits": limits, "holds": []}
    return upsert("account", id_, version, **(facts | {"opened_at": wire(0), "updated_at": wire(NOON)} | data))


def label(id_: str, target: str, version: int = 1, verdict: str = "fraud") -> dict[str, Any]:
    facts = {"target": {"type": "transaction", "id": target}, "verdict": verdict, "kind": "chargeback"}
    return upsert("label", id_, version, **facts, occurred_at=wire(NOON), recorded_at=wire(NOON + SECOND))


def case(version: int, **data: Any) -> dict[str, Any]:
    facts = {"account_id": "acc.1", "note_count": 0, "updated_at": wire(NOON)}
    return upsert("case", "case.1", version, **(facts | data))
