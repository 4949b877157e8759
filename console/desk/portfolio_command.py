"""`riskdesk portfolio`: the book by segment and over time, as a table, JSON or CSV; the watcher keeps it day by day."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from console.core import instants
from console.exits import Exit
from console.language import tr
from console.paths import Home
from console.risk import portfolio
from console.risk.intervals import wilson
from console.risk.portfolio import ALL
from console.ui.text import clean
from store import portfolio as stored
from store.journal import Journal
from store.portfolio import Day


def run(options: argparse.Namespace, home: Home) -> int:
    """Print the newest day, or with --history every day, of one dimension or all. Raises StoreError."""
    if not home.journal.exists():
        print(tr("portfolio.none"), file=sys.stderr)
        return Exit.FAILED
    journal = Journal(home.journal)
    wanted = (options.by,) if options.by else (ALL, *portfolio.DIMENSIONS)
    if options.history:
        days = [day for dimension in wanted for day in stored.history(journal, dimension)]
    else:
        days = [day for day in stored.newest(journal) if day.dimension in wanted]
    if not days:
        print(tr("portfolio.none"), file=sys.stderr)
        return Exit.FAILED
    if options.json:
        print(json.dumps([told(day) for day in days]))
    elif options.csv:
        write_csv(days)
    else:
        print(tr("portfolio.head"))
        for day in days:
            print(_line(day))
    return Exit.OK


def told(day: Day) -> dict[str, Any]:
    """A day's segment with its derived figures, times as the contract writes them."""
    late = wilson(day.late, day.accounts)
    return asdict(day) | {
        "day": instants.wire(day.day)[:10],
        "used": day.owed_minor / day.limit_minor if day.limit_minor > 0 else None,
        "late_share": late.value if late else None,
        "late_low": late.low if late else None,
        "late_high": late.high if late else None,
    }


def write_csv(days: Iterable[Day]) -> None:
    rows = [told(day) for day in days]
    out = csv.DictWriter(sys.stdout, list(rows[0]))
    out.writeheader()
    out.writerows(rows)


def _line(day: Day) -> str:
    figures = told(day)
    used = "-" if figures["used"] is None else f"{figures['used']:.0%}"
    late = "-"
    if figures["late_share"] is not None:
        late = f"{figures['late_share']:.1%} ({figures['late_low']:.1%}-{figures['late_high']:.1%})"
    loss = "-"
    if day.expected_minor is not None and day.expected_low_minor is not None and day.expected_high_minor is not None:
        loss = f"{day.expected_minor:,.0f} ({day.expected_low_minor:,.0f}-{day.expected_high_minor:,.0f})"
    named = f"{day.dimension} {clean(day.segment, 16)}" if day.dimension != ALL else ALL
    return (
        f"{figures['day']} {clean(day.currency, 3):3} {named:24} {day.accounts:9,} {day.owed_minor:16,}"
        f" {used:>5} {late:>19} {loss:>36} {day.avoided_minor:14,}"
    )
