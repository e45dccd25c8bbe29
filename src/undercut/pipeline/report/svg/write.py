"""Shapes to SVG text. Colours are CSS variables of the page, so light and dark both work."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from undercut.pipeline.report.svg.shapes import Area, Box, Drawing, Line, Mark, Shape, Text


def svg(
    drawing: Drawing,
    title: str,
    description: str,
    name: str,
    css_class: str = "",
    traced: bool = False,
) -> str:
    """Return a drawing as one well-formed ``<svg>`` element.

    Args:
        drawing: the shapes.
        title: read aloud first.
        description: the answer the chart gives.
        name: unique in the page, for the ids of title and description.
        css_class: class of the element.
        traced: say where the plot lies, for the script that moves a line along it.
    """
    body = "\n".join(_shape(s) for s in drawing.shapes)
    w, h = _n(drawing.width), _n(drawing.height)
    plot = ""
    if traced and drawing.plot is not None:
        plot = f' data-plot="{" ".join(map(_n, drawing.plot))}"'
    return (
        f"<svg class={quoteattr(css_class)}{plot} "
        f'viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
        f'aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(title)}</title>'
        f'<desc id="{name}-d">{escape(description)}</desc>\n{body}\n</svg>'
    )


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _points(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _shape(s: Shape) -> str:
    if isinstance(s, Line):
        dash = ' stroke-dasharray="4 3"' if s.dash else ""
        return (
            f'<polyline points="{_points(s.points)}" style="stroke:var(--{s.colour})" '
            f'stroke-width="{_n(s.width)}" fill="none"{dash}/>'
        )
    if isinstance(s, Area):
        return (
            f'<polygon points="{_points(s.points)}" style="fill:var(--{s.colour})" '
            f'fill-opacity="{s.opacity:.3f}"/>'
        )
    if isinstance(s, Box):
        return _box(s)
    if isinstance(s, Mark):
        return _mark(s)
    return _text(s)


def _box(s: Box) -> str:
    style = f"fill:var(--{s.colour})" + (f";stroke:var(--{s.outline})" if s.outline else "")
    return (
        f'<rect x="{_n(s.x)}" y="{_n(s.y)}" width="{_n(s.width)}" height="{_n(s.height)}" '
        f'style="{style}" fill-opacity="{s.opacity:.3f}">{_hint(s.hint)}</rect>'
    )


def _mark(s: Mark) -> str:
    fill = "paper" if s.hollow else s.colour
    style = f'style="fill:var(--{fill});stroke:var(--{s.colour})" stroke-width="1.5"'
    if s.shape == "circle":
        return (
            f'<circle cx="{_n(s.x)}" cy="{_n(s.y)}" r="{_n(s.size / 2)}" {style}>'
            f"{_hint(s.hint)}</circle>"
        )
    return f'<polygon points="{_points(corners(s))}" {style}>{_hint(s.hint)}</polygon>'


def corners(s: Mark) -> tuple[tuple[float, float], ...]:
    """Return the corners of a mark that is not a circle."""
    r = s.size / 2
    if s.shape == "square":
        r *= 0.9
        return ((s.x - r, s.y - r), (s.x + r, s.y - r), (s.x + r, s.y + r), (s.x - r, s.y + r))
    if s.shape == "triangle":
        r *= 1.2
        return ((s.x, s.y - r), (s.x + r, s.y + 0.8 * r), (s.x - r, s.y + 0.8 * r))
    r *= 1.25
    return ((s.x, s.y - r), (s.x + r, s.y), (s.x, s.y + r), (s.x - r, s.y))


def _hint(hint: str) -> str:
    return f"<title>{escape(hint)}</title>" if hint else ""


def _text(s: Text) -> str:
    weight = ' font-weight="600"' if s.bold else ""
    # A third of an em below the middle puts the baseline right in every browser.
    return (
        f'<text x="{_n(s.x)}" y="{_n(s.y + 0.35 * s.size)}" font-size="{_n(s.size)}" '
        f'style="fill:var(--{s.colour})" text-anchor="{s.anchor}"{weight}>{escape(s.text)}</text>'
    )
