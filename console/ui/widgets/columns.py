"""The columns of the account list: which ones fit a width, and what each shows of a row."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from rich.style import Style

from console.language import term, tr
from console.ui import formats
from console.ui.reasons import headline
from console.ui.text import clean
from console.ui.themes import GLYPHS, Palette
from console.ui.widgets import queue_cells
from console.ui.widgets.rows import Cell
from store.mirror_schema import LEVELS
from store.reader import AccountRow

NARROW, WIDE = 80, 104
LEAST = 8
"""Cells that a column which takes the rest needs."""


@dataclass(frozen=True)
class View:
    """What the cells need besides the row: both clocks, currencies, our pending commands, the colours, the marks."""

    wall: int
    now: int
    exponents: Mapping[str, int]
    intents: Mapping[str, str]
    palette: Palette
    ends: Mapping[str, str] = field(default_factory=dict)
    """By account whose hold ends or has ended while its case is open: when, in words."""
    marked: Container[int] = ()


Shown = tuple[str, Style]


@dataclass(frozen=True)
class Column:
    """A column; `width` 0 takes what the others leave."""

    name: str
    width: int
    cell: Callable[[AccountRow, View, int], Shown]
    right: bool = False

    @property
    def title(self) -> str:
        return tr(f"ui.column.{self.name}") if self.name != "intent" else ""


INTENT_GLYPHS = {
    "QUEUED": "◌",
    "SENDING": "◌",
    "ACKED": "◌",
    "AWAITING_APPROVAL": "◍",
    "UNKNOWN": "?",
    "CONFIRMED": "✓",
    "REJECTED": "✗",
    "EXPIRED": "✗",
    "CANCELLED": "–",
    "REVIEW": "!",
}
"""What became of our newest command on an account."""


MARK, MARKED = "■", Style(bold=True)
"""How a marked account is told apart, in one colour too."""


def intent_style(state: str, colours: Palette) -> Style:
    if state in ("UNKNOWN", "REVIEW"):
        return colours.bad
    if state in ("REJECTED", "EXPIRED"):
        return colours.warning
    return colours.good if state == "CONFIRMED" else colours.accent


def _intent(row: AccountRow, view: View, _: int) -> Shown:
    """The mark, and what became of our newest command."""
    state, marked = view.intents.get(row.account_id, ""), row.account in view.marked
    style = intent_style(state, view.palette)
    return (MARK if marked else " ") + INTENT_GLYPHS.get(state, " "), style + MARKED if marked else style


def level_text(level: int) -> str:
    """A level's glyph and word."""
    place = max(0, min(level, len(LEVELS) - 1))
    return f"{GLYPHS[place]} {term('ui.level', LEVELS[place])}"


def _level(row: AccountRow, view: View, _: int) -> Shown:
    return level_text(row.level), view.palette.level(row.level)


def _score(row: AccountRow, view: View, _: int) -> Shown:
    number = formats.score(row.score) if row.score or row.level else formats.NOTHING
    return number, view.palette.level(row.level)


def _account(row: AccountRow, view: View, _: int) -> Shown:
    return clean(row.account_id, 72), view.palette.plain


def _customer(row: AccountRow, view: View, _: int) -> Shown:
    return clean(row.customer_name, 40) or formats.NOTHING, view.palette.plain


def _status(row: AccountRow, view: View, _: int) -> Shown:
    if row.deleted:
        return tr("ui.deleted"), view.palette.faint
    word = term("ui.status", clean(row.status, 16)) if row.status else formats.NOTHING
    style = view.palette.accent if row.status == "frozen" else view.palette.faint
    return (f"{word} {row.holds}" if row.holds else word), style


def _used(row: AccountRow, view: View, width: int) -> Shown:
    available, limit = row.available_minor, row.credit_limit_minor
    share = formats.percent(None if limit is None or available is None else limit - available, limit)
    if share is None:
        return formats.NOTHING, view.palette.faint
    style = view.palette.warning if share >= 90 else view.palette.faint
    number = f"{min(share, 999)}%"
    return (f"{formats.bar(share / 100, width - 5)} {number:>4}" if width > 6 else number), style


def _balance(row: AccountRow, view: View, _: int) -> Shown:
    amount = formats.money(row.balance_minor, row.currency, view.exponents)
    return f"{amount} {clean(row.currency, 3)}".rstrip(), view.palette.plain


def _age(row: AccountRow, view: View, _: int) -> Shown:
    return formats.age(None if row.last_activity_at is None else view.now - row.last_activity_at), view.palette.faint


def _reason(row: AccountRow, view: View, width: int) -> Shown:
    ends = f"{view.ends[row.account_id]} " if row.account_id in view.ends else ""
    if ends:
        return ends + (headline(row.rule_ids, width - len(ends)) if row.alert_state == "open" else ""), view.palette.bad
    if row.alert_state != "open":
        return "", view.palette.faint
    claim = f"@{clean(row.claimed_by, 20)} " if row.claimed_by and (row.claim_expires_at or 0) > view.wall else ""
    return claim + headline(row.rule_ids, width), view.palette.plain


def _kind(row: AccountRow, view: View, width: int) -> Shown:
    """Why it is there, where who has it is told beside."""
    return _reason(replace(row, claimed_by=None), view, width)


def _money(name: str) -> Callable[[AccountRow, View, int], Shown]:
    def cell(row: AccountRow, view: View, _: int) -> Shown:
        amount = formats.money(getattr(row, name), row.currency, view.exponents)
        return f"{amount} {clean(row.currency, 3)}".rstrip(), view.palette.plain

    return cell


def _text(name: str) -> Callable[[AccountRow, View, int], Shown]:
    def cell(row: AccountRow, view: View, _: int) -> Shown:
        return clean(getattr(row, name), 40) or formats.NOTHING, view.palette.plain

    return cell


def _alerts(row: AccountRow, view: View, _: int) -> Shown:
    return formats.count(row.open_alerts), view.palette.plain


def _alerted(row: AccountRow, view: View, _: int) -> Shown:
    told = row.alert_opened_at if row.alert_state == "open" else None
    return formats.age(None if told is None else view.now - told), view.palette.faint


SHARED = (Column("intent", 2, _intent), Column("level", 10, _level))

LAYOUTS = {
    NARROW: (
        *SHARED,
        Column("score", 4, _score, right=True),
        Column("account", 12, _account),
        Column("customer", 10, _customer),
        Column("status", 8, _status),
        Column("used", 4, _used, right=True),
        Column("age", 4, _age, right=True),
        Column("reason", 0, _reason),
    ),
    WIDE: (
        *SHARED,
        Column("score", 4, _score, right=True),
        Column("account", 15, _account),
        Column("customer", 13, _customer),
        Column("status", 9, _status),
        Column("used", 10, _used),
        Column("balance", 15, _balance, right=True),
        Column("age", 4, _age, right=True),
        Column("reason", 0, _reason),
    ),
}


FURTHER = (
    Column("balance", 15, _balance, right=True),
    Column("limit", 15, _money("credit_limit_minor"), right=True),
    Column("available", 15, _money("available_minor"), right=True),
    Column("customer_id", 14, _text("customer_id")),
    Column("alerts", 6, _alerts, right=True),
    Column("alerted", 7, _alerted, right=True),
    Column("loss", 12, queue_cells.loss, right=True),
    Column("haste", 5, queue_cells.haste, right=True),
    Column("who", 14, queue_cells.who),
    Column("kind", 0, _kind),
)
"""Columns that no layout has room for, to be chosen."""
NAMES = tuple(dict.fromkeys(column.name for column in (*LAYOUTS[WIDE][1:], *FURTHER)))
"""The columns that may be chosen; the first, which holds the marks, always is there."""


Own = Mapping[int, Sequence[str]]
"""The columns of a list that does not show those of all lists, by `step`."""
NO_OWN: Own = {}


def step(width: int) -> int:
    """The width from which on the columns are shown that a list of this width shows."""
    return WIDE if width >= WIDE else NARROW


def layout(width: int, chosen: Sequence[str] = ()) -> list[tuple[Column, int]]:
    """The columns for a width, each with its own width; the last takes the rest.

    Of the chosen ones, where some are, those are left out at the end that have no room.
    """
    columns = LAYOUTS[step(width)]
    if chosen:
        known = {column.name: column for column in (*FURTHER, *columns)}
        columns = _with_room((columns[0], *(known[name] for name in chosen)), width)
    taken = sum(column.width for column in columns) + len(columns) - 1
    return [(column, column.width or max(1, width - taken)) for column in columns]


def _with_room(columns: Sequence[Column], width: int) -> tuple[Column, ...]:
    """The columns from the first on that fit."""
    ends = list(accumulate((column.width or LEAST) + 1 for column in columns))
    return tuple(column for column, end in zip(columns, ends, strict=True) if end - 1 <= width)


def line(row: AccountRow, view: View, width: int, chosen: Sequence[str] = ()) -> list[Cell]:
    """The cells of an account's line."""
    return [(*_arranged(column, row, view, size),) for column, size in layout(width, chosen)]


def _arranged(column: Column, row: AccountRow, view: View, size: int) -> Cell:
    text, style = column.cell(row, view, size)
    return text, size, column.right, style
