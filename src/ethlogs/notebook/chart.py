"""A small line chart as inline SVG: no script, no style sheet, and colours for light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 230, 64
_LEFT, _TOP, _BOTTOM = 4, 18, 14


@dataclass(frozen=True)
class Chart:
    """One line over the time of a run."""

    title: str
    color: str
    times: Sequence[float]
    """Seconds since 1970, of each value."""
    values: Sequence[float | None]
    """``None`` where there was nothing to measure: the line has a gap there."""
    unit: str
    marks: Sequence[float] = ()
    """Times of what is marked by an upright line."""

    def to_svg(self) -> str:
        """Return the chart."""
        known = [value for value in self.values if value is not None]
        newest = f"{known[-1]:,.0f}{self.unit}" if known else "not measured"
        most = max(known, default=0.0)
        parts = [
            f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
            f' aria-label="{escape(self.title)}: {escape(newest)}" xmlns="http://www.w3.org/2000/svg"'
            ' style="display:inline-block;margin:4px 12px 0 0;overflow:visible">',
            _text(_LEFT, 11, self.title, 0.75),
            _text(_WIDTH, 11, newest, 1.0, end=True),
            f'<line x1="{_LEFT}" y1="{_HEIGHT - _BOTTOM}" x2="{_WIDTH}" y2="{_HEIGHT - _BOTTOM}"'
            ' stroke="currentColor" stroke-opacity="0.3"/>',
            *(self._mark(at) for at in self.marks),
            *(self._line(points) for points in self._segments(most)),
            _text(_LEFT, _HEIGHT - 2, f"highest {most:,.0f}{self.unit}" if known else "", 0.6),
            _text(_WIDTH, _HEIGHT - 2, _duration(self.times), 0.6, end=True),
            "</svg>",
        ]
        return "".join(parts)

    def _segments(self, most: float) -> list[list[tuple[float, float]]]:
        segments: list[list[tuple[float, float]]] = [[]]
        floor, height = _HEIGHT - _BOTTOM, _HEIGHT - _TOP - _BOTTOM
        for at, value in zip(self.times, self.values, strict=True):
            if value is None:
                segments.append([])
            else:
                segments[-1].append((self._x(at), floor - height * (value / most if most else 0.0)))
        return [segment for segment in segments if segment]

    def _line(self, points: list[tuple[float, float]]) -> str:
        if len(points) == 1:
            return f'<circle cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="1.8" fill="{self.color}"/>'
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        return (
            f'<polyline points="{path}" fill="none" stroke="{self.color}" stroke-width="1.8"'
            ' stroke-linejoin="round"/>'
        )

    def _mark(self, at: float) -> str:
        x = f"{self._x(at):.1f}"
        return (
            f'<line x1="{x}" y1="{_TOP}" x2="{x}" y2="{_HEIGHT - _BOTTOM}" stroke="#d9534f"'
            ' stroke-dasharray="3 2"/>'
        )

    def _x(self, at: float) -> float:
        first, last = self.times[0], self.times[-1]
        share = (at - first) / (last - first) if last > first else 1.0
        return _LEFT + (_WIDTH - _LEFT) * share


def _text(x: float, y: float, text: str, opacity: float, *, end: bool = False) -> str:
    anchor = ' text-anchor="end"' if end else ""
    return (
        f'<text x="{x}" y="{y}" font-size="11" fill="currentColor" fill-opacity="{opacity}"{anchor}>'
        f"{escape(text)}</text>"
    )


def _duration(times: Sequence[float]) -> str:
    seconds = times[-1] - times[0] if times else 0.0
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} s"
