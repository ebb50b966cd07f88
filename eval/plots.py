"""Small plots as inline SVG. Colours come from the page's style sheet: class s0, s1, … is a series.

Every function returns one `<svg>` element, 520 units wide, that scales with its container; text is escaped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10, sqrt

WIDTH = 520
SERIES = 6  # colours in the style sheet


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from `low` to `high`; a logarithmic one needs low > 0. `share` labels values as per cent."""

    label: str
    low: float
    high: float
    log: bool = False
    share: bool = False

    def place(self, value: float) -> float:
        """Where a value lies on the axis: 0 at its low end, 1 at its high end, never outside."""
        low, high = (log10(self.low), log10(self.high)) if self.log else (self.low, self.high)
        value = log10(max(value, self.low)) if self.log else value
        return min(1.0, max(0.0, (value - low) / (high - low))) if high > low else 0.5

    def ticks(self) -> list[float]:
        """Round values on the axis: powers of ten (with 2 and 5 when there are few), or about five even steps."""
        if self.log:
            powers = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
            steps = (1, 2, 5) if log10(self.high / self.low) < 2.5 else (1,)
            marks = [step * 10.0**power for power in powers for step in steps]
        else:
            raw = (self.high - self.low) / 5 or 1.0
            unit = 10.0 ** floor(log10(raw))
            step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= raw * 0.999)
            marks = [step * i for i in range(ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9) + 1)]
        return [mark for mark in marks if self.low * (1 - 1e-9) <= mark <= self.high * (1 + 1e-9)]

    def name(self, value: float) -> str:
        """A tick's text: 40%, 10万, 0.5."""
        if self.share:
            return f"{value * 100:.0f}%"
        if value >= 10_000:
            return f"{value / 10_000:g}万"
        return f"{value:.6g}".replace("-", "−")


@dataclass(frozen=True, slots=True)
class Series:
    """A named line or cloud of points (x, y)."""

    name: str
    points: Sequence[tuple[float, float]]


def axis(label: str, values: Sequence[float], *, log: bool = False) -> Axis:
    """An axis that holds all values with some room; 0..1 when there are none."""
    if not values:
        return Axis(label, 1.0 if log else 0.0, 10.0 if log else 1.0, log)
    if log:
        known = [value for value in values if value > 0] or [1.0]
        return Axis(label, min(known) / 1.25, max(known) * 1.25, log)
    return Axis(label, min(0.0, *values), max(values) * 1.05 or 1.0)


def lines(series: Sequence[Series], x: Axis, y: Axis, *, marks: bool = False, height: int = 320) -> str:
    """Lines over a grid; `marks` puts a dot on each point."""
    frame = _Frame(x, y, height)
    parts = [frame.grid()]
    for number, one in enumerate(series):
        if not one.points:
            continue
        path = "".join(f"{'L' if i else 'M'}{frame.x(a):.1f} {frame.y(b):.1f}" for i, (a, b) in enumerate(one.points))
        parts.append(f'<path class="line s{number % SERIES}" d="{path}"><title>{escape(one.name)}</title></path>')
        if marks:
            parts += [
                f'<circle class="dot s{number % SERIES}" cx="{frame.x(a):.1f}" cy="{frame.y(b):.1f}" r="4">'
                f"<title>{escape(one.name)}：{x.name(a)}，{b:.4g}</title></circle>"
                for a, b in one.points
            ]
    return _svg(height, parts, f"{y.label}随{x.label}的变化")


def scatter(series: Sequence[Series], x: Axis, y: Axis, *, diagonal: bool = False, height: int = 400) -> str:
    """Bubbles whose area grows with the number of points at one place; a diagonal where both axes are alike."""
    frame = _Frame(x, y, height)
    parts = [frame.grid()]
    if diagonal:
        parts.append(
            f'<line class="diagonal" x1="{frame.x(x.low):.1f}" y1="{frame.y(y.low):.1f}" '
            f'x2="{frame.x(x.high):.1f}" y2="{frame.y(y.high):.1f}"/>'
        )
    for number, one in enumerate(series):
        counts: dict[tuple[float, float], int] = {}
        for a, b in one.points:
            place = (round(a, 3), round(b, 3))
            counts[place] = counts.get(place, 0) + 1
        for (a, b), count in sorted(counts.items(), key=lambda item: -item[1]):
            parts.append(
                f'<circle class="bubble s{number % SERIES}" cx="{frame.x(a):.1f}" cy="{frame.y(b):.1f}" '
                f'r="{min(26.0, 3.2 * sqrt(count)):.1f}">'
                f"<title>{escape(one.name)} {count} 题：{x.label} {a:.3g}，{y.label} {b:.3g}</title></circle>"
            )
    return _svg(height, parts, f"{y.label}与{x.label}的关系")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval; None where the series has no such value."""

    value: float
    low: float
    high: float


def intervals(rows: Sequence[tuple[str, Sequence[Estimate | None]]], names: Sequence[str]) -> str:
    """A row a measure, in it a dot with its interval a series, on a scale from 0 to 100 %."""
    x = Axis("", 0.0, 1.0, share=True)
    step, left, right = 13, 108, 26
    tall = [max(30, step * len(names) + 14) for _ in rows]
    height = sum(tall) + 34

    def at(share: float) -> float:
        return left + x.place(share) * (WIDTH - left - right)

    parts = []
    for tick in x.ticks():
        parts.append(f'<line class="grid" x1="{at(tick):.1f}" x2="{at(tick):.1f}" y1="4" y2="{height - 26}"/>')
        parts.append(
            f'<text class="tick" x="{at(tick):.1f}" y="{height - 8}" text-anchor="middle">{x.name(tick)}</text>'
        )
    top = 4.0
    for (row, estimates), space in zip(rows, tall, strict=True):
        middle = top + space / 2
        parts.append(f'<text class="row" x="{left - 10}" y="{middle + 4.5:.1f}" text-anchor="end">{escape(row)}</text>')
        for number, estimate in enumerate(estimates):
            if estimate is None:
                continue
            y = middle + (number - (len(names) - 1) / 2) * step
            note = f"{names[number]}：{estimate.value:.1%}（95% 区间 {estimate.low:.1%} 至 {estimate.high:.1%}）"
            parts.append(
                f'<g class="s{number % SERIES}"><title>{escape(note)}</title>'
                f'<path class="whisker" d="M{at(estimate.low):.1f} {y:.1f}H{at(estimate.high):.1f}"/>'
                f'<circle class="dot s{number % SERIES}" cx="{at(estimate.value):.1f}" cy="{y:.1f}" r="4.5"/></g>'
            )
        top += space
    return _svg(height, parts, "各项指标与 95% 区间")


class _Frame:
    """A plot area with its axes."""

    def __init__(self, x: Axis, y: Axis, height: int) -> None:
        self.axes = (x, y)
        self.left, self.right, self.top, self.bottom = 58, WIDTH - 26, 14, height - 48

    def x(self, value: float) -> float:
        return self.left + self.axes[0].place(value) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.bottom - self.axes[1].place(value) * (self.bottom - self.top)

    def grid(self) -> str:
        x, y = self.axes
        parts = []
        for tick in x.ticks():
            at = self.x(tick)
            parts.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{self.top}" y2="{self.bottom}"/>')
            parts.append(
                f'<text class="tick" x="{at:.1f}" y="{self.bottom + 18}" text-anchor="middle">{x.name(tick)}</text>'
            )
        for tick in y.ticks():
            at = self.y(tick)
            parts.append(f'<line class="grid" x1="{self.left}" x2="{self.right}" y1="{at:.1f}" y2="{at:.1f}"/>')
            parts.append(
                f'<text class="tick" x="{self.left - 8}" y="{at + 4.5:.1f}" text-anchor="end">{y.name(tick)}</text>'
            )
        middle = (self.left + self.right) / 2
        parts.append(
            f'<text class="axis" x="{middle}" y="{self.bottom + 40}" text-anchor="middle">{escape(x.label)}</text>'
        )
        across = (self.top + self.bottom) / 2
        parts.append(
            f'<text class="axis" transform="translate(14 {across}) rotate(-90)" text-anchor="middle">'
            f"{escape(y.label)}</text>"
        )
        return "".join(parts)


def _svg(height: float, parts: Sequence[str], title: str) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )
