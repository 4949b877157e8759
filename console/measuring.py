"""The part of the command line that measures: the benches, and the examination of a core."""

from __future__ import annotations

from pathlib import Path

from console import entries
from console.language import tr
from console.numbers import count, positive
from console.parsing import Commands, at_home, command


def add_bench(commands: Commands) -> None:
    bench = command(commands, "bench")
    what = bench.add_subparsers(title=tr("cli.commands"), metavar="WHAT", required=True)
    ingest = command(what, "ingest", entries.bench_ingest)
    ingest.add_argument("--stream", type=Path, metavar="FILE", help=tr("cli.stream"))
    ingest.add_argument("--limit", type=count, metavar="N", help=tr("cli.limit"))
    ingest.add_argument("--accounts", type=count, default=100_000, metavar="N", help=tr("cli.accounts"))
    ingest.add_argument("--days", type=positive, default=8.0, metavar="N", help=tr("cli.days"))
    ingest.add_argument("--kills", type=int, default=0, metavar="N", help=tr("cli.kills"))
    ingest.add_argument("--json", action="store_true", help=tr("cli.json"))
    quality = command(what, "quality", entries.bench_quality)
    quality.add_argument("--stream", type=Path, metavar="FILE", help=tr("cli.stream"))
    quality.add_argument("--label-delay-days", type=float, default=7.0, metavar="N", help=tr("cli.label_delay"))
    quality.add_argument("--desk", type=count, default=0, metavar="N", help=tr("cli.desk"))
    quality.add_argument("--alert-at", type=positive, metavar="SCORE", help=tr("cli.alert_at"))
    quality.add_argument("--packs", type=Path, metavar="DIR", help=tr("cli.packs"))
    quality.add_argument("--json", action="store_true", help=tr("cli.json"))
    detect = command(what, "detect", entries.bench_detect)
    detect.add_argument("--seeds", type=count, default=5, metavar="N", help=tr("cli.seeds"))
    detect.add_argument("--tuning", action="store_true", help=tr("cli.tuning"))
    detect.add_argument("--packs", type=Path, metavar="DIR", help=tr("cli.packs"))
    detect.add_argument("--json", action="store_true", help=tr("cli.json"))
    review = command(what, "review", entries.bench_review, text=tr("review.help_bench"))
    review.add_argument("--seeds", type=count, default=5, metavar="N", help=tr("cli.seeds"))
    review.add_argument("--json", action="store_true", help=tr("cli.json"))
    engine = command(what, "engine", entries.bench_engine, text=tr("cli.bench_engine"))
    engine.add_argument("--accounts", type=count, default=100_000, metavar="N", help=tr("cli.accounts"))
    engine.add_argument("--events", type=count, default=200_000, metavar="N", help=tr("cli.how_many_events"))
    engine.add_argument("--json", action="store_true", help=tr("cli.json"))
    ui = command(what, "ui", entries.bench_ui)
    ui.add_argument("--accounts", type=count, default=1_000_000, metavar="N", help=tr("cli.accounts"))
    ui.add_argument("--alerts", type=count, default=100_000, metavar="N", help=tr("cli.open_alerts"))
    ui.add_argument("--rate", type=count, default=5_000, metavar="N", help=tr("cli.arrivals"))
    ui.add_argument("--presses", type=count, default=400, metavar="N", help=tr("cli.presses"))
    ui.add_argument("--rows", type=count, default=100_000, metavar="N", help=tr("cli.table_rows"))
    ui.add_argument("--json", action="store_true", help=tr("cli.json"))
    alerts = command(what, "alerts", entries.bench_alerts, text=tr("cli.bench_alerts"))
    alerts.add_argument("--accounts", type=count, default=100_000, metavar="N", help=tr("cli.accounts"))
    alerts.add_argument("--rate", type=count, default=2_000, metavar="N", help=tr("cli.rate"))
    alerts.add_argument("--alerts", type=count, default=200, metavar="N", help=tr("cli.how_many_alerts"))
    alerts.add_argument("--seconds", type=positive, default=120.0, metavar="S", help=tr("cli.spread"))
    alerts.add_argument("--json", action="store_true", help=tr("cli.json"))
    automatic = command(what, "automatic", entries.bench_automatic, text=tr("cli.bench_automatic"))
    automatic.add_argument("--alerts", type=count, default=1_000, metavar="N", help=tr("cli.how_many_alerts"))
    automatic.add_argument("--budget", type=count, default=400, metavar="N", help=tr("cli.budget"))
    automatic.add_argument("--json", action="store_true", help=tr("cli.json"))
    audit = command(what, "audit", entries.bench_audit, text=tr("cli.bench_audit"))
    audit.add_argument("--edits", type=count, default=10_000, metavar="N", help=tr("cli.edits"))
    audit.add_argument("--writes", type=count, default=1_000, metavar="N", help=tr("cli.writes"))
    audit.add_argument("--seed", type=int, default=1, help=tr("cli.fault_seed"))
    audit.add_argument("--json", action="store_true", help=tr("cli.json"))
    commands_bench = command(what, "commands", entries.bench_commands, text=tr("cli.bench_commands"))
    trial = commands_bench.add_mutually_exclusive_group()
    trial.add_argument("--faults", action="store_true", help=tr("cli.faults"))
    trial.add_argument("--bulk", action="store_true", help=tr("cli.bulk"))
    commands_bench.add_argument("--commands", type=count, default=5_000, metavar="N", help=tr("cli.how_many"))
    commands_bench.add_argument("--seed", type=int, default=1, help=tr("cli.fault_seed"))
    commands_bench.add_argument("--json", action="store_true", help=tr("cli.json"))


def add_conformance(commands: Commands) -> None:
    kit = command(commands, "conformance", entries.conformance, core=True, text=tr("conformance.help"))
    at_home(kit)
    kit.epilog = tr("conformance.help_second")
    kit.add_argument("--write", action="store_true", help=tr("conformance.help_write"))
    kit.add_argument("--account", action="append", default=[], metavar="ID", help=tr("conformance.help_account"))
    kit.add_argument("--old-cursor", metavar="CURSOR", help=tr("conformance.help_old_cursor"))
    kit.add_argument("--check", action="append", default=[], metavar="NAME", help=tr("conformance.help_check"))
    kit.add_argument("--json", action="store_true", help=tr("cli.json"))
