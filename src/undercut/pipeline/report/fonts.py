"""A font for the letters that matplotlib's own font lacks, or a number in their place."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

INSTALL_COMMAND = "apt-get install fonts-noto-cjk (or any Chinese, Japanese or Korean font)"
INSTALL = (
    "No installed font has these letters, so the chart files show numbers in their place. "
    f"Run: {INSTALL_COMMAND}, then undercut report"
)
# Parts of file names, the best first.
KNOWN = (
    "notosanscjk-regular", "notosanssc", "notosanscjk", "sourcehansans", "wqy-microhei",
    "wqy-zenhei", "pingfang", "msyh", "hiraginosansgb", "simhei", "notoserifcjk", "sourcehanserif",
    "droidsansfallback", "arialunicode", "arial unicode", "simsun", "uming", "ukai", "ipaexg",
    "yugoth", "meiryo", "nanumgothic", "malgun", "applesdgothic",
)  # fmt: skip


def installed() -> list[str]:
    """Return the paths of installed fonts that are known to have wide letters, the best first."""
    from matplotlib import font_manager

    ranked = []
    for path in font_manager.findSystemFonts():
        name = Path(path).name.lower()
        rank = next((i for i, part in enumerate(KNOWN) if part in name), None)
        if rank is not None:
            ranked.append((rank, name, path))
    return [path for _, _, path in sorted(ranked)]


@cache
def _letters(path: str) -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(path).get_charmap())


def _base() -> str:
    from matplotlib import font_manager

    return str(font_manager.findfont("DejaVu Sans"))


def choose(texts: Iterable[str]) -> tuple[list[str], frozenset[int]]:
    """Return font families for texts, and the letters they can draw.

    The second family is there only when the first, which comes with matplotlib, is not enough.
    """
    from matplotlib import font_manager

    # A font without a bold cut is drawn in its one weight; a warning a chart would say no more.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    have = _letters(_base())
    need = {ord(c) for text in texts for c in text} - have
    if not need:
        return ["DejaVu Sans"], have
    best: tuple[int, str] | None = None
    for path in installed():
        try:
            missing = len(need - _letters(path))
        except (OSError, RuntimeError):  # an unreadable font file
            continue
        if best is None or missing < best[0]:
            best = (missing, path)
        if not missing:
            break
    if best is None or best[0] == len(need):
        return ["DejaVu Sans"], have
    font_manager.fontManager.addfont(best[1])
    family = font_manager.FontProperties(fname=best[1]).get_name()
    return ["DejaVu Sans", family], have | _letters(best[1])


class Numbers:
    """Writes ``[1]`` for letters no font has, and keeps what each number stands for."""

    def __init__(self, have: frozenset[int]) -> None:
        self.have = have
        self.key: dict[str, str] = {}
        self._seen: dict[str, str] = {}

    def write(self, text: str) -> str:
        """Return a text that can be drawn without an empty box."""
        if all(ord(c) in self.have for c in text):
            return text
        marked = "".join(c if ord(c) in self.have else "\0" for c in text)
        return re.sub("\0+", lambda m: self._mark(text[m.start() : m.end()]), marked)

    def _mark(self, run: str) -> str:
        if run not in self._seen:
            mark = f"[{len(self._seen) + 1}]"
            self._seen[run] = mark
            self.key[mark] = run
        return self._seen[run]
