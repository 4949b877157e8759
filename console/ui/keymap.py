"""The keys of actions as the settings change them: checked, so that no key means two things where both are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from textual.keys import Keys, key_to_character

from console.language import tr
from console.settings import nearest
from console.ui.actions import ACTIONS, BY_NAME, KEY_NAMES, NO_KEY, Action

EVERYWHERE = frozenset({"app", "list", "decide"})
"""Scopes whose keys meet those of every other."""
TAKEN = frozenset({"ctrl+a", "ctrl+b", "ctrl+c", "ctrl+p", "ctrl+q", "ctrl+s", "ctrl+z"})
"""Keys of the terminal, of tmux and of the palette."""
NAMED = frozenset(key.value for key in Keys if key.value[0] != "<") - TAKEN
PRINTED = {printed: key for key, printed in KEY_NAMES.items() if len(printed) > 1}
Keymap = Mapping[str, tuple[str, ...]]
"""Keys by the action's name, each as its one character or as Textual names it."""


def read(wished: Keymap) -> tuple[Keymap, list[tuple[str, str]]]:
    """The keymap that was wished for, and what is wrong with it: (the action's name, in words)."""
    keymap: dict[str, tuple[str, ...]] = {}
    wrong: list[tuple[str, str]] = []
    for name, keys in wished.items():
        complaint = _complaint(name, keys)
        if complaint is not None:
            wrong.append((name, complaint))
        else:
            keymap[name] = tuple(dict.fromkeys(plain(key) for key in keys))
    wrong += _clashes(keymap)
    return keymap, wrong


def plain(key: str) -> str:
    """One form for the many names of a key: `/` for slash, `pagedown` for pgdn, `f2` for F2."""
    if len(key) == 1:
        return key
    named = PRINTED.get(key.lower(), key.lower())
    character = key_to_character(named)
    return character if character is not None and character.isprintable() and character != " " else named


def bound(keymap: Keymap) -> dict[str, str]:
    """A keymap as Textual takes it."""
    return {name: ",".join(_textual(key) for key in keys) or NO_KEY for name, keys in keymap.items()}


def _textual(key: str) -> str:
    return "comma" if key == "," else key


def _complaint(name: str, keys: Sequence[str]) -> str | None:
    if name not in BY_NAME:
        meant = nearest(name, BY_NAME)
        return tr("settings.no_action", name=name) + (tr("settings.did_you_mean", meant=meant) if meant else "")
    if name == "command" and not keys:
        return tr("settings.keep_command")
    taken = next((key for key in keys if key.lower() in TAKEN), None)
    if taken is not None:
        return tr("settings.key_taken", key=taken)
    unknown = next((key for key in keys if len(plain(key)) > 1 and plain(key) not in NAMED), None)
    unknown = unknown or next((key for key in keys if key.isspace() or not key.isprintable()), None)
    return None if unknown is None else tr("settings.no_key", key=unknown)


def _clashes(keymap: Keymap) -> Iterator[tuple[str, str]]:
    """Keys that two actions have where both can be carried out, told at the one that was changed."""
    for name, keys in keymap.items():
        for other in ACTIONS:
            if other.name == name or not _meet(BY_NAME[name], other) or (other.name in keymap and other.name < name):
                continue
            both = {plain(key) for key in keymap.get(other.name, other.keys)} & set(keys)
            yield from ((name, tr("settings.key_clash", key=key, other=other.name)) for key in sorted(both))


def _meet(one: Action, other: Action) -> bool:
    return one.scope == other.scope or bool(EVERYWHERE & {one.scope, other.scope})
