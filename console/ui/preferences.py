"""What a person chooses for the console: its look, its language, its keys. The settings say it, `:` changes it live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import App

from console import language
from console.language import tr
from console.settings import Settings
from console.ui import actions, formats, keymap, themes
from console.ui.screens.base import DeskScreen
from console.ui.situation import Grade


class Preferences(App[int]):
    """An app in a chosen look, language and keymap."""

    BINDINGS: ClassVar = actions.bindings("app")

    def __init__(self, settings: Settings) -> None:
        colourless, motion = themes.look_asked_for()
        super().__init__()
        self.settings = settings
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = themes.PLAIN.name if colourless else settings.console.theme
        self.animation_level = motion
        self.keymap, _ = keymap.read(settings.keys)
        self.set_keymap(keymap.bound(self.keymap))
        formats.show_times_in(settings.console.time_zone)

    def say(self, text: str, severity: Grade = "info") -> None:
        """Show a short message."""
        raise NotImplementedError

    def key_of(self, name: str) -> str:
        """The first key of an action as it is printed, empty when it has none."""
        keys = self.keymap.get(name, actions.BY_NAME[name].keys)
        return actions.shown(keys[0]) if keys else f":{name}"

    def redraw(self) -> None:
        """Draw every screen anew: its words or its colours have changed."""
        for screen in self.screen_stack:
            if isinstance(screen, DeskScreen) and screen.stands:
                screen.redraw()

    def words_of_theme(self, _: str) -> Iterable[str]:
        return (theme.name for theme in themes.THEMES)

    def words_of_language(self, _: str) -> Iterable[str]:
        return language.LANGUAGES

    def do_theme(self, argument: str) -> None:
        names = [theme.name for theme in themes.THEMES]
        if argument and argument not in names:
            self.say(tr("ui.theme.unknown", names=", ".join(names)), "bad")
            return
        self.theme = argument or names[(names.index(self.theme) + 1) % len(names)]
        self.redraw()

    def do_language(self, argument: str) -> None:
        names = language.LANGUAGES
        if argument and argument not in names:
            self.say(tr("ui.language.unknown", names=", ".join(names)), "bad")
            return
        language.use(argument or names[(names.index(language.language()) + 1) % len(names)])
        self.redraw()
