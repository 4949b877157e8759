"""The dialogs that decide commands waiting for a second person: approve, decline, withdraw; one or several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text

from console.core.ballots import APPROVE, CANCEL, REJECT
from console.core.messages import Command
from console.core.second_person import WAITING
from console.desk import stored
from console.desk.waiting import concerned, find
from console.language import term, tr
from console.ui.asked import asks, outcome
from console.ui.ballots import Vote
from console.ui.dialogs.fields import Field, Words
from console.ui.dialogs.form import SEND, Form
from console.ui.situation import Situation
from console.ui.text import clean
from console.ui.themes import Palette
from store.journal import Entry
from store.reader import AccountDetail, Reader

SHOWN = 8
"""Commands named in a dialog; of more the number is told."""


class BallotDialog(Form[Vote]):
    """Base; dismissed with a Vote, or None when cancelled."""

    CHOICE: ClassVar[str] = ""

    def __init__(self, commands: Sequence[Command], mirror: Reader, situation: Situation) -> None:
        self.commands, self.situation = commands, situation
        accounts = [concerned(mirror, command) for command in commands]
        self._words = [self._line(*pair) for pair in zip(commands, accounts, strict=True)]
        self._moved = sum(
            detail is not None
            and command.target.type == "account"
            and detail.row.version > (command.if_match or detail.row.version)
            for command, detail in zip(commands, accounts, strict=True)
        )
        self._gone: str | None = None
        super().__init__()

    def make_fields(self) -> list[Field]:
        return [Words("n", "ui.dialog.note", tr("ui.dialog.none"))]

    def head(self, colours: Palette) -> list[Text]:
        lines = [Text(words, colours.strong if len(self.commands) == 1 else colours.plain) for words in self._words]
        more = len(lines) - SHOWN
        return [*lines[:SHOWN], Text(tr("approvals.more", count=more), colours.faint)] if more > 0 else lines

    def remarks(self, colours: Palette) -> list[Text]:
        return [Text(tr("approvals.moved_count", count=self._moved), colours.warning)] if self._moved else []

    def _line(self, command: Command, detail: AccountDetail | None) -> str:
        what = asks(command, stored.account(detail.doc if detail else None), self.situation.exponents)
        who = clean(command.created_by, 24)
        return f"{clean(command.target.id, 72)}  {what}  ({who})"

    def consequence(self) -> str:
        count = len(self.commands)
        return tr(f"ui.dialog.{self.NAME}.several", count=count) if count > 1 else tr(f"ui.dialog.{self.NAME}.effect")

    def obstacle(self) -> str | None:
        return self._gone or self.missing()

    def ready(self) -> str:
        return tr("approvals.ready", key=SEND, count=len(self.commands))

    def follow(self, mirror: Reader | None) -> None:
        """The mirror has changed: what was decided meanwhile can't be decided again."""
        found = [find(mirror, command.id) for command in self.commands] if mirror is not None else []
        decided = next((command for command in found if command is not None and command.status != WAITING), None)
        if decided is not None:
            self._gone = tr("approvals.gone", account=clean(decided.target.id, 72), how=outcome(decided))
        self.show()

    def answer(self) -> Vote:
        return Vote(self.CHOICE, self.commands, self.note)


class ApproveDialog(BallotDialog):
    NAME: ClassVar[str] = "approve"
    CHOICE: ClassVar[str] = APPROVE


class DeclineDialog(BallotDialog):
    """Whoever is refused is told why: the note is what the creator gets to read."""

    NAME: ClassVar[str] = "decline"
    CHOICE: ClassVar[str] = REJECT

    def missing(self) -> str | None:
        return None if self.note else tr("approvals.need_note", key="n")


class WithdrawDialog(BallotDialog):
    NAME: ClassVar[str] = "withdraw"
    CHOICE: ClassVar[str] = CANCEL

    def make_fields(self) -> list[Field]:
        return []


class TakeBackDialog(Form[Entry]):
    """A command that was not sent yet: the desk takes it back by itself."""

    NAME: ClassVar[str] = "withdraw"

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        super().__init__()

    def head(self, colours: Palette) -> list[Text]:
        what = f"{term('ui.command', self.entry.type)}  {term('ui.state', self.entry.state)}"
        return [Text(f"{clean(self.entry.account_id, 72)}  {what}", colours.strong)]

    def consequence(self) -> str:
        return tr("approvals.unsent")

    def ready(self) -> str:
        return tr("ui.dialog.ready", key=SEND)

    def answer(self) -> Entry:
        return self.entry
