"""The arguments of `riskdesk policy`."""

from __future__ import annotations

import argparse
from pathlib import Path

from console import entries
from console.judging import add_tune
from console.language import tr
from console.numbers import positive
from console.parsing import Commands, at_home, command

WITH_REASON = ("propose", "apply", "rollback")


def add_policy(commands: Commands) -> None:
    policy = command(commands, "policy", text=tr("policy.help"))
    what = policy.add_subparsers(title=tr("cli.commands"), metavar="WHAT", required=True)
    parts = {
        name: command(what, name, entries.policy, text=tr(f"policy.help_{name}"))
        for name in ("show", "check", "diff", "draft", "backtest", "propose", "apply", "rollback", "history")
    }
    for name, part in parts.items():
        part.set_defaults(what=name)
        at_home(part)
    for name in ("show", "backtest", "history"):
        parts[name].add_argument("--json", action="store_true", help=tr("cli.json"))
    for name in ("check", "diff"):
        parts[name].add_argument("file", type=Path, metavar="FILE", help=tr("policy.help_file"))
    parts["draft"].add_argument("--to", type=Path, metavar="FILE", help=tr("policy.help_to"))
    for name in ("backtest", "propose", "apply"):
        _choice(parts[name], required=name != "backtest")
    parts["backtest"].add_argument("--proposal", type=int, metavar="NUMBER", help=tr("policy.help_number"))
    parts["backtest"].add_argument("--days", type=positive, default=30.0, metavar="N", help=tr("policy.help_days"))
    parts["backtest"].add_argument("--packs", type=Path, metavar="DIR", help=tr("cli.packs"))
    parts["rollback"].add_argument("version", nargs="?", metavar="VERSION", help=tr("policy.help_version"))
    for name in WITH_REASON:
        parts[name].add_argument("--reason", required=True, metavar="TEXT", help=tr("lists.help_reason"))
    add_tune(what)


def _choice(to: argparse.ArgumentParser, *, required: bool) -> None:
    to.add_argument("draft", nargs=None if required else "?", metavar="FILE_OR_STANCE", help=tr("policy.help_draft_or"))
    to.add_argument("--stance", metavar="NAME", help=tr("policy.help_stance"))
