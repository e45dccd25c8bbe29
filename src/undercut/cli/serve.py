"""``undercut serve``: an artefact behind HTTP, until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import Field

from undercut.cli.command import Positional, make
from undercut.serving.options import ServeOptions

ARTEFACT = Positional(
    "artefact",
    "Artefact folder, or the name of a run; or several, of which a request names one in `model` "
    "(adapters of one base share its weights). The first start makes an API key and shows it once; "
    "--no-keys asks for none. Then, from another terminal: curl localhost:8000/v1/predict "
    '-H "authorization: Bearer KEY" -H "content-type: application/json" '
    """-d '{"inputs": "where is my parcel"}'. GET / is a page to try the model, /openapi.json """
    "the whole API. Every answered request is written to the ledger. Ctrl+C or SIGTERM answers "
    "what is running, writes the usage and stops.",
    files=True,
    many=True,
)


class ServeSpec(ServeOptions):
    """What ``undercut serve`` is given: the options of serving, and what to serve."""

    artefact: list[Path] = Field(
        min_length=1, description="Artefact folders, or names of runs; the first is the default."
    )


class Stopped:
    """What is left to say when the server has stopped."""

    def to_json(self) -> dict[str, Any]:
        """Return the outcome."""
        return {"stopped": True}

    def show(self, console: Any) -> None:
        """Print the outcome."""
        console.print("Stopped; running requests were answered and usage is written.")


def command() -> Callable[..., None]:
    """Return the command; nothing heavy is loaded until it is called."""

    def call(spec: ServeSpec, terminal: Any) -> Stopped:
        from undercut.serving.run import require_packages, serve
        from undercut.store.artefacts import MANIFEST

        require_packages()
        folders = []
        for folder in spec.artefact:
            if not (folder / MANIFEST).is_file():  # the pipeline is loaded for a run's name only
                from undercut.pipeline.places import find_artefact

                folder = find_artefact(spec.workspace, folder)
            folders.append(folder)
        options = ServeOptions(**{k: v for k, v in spec if k in ServeOptions.model_fields})
        serve(folders, options)
        return Stopped()

    return make("serve", ServeSpec, call, (ARTEFACT,))
