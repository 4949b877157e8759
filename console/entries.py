"""What each command of the command line runs. What it needs is imported only then, so that --help answers at once."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from console.exits import Exit
from console.language import tr
from console.settings import Loaded, Settings

if TYPE_CHECKING:
    from console.paths import Home


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings in force. Raises SettingsError when they can't be used."""
    loaded: Loaded = options.loaded
    return loaded.checked()


def core_of(options: argparse.Namespace) -> str:
    """The core's origin: --core, else what the settings say."""
    return getattr(options, "core", None) or settings_of(options).core.url


def packs_of(options: argparse.Namespace) -> Path | None:
    """The folder of rule packs: --packs, else what the settings say, None for the shipped ones."""
    chosen: Path | None = options.packs
    return chosen or settings_of(options).watcher.packs


def place_of(options: argparse.Namespace) -> Home:
    """The home: --home, else the environment's or the default one."""
    from console.paths import home

    return home(getattr(options, "home", None))


def console(options: argparse.Namespace) -> int:
    from console.desk import start

    place, core = place_of(options), core_of(options)
    return start.console(place, core, options.loaded, watched=not options.no_watcher)


def demo(options: argparse.Namespace) -> int:
    from console import demo

    return demo.run(options.world, options.speed, options.seed, getattr(options, "home", None))


def watch(options: argparse.Namespace) -> int:
    from console.watch.options import WatchOptions
    from console.watch.run import run

    return run(
        WatchOptions(
            place_of(options),
            core_of(options),
            options.until_caught_up,
            options.page,
            options.retention_days,
            packs_of(options),
            options.rules_only,
            settings_of(options).notify,
            settings_of(options).heartbeat,
            options.automatic,
            settings_of(options).watcher.limit_review_days,
            options.refits_beside,
        ),
        as_json=options.json,
    )


def sandbox(options: argparse.Namespace) -> int:
    from console.sandbox import run

    if options.truth:
        return truth(options.data)
    return run.run(
        run.SandboxOptions(
            world=None if options.replay else options.world or "demo",
            replay=options.replay,
            map=options.map,
            speed=options.speed,
            seed=options.seed,
            port=options.port,
            data=options.data,
            label_delay_days=options.label_delay_days,
            limit=options.limit,
            population=options.population,
            lockstep_minutes=options.lockstep,
            days=options.days,
        ),
        lambda origin: print(origin, flush=True),
    )


def truth(data: Path | None) -> int:
    """What really happened in a kept world: one line an episode, fraud first."""
    from console.core.instants import wire
    from console.sandbox import run

    if data is None:
        raise ValueError(tr("cli.truth_needs_data"))
    print(tr("cli.truth_head"))
    for episode in sorted(run.truth(data), key=lambda episode: episode.benign):
        kind = tr("cli.benign") if episode.benign else tr("cli.fraud")
        figures = f"{episode.acts:5} {episode.loss_minor / 100:12.2f} {episode.saved_minor / 100:12.2f}"
        print(f"{wire(episode.at)[:19]} {kind:8} {episode.typology:20} {figures} {' '.join(episode.accounts)}")
    return Exit.OK


def act(options: argparse.Namespace) -> int:
    from console.desk import act

    return act.run(options, core_of(options))


def withdraw(options: argparse.Namespace) -> int:
    from console.desk import approvals

    return approvals.withdraw(options, core_of(options))


def approvals(options: argparse.Namespace) -> int:
    from console.desk import approvals

    return approvals.show(place_of(options), as_json=options.json)


def approvals_decide(options: argparse.Namespace) -> int:
    from console.desk import approvals

    return approvals.decide(options, core_of(options), options.choice)


def plan_make(options: argparse.Namespace) -> int:
    from console.desk import plans

    return plans.run_make(options, core_of(options))


def plan_show(options: argparse.Namespace) -> int:
    from console.desk import plans

    return plans.run_show(place_of(options), options.number, as_json=options.json)


def plan_turn(options: argparse.Namespace) -> int:
    from console.desk import plans

    return plans.run_turn(options, core_of(options))


def review_list(options: argparse.Namespace) -> int:
    from console.desk import review_command

    return review_command.run_list(place_of(options), as_json=options.json)


def review_show(options: argparse.Namespace) -> int:
    from console.desk import review_command

    return review_command.run_show(place_of(options), options.paper, as_json=options.json)


def review_decide(options: argparse.Namespace) -> int:
    from console.desk import review_command

    return review_command.run_decide(options, core_of(options))


def review_book(options: argparse.Namespace) -> int:
    from console.desk import limit_review_command

    return limit_review_command.run(options, core_of(options))


def review_reconstruct(options: argparse.Namespace) -> int:
    from console.desk import review_command

    place = place_of(options)
    return review_command.run_reconstruct(place, options.command_id, as_json=options.json)


def backtest(options: argparse.Namespace) -> int:
    from console.desk import backtest

    asked = backtest.Asked(place_of(options), options.pack, packs_of(options), options.days, options.accounts)
    return backtest.run(asked, as_json=options.json, progress=options.progress)


def scorecard_fit(options: argparse.Namespace) -> int:
    from console.desk import scorecard

    asked = scorecard.Asked(
        data=options.data,
        target=options.target,
        positive=options.positive,
        folds=options.folds,
        seeds=options.seeds,
        monotone=options.monotone,
        groups=tuple(options.group),
        keep=options.keep,
        drop=options.drop,
        cut_off=options.cut_off,
        save=options.save,
    )
    return scorecard.run(asked, as_json=options.json)


def scorecard_data(options: argparse.Namespace) -> int:
    from console.desk import book
    from console.paths import home

    return book.run(home(getattr(options, "home", None)), options.to, options.seasoned)


def scorecard_card(options: argparse.Namespace) -> int:
    from console.desk import card_commands

    return card_commands.run(place_of(options), options)


def policy_tune(options: argparse.Namespace) -> int:
    from console.desk import tuning
    from console.paths import home

    asked = tuning.Asked(
        home(getattr(options, "home", None)),
        packs_of(options),
        options.stance,
        options.days,
        options.trials,
        options.holdout,
        options.pick,
        options.to,
    )
    return tuning.run(asked, as_json=options.json, progress=options.progress)


def audit_verify(options: argparse.Namespace) -> int:
    from console.desk import audit

    return audit.verify(place_of(options), options.checkpoint)


def audit_checkpoint(options: argparse.Namespace) -> int:
    from console.desk import audit

    return audit.checkpoint(place_of(options), options.to)


def audit_export(options: argparse.Namespace) -> int:
    from console.desk import audit

    return audit.export(place_of(options), options.to)


def export(options: argparse.Namespace) -> int:
    from console.desk import export_view
    from console.paths import home

    return export_view.run(home(getattr(options, "home", None)), options.view, options.to, overwrite=options.overwrite)


def journal_backup(options: argparse.Namespace) -> int:
    from console.desk import journal_files

    return journal_files.backup(place_of(options), options.file)


def journal_restore(options: argparse.Namespace) -> int:
    from console.desk import journal_files

    return journal_files.restore(place_of(options), options.file)


def doctor(options: argparse.Namespace) -> int:
    from console.desk import doctor

    core = getattr(options, "core", None) or options.loaded.settings.core.url
    return doctor.run(place_of(options), core)


def paths(options: argparse.Namespace) -> int:
    from console.paths import print_paths

    return print_paths(place_of(options))


def settings_show(options: argparse.Namespace) -> int:
    from console.desk import settings, start

    return settings.show(start.with_keys(options.loaded))


def settings_check(options: argparse.Namespace) -> int:
    from console.desk import settings, start

    return settings.check(start.with_keys(options.loaded))


def settings_new(options: argparse.Namespace) -> int:
    from console.desk import settings

    place = place_of(options)
    place.make()
    return settings.new(place.settings)


def completion(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    from console.desk import completion

    return completion.show(parser, options.shell)


def list_add(options: argparse.Namespace) -> int:
    from console.desk import lists

    place = place_of(options)
    asked = (options.list, options.kind, options.subject, options.reason, options.until, options.level)
    return lists.run_add(place, *asked)


def list_remove(options: argparse.Namespace) -> int:
    from console.desk import lists

    return lists.run_remove(place_of(options), options.number, options.reason)


def list_show(options: argparse.Namespace) -> int:
    from console.desk import lists

    return lists.run_show(place_of(options), everything=options.all, as_json=options.json)


def snooze(options: argparse.Namespace) -> int:
    from console.desk import lists

    return lists.run_snooze(place_of(options), options.account, options.until, options.reason)


def handover(options: argparse.Namespace) -> int:
    from console.desk import handover_command

    return handover_command.run(place_of(options), options.hours, options.to)


def rules(options: argparse.Namespace) -> int:
    from console.desk import rules

    return rules.run(place_of(options), options.days, packs_of(options), as_json=options.json)


def model(options: argparse.Namespace) -> int:
    from console.desk import models

    return models.show(place_of(options), as_json=options.json)


def model_rollback(options: argparse.Namespace) -> int:
    from console.desk import models

    return models.roll_back(place_of(options), options.version, options.reason)


def model_explain(options: argparse.Namespace) -> int:
    from console.desk import models

    return models.explain(place_of(options), options.transaction)


def policy(options: argparse.Namespace) -> int:
    from console.desk import policy_commands

    packs = packs_of(options) if hasattr(options, "packs") else None
    return policy_commands.run(place_of(options), packs, options)


def portfolio(options: argparse.Namespace) -> int:
    from console.desk import portfolio_command

    return portfolio_command.run(options, place_of(options))


def automatic_status(options: argparse.Namespace) -> int:
    from console.desk import automatic

    return automatic.run_status(place_of(options), as_json=options.json)


def automatic_turn(options: argparse.Namespace) -> int:
    from console.desk import automatic

    return automatic.run_turn(options, place_of(options))
