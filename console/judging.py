"""The arguments of `riskdesk scorecard` and of `riskdesk policy tune`."""

from __future__ import annotations

import argparse
from pathlib import Path

from console import entries
from console.language import tr
from console.numbers import count, positive
from console.parsing import Commands, at_home, command, tied

MOST_FOLDS, MOST_SEEDS = 50, 100


def add_scorecard(commands: Commands) -> None:
    card = command(commands, "scorecard", text=tr("scorecard.help"))
    what = card.add_subparsers(title=tr("cli.commands"), metavar="WHAT", required=True)
    data = command(what, "data", entries.scorecard_data, text=tr("scorecard.help_book"))
    at_home(data)
    data.add_argument("--to", type=Path, required=True, metavar="FILE", help=tr("scorecard.help_to"))
    data.add_argument("--seasoned", type=count, default=90, metavar="DAYS", help=tr("scorecard.help_seasoned"))
    for name in ("show", "apply", "rollback"):
        part = command(what, name, entries.scorecard_card, text=tr(f"scorecard.help_{name}"))
        part.set_defaults(what=name)
        at_home(part)
        if name == "show":
            part.add_argument("--json", action="store_true", help=tr("cli.json"))
            continue
        if name == "apply":
            part.add_argument("file", type=Path, metavar="FILE", help=tr("scorecard.help_file"))
        part.add_argument("--reason", required=True, metavar="TEXT", help=tr("lists.help_reason"))
    fit = command(what, "fit", entries.scorecard_fit, text=tr("scorecard.help_fit"))
    fit.add_argument("--data", type=Path, required=True, metavar="FILE", help=tr("scorecard.help_data"))
    fit.add_argument("--target", required=True, metavar="COLUMN", help=tr("scorecard.help_target"))
    fit.add_argument("--positive", metavar="VALUE", help=tr("scorecard.help_positive"))
    fit.add_argument("--folds", type=_folds, default=5, metavar="N", help=tr("scorecard.help_folds"))
    fit.add_argument("--seeds", type=_seeds, default=1, metavar="N", help=tr("scorecard.help_seeds"))
    fit.add_argument("--monotone", type=_names, default=(), metavar="COL,...", help=tr("scorecard.help_monotone"))
    fit.add_argument("--group", action="append", default=[], metavar="COLUMN", help=tr("scorecard.help_group"))
    fit.add_argument("--keep", type=_names, default=(), metavar="COL,...", help=tr("scorecard.help_keep"))
    fit.add_argument("--drop", type=_names, default=(), metavar="COL,...", help=tr("scorecard.help_drop"))
    fit.add_argument("--cut-off", type=int, metavar="POINTS", help=tr("scorecard.help_cut_off"))
    fit.add_argument("--save", type=Path, metavar="FILE", help=tr("scorecard.help_save"))
    fit.add_argument("--json", action="store_true", help=tr("cli.json"))


def add_tune(commands: Commands) -> None:
    tune = command(commands, "tune", entries.policy_tune, text=tr("tuning.help"))
    at_home(tune)
    tune.add_argument("--stance", metavar="NAME", help=tr("tuning.help_stance"))
    tune.add_argument("--days", type=positive, metavar="N", help=tr("tuning.help_days"))
    tune.add_argument("--trials", type=count, default=1000, metavar="N", help=tr("tuning.help_trials"))
    tune.add_argument("--holdout", type=_share, default=0.3, metavar="SHARE", help=tr("tuning.help_holdout"))
    tune.add_argument("--pick", type=count, metavar="POINT", help=tr("tuning.help_pick"))
    tune.add_argument("--to", type=Path, metavar="DRAFT", help=tr("tuning.help_to"))
    tune.add_argument("--packs", type=Path, metavar="DIR", help=tr("cli.packs"))
    tune.add_argument("--progress", action="store_true", help=tr("cli.progress"))
    tune.add_argument("--json", action="store_true", help=tr("cli.json"))
    tied(tune)


def _share(text: str) -> float:
    value = float(text)
    if not 0.05 <= value <= 0.95:
        raise argparse.ArgumentTypeError(tr("scorecard.not_between", value=text, least=0.05, most=0.95))
    return value


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _folds(text: str) -> int:
    return _between(text, 2, MOST_FOLDS)


def _seeds(text: str) -> int:
    return _between(text, 1, MOST_SEEDS)


def _between(text: str, least: int, most: int) -> int:
    value = int(text)
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(tr("scorecard.not_between", value=text, least=least, most=most))
    return value
