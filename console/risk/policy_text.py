"""Reads a policy's TOML text. What is wrong with it is told with file, line and field, and the name that was meant."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from console.risk.automatic import Budget
from console.risk.expressions import nearest
from console.risk.packs import MAX_FILE
from console.risk.policy import Drive, Policy, PolicyError, Stance

T = TypeVar("T")
MAX_STANCES = 9
MAX_RULES = 64
TOP = ("name", "drive", "automatic", "stances")
SHADOW = "shadow"
"""Stands among the keys of the budget of automatic measures."""
STANCE = re.compile(r"[a-z][a-z0-9_]{0,31}")


def read_policy(file: str, text: str) -> Policy:
    """The policy that a text is; `file` names it in errors. Raises PolicyError."""
    if len(text) > MAX_FILE:
        raise PolicyError(f"{file}: longer than {MAX_FILE} characters")
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{file}: {error}") from error
    return _Reading(file, text).policy(document)


class _Reading:
    """One document on its way in; knows where in the text a field stands."""

    def __init__(self, file: str, text: str) -> None:
        self._file, self._text = file, text

    def policy(self, document: dict[str, Any]) -> Policy:
        self._known(document, TOP, "")
        for key in TOP:
            if key not in document:
                raise self._wrong("", f"[{key}] is missing" if key != "name" else "name is missing")
        name = document["name"]
        if not isinstance(name, str) or not 1 <= len(name) <= 64 or not name.isprintable():
            raise self._wrong("name", "must be a text of 1 to 64 letters")
        stances = self._stances(document["stances"])
        drive = self._drive(document["drive"], stances)
        automatic = self._table(document["automatic"], "automatic")
        shadow = automatic.pop(SHADOW, True)
        if not isinstance(shadow, bool):
            raise self._wrong(f"automatic.{SHADOW}", "must be true or false")
        budget = self._as(Budget, automatic, "automatic", also=(SHADOW,))
        return Policy(name, self._text, drive, stances, budget, shadow)

    def _stances(self, tables: object) -> dict[str, Stance]:
        tables = self._table(tables, "stances")
        if not 1 <= len(tables) <= MAX_STANCES:
            raise self._wrong("stances", f"there must be 1 to {MAX_STANCES} stances, from tight to loose")
        for name in tables:
            if not STANCE.fullmatch(name):
                raise self._wrong(f"stances.{name}", "the name must be lower-case letters, digits and _")
        return {name: self._as(Stance, table, f"stances.{name}") for name, table in tables.items()}

    def _drive(self, table: object, stances: Mapping[str, Stance]) -> Drive:
        drive = self._as(Drive, self._table(table, "drive"), "drive")
        if len(drive.rule) > MAX_RULES:
            raise self._wrong("drive.rule", f"more than {MAX_RULES} rules")
        asked = [("drive.stance", drive.stance)]
        asked += [(f"drive.rule[{place}].stance", rule.stance) for place, rule in enumerate(drive.rule)]
        for where, stance in asked:
            if stance not in stances:
                raise self._wrong(where, f"there is no stance {stance!r:.40}" + _meant(stance, stances))
        for place, rule in enumerate(drive.rule):
            if rule.stance == drive.stance:
                raise self._wrong(f"drive.rule[{place}].stance", "is the stance that holds without any rule")
        return drive

    def _as(self, kind: type[T], table: object, where: str, also: tuple[str, ...] = ()) -> T:
        """The table as a dataclass of this room; every key is checked first, so that a misspelt one is told."""
        self._keys(kind, table, where, also)
        try:
            return msgspec.convert(table, kind)
        except msgspec.ValidationError as error:
            said, _, path = str(error).partition(" - at `$")
            raise self._wrong(where + path.rstrip("`"), said.replace("Object", "it")) from error

    def _keys(self, kind: type, table: object, where: str, also: tuple[str, ...] = ()) -> None:
        """Check names all the way down: of fields, and of words where only some are known."""
        hints = get_type_hints(kind)
        table = self._table(table, where)
        self._known(table, (*hints, *also), where)
        for key, value in table.items():
            hint = hints.get(key)
            if get_origin(hint) is Literal and value not in get_args(hint):
                words = dict.fromkeys(map(str, get_args(hint)))
                raise self._wrong(f"{where}.{key}", f"there is no {value!r:.40}" + _meant(str(value), words))
            inner = _inner(hint)
            if inner is None:
                continue
            for place, part in enumerate(value if isinstance(value, list) else [value]):
                self._keys(inner, part, f"{where}.{key}" + (f"[{place}]" if isinstance(value, list) else ""))

    def _known(self, table: dict[str, Any], known: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in known:
                path = f"{where}.{key}" if where else key
                raise self._wrong(path, f"unknown key {key!r:.40}" + _meant(key, dict.fromkeys(known)))

    def _table(self, value: object, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong(where, "must be a table")
        return dict(value)

    def _wrong(self, where: str, what: str) -> PolicyError:
        line = line_of(self._text, where) if where else None
        place = f"{self._file}:{line}" if line else self._file
        return PolicyError(f"{place}: {where}: {what}" if where else f"{place}: {what}")


def line_of(text: str, path: str) -> int | None:
    """The line (from 1) where a field such as `drive.rule[1].enter` or its table stands; None when it is not found."""
    table, counts, best, depth = "", dict[str, int](), None, 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*(\[\[?)\s*([\w.\-\"']+)\s*\]", line)
        field = re.match(r"\s*([\w.\-\"']+)\s*=", line)
        if header:
            table = header[2].replace('"', "").replace("'", "")
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}[{counts[table]}]"
            here = table
        elif field:
            here = f"{table}.{field[1]}" if table else field[1]
        else:
            continue
        if (path == here or path.startswith((f"{here}.", f"{here}["))) and len(here) > depth:
            best, depth = number, len(here)
    return best


def _meant(name: str, known: Mapping[str, object]) -> str:
    near = nearest(name, known)
    return f"; did you mean {near}?" if near else f"; there are {', '.join(list(known)[:12])}"


def _inner(hint: object) -> type | None:
    """The dataclass that a field holds, alone, optional or in a list; None where it holds something plain."""
    kinds = (hint, *get_args(hint))
    return next((kind for kind in kinds if isinstance(kind, type) and is_dataclass(kind)), None)
