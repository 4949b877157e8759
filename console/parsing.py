"""What the parts of the command line share: a command with its help, and the options that many of them take."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Protocol

from console.language import tr


class Commands(Protocol):
    """Where commands are added: what `add_subparsers` returns."""

    def add_parser(self, name: str, *, help: str, description: str) -> argparse.ArgumentParser: ...


Run = Callable[[argparse.Namespace], int]


def command(
    commands: Commands, name: str, run: Run | None = None, *, core: bool = False, text: str = ""
) -> argparse.ArgumentParser:
    """Add a command; its help is `text`, else that of its name. With `core` it takes --core."""
    text = text or tr(f"cli.{name.replace('-', '_')}")
    added = commands.add_parser(name, help=text, description=text)
    if run is not None:
        added.set_defaults(run=run)
    if core:
        of_core(added)
    return added


def tied(to: argparse.ArgumentParser) -> None:
    to.add_argument("--tied", action="store_true", help=tr("cli.tied"))


def at_home(to: argparse.ArgumentParser) -> None:
    to.add_argument("--home", metavar="DIR", default=argparse.SUPPRESS, help=tr("cli.home"))


def of_core(to: argparse.ArgumentParser) -> None:
    to.add_argument("--core", metavar="URL", default=argparse.SUPPRESS, help=tr("cli.core"))
