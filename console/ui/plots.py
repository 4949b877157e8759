"""Plots in braille dots, without colours of their own; the plotting library is loaded when the first one is drawn."""

from __future__ import annotations

from collections.abc import Sequence

FRAME = 2
"""Cells of the frame on both sides."""
LEAST = 7
"""Lines that a plot with its heading needs to be worth its place."""
LABELS = 8
"""Cells kept for the numbers at the right."""


def line(values: Sequence[float], begin: float, unit: str, width: int, height: int) -> list[str]:
    """Values as a line over `begin`, `begin + 1` and so on, in `unit`: at most `height` lines of at most `width` cells.

    Nothing for fewer than two values, or where there is no room.
    """
    if len(values) < 2 or height < 4 or width < FRAME + LABELS + 10:
        return []
    from uniplot import plot_to_string

    text = plot_to_string(
        ys=list(values),
        xs=[begin + place for place in range(len(values))],
        lines=True,
        color=False,
        character_set="braille",
        width=width - FRAME - LABELS,
        height=height - 3,
        y_min=0,
        y_max=max(*values, 1),
        x_unit=unit,
        y_gridlines=[],
        x_gridlines=[],
    )
    return [row.rstrip()[:width] for row in text.splitlines() if row.strip()][:height]


def scatter(
    series: Sequence[Sequence[tuple[float, float]]], names: Sequence[str], width: int, height: int
) -> list[str]:
    """Points (x, y) of a few series, each with a letter of its own and its name below: at most `height` lines.

    Later series are drawn over earlier ones.
    """
    from uniplot import plot_to_string

    text = plot_to_string(
        xs=[[x for x, _ in points] for points in series],
        ys=[[y for _, y in points] for points in series],
        legend_labels=list(names),
        color=False,
        character_set="ascii",
        width=width - FRAME - LABELS,
        height=max(4, height - 4),
        y_gridlines=[],
        x_gridlines=[],
    )
    return [row.rstrip()[:width] for row in text.splitlines() if row.strip()]
