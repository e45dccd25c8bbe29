"""Write docs/gallery: the reports of examples/pricewar as pictures and words.

Run by hand: ``python scripts/make_gallery.py``. The learning curve is measured on the embedded
example, so its picture may differ a little from machine to machine.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from undercut.core.specs_economics import LearningCurveSpec, ScenarioSpec
from undercut.pipeline.curves import learning_curve
from undercut.pipeline.report.economics.page import pictures, write_page
from undercut.pipeline.scenario.answer import Read, answer, curve_of, read_all
from undercut.pipeline.scenario.facts import EconomicsFacts
from undercut.pipeline.scenario.sources import Sources

ROOT = Path(__file__).resolve().parent.parent
GALLERY = ROOT / "docs" / "gallery"
EXAMPLES = ROOT / "examples" / "pricewar"
CASES = {
    "niche": "A niche that wins",
    "use_the_api": "A niche that should use the API",
    "attrition": "A war of attrition",
}
PIXELS = 900
COLOURS = 96


def main() -> None:
    """Write pictures and pages."""
    with tempfile.TemporaryDirectory() as place:
        train = ROOT / "examples" / "support" / "support_en.csv"
        made = learning_curve(
            LearningCurveSpec(workspace=Path(place), train=[train], requests_per_month=12e6)
        )
        for name, title in CASES.items():
            spec = ScenarioSpec(workspace=Path(place), scenario=EXAMPLES / f"{name}.toml")
            read = read_all(spec)
            if name == "niche":
                read = _with_curve(read, made.name, Path(place))
            facts = answer(read)
            folder = Path(place) / name
            write_page(facts, folder)
            target = GALLERY / name
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            for picture in sorted((folder / "plots").glob("*.png")):
                _small(picture, target / picture.name)
            (GALLERY / f"{name}.md").write_text(_page(name, title, facts), encoding="utf-8")
            print(GALLERY / f"{name}.md")
    rows = [f"- [{title}]({name}.md)" for name, title in CASES.items()]
    text = "# Gallery\n\nThe scenarios of `examples/pricewar`, answered by `undercut price`.\n\n"
    (GALLERY / "README.md").write_text(text + "\n".join(rows) + "\n", encoding="utf-8")


def _with_curve(read: Read, name: str, workspace: Path) -> Read:
    from undercut.ledger.price import Rates

    labels = read.scenario.labels.model_copy(update={"curve": name})
    scenario = read.scenario.model_copy(update={"labels": labels})
    curve = curve_of(Sources(scenario, workspace, Rates()), read.inputs)
    return Read(scenario, read.inputs, read.test, curve, read.notes)


def _small(picture: Path, target: Path) -> None:
    """Save a picture at a size for a page, in few colours."""
    from PIL import Image

    with Image.open(picture) as image:
        height = round(image.height * PIXELS / image.width)
        made = image.convert("RGB").resize((PIXELS, height), Image.Resampling.LANCZOS)
        made.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


def _page(name: str, title: str, facts: EconomicsFacts) -> str:
    lines = [f"# {title}", "", f"**{facts.verdict[0]}** {' '.join(facts.verdict[1:])}", ""]
    lines += [
        f"{facts.invest.verdict} Scenario: [{name}.toml](../../examples/pricewar/{name}.toml)."
    ]
    for f in pictures(facts).values():
        if f.draw is not None:
            lines += ["", f"![{f.question} {f.answer}]({name}/{f.name}.png)"]
    return "\n".join(lines).replace("\u202f", "\u00a0") + "\n"


if __name__ == "__main__":
    main()
