"""`riskdesk scorecard data`: the book as a table to fit on, what is on file of each customer and how it ended.

What is on file is that of today, as the mirror keeps no older one: fit on it only what an institution does not rewrite
after a default. How an account was used says nothing of an applicant, and is left out.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from console.core.instants import DAY
from console.core.messages import UNREADABLE, Account, Application, Customer, decoder
from console.desk.export import cell
from console.desk.papers import applicant
from console.desk.written import write
from console.exits import Exit
from console.language import tr
from console.paths import Home
from console.risk.credit.scorecard import Value
from store.credit_book import Owed, book
from store.reader import Reader

LATE_DAYS = 30
"""An account so many days past due is bad (two missed bills: the usual early sign; Siddiqi 2006, ch. 3)."""
GOOD, BAD, UNKNOWN = "good", "bad", ""
_ACCOUNT, _CUSTOMER, _APPLICATION = decoder(Account), decoder(Customer), decoder(Application)

Row = dict[str, Value]


def run(home: Home, to: Path, seasoned: int) -> int:
    """Write the table. Raises StoreError without a mirror, OSError where the file can't be written."""
    mirror = Reader(home.mirror)
    try:
        rows = list(table(mirror, seasoned))
    finally:
        mirror.close()
    write(to, as_csv(rows))
    ended = Counter(row["outcome"] for row in rows)
    counts = {"bad": ended[BAD], "good": ended[GOOD], "unknown": ended[UNKNOWN]}
    print(tr("scorecard.written", rows=len(rows), file=to, **counts))
    return Exit.OK


def table(mirror: Reader, seasoned: int) -> Iterator[Row]:
    """A row an account: its id, what a scorecard may ask, and its outcome. What can't be read is left out."""
    now = mirror.watermark()
    for owed in book(mirror):
        try:
            yield _row(owed, now - seasoned * DAY)
        except UNREADABLE:
            continue


def _row(owed: Owed, opened_before: int) -> Row:
    account = _ACCOUNT.decode(owed.account)
    customer = _CUSTOMER.decode(owed.customer) if owed.customer else None
    asked = _APPLICATION.decode(owed.application) if owed.application else None
    income = customer.income.monthly_minor if customer and customer.income else None
    told = {
        **applicant(asked, customer, owed.currency or ""),
        "income_minor": None if income is None else float(income),
    }
    return {"account_id": owed.account_id, **told, "outcome": outcome(account, opened_before)}


def outcome(account: Account, opened_before: int) -> str:
    """How it ended: bad when late or lost, good when it had the time to go bad, else nothing yet."""
    if account.credit_state == "charged_off" or (account.days_past_due or 0) >= LATE_DAYS:
        return BAD
    return GOOD if account.status != "pending" and account.opened_at <= opened_before else UNKNOWN


def as_csv(rows: list[Row]) -> str:
    """The rows under all their names, empty where a row has no value."""
    names = dict.fromkeys(name for row in rows for name in row if name != "outcome")
    text = io.StringIO()
    writer = csv.DictWriter(text, [*names, "outcome"], lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()
