"""What a scorecard is worth, for machines and for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from console.bench.machine import machine
from console.language import tr
from console.risk.columns import Array, Bools
from console.risk.credit.binning import information
from console.risk.credit.crossfit import Unseen
from console.risk.credit.quality import FOUR_FIFTHS, Group, Ranking, bands, cut_off, impact, ranking
from console.risk.credit.scorecard import Characteristic, Scorecard
from console.risk.credit.table import Column, Table
from console.risk.intervals import Share, wilson
from console.risk.measures import calibration_error
from console.ui.text import clean, fit

if TYPE_CHECKING:
    from console.desk.scorecard import Asked

Report = dict[str, Any]
NAME, WORD = 34, 12
"""Cells of a name, and of a figure's heading."""


def report(
    card: Scorecard, table: Table, unseen: Sequence[Unseen], groups: Sequence[Column], chosen: int | None
) -> Report:
    """The figures as one JSON object. `unseen` is what was said of each row by fits without it, one a seed.

    AUC and KS are means over folds and seeds; gains, calibration and groups are of the first seed's.
    """
    ours = [[_fold(table.bad, -one.points, one, fold) for fold in range(len(one.psi))] for one in unseen]
    theirs = [[_fold(table.bad, one.challenger, one, fold) for fold in range(len(one.psi))] for one in unseen]
    by_seed = [fmean(each.auc for each in folds) for folds in ours]
    first = unseen[0]
    at = cut_off(table.bad, first.points) if chosen is None else chosen
    approved = first.points >= at
    return {
        "auc": _mean(ours, "auc"),
        "ks": _mean(ours, "ks"),
        "gini": _mean(ours, "gini"),
        "challenger_auc": _mean(theirs, "auc"),
        "challenger_ks": _mean(theirs, "ks"),
        "auc_by_seed": [round(each, 5) for each in by_seed],
        "auc_sd": round(stdev(by_seed), 5) if len(by_seed) > 1 else None,
        "seeds": [one.seed for one in unseen],
        "defaults": int(table.bad.sum()),
        "gains": [band._asdict() for band in bands(table.bad, first.pd, first.points)],
        "calibration_error": round(calibration_error(table.bad, first.pd), 5),
        "psi_mean": round(fmean(each for one in unseen for each in one.psi), 5),
        "psi_most": round(max(each for one in unseen for each in one.psi), 5),
        "cut_off": at,
        "approved": _share(wilson(int(approved.sum()), len(approved))),
        "approved_bad": _share(wilson(int(table.bad[approved].sum()), int(approved.sum()))),
        "groups": {column.name: [_group(group) for group in impact(column, approved)] for column in groups},
        "characteristics": [_characteristic(one, card) for one in card.characteristics],
        "unused": sorted({column.name for column in table.columns} - {one.name for one in card.characteristics}),
        "machine": machine(),
    }


def _fold(bad: Bools, risk: Array, one: Unseen, fold: int) -> Ranking:
    inside = one.fold == fold
    return ranking(bad[inside], risk[inside])


def _mean(rankings: Sequence[Sequence[Ranking]], figure: str) -> float:
    return round(fmean(getattr(each, figure) for folds in rankings for each in folds), 5)


def _share(share: Share | None) -> dict[str, float] | None:
    return None if share is None else {key: round(value, 5) for key, value in share._asdict().items()}


def _group(group: Group) -> dict[str, Any]:
    ratio = None if group.ratio is None else [round(each, 4) for each in group.ratio]
    return {"group": group.name, "approved": _share(group.approved), "ratio": ratio}


def _characteristic(one: Characteristic, card: Scorecard) -> dict[str, Any]:
    points = [each.points for each in one.all_bins]
    return {
        "name": one.name,
        "bins": sum(each.share > 0 for each in one.all_bins),
        "iv": round(information(one, card.defaults / card.made_of), 4),
        "missing": round(one.missing.share, 4),
        "points": [min(points), max(points)],
    }


# ---------------------------------------------------------------- for people


def lines(told: Report, asked: Asked) -> Iterator[str]:
    """The report as lines of text of at most a hundred cells."""
    yield tr("scorecard.about", rows=f"{told['rows']:,}", defaults=f"{told['defaults']:,}", file=clean(asked.data.name))
    yield tr("scorecard.outcome", target=clean(told["target"]), bad=clean(told["bad"]), why=told["bad_because"])
    if told["without_target"]:
        yield tr("scorecard.without_target", count=f"{told['without_target']:,}")
    yield from (clean(each) for each in told["noticed"])
    if told["unused"]:
        yield tr("scorecard.unused", names=clean(", ".join(told["unused"])))
    yield ""
    yield from _ranks(told)
    yield ""
    yield from _gains(told)
    yield ""
    yield tr("scorecard.calibration", error=f"{told['calibration_error']:.2%}")
    yield tr("scorecard.psi", mean=f"{told['psi_mean']:.4f}", most=f"{told['psi_most']:.4f}")
    yield ""
    yield from _fairness(told)
    yield from _characteristics(told)
    yield ""
    yield tr(
        "scorecard.seconds", all=f"{told['seconds']:.1f}", card=f"{told['card_seconds']:.1f}", rows=f"{told['rows']:,}"
    )
    if asked.save is not None:
        yield tr("scorecard.saved", file=clean(str(asked.save)))
    yield told["machine"]


def _ranks(told: Report) -> Iterator[str]:
    yield tr("scorecard.method", folds=told["folds"], seeds=", ".join(map(str, told["seeds"])))
    yield fit("", NAME) + _row("AUC", "KS", tr("scorecard.gini"))
    ours = (told["auc"], told["ks"], told["gini"])
    theirs = (told["challenger_auc"], told["challenger_ks"], 2 * told["challenger_auc"] - 1)
    for name, figures in (("scorecard.card", ours), ("scorecard.challenger", theirs)):
        yield fit(tr(name), NAME) + _row(*(f"{each:.4f}" for each in figures))
    if told["auc_sd"] is not None:
        yield tr("scorecard.spread", low=f"{min(told['auc_by_seed']):.4f}", high=f"{max(told['auc_by_seed']):.4f}")


def _gains(told: Report) -> Iterator[str]:
    yield tr("scorecard.gains")
    heads = ("from_points", "rows", "bad", "predicted", "observed", "caught", "lift")
    yield _row(*(tr(f"scorecard.{head}") for head in heads))
    rate = told["defaults"] / told["rows"]
    for band in told["gains"]:
        observed = band["bad"] / band["rows"]
        yield _row(
            str(band["from_points"]),
            f"{band['rows']:,}",
            f"{band['bad']:,}",
            f"{band['predicted']:.2%}",
            f"{observed:.2%}",
            f"{band['caught']:.1%}",
            f"{observed / rate:.2f}",
        )


def _fairness(told: Report) -> Iterator[str]:
    yield tr(
        "scorecard.cut_off",
        points=told["cut_off"],
        approved=_percent(told["approved"]),
        bad=_percent(told["approved_bad"]),
    )
    yield ""
    for name, groups in told["groups"].items():
        yield fit(clean(name), NAME) + _row(
            *(tr(f"scorecard.{head}") for head in ("rows", "approved", "ratio")), wide=20
        )
        for group in groups:
            label = clean(group["group"]) or tr("scorecard.missing")
            ratio = tr("scorecard.reference")
            if group["ratio"] is not None:
                value, low, high = group["ratio"]
                ratio = f"{value:.2f} ({low:.2f}–{high:.2f})"
            mark = "" if group["ratio"] is None or group["ratio"][0] >= FOUR_FIFTHS else "  " + tr("scorecard.adverse")
            yield (
                fit(label, NAME)
                + _row(f"{group['approved']['of']:,}", _percent(group["approved"]), ratio, wide=20)
                + mark
            )
        yield ""


def _characteristics(told: Report) -> Iterator[str]:
    heads = ("iv", "bins", "missing", "points")
    yield fit(tr("scorecard.characteristic"), NAME) + _row(*(tr(f"scorecard.{head}") for head in heads))
    for one in sorted(told["characteristics"], key=lambda one: -float(one["iv"])):
        least, most = one["points"]
        yield fit(clean(one["name"]), NAME) + _row(
            f"{one['iv']:.3f}", str(one["bins"]), f"{one['missing']:.1%}", f"{least}–{most}"
        )


def _row(*cells: str, wide: int = WORD) -> str:
    return "".join(fit(cell, wide, right=True) for cell in cells)


def _percent(share: dict[str, float] | None) -> str:
    return "–" if share is None else f"{share['value']:.1%} ({share['low']:.1%}–{share['high']:.1%})"
