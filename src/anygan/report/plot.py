"""Lines over axes, drawn as SVG that takes its colours from the page's style sheet."""

import html
import math
from collections.abc import Callable, Mapping, Sequence

from .markup import plain

__all__ = ["draw_lines", "told"]

Curve = Sequence[tuple[float, float]]

POINTS = 400
"""Points that a curve is drawn with at most: more than the screen's pixels are not seen."""


def draw_lines(
    curves: Sequence[Curve], x_label: str, y_range: tuple[float, float] | None = None, label: str = ""
) -> str:
    """Lines over common axes as an ``<svg>``, 460 by 240; line i has the class ``c{i % 8}``.

    Args:
        curves: points (x, y) of each line; one that is not finite leaves a gap.
        x_label: what x counts.
        y_range: the lowest and highest y shown; of the data when not given.
        label: what the lines say, for who cannot see them.
    """
    width, height, left, right, top, bottom = 460, 240, 52, 12, 10, 36
    finite = [(x, y) for curve in curves for x, y in curve if math.isfinite(x) and math.isfinite(y)] or [(0.0, 0.0)]
    low, high = _bounds([x for x, _ in finite])
    xs, ys = _ticks(low, high), _ticks(*(y_range or _bounds([y for _, y in finite])))

    def across(x: float) -> float:
        return left + (x - low) / (high - low) * (width - left - right)

    def up(y: float) -> float:
        return height - bottom - (min(max(y, ys[0]), ys[-1]) - ys[0]) / (ys[-1] - ys[0]) * (height - top - bottom)

    lines = [
        f'<line class="rule" x1="{left}" x2="{width - right}" y1="{up(y):.1f}" y2="{up(y):.1f}"/>'
        f'<text class="y" x="{left - 8}" y="{up(y) + 4:.1f}">{y:g}</text>'
        for y in ys
    ]
    marks = [f'<text x="{across(x):.1f}" y="{height - bottom + 17}">{x:,g}</text>' for x in xs if low <= x <= high]
    axis = f'<text class="label" x="{width - right}" y="{height - 4}">{html.escape(x_label)}</text>'
    paths = [f'<path class="c{i % 8}" d="{_path(curve, across, up)}"/>' for i, curve in enumerate(curves)]
    named = f'role="img" aria-label="{plain(label)}"'
    return f'<svg viewBox="0 0 {width} {height}" {named}>{"".join([*lines, *marks, axis, *paths])}</svg>'


def told(title: str, curves: Mapping[str, Curve], x_label: str) -> str:
    """Curves in words, for who cannot see them: where each begins and ends."""
    ends = {name: [point for point in curve if all(map(math.isfinite, point))] for name, curve in curves.items()}
    lines = [
        f"{name} from {curve[0][1]:.3g} at {curve[0][0]:g} to {curve[-1][1]:.3g} at {curve[-1][0]:g}"
        for name, curve in ends.items()
        if curve
    ]
    return f"{title}, over {x_label}: {'; '.join(lines) or 'no points'}"


def _path(curve: Curve, across: Callable[[float], float], up: Callable[[float], float]) -> str:
    """A curve in SVG's path language, thinned, with a gap where a point is not finite."""
    steps, pen = [], "M"
    for x, y in curve[:: math.ceil(len(curve) / POINTS) or 1]:
        finite = math.isfinite(x) and math.isfinite(y)
        steps += [f"{pen}{across(x):.1f} {up(y):.1f}"] if finite else []
        pen = "L" if finite else "M"
    return "".join(steps)


def _bounds(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers, about five, the first at or below ``low`` and the last at or above ``high``."""
    rough = (high - low) / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.79)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]
