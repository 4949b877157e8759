"""The texts people read, in the reader's language: catalogues in TOML, loaded when first asked for.

A key is `section.rest`: the section is a table of the catalogue and belongs to one room. What a language lacks is shown
in English; what English lacks is shown as its key.
"""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path

LOCALES = Path(__file__).parent / "locales"
LANGUAGES = ("en", "zh")
FALLBACK = "en"

_chosen: list[str] = []


def language() -> str:
    """The language in use: the one chosen, else $RISKDESK_LANG, else the system's, else English."""
    if _chosen:
        return _chosen[-1]
    wish = next((os.environ[name] for name in ("RISKDESK_LANG", "LC_ALL", "LANG") if os.environ.get(name)), FALLBACK)
    return "zh" if wish.lower().startswith("zh") else FALLBACK


def use(code: str) -> None:
    """Choose a language for this process. Raises ValueError for one that has no catalogue."""
    if code not in LANGUAGES:
        raise ValueError(f"no catalogue for {code!r}: there are {', '.join(LANGUAGES)}")
    _chosen[:] = [code]


def tr(key: str, /, **values: object) -> str:
    """The text of a key, with the values put in. Values are inserted as they are and never read as a template."""
    text = _find(key)
    if text is None:
        return key
    return text.format_map(values) if values else text


def term(family: str, word: str) -> str:
    """The translation of a word of the contract (a status, a kind), or the word itself when there is none."""
    found = _find(f"{family}.{word}")
    return word if found is None else found


@cache
def catalogue(code: str) -> dict[str, str]:
    """Every text of one language by its full key."""
    with (LOCALES / f"{code}.toml").open("rb") as file:
        sections = tomllib.load(file)
    return {f"{name}.{key}": text for name, section in sections.items() for key, text in section.items()}


def _find(key: str) -> str | None:
    text = catalogue(language()).get(key)
    return catalogue(FALLBACK).get(key) if text is None else text
