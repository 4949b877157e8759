"""Where one is, where one has been, and the ways between: screens over each other, and the places visited in order."""

from __future__ import annotations

from console.language import tr
from console.ui import screens
from console.ui.preferences import Preferences
from console.ui.screens.base import DeskScreen
from console.ui.visit import ACCOUNT, WATCH, Visit

MOST = 100
"""Visits that are remembered."""
BOTTOM = 2
"""Screens that always stand: Textual's own and the watch screen."""


class History:
    """Visits in the order of their visits, and where among them one stands."""

    def __init__(self) -> None:
        self.places: list[Visit] = []
        self._at = -1

    def visit(self, place: Visit) -> None:
        """Somewhere one has come to: what was ahead is forgotten, unless this is where one stands already."""
        if self.places and self.places[self._at] == place:
            return
        self.places = [*self.places[: self._at + 1], place][-MOST:]
        self._at = len(self.places) - 1

    def step(self, by: int) -> Visit | None:
        """The place so many visits further; None where there is none, and then one stays."""
        if not 0 <= self._at + by < len(self.places):
            return None
        self._at += by
        return self.places[self._at]


class Trail(Preferences):
    """An app of screens over each other, which can be walked back and forth."""

    history: History

    def visited(self, place: Visit | None) -> None:
        """Remember a place that can be opened again."""
        if place is not None:
            self.history.visit(place)

    def crumbs(self) -> str:
        """The way from the watch screen to here; empty where it is no longer than the title tells."""
        told = [crumb for one in self.screen_stack if isinstance(one, DeskScreen) and (crumb := one.crumb())]
        return " › ".join(told) if len(told) > BOTTOM else ""

    def open_account(self, account_id: str) -> None:
        from console.ui.screens.account import AccountScreen

        self.push_screen(AccountScreen(account_id))

    def show(self, name: str, argument: str = "") -> None:
        """Put the screen of that name over the watch screen, or over the one in front where it belongs beside it."""
        kind, front = screens.named(name), self._front()
        if front is None or (isinstance(self.screen, kind) and not argument):
            return
        opened = kind.over(front, argument)
        if not kind.BESIDE:
            self.do_watch("")
        self.push_screen(opened)

    def do_back(self, _: str) -> None:
        left = isinstance(self.screen, DeskScreen) and self.screen.leave()
        if not left and len(self.screen_stack) > BOTTOM:
            self.pop_screen()

    def do_watch(self, _: str) -> None:
        while len(self.screen_stack) > BOTTOM:
            self.pop_screen()

    def do_earlier(self, _: str) -> None:
        """Go back to where one was before."""
        self._go(-1)

    def do_later(self, _: str) -> None:
        """Go forward again."""
        self._go(1)

    def _go(self, by: int) -> None:
        place = self.history.step(by)
        if place is None:
            self.say(tr("ui.history.end" if by > 0 else "ui.history.begin"))
            return
        self.do_watch("")
        if place.screen == ACCOUNT:
            self.open_account(place.argument)
        elif place.screen != WATCH:
            self.show(place.screen, place.argument)

    def _front(self) -> DeskScreen | None:
        """The topmost screen that is not a dialog."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, DeskScreen)), None)
