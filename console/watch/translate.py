"""From the core's resources to the mirror's rows and the engine's facts.

One `Translation` serves one page. It applies the version rule (a change counts only when its version is higher than
the stored one), gives everybody a number in the order of the feed, and has each type's sheet make its facts and rows.
A page means the same as its changes one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from console.core.feed import Spoiled
from console.core.lots import Lot, column
from console.core.messages import Change
from console.risk.columns import Array
from console.watch.facts import all_none, in_feed_order
from console.watch.numbering import Who
from console.watch.sheets.events import Column, Logins, Transactions
from console.watch.sheets.indicators import Indicators
from console.watch.sheets.people import Accounts, Applications, Customers, Devices, LimitRequests, Links
from console.watch.sheets.resources import Others
from console.watch.sheets.truth import Cases, Labels
from console.watch.taken import Taken, take
from store.batch import Batch
from store.mirror import Mirror


class Sheet(Protocol):
    """One type's changes on a page."""

    def facts(self) -> list[Array]:
        """What the engine is told, in parts that are each in the order of the feed."""

    def store(self, batch: Batch) -> None:
        """Put the rows into the batch."""


SHEETS: dict[str, Callable[[Taken, Who], Sheet]] = {
    "transaction": Transactions,
    "login": Logins,
    "account": Accounts,
    "customer": Customers,
    "device": Devices,
    "link": Links,
    "application": Applications,
    "limit_request": LimitRequests,
    "case": Cases,
    "indicator": Indicators,
}


class Translation:
    """What one page means.

    `facts` are the engine's input in the order of the feed. `batch` are the rows, once they are made (`make_rows`), but
    for the new events: `new_transactions` and `new_logins` are their columns up to the document, in the order of the
    fresh facts of their kind, and still lack what the engine says of them. `numbered` are those whom the page named
    first.
    """

    def __init__(self, mirror: Mirror, lots: Mapping[str, Lot], spoiled: Sequence[Spoiled]) -> None:
        self.batch = Batch(quarantined=[(s.seq, s.type, s.id, s.reason, s.body) for s in spoiled])
        self.new_transactions: list[Column] = []
        self.new_logins: list[Column] = []
        self._taken = {type_: take(mirror, lot) for type_, lot in lots.items()}
        who = Who(mirror)
        self._sheets = {type_: self._sheet(type_, taken, who) for type_, taken in self._taken.items()}
        who.settle()
        self.numbered = mirror.numbered()
        accounts = self._sheets.get("account")
        if isinstance(accounts, Accounts):
            who.own(accounts.owned())
        self.facts = in_feed_order([part for sheet in self._sheets.values() for part in sheet.facts()])

    def make_rows(self) -> None:
        """Fill the batch, and move what the mirror keeps in memory of each account to the end of the page."""
        for sheet in self._sheets.values():
            sheet.store(self.batch)
        self.batch.quarantined.sort()
        transactions, logins = self._sheets.get("transaction"), self._sheets.get("login")
        if isinstance(transactions, Transactions):
            self.new_transactions = transactions.new_rows()
        if isinstance(logins, Logins):
            self.new_logins = logins.new_rows()

    def _sheet(self, type_: str, taken: Taken, who: Who) -> Sheet:
        if type_ == "label":
            return Labels(taken, who, self._taken.get("transaction"))
        return SHEETS.get(type_, Others)(taken, who)

    @property
    def applied(self) -> list[Change]:
        """The changes that count, by type and then in the order of the feed."""
        applied: list[Change] = []
        for taken in self._taken.values():
            applied += taken.changes
            applied += column(taken.deletes, "change")
        return applied

    def caused(self) -> list[tuple[str, str, str]]:
        """(command id, type, document) of the changes that count and that a command made."""
        caused = []
        for type_, taken in self._taken.items():
            causes = [change.caused_by for change in taken.changes]
            if not all_none(causes):
                made = zip(causes, taken.docs, strict=True)
                caused += [(cause.command_id, type_, doc) for cause, doc in made if cause and cause.command_id]
        return caused
