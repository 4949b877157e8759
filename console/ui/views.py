"""Saved views: a filter, a sort and columns under a name, for one screen each, in the home's `views.toml`.

The file is written as a whole and put in place at once; one with a mistake is never written over.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.desk.written import write
from console.language import tr
from console.settings import lines_of, unreadable
from store.orders import Sort

NAME = re.compile(r"[^\W_][\w-]*(?: [\w-]+)*")
LONGEST_NAME, LONGEST_FILTER, MOST_COLUMNS, MOST_VIEWS = 32, 200, 20, 100
MOST_BYTES = 256 * 1024
RESERVED = ("save", "drop")
"""What `:view` does, and no view can be called."""
UP, DOWN = "up", "down"


class ViewError(ValueError):
    """A view that can't be used, saved or dropped; the message says why and what to do."""


@dataclass(frozen=True)
class View:
    """What a list shows: its filter as typed, its sort, and its columns in order; empty for the list's own."""

    filter: str = ""
    sort: Sort | None = None
    columns: tuple[str, ...] = ()


Views = Mapping[str, Mapping[str, View]]
"""Views by screen and name."""

SHIPPED: Views = {
    "watch": {
        "critical": View("level:critical status:active"),
        "frozen today": View("status:frozen alerted<1d", Sort("age", falling=False)),
        "new accounts": View("opened<30d", Sort("opened", falling=False)),
        "near the limit": View("used>90", Sort("used", falling=True), ("level", "score", "account", "status", "used",
            "balance", "limit", "age")),
    },
    "alerts": {"high": View("level>=high"), "much at stake": View("available>10,000", Sort("available", falling=True))},
    "transactions": {"declined": View("status:declined"), "large": View("amount>5,000 kind:purchase")},
    "logins": {"failed": View("!outcome:success")},
    "commands": {"to look into": View("state:unknown,review,rejected,expired")},
}  # fmt: skip
"""Examples, which everybody has; one saved under the same name takes the place of its example."""


@dataclass(frozen=True)
class Saved:
    """What a file holds. `mistakes` tells of what could not be used, each with its line."""

    views: Views = field(default_factory=dict)
    mistakes: tuple[str, ...] = ()


def read(file: Path) -> Saved:
    """The views of a file; none where there is no file. Raises nothing: what is wrong with it is told."""
    try:
        written = _text(file)
    except FileNotFoundError:
        return Saved()
    except (OSError, ValueError) as error:
        return Saved(mistakes=(tr("ui.views.unreadable", file=file.name, error=error),))
    try:
        told = tomllib.loads(written)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        wrong = unreadable(error, written)
        return Saved(mistakes=(tr("ui.views.mistake", file=file.name, line=wrong.line, why=wrong.text),))
    reading = _Reading(file.name, written)
    for screen, named in told.items():
        reading.screen(screen, named)
    return Saved(reading.views, tuple(reading.mistakes))


def of(file: Path, screen: str) -> dict[str, View]:
    """The views of a screen by name: the examples and those saved."""
    return {**SHIPPED.get(screen, {}), **read(file).views.get(screen, {})}


def save(file: Path, screen: str, name: str, view: View) -> None:
    """Keep a view under a name. Raises ViewError when the name or the file can't be used."""
    if not named_well(name):
        raise ViewError(tr("ui.views.name", most=LONGEST_NAME))
    views = _own(file)
    if len(views.get(screen, {})) >= MOST_VIEWS and name not in views[screen]:
        raise ViewError(tr("ui.views.too_many", most=MOST_VIEWS))
    _write(file, {**views, screen: {**views.get(screen, {}), name: view}})


def drop(file: Path, screen: str, name: str) -> None:
    """Forget a saved view. Raises ViewError where none has that name, or the file can't be used."""
    views = _own(file)
    if name not in views.get(screen, {}):
        raise ViewError(tr("ui.views.none_saved", name=name))
    kept = {other: view for other, view in views[screen].items() if other != name}
    _write(file, {**views, screen: kept})


def named_well(name: str) -> bool:
    """Whether a view can be called so: words of letters, digits and hyphens, none of which is a command of `:view`."""
    plain = len(name) <= LONGEST_NAME and name.isprintable() and NAME.fullmatch(name) is not None
    return plain and name.split()[0] not in RESERVED


def read_sort(text: str) -> Sort:
    """A sort as it is written: `balance down`. Raises ValueError for anything else."""
    column, _, way = text.partition(" ")
    if not column.isidentifier() or way not in (UP, DOWN):
        raise ValueError(tr("ui.views.sort"))
    return Sort(column, way == DOWN)


def write_sort(sort: Sort) -> str:
    return f"{sort.column} {DOWN if sort.falling else UP}"


# ------------------------------------------------------------ the file


def _own(file: Path) -> Views:
    """The saved views of a sound file."""
    saved = read(file)
    if saved.mistakes:
        raise ViewError(tr("ui.views.mend", mistake=saved.mistakes[0]))
    return saved.views


def _text(file: Path) -> str:
    with file.open("rb") as handle:
        raw = handle.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise ValueError(tr("ui.views.too_long", most=MOST_BYTES // 1024))
    return raw.decode("utf-8")


class _Reading:
    """One reading of a file: its views, and what is wrong with the others."""

    def __init__(self, file: str, written: str) -> None:
        self._file, self._written = file, written
        self._lines: dict[str, int] | None = None
        self.views: dict[str, dict[str, View]] = {}
        self.mistakes: list[str] = []

    def screen(self, screen: str, named: object) -> None:
        if not isinstance(named, dict):
            self._wrong(screen, tr("ui.views.table"))
            return
        for name, told in named.items():
            try:
                view = _view(name, told)
            except ValueError as error:
                self._wrong(f"{screen}.{name}", str(error))
            else:
                self.views.setdefault(screen, {})[name] = view

    def _wrong(self, key: str, why: str) -> None:
        if self._lines is None:
            self._lines = lines_of(self._written)
        self.mistakes.append(tr("ui.views.mistake", file=self._file, line=self._lines.get(key, 1), why=why))


def _view(name: str, told: object) -> View:
    """A view as a file tells it. Raises ValueError that says what is wrong."""
    if not named_well(name):
        raise ValueError(tr("ui.views.name", most=LONGEST_NAME))
    if not isinstance(told, dict):
        raise ValueError(tr("ui.views.table"))  # noqa: TRY004 - a value of the file, not of a call
    strangers = [key for key in told if key not in ("filter", "sort", "columns")]
    if strangers:
        raise ValueError(tr("ui.views.stranger", key=strangers[0]))
    filtered, sort, columns = told.get("filter", ""), told.get("sort", ""), told.get("columns", [])
    if not isinstance(filtered, str) or len(filtered) > LONGEST_FILTER or not filtered.isprintable():
        raise ValueError(tr("ui.views.filter", most=LONGEST_FILTER))
    if not isinstance(sort, str):
        raise ValueError(tr("ui.views.sort"))  # noqa: TRY004 - a value of the file
    return View(filtered, read_sort(sort) if sort else None, _columns(columns))


def _columns(told: object) -> tuple[str, ...]:
    listed: list[Any] = told if isinstance(told, list) else [None]
    if len(listed) > MOST_COLUMNS or not all(isinstance(name, str) and name.isidentifier() for name in listed):
        raise ValueError(tr("ui.views.columns", most=MOST_COLUMNS))
    return tuple(dict.fromkeys(listed))


def _write(file: Path, views: Views) -> None:
    """Put the whole file in place at once, for its owner only."""
    lines = []
    for screen, named in views.items():
        for name, view in named.items():
            lines += [f"[{_string(screen)}.{_string(name)}]", f"filter = {_string(view.filter)}"]
            lines += [f"sort = {_string(write_sort(view.sort))}"] if view.sort else []
            lines += [f"columns = [{', '.join(map(_string, view.columns))}]"] if view.columns else []
            lines.append("")
    try:
        write(file, "\n".join(lines))
    except OSError as error:
        raise ViewError(tr("ui.views.unwritten", file=file.name, error=error)) from error


def _string(text: str) -> str:
    """A printable text as TOML writes it, which is as JSON does."""
    return json.dumps(text, ensure_ascii=False)
