"""Whether the console shows what the documented views say: of every account on the list, of one account, of the alerts.

A screen is a moment behind the mirror. So something shown counts as drift only when it agrees with none of the view's
answers since a moment before it was painted.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from console.language import term
from console.ui import formats
from console.ui.themes import GLYPHS
from store.mirror_schema import LEVELS

KEPT_S = 6.0
"""How long an answer of the views may still stand on the screen: beats of the console, and a machine that is busy."""
ACCOUNTS = """
SELECT account_id, status, credit_limit_minor, available_minor, balance_minor, currency, risk_score, risk_level
FROM v_account WHERE account_id IN (SELECT value FROM json_each(?))
"""
ALERTS = "SELECT level, count(*) FROM v_alert WHERE state = 'open' GROUP BY level"

LEVEL, SCORE = f"[{''.join(GLYPHS)}] \\S+", rf"(?:\d\.\d\d|{formats.NOTHING})"
LINE = re.compile(rf"^.{{0,5}}{LEVEL} +{SCORE} (?P<account>[A-Za-z0-9._:-]+) ")
"""A line of the list: its level, its score, and the account's id."""

Facts = tuple[str, ...]
"""Pieces of text that must all stand where something is shown."""


@dataclass(frozen=True)
class Shown:
    """A text on the screen and what it is about: an account's id, or nothing for the counts of alerts."""

    about: str
    text: str


class Truth:
    """The views' answers of the last seconds."""

    def __init__(self, mirror: Path, exponents: Mapping[str, int]) -> None:
        self._mirror, self._exponents = mirror, exponents
        self._answers: deque[tuple[float, dict[str, Facts]]] = deque()

    def ask(self, accounts: Iterable[str]) -> None:
        """Ask for some accounts and for the open alerts, in one read transaction."""
        with closing(sqlite3.connect(f"{self._mirror.as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            connection.execute("BEGIN")
            answer = {row[0]: self._account(row) for row in connection.execute(ACCOUNTS, (json.dumps([*accounts]),))}
            answer[""] = _alerts(dict(connection.execute(ALERTS)))
        now = time.monotonic()
        self._answers.append((now, answer))
        while now - self._answers[0][0] > KEPT_S:
            self._answers.popleft()

    def agrees(self, shown: Shown) -> bool | None:
        """Whether a text holds all of one answer's pieces; None where nothing was asked about it."""
        known = [answer[shown.about] for _, answer in self._answers if shown.about in answer]
        return any(all(piece in shown.text for piece in facts) for facts in known) if known else None

    def told(self, about: str) -> Facts:
        """The newest answer."""
        return next((answer[about] for _, answer in reversed(self._answers) if about in answer), ())

    def _account(self, row: Sequence[object]) -> Facts:
        _, status, _limit, _available, balance, currency, score, level = row
        place = LEVELS.index(str(level))
        number = formats.score(float(str(score))) if score or place else formats.NOTHING
        code = str(currency) if currency else None
        money = formats.money(int(str(balance)) if balance is not None else None, code, self._exponents)
        return f"{GLYPHS[place]} {term('ui.level', LEVELS[place])}", number, term("ui.status", str(status)), money


def _alerts(counted: Mapping[str, int]) -> Facts:
    """The two levels that always have room in the status line."""
    return tuple(
        f"{GLYPHS[LEVELS.index(level)]}{counted[level]:,}" for level in ("critical", "high") if counted.get(level)
    )


def listed(rows: Sequence[str]) -> Iterator[Shown]:
    """What a screen with the list of accounts shows: the status line, and each account's line."""
    yield Shown("", rows[0])
    for row in rows:
        match = LINE.match(row)
        if match:
            yield Shown(match["account"], row)
