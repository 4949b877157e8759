"""The commands screen: what this desk decided, and what became of it, newest first.

What came to nothing, as after an outage, stands above the rest for a day, to be decided again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from console.core.commands import Wish
from console.core.messages import Account
from console.desk.undo import open_again, pressing, seen, wish_of
from console.language import term, tr
from console.ui import formats, reason_codes
from console.ui.actions import bindings
from console.ui.filters import Column
from console.ui.screens.short import ShortList
from console.ui.screens.voting import Withdrawals
from console.ui.situation import Situation
from console.ui.text import clean
from console.ui.themes import Palette, palette
from console.ui.widgets.columns import INTENT_GLYPHS, intent_style
from console.ui.widgets.lines import Lines
from console.ui.widgets.portrait import problem_words
from console.ui.widgets.rows import Cell, RowList
from store.fields import Field
from store.journal import Entry
from store.life import State, is_ballot

STATES = tuple(state.lower() for state in State)
TYPES = ("account.freeze", "account.unfreeze", "account.set_limit", "account.close")


class CommandList(RowList):
    """Commands of the journal, by their position in it."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: Sequence[Entry] = ()
        self.again: Sequence[Entry] = ()
        self._followed: set[str] = set()
        self._now, self._own = 0, ""

    def tell(self, entries: Sequence[Entry], now: int, own: str) -> None:
        """`own` is this person's subject at the core: who else decided is told."""
        self._own = own
        again = pressing(entries, now)
        above = {entry.command_id for entry in again}
        entries = [*again, *(entry for entry in entries if entry.command_id not in above)]
        same = entries == self.entries and now // 1_000_000 == self._now // 1_000_000
        self.entries, self.again, self._now = entries, again, now
        self._followed = {entry.follows for entry in entries if entry.follows}
        if not same:
            self.resize_to_rows()
            self.refresh()

    def chosen(self) -> Entry | None:
        """The command under the cursor."""
        index = self.cursor_index
        return None if index is None else self.entries[index]

    def shade(self, index: int) -> Style | None:
        return self.palette.glow[0] if self.entries[index] in self.again else None

    def total(self) -> int:
        return len(self.entries)

    def key_at(self, index: int) -> int:
        return self.entries[index].position

    def name_at(self, index: int) -> str | int | None:
        return self.entries[index].command_id

    def index_of(self, key: int) -> int | None:
        return next((place for place, entry in enumerate(self.entries) if entry.position == key), None)

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        entry, colours = self.entries[index], self.palette
        style = intent_style(entry.state, colours)
        cells: list[Cell] = [
            (INTENT_GLYPHS.get(entry.state, " "), 1, False, style),
            (tr(f"ui.state.{entry.state}"), 17, False, style),
            (tr(f"ui.command.{entry.type}"), 12, False, colours.plain),
            (clean(entry.account_id, 72), 15, False, colours.plain),
            (formats.age(self._now - entry.created_at), 4, True, colours.faint),
        ]
        rest = width - sum(size for _, size, _, _ in cells) - len(cells)
        waits = term("ui.waits_for", entry.waits_for) if entry.waits_for else ""
        told = " · ".join(
            part
            for part in (
                clean(entry.created_by, 24) if entry.created_by != self._own else "",
                waits,
                tr("ui.commands.followed") if entry.command_id in self._followed else "",
                problem_words(entry.problem),
                reason_codes.words(entry.reason_code),
                clean(entry.note),
            )
            if part
        )
        return [*cells, (told, max(1, rest), False, colours.faint)]


class CommandsScreen(ShortList[Entry], Withdrawals):
    """The newest commands of the journal."""

    DEFAULT_CSS = """
    CommandsScreen CommandList { padding: 0 0 0 1; }
    CommandsScreen #detail { height: 2; padding: 0 1; background: $surface; }
    """
    BINDINGS = bindings("commands", "undo", "filter", "arrange")
    NAME = "commands"
    VIEW: ClassVar = ("journal", "v_command", "command_id")

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield CommandList()
        yield Lines("detail")

    @property
    def list(self) -> CommandList:
        return self.query_one(CommandList)

    def home_focus(self) -> Widget | None:
        return self.list

    def entry(self) -> Entry | None:
        return self.list.chosen()

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        colours, situation = palette(self.app.theme_variables), self.sight.situation
        self.list.tell(self.kept(self.sight.commands), situation.now, situation.subject)
        title = Text(tr("ui.commands.title"), colours.strong)
        if self.about():
            title.append(f"  {self.about()}", colours.accent)
        if self.list.again:
            key = self.desk.key_of("redecide")
            title.append("  " + tr("ui.commands.again", count=len(self.list.again), key=key), colours.warning)
        shown = [(tr(f"ui.state.{state}"), number) for state, number in sorted(situation.commands.items())]
        title.append("  " + ("  ".join(f"{name} {number}" for name, number in shown) or tr("ui.commands.none")))
        title.truncate(self.app.size.width - 2, overflow="ellipsis")
        self.query_one("#title", Lines).show(title)
        self._detail()
        super().looked(mirror_changed, journal_changed)

    def columns(self) -> Sequence[Column[Entry]]:
        now = self.sight.situation.now
        return (
            Column(Field("state", "word", STATES), lambda entry: entry.state.lower()),
            Column(Field("type", "word", TYPES), lambda entry: entry.type),
            Column(Field("account", "id"), lambda entry: entry.account_id),
            Column(Field("reason", "word"), lambda entry: entry.reason_code),
            Column(Field("by", "word"), lambda entry: entry.created_by),
            Column(Field("note", "part"), lambda entry: entry.note),
            Column(Field("age", "age"), lambda entry: now - entry.created_at),
            Column(Field("id", "id"), lambda entry: entry.command_id),
        )

    def text_of(self, row: Entry) -> str:
        told = (tr(f"ui.state.{row.state}"), tr(f"ui.command.{row.type}"), row.problem, row.note)
        return " ".join(filter(None, (row.account_id, row.command_id, row.reason_code, row.created_by, *told)))

    def on_row_list_moved(self, _: RowList.Moved) -> None:
        self._detail()

    def _detail(self) -> None:
        """Of the command under the cursor: what was asked, and what is to be known of it since."""
        colours, entry = palette(self.app.theme_variables), self.list.chosen()
        lines = [Text(tr("ui.commands.no_cursor"), colours.faint), Text()]
        if entry is not None:
            lines = [asked(entry, self.sight.situation, colours), Text(self._since(entry), colours.plain)]
        for line in lines:
            line.truncate(self.app.size.width - 2, overflow="ellipsis")
        self.query_one("#detail", Lines).show(Text("\n").join(lines))

    def _since(self, entry: Entry) -> str:
        """Why it was refused or needs a look; what a decision was about; else how the account has changed since."""
        from console.ui.again import since
        from console.ui.outcomes import about, because

        mirror, situation = self.sight.mirror, self.sight.situation
        if is_ballot(entry.type):
            return about(entry, mirror, situation.exponents)
        told = entry.state in (State.REJECTED, State.REVIEW)
        why = because(entry, mirror, situation.core_now) if told else ""
        if entry.state is State.REVIEW:
            return f"{why} {since(self.desk, entry)}".strip()
        return why or since(self.desk, entry)

    # ------------------------------------------------------------ actions

    def do_undo(self, _: str) -> None:
        """Take back the command under the cursor by another one."""
        from console.ui.again import take_back

        entry = self.list.chosen()
        if entry is None:
            self.desk.say(tr("ui.commands.no_cursor"), "warning")
        else:
            take_back(self.desk, entry)

    def do_redecide(self, argument: str) -> None:
        """Decide again what came to nothing: the one under the cursor, else the newest; `all` goes through them."""
        from console.ui.again import decide_again

        entry = self.list.chosen()
        waiting = open_again(self.sight.commands)
        if argument == "all" or entry is None:
            entry = next(iter(waiting), None)
        if entry is None or entry not in waiting:
            self.desk.say(tr("ui.again.none" if entry is None else "ui.again.not_open"), "warning")
            return
        self.list.place(entry.position)
        decide_again(self.desk, entry, lambda: self._go_on(argument))

    def _go_on(self, argument: str) -> None:
        """Once one is sent the cursor is on the next; `all` opens it."""
        following = next(iter(open_again(self.sight.commands)), None)
        if following is not None:
            self.list.place(following.position)
            if argument == "all":
                self.do_redecide(argument)


def asked(entry: Entry, situation: Situation, colours: Palette) -> Text:
    """What a command asked for: its parameters, by whom, until when it could be carried out."""
    wish = wish_of(entry)
    what = _parameters(wish, situation, seen(entry)) if wish else []
    words = [tr(f"ui.command.{entry.type}"), *what, clean(entry.created_by, 24)]
    line = Text(" · ".join(words), colours.strong)
    return line.append(f"  {tr('ui.commands.until', time=formats.day_and_time(entry.not_after))}", colours.faint)


def _parameters(wish: Wish, situation: Situation, before: Account | None) -> list[str]:
    params = wish.params
    if "scope" in params:
        end = params.get("expires_at")
        until = [tr("ui.portrait.until", time=formats.day_and_time(end))] if isinstance(end, int) else []
        return [term("ui.scope", clean(params["scope"], 16)), *until]
    if "hold_ids" in params:
        return [tr("ui.commands.holds", count=len(params["hold_ids"]))]
    if "value_minor" in params:
        currency = clean(params.get("currency"), 3)
        amount = formats.money(params["value_minor"], currency, situation.exponents)
        return [f"{term('ui.dialog.limit', clean(params.get('limit'), 16))} {amount} {currency}"]
    if "decision" in params:
        answer, limit = term("approvals.answer", clean(params["decision"], 16)), params.get("limit_minor")
        currency = before.limits.currency if before else ""
        return [answer, formats.money(limit, currency, situation.exponents)] if isinstance(limit, int) else [answer]
    return [term("ui.verdict", clean(params["verdict"], 16))] if "verdict" in params else []
