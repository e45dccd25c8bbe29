"""Where labels of points go: beside their point, touching nothing, else numbered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from undercut.pipeline.report.svg.shapes import text_width


@dataclass(frozen=True)
class Area:
    """A rectangle that is taken."""

    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: Area) -> bool:
        """Return whether two rectangles share a point."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


@dataclass(frozen=True)
class Placed:
    """A label with the middle of its left edge; ``leader`` is true when it needs a line."""

    x: float
    y: float
    leader: bool


GAP = 4.0
"""Pixels kept between labels side by side, or "9" and "8" read as "98"."""

# Steps away from the point, in pixels; the near places are tried first.
NEAR = (0, -9, 9)
FAR = (-20, 20, -32, 32, -44, 44, -58, 58, -72, 72)


def place(
    points: Sequence[tuple[float, float]],
    labels: Sequence[str],
    taken: Sequence[Area],
    inside: Area,
    size: float,
    bold: Sequence[bool] = (),
) -> list[Placed] | None:
    """Place a label beside every point without touching anything.

    Args:
        points: pixel positions.
        labels: one text a point.
        taken: rectangles to keep clear of (marks, whiskers).
        inside: where labels may lie.
        size: font size in pixels.
        bold: which labels are bold; none by default.

    Returns:
        One place a label, or ``None`` when some label finds no room.
    """
    used = list(taken)
    order = sorted(range(len(points)), key=lambda i: (-points[i][0], points[i][1]))
    found: dict[int, Placed] = {}
    for i in order:
        x, y = points[i]
        width, half = text_width(labels[i], size, bool(bold) and bold[i]), size * 0.62
        for dx, dy, leader in _candidates(width, size):
            area = Area(x + dx, y + dy - half, x + dx + width, y + dy + half)
            within = (
                area.left >= inside.left
                and area.right <= inside.right
                and area.top >= inside.top
                and area.bottom <= inside.bottom
            )
            if within and not any(area.touches(other) for other in used):
                used.append(Area(area.left - GAP, area.top, area.right + GAP, area.bottom))
                found[i] = Placed(x + dx, y + dy, leader)
                break
        else:
            return None
    return [found[i] for i in range(len(points))]


def _candidates(width: float, size: float) -> list[tuple[float, float, bool]]:
    right, left, middle = 10.0, -width - 10.0, -width / 2
    near = [(side, float(dy), False) for dy in NEAR for side in (right, left)]
    over = [(middle, -size * 1.2, False), (middle, size * 1.2, False)]
    far = [
        (side + sign * 8, float(dy), True) for dy in FAR for side, sign in ((right, 1), (left, -1))
    ]
    return [*near, *over, *far]
