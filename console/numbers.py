"""Numbers of the command line: each reads one argument and says what is wrong with it."""

from __future__ import annotations

import argparse

from console.language import tr


def positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(tr("cli.not_positive", value=text))
    return value


def count(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 2**53 - 1:
        raise argparse.ArgumentTypeError(tr("cli.not_a_count", value=text))
    return value


def page(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 10_000:
        raise argparse.ArgumentTypeError(tr("cli.not_a_page", value=text))
    return value
