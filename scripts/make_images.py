"""Write the pictures of the README from a finished run: ``make demo``, then this."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from pathlib import Path

from rich.console import Console

from undercut.pipeline.facts import RunFacts
from undercut.pipeline.report.summary import summary

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
RUN = ROOT / "examples" / "support" / "undercut-out" / "runs" / "support_en"


def main() -> None:
    """Draw the end of the run as the terminal shows it, and copy its first chart."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else RUN
    facts = RunFacts.model_validate(json.loads((folder / "facts.json").read_text("utf-8")))
    console = Console(record=True, width=84, file=io.StringIO())
    console.print("$ make demo", style="bold")
    console.print(summary(facts))
    drawn = console.export_svg(title="undercut run")
    drawn = re.sub(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", "", drawn, flags=re.DOTALL)  # no network
    (IMAGES / "terminal.svg").write_text(drawn, encoding="utf-8")
    shutil.copyfile(folder / "plots" / "accuracy-cost.png", IMAGES / "accuracy_cost.png")


if __name__ == "__main__":
    main()
