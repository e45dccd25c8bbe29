"""The shapes a chart is made of; colours are roles, so that a page and a file can set them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

# Advance widths in em of DejaVu Sans, the widest of the usual sans-serifs and the one that
# matplotlib brings: what fits in it fits in all of them.
WIDTHS = {
    letter: em
    for em, letters in {
        0.2: "\u202f", 0.3: "'ijlIJ", 0.33: " ,.·/:;|\\", 0.38: "f-()[]t!", 0.41: "r",
        0.5: "*_`–sz“”?\"", 0.57: "cLFk", 0.62: "vxyPTYaoeESbdghnpqu", 0.65: "$0123456789{}K",
        0.7: "AVBRXZCU", 0.78: "HNDG&OQ", 0.84: "w#+<=>^~−→M", 1.0: "%mW@…",
    }.items()
    for letter in letters
}  # fmt: skip
BOLD = 1.125


@dataclass(frozen=True)
class Line:
    """A line through points ``(x, y)`` in pixels."""

    points: tuple[tuple[float, float], ...]
    colour: str = "rule"
    width: float = 1
    dash: bool = False


@dataclass(frozen=True)
class Area:
    """A filled polygon."""

    points: tuple[tuple[float, float], ...]
    colour: str
    opacity: float = 1


@dataclass(frozen=True)
class Box:
    """A filled rectangle; ``outline`` draws its edge in that colour."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    opacity: float = 1
    outline: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Mark:
    """A point: circle, square, triangle or diamond of ``size`` pixels across."""

    x: float
    y: float
    size: float = 8
    shape: str = "circle"
    colour: str = "accent"
    hollow: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Text:
    """One line of text; ``y`` is its middle. ``anchor`` is start, middle or end."""

    x: float
    y: float
    text: str
    size: float = 13
    colour: str = "ink"
    anchor: str = "start"
    bold: bool = False


Shape = Line | Area | Box | Mark | Text


@dataclass
class Drawing:
    """Shapes on a canvas of ``width`` x ``height`` pixels, painted in order."""

    width: float
    height: float
    shapes: list[Shape] = field(default_factory=list)
    plot: tuple[float, float, float, float] | None = None
    """Left, top, right, bottom of the part that the axes span, where there is one."""

    def add(self, *shapes: Shape) -> None:
        """Paint shapes on top of what is there."""
        self.shapes.extend(shapes)

    def texts(self) -> Iterable[Text]:
        """Yield the texts of the drawing."""
        return (s for s in self.shapes if isinstance(s, Text))


def moved(s: Shape, dx: float, dy: float) -> Shape:
    """Return a shape moved by some pixels."""
    if isinstance(s, Line | Area):
        return replace(s, points=tuple((x + dx, y + dy) for x, y in s.points))
    return replace(s, x=s.x + dx, y=s.y + dy)


def stacked(*drawings: Drawing) -> Drawing:
    """Return drawings of the same width one below the other."""
    whole = Drawing(drawings[0].width, 0.0)
    for d in drawings:
        whole.add(*(moved(s, 0.0, whole.height) for s in d.shapes))
        whole.height += d.height
    if drawings[0].plot and drawings[-1].plot:
        left, top, right, _ = drawings[0].plot
        whole.plot = left, top, right, whole.height - drawings[-1].height + drawings[-1].plot[3]
    return whole


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width of a text in pixels, estimated; East Asian wide letters count one em."""
    em = 0.0
    for letter in text:
        if unicodedata.combining(letter):
            continue
        wide = unicodedata.east_asian_width(letter) in "WF"
        em += 1.0 if wide else WIDTHS.get(letter, 0.65)
    return em * size * (BOLD if bold else 1.0)


def fit(text: str, width: float, size: float) -> str:
    """Shorten a text in its middle so that it is at most ``width`` pixels wide."""
    if text_width(text, size) <= width:
        return text
    for kept in range(len(text) - 1, 1, -1):
        head = (kept + 1) // 2
        short = f"{text[:head]}…{text[len(text) - (kept - head) :]}"
        if text_width(short, size) <= width:
            return short
    return text[:1] + "…"


def wrap(text: str, width: float, size: float) -> list[str]:
    """Break a text into lines of at most ``width`` pixels, between words or wide letters."""
    lines, line = [], ""
    for word in _words(text):
        if line and text_width((line + word).rstrip(), size) > width:
            lines.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(text: str) -> list[str]:
    words, word = [], ""
    for letter in text:
        word += letter
        if letter == " " or unicodedata.east_asian_width(letter) in "WF":
            words.append(word)
            word = ""
    return [*words, word] if word else words
