"""How the results of ``sign`` and ``licences`` are shown."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from undercut.cli.results import Result, table
from undercut.data.table import count
from undercut.pipeline.report.format import clean

WORDS = {"yes": "yes", "conditions": "yes, but", "no": "no", "unknown": "unknown"}
STYLES = {"yes": "green", "conditions": "yellow", "no": "bold red", "unknown": "yellow"}


class SignResult(Result):
    """A pair of keys, a signature, or its verification."""

    def show(self, console: Console) -> None:
        """Print one line, and what comes next."""
        r = self.record
        if r.public:
            told = f"Keep {r.key} secret and backed up. Give servers {r.public}.\n"
            told += f"Next: undercut sign ARTEFACT --key {r.key}"
        else:
            whose = f"with {r.key}"
            told = f"{r.act.capitalize()} {whose}: {count(r.files, 'file')} of {r.artefact}"
            told += f"\nArtefact {r.hash[:12]}."
        console.print(told, soft_wrap=True, markup=False)


class LicencesResult(Result):
    """The licences a model stands on."""

    @property
    def exit_code(self) -> int:
        """Return 2 when one forbids selling."""
        return 2 if self.record.forbidden else 0

    def show(self, console: Console) -> None:
        """Print a row a licence, and what to do about those nobody knows."""
        r = self.record
        shown = table("of", "name", "licence", "may be sold", "note")
        for x in r.licences:
            name = f"{x.part}: {x.name}" if x.part else x.name
            note = ". ".join(p for p in (x.note, x.source) if p)
            verdict = Text(WORDS[x.selling], STYLES[x.selling])
            shown.add_row(
                x.of, Text(clean(name)), Text(clean(x.licence or "not stated")), verdict,
                Text(clean(note)),
            )  # fmt: skip
        console.print(shown)
        if r.unknown:
            console.print(
                "Unknown is not yes: read the licence, and state it (--data-licence, "
                "--base-licence; licence in undercut.toml).",
                soft_wrap=True,
            )
        console.print("A reading of the licences' texts, no legal advice.")
