"""What each bench and the examination of a core run. What they need is imported only then."""

from __future__ import annotations

import argparse
import os

from console.entries import core_of, place_of


def bench_ingest(options: argparse.Namespace) -> int:
    from console.bench import ingest

    workload = ingest.Workload(options.stream, options.limit, options.accounts, options.days)
    return ingest.run(workload, options.kills, as_json=options.json)


def bench_quality(options: argparse.Namespace) -> int:
    from console.bench import quality

    asked = quality.Run(options.stream, options.label_delay_days, options.desk, options.packs, options.alert_at)
    return quality.run(asked, as_json=options.json)


def bench_detect(options: argparse.Namespace) -> int:
    from console.bench import detect

    return detect.run(detect.Trial(options.seeds, options.tuning, options.packs), as_json=options.json)


def bench_policy(options: argparse.Namespace) -> int:
    from console.bench import policy

    return policy.run(policy.Trial(options.seeds, options.tuning, options.policy), as_json=options.json)


def bench_alerts(options: argparse.Namespace) -> int:
    from console.bench import alerts

    return alerts.run(options.accounts, options.rate, options.alerts, options.seconds, as_json=options.json)


def bench_engine(options: argparse.Namespace) -> int:
    from console.bench import engine

    return engine.run(options.accounts, options.events, as_json=options.json)


def bench_ui(options: argparse.Namespace) -> int:
    from console.bench import ui

    return ui.run(options.accounts, options.alerts, options.rate, options.presses, options.rows, as_json=options.json)


def bench_find(options: argparse.Namespace) -> int:
    from console.bench import find

    return find.run(options.accounts, as_json=options.json)


def bench_review(options: argparse.Namespace) -> int:
    from console.bench import review

    return review.run(options.seeds, as_json=options.json)


def bench_automatic(options: argparse.Namespace) -> int:
    from console.bench import automatic

    return automatic.report(options.alerts, options.budget, as_json=options.json)


def bench_soak(options: argparse.Namespace) -> int:
    from console.bench import soak

    return soak.run(options.minutes, options.speed, options.world, options.seed, as_json=options.json)


def bench_commands(options: argparse.Namespace) -> int:
    from console.bench import bulk, commands

    if options.bulk:
        return bulk.report(options.seed, as_json=options.json)
    return commands.run(options.commands, options.seed, options.faults, as_json=options.json)


def bench_audit(options: argparse.Namespace) -> int:
    from console.bench import audit

    return audit.run(options.edits, options.writes, options.seed, as_json=options.json)


def conformance(options: argparse.Namespace) -> int:
    from console.bench.conformance import SECOND_TOKEN, Asked, Tokens, run
    from console.desk.credentials import Credentials

    credentials = Credentials(place_of(options))
    tokens = Tokens(credentials.sending(), credentials.reading(), os.environ.get(SECOND_TOKEN))
    asked = Asked(write=options.write, accounts=options.account, old_cursor=options.old_cursor, only=options.check)
    return run(core_of(options), tokens, asked, as_json=options.json)
