"""The steps from the watch screen of a furnished desk to its dialogs."""

from __future__ import annotations

from textual.events import Key

from console.core import commands
from console.core.instants import HOUR
from console.ui.app import RiskDesk
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.fields import Question, Words
from console.ui.dialogs.form import Form
from store.life import State
from tests.ui.mirror_builder import (
    HOSTILE,
    NOW,
    build_waiting,
)
from tests.ui.screens import frame, ready, until
from tests.ui.staging import Steps, again, marks, reviews, screen
from tests.ui.test_again import decided


async def opened(app: RiskDesk, name: str, account: int) -> DecisionDialog:
    """A dialog on an account of the watch screen, with the desk armed."""
    await ready(app)
    app.perform("write", "10")
    app.screen.table.place(account)
    app.perform(name)
    await until(lambda: isinstance(app.screen, DecisionDialog) and bool(app.screen.focused), "the dialog")
    assert isinstance(app.screen, DecisionDialog)
    return app.screen


async def dialog_open(app: RiskDesk) -> None:
    await until(lambda: isinstance(app.screen, Form) and bool(app.screen.focused), "the dialog")


async def press(app: RiskDesk, keys: str) -> None:
    """Press keys in a dialog; where nothing is missing then, wait for the core's word on it."""
    for key in keys:
        app.screen.take(Key(key, key))
    app.screen.show()
    if isinstance(app.screen, DecisionDialog) and app.screen.missing() is None:
        await until(lambda: app.screen._foresight.seen is not None, "the core's word")


def dialog(name: str, account: int, keys: str = "", typed: dict[str, str] | None = None) -> Steps:
    """A dialog about an account, with texts typed and keys pressed."""

    async def show(app: RiskDesk) -> None:
        app.perform("write", "10")
        app.screen.table.place(account)
        app.perform(name)
        await dialog_open(app)
        for part in app.screen.fields:
            if isinstance(part, Words | Question) and part.key in (typed or {}):
                part.value = typed[part.key]
        await press(app, keys)

    return show


async def decide_legit(app: RiskDesk) -> None:
    app.perform("write", "10")
    app.screen.table.place(3)
    app.perform("decide")
    await dialog_open(app)
    app.screen.note_words.value = "已回访，" + HOSTILE
    await press(app, "31ABC")


def bulk(name: str, keys: str) -> Steps:
    """A dialog about three marked accounts, with keys pressed."""

    async def show(app: RiskDesk) -> None:
        await marks(app)
        app.perform("write", "10")
        app.perform(name)
        await dialog_open(app)
        await press(app, keys)

    return show


async def redecide(app: RiskDesk) -> None:
    app.perform("write", "10")
    await again(app)
    app.perform("redecide")
    await dialog_open(app)
    await press(app, "")


async def undo(app: RiskDesk) -> None:
    app.perform("write", "10")
    wish = commands.freeze("acc_000003", "account_takeover")
    decided(app.sight.home, wish, State.CONFIRMED, "hold_3", NOW - HOUR)
    await screen("commands")(app)
    app.look()
    app.screen.list.place(app.screen.list.entries[0].position)
    app.perform("undo")
    await dialog_open(app)


async def take_back(app: RiskDesk) -> None:
    app.perform("write", "10")
    await screen("commands")(app)
    queued = next(entry for entry in app.screen.list.entries if entry.state is State.QUEUED)
    app.screen.list.place(queued.position)
    app.perform("withdraw")
    await dialog_open(app)


def ballot(name: str, subject: str = "jonas.p", typed: str = "") -> Steps:
    """A dialog about a command that waits for a second person, as that person, or as the one who asked."""

    async def show(app: RiskDesk) -> None:
        build_waiting(app.sight.home.mirror, subject)
        app.perform("write", "10")
        app.look()
        await screen("approvals")(app)
        await until(lambda: app.screen.table.total() > 0, "what waits")
        mine = next(item for item in app.screen.table.items if item.command.created_by == "maria.k")
        app.screen.table.place(app.screen.table._number(mine))
        await until(lambda: mine.command.target.id in frame(app) and "123.00" in frame(app), "the request's account")
        app.perform(name)
        await dialog_open(app)
        for note in app.screen.fields:
            note.value = typed
        app.screen.show()

    return show


def reviewed(name: str, down: int, keys: str = "", typed: str = "") -> Steps:
    """A dialog about one of the papers that wait."""

    async def show(app: RiskDesk) -> None:
        app.perform("write", "10")
        await reviews(app)
        app.screen.table.move(down)
        app.perform(name)
        await dialog_open(app)
        app.screen.note_field.value = typed
        await press(app, keys)

    return show
