"""`riskdesk completion`: the script that lets a shell complete riskdesk's commands, options and files."""

from __future__ import annotations

import argparse

import shtab

from console.exits import Exit

SHELLS = ("bash", "zsh", "fish")
FILES = {"FILE": shtab.FILE, "DIR": shtab.DIRECTORY}
"""What is completed, by the name that stands for it in the help."""


def show(parser: argparse.ArgumentParser, shell: str) -> int:
    """Print the script for one of SHELLS."""
    _complete_files(parser)
    print(shtab.complete(parser, shell))
    return Exit.OK


def _complete_files(parser: argparse.ArgumentParser) -> None:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for part in action.choices.values():
                _complete_files(part)
        elif action.metavar in FILES:
            action.complete = FILES[str(action.metavar)]  # type: ignore[attr-defined]
