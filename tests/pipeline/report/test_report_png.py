"""Chart files are real pictures with something on them, and Chinese is drawn or numbered."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from pipeline.facts_fixture import run_facts
from undercut.pipeline.report import fonts
from undercut.pipeline.report.figures.all import figures
from undercut.pipeline.report.page import page, write_report
from undercut.pipeline.report.png import write_plots


def chunks(data: bytes) -> dict[bytes, bytes]:
    """Return a PNG's chunks, checking signature and every check sum."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    found: dict[bytes, bytes] = {}
    at = 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        (stated,) = struct.unpack(">I", data[at + 8 + length : at + 12 + length])
        assert stated == zlib.crc32(kind + body)
        found[kind] = found.get(kind, b"") + body
        at += 12 + length
    assert b"IEND" in found
    return found


def test_every_chart_becomes_a_picture(tmp_path: Path) -> None:
    facts = run_facts()
    html = write_report(facts, tmp_path).read_text(encoding="utf-8")
    written = sorted(p.stem for p in (tmp_path / "plots").iterdir())
    assert written == sorted(figures(facts))
    for path in (tmp_path / "plots").iterdir():
        found = chunks(path.read_bytes())
        width, height = struct.unpack(">II", found[b"IHDR"][:8])
        assert width == 1440 and height > 400, "twice the size in pixels"
        pixels = zlib.decompress(found[b"IDAT"])
        assert len(set(pixels)) > 20, "a picture with nothing on it"
        assert f'<a href="plots/{path.name}">' in html


def test_a_chart_that_has_nothing_to_draw_leaves_no_old_picture(tmp_path: Path) -> None:
    facts = run_facts()
    drawn = {k: v for k, v in figures(facts).items() if k == "month"}
    assert write_plots(drawn.values(), tmp_path).files == ["plots/month.png"]
    without = facts.model_copy(update={"price": facts.price.model_copy(update={"waterfall": {}})})
    nothing = [figures(without)["month"]]
    assert write_plots(nothing, tmp_path).files == []
    assert not (tmp_path / "plots" / "month.png").exists()


@pytest.mark.parametrize("font", [True, False], ids=["a font", "no font"])
def test_chinese_is_drawn_with_a_font_and_numbered_without(
    font: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not font or not fonts.installed():
        monkeypatch.setattr(fonts, "installed", list)
    facts = run_facts("zh", test=False)
    drawn = {k: v for k, v in figures(facts).items() if k == "weakest"}
    plots = write_plots(drawn.values(), tmp_path)
    labels = {c.label for c in facts.valid.classes}
    if fonts.installed():
        assert plots.key == {} and plots.notes == []
    else:
        assert labels <= set(plots.key.values())
        assert plots.notes == [fonts.INSTALL]
        html = page(facts, figures(facts), plots)
        assert "apt-get install fonts-noto-cjk" in html
        for mark, text in plots.key.items():
            assert f"<dt>{mark}</dt><dd>{text}</dd>" in html
    chunks((tmp_path / "plots" / "weakest.png").read_bytes())


def test_numbers_stand_for_runs_of_letters_no_font_has() -> None:
    numbers = fonts.Numbers(frozenset(map(ord, "abc ")))
    assert numbers.write("a 财经 b 房产") == "a [1] b [2]"
    assert numbers.write("财经") == "[1]", "the same letters keep their number"
    assert numbers.write("abc") == "abc"
    assert numbers.key == {"[1]": "财经", "[2]": "房产"}
