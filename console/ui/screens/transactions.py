"""The transactions screen: what was spent and paid, newest first, with the scores and rules of each event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.text import Text

from console.language import term
from console.ui import documents, formats
from console.ui.reasons import headline
from console.ui.screens.stream import StreamScreen, first_rule, glyph, said, when
from console.ui.text import clean
from console.ui.themes import palette
from console.ui.widgets.rows import Cell
from console.ui.widgets.stream import Column, Stream, fitted
from store import events
from store.events import TransactionRow
from store.query import TRANSACTIONS, Selection
from store.reader import Reader

ROOMY = 100


class TransactionList(Stream[TransactionRow]):
    """Transactions by their place in the feed."""

    def name_at(self, index: int) -> str | int | None:
        return self.shown[index].transaction_id

    def __init__(self, one_account: bool) -> None:
        super().__init__()
        self._one_account = one_account
        self.exponents: Mapping[str, int] = {}
        self.now = 0

    def columns(self, width: int) -> list[Column]:
        """The columns that a width has room for; the account is left out where all are of one."""
        account = [] if self._one_account else [("account", 15 if width >= ROOMY else 11, False)]
        head: list[Column] = [("time", 8, False), ("risk", 6, False), ("amount", 11, True), ("kind", 9, False)]
        merchant = [("merchant", 24, False)] if width >= ROOMY else []
        short = [("merchant", 0, False), ("rules", 8, False)]
        rest = [*merchant, ("rules", 0, False)] if merchant else short
        return fitted([*head, ("status", 8, False), *account, *rest], width)

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        row, colours = self.shown[index], self.palette
        level = colours.level(row.level)
        columns = self.columns(width)
        merchant = documents.part(documents.read(row.doc), "merchant")
        room = next(size for name, size, _ in columns if name == "rules")
        known = {
            "time": (when(row.occurred_at, self.now), colours.faint),
            "risk": (f"{glyph(row.level)} {formats.score(row.score)}", level),
            "amount": (formats.money(row.amount_minor, row.currency, self.exponents), colours.strong),
            "kind": (term("ui.kind", clean(row.kind, 24)), colours.plain),
            "status": (
                term("ui.txn_status", clean(row.status, 16)),
                colours.warning if row.status == "declined" else colours.faint,
            ),
            "account": (clean(row.account_id, 72) or formats.NOTHING, colours.plain),
            "merchant": (clean(merchant.get("name") or merchant.get("id"), 48), colours.plain),
            "rules": (headline(row.rule_ids, room) if room > 8 else first_rule(row.rule_ids), level),
        }
        return [(known[name][0], size, right, known[name][1]) for name, size, right in columns]


class TransactionsScreen(StreamScreen):
    """The transactions of one account or of all."""

    NAME = "transactions"
    VIEW: ClassVar = ("mirror", "v_transaction", "transaction_id")
    LISTING = TRANSACTIONS

    def make(self) -> TransactionList:
        return TransactionList(self.one_account)

    def newest(self, mirror: Reader, account: int | None) -> int:
        return events.newest_transaction(mirror, account)

    def page(
        self, mirror: Reader, place: int, most: int, kept: Sequence[Selection]
    ) -> tuple[list[TransactionRow], int]:
        return events.transactions(mirror, place, most, self.one_account, kept)

    def columns(self, width: int) -> list[Column]:
        return self._list.columns(width)

    @property
    def _list(self) -> TransactionList:
        return self.query_one(TransactionList)

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        situation = self.sight.situation
        self._list.exponents, self._list.now = situation.exponents, situation.stream_now
        super().looked(mirror_changed, journal_changed)

    def told(self, width: int) -> list[Text]:
        """Which event this is and where it happened; below it what its rules say."""
        row = self._list.chosen()
        if row is None:
            return []
        colours = palette(self.app.theme_variables)
        doc = documents.read(row.doc)
        merchant, location = documents.part(doc, "merchant"), documents.part(doc, "location")
        city = location.get("city") or merchant.get("city") or location.get("country")
        place = [merchant.get("name") or merchant.get("id"), merchant.get("mcc"), city, doc.get("channel")]
        through = [doc.get("device_id"), doc.get("ip"), doc.get("decline_code")]
        line = Text(f"{clean(row.transaction_id, 40)}  {formats.day_and_time(row.occurred_at)}  ", colours.strong)
        line.append(" · ".join(clean(part, 48) for part in (*place, *through) if part), colours.plain)
        return [line, said(row.rule_ids, colours.level(row.level))]
