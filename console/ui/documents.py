"""Stored JSON, read leniently: a screen shows what it can of a document and never stumbles over the rest."""

from __future__ import annotations

import json
from typing import Any


def read(text: str) -> dict[str, Any]:
    """A stored document, empty when it is none."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def part(doc: dict[str, Any], name: str) -> dict[str, Any]:
    """A part of a document that is itself one, empty when it is not there."""
    inner = doc.get(name)
    return inner if isinstance(inner, dict) else {}
