"""`riskdesk settings`: every key with its meaning, value and origin; a check; and a file to begin with."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from console.exits import Exit
from console.language import tr
from console.settings import KEYS, TABLES, Loaded, Settings, lines_of, value_of
from console.ui.text import clean

LONGEST = 200
"""Characters of a value that are shown."""


def show(loaded: Loaded) -> int:
    """Print every key; mistakes go to the other stream and make the exit code 2."""
    lines = _lines(loaded.file)
    for name in KEYS:
        print(_line(loaded, name, lines))
        print(f"    {tr(f'settings.key.{name}')}")
    print(f"[keys]  {tr('settings.keys', count=len(loaded.settings.keys))}")
    return _mistakes(loaded)


def check(loaded: Loaded) -> int:
    """Say whether the settings can be used."""
    code = _mistakes(loaded)
    if code == Exit.OK:
        print(tr("settings.good" if loaded.file.exists() else "settings.none", file=loaded.file))
    return code


def new(file: Path) -> int:
    """Write a file in which every key stands with its default, each turned off by a #. Raises FileExistsError."""
    text = "\n".join(template())
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise FileExistsError(tr("settings.exists", file=file)) from None
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text + "\n")
    print(file)
    return Exit.OK


def template() -> Iterator[str]:
    """The lines of a new file."""
    defaults = Settings()
    yield f"# {tr('settings.about')}"
    for table in TABLES:
        yield from ("", f"[{table}]")
        for name in (name for name in KEYS if name.startswith(f"{table}.")):
            yield f"# {tr(f'settings.key.{name}')}"
            yield f"# {name.partition('.')[2]} = {literal(value_of(defaults, name))}"
    yield from ("", "[keys]", f"# {tr('settings.keys_example')}", '# freeze = ["f", "F2"]')


def literal(value: object) -> str:
    """A value as TOML has it, `""` where there is none."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(literal(one) for one in value)}]"
    if isinstance(value, int):
        return str(value)
    return json.dumps("" if value is None else str(value), ensure_ascii=False)


def _line(loaded: Loaded, name: str, lines: dict[str, int]) -> str:
    value = clean(literal(value_of(loaded.settings, name)), LONGEST)
    origin = loaded.origins.get(name)
    if origin is None:
        where = tr("settings.default")
    elif origin == loaded.file.name:
        where = f"{origin}:{lines.get(name, 0)}"
    else:
        where = f"${origin}"
    variable = KEYS[name].variable
    overrides = f"  [${variable}]" if variable and origin != variable else ""
    return f"{name} = {value}  ({where}){overrides}"


def _lines(file: Path) -> dict[str, int]:
    try:
        return lines_of(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _mistakes(loaded: Loaded) -> int:
    for line in loaded.told():
        print(clean(line, 2 * LONGEST), file=sys.stderr)
    return Exit.USAGE if loaded.mistakes else Exit.OK
