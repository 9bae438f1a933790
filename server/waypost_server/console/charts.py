"""Charts as SVG made on the server: lines, bars and progress. Only numbers go in; colours come from CSS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from markupsafe import Markup, escape


def spark(
    values: Sequence[float], *, tone: str = "", label: str = "", area: bool = False, width: int = 96
) -> Markup:
    """A line without axes, ending in a dot. `label` is read by screen readers."""
    height = 24
    points = _points(values, width - 6, height - 6, top=max(values, default=0) or 1)
    placed = [(x + 3, y + 3) for x, y in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    shade = Markup("")
    if area and placed:
        first, last = placed[0][0], placed[-1][0]
        shade = Markup('<polygon class="area" points="{},{} {} {},{}"/>').format(
            f"{first:.1f}", height - 1, line, f"{last:.1f}", height - 1
        )
    end = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="2.25"/>').format(*placed[-1]) if placed else ""
    return Markup(
        '<svg class="spark {}" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">'
        '{}<polyline points="{}"/>{}</svg>'
    ).format(tone, width, height, width, height, label, shade, line, end)


def progress(done: float, total: float, label: str, tone: str = "") -> Markup:
    """How much of something is done."""
    share = 0.0 if total <= 0 else max(0.0, min(1.0, done / total))
    return Markup(
        '<svg class="progress {}" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="rail" width="100" height="6"/><rect class="fill" width="{:.1f}" height="6"/></svg>'
    ).format(tone, label, share * 100)


@dataclass(frozen=True, slots=True)
class Trend:
    """A weekly series with what is to be said about it."""

    values: Sequence[float]
    last_day: date
    usual: float | None = None  # drawn as a dashed line
    recent: int = 0  # weeks at the end that the finding is about: shaded
    now: float | None = None  # written at the end; the average of the weeks in question by default
    width: int = 560


def trend(chart: Trend, label: str) -> Markup:
    """A line over weeks: the usual value dashed, the weeks in question shaded, the last value written.

    Drawn twice, for wide and for narrow screens, so that its words keep their size; CSS shows one.
    """
    return _trend(chart, label, "wide") + _trend(replace(chart, width=330), label, "narrow")


def _trend(chart: Trend, label: str, size: str) -> Markup:
    width, height, right, top, floor = chart.width, 148, 84, 10, 118
    ceiling = max([*chart.values, chart.usual or 0, 1]) * 1.12
    span = width - right
    points = [(x + 4, y + top) for x, y in _points(chart.values, span - 8, floor - top, top=ceiling)]
    parts = [_ticks(chart, points, floor)]
    if chart.recent and len(points) > chart.recent:
        left = points[-chart.recent - 1][0]
        parts.append(
            Markup('<rect class="band" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>').format(
                left, top, points[-1][0] - left, floor - top
            )
        )
    ends = {"now": points[-1][1] if points else floor}
    if chart.usual is not None:
        level = top + (floor - top) * (1 - chart.usual / ceiling)
        ends["usual"] = level
        parts.append(
            Markup('<line class="usual" x1="4" x2="{}" y1="{y:.1f}" y2="{y:.1f}"/>').format(span, y=level)
        )
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts.append(Markup('<polyline class="data" points="{}"/>').format(line))
    parts.append(_ends(chart, points, ends, span))
    tone = "problem" if chart.recent else "accent"
    return Markup('<svg class="trend {} {}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        size, tone, width, height, label, Markup("").join(parts)
    )


def bars(days: Sequence[tuple[str, int, int]], label: str) -> Markup:
    """Two-part bars from zero: (title, whole, part of it made strong) per day."""
    width, height, gap = 560, 96, 4
    ceiling = max((whole for _, whole, _ in days), default=0) or 1
    step = width / max(len(days), 1)
    drawn = []
    for place, (title, whole, part) in enumerate(days):
        tall, strong = whole / ceiling * (height - 8), part / ceiling * (height - 8)
        x = place * step + gap / 2
        drawn.append(
            Markup(
                '<g><title>{}</title><rect class="hit" x="{x:.1f}" y="0" width="{w:.1f}" height="{}"/>'
                '<rect class="whole" x="{x:.1f}" y="{:.1f}" width="{w:.1f}" height="{:.1f}" rx="1.5"/>'
                '<rect class="part" x="{x:.1f}" y="{:.1f}" width="{w:.1f}" height="{:.1f}" rx="1.5"/></g>'
            ).format(title, height, height - tall, tall, height - strong, strong, x=x, w=max(step - gap, 2))
        )
    return Markup(
        '<svg class="bars" viewBox="0 0 {} {}" role="img" aria-label="{}">{}<line class="base" x1="0" x2="{}" '
        'y1="{h}" y2="{h}"/></svg>'
    ).format(width, height + 1, label, Markup("").join(drawn), width, h=height + 0.5)


def _points(values: Sequence[float], width: float, height: float, *, top: float) -> list[tuple[float, float]]:
    if len(values) == 1:
        return [(width, height * (1 - values[0] / top))]
    step = width / max(len(values) - 1, 1)
    return [(place * step, height * (1 - value / top)) for place, value in enumerate(values)]


def _ticks(chart: Trend, points: Sequence[tuple[float, float]], floor: int) -> Markup:
    """The base line, and three dates below it."""
    drawn = [
        Markup('<line class="base" x1="4" x2="{}" y1="{y}" y2="{y}"/>').format(chart.width - 84, y=floor)
    ]
    count = len(points)
    chosen = sorted({0, count // 2, count - chart.recent - 1 if chart.recent else count - 1})
    for place in chosen:
        if not 0 <= place < count:
            continue
        day = chart.last_day - timedelta(days=7 * (count - 1 - place))
        anchor = "start" if place == 0 else "middle"
        drawn.append(
            Markup('<text class="tick" x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(
                points[place][0], floor + 18, anchor, f"{day:%b} {day.day}"
            )
        )
    return Markup("").join(drawn)


def _ends(chart: Trend, points: Sequence[tuple[float, float]], ends: dict[str, float], span: int) -> Markup:
    """The last value and the usual one, written at the ends of their lines and kept apart."""
    if not points:
        return Markup("")
    now, usual = ends["now"], ends.get("usual")
    if usual is not None and abs(now - usual) < 15:
        now, usual = (usual + 15, usual) if now >= usual else (usual - 15, usual)
    x, y = points[-1]
    # the finding's figure is the average of the weeks in question, not the last week alone
    recent = chart.values[-chart.recent :] if chart.recent else chart.values[-1:]
    value = chart.now if chart.now is not None else sum(recent) / len(recent)
    written = f"{value:.1f}" if chart.recent or chart.now is not None else f"{value:g}"
    drawn = [
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3"/>').format(x, y),
        Markup('<text class="now" x="{}" y="{:.1f}">{}</text>').format(span + 4, now + 4, written),
    ]
    if usual is not None and chart.usual is not None:
        drawn.append(
            Markup('<text class="note" x="{}" y="{:.1f}">{}</text>').format(
                span + 4, usual + 4, escape(f"usual {chart.usual:.1f}")
            )
        )
    return Markup("").join(drawn)
