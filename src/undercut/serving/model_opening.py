"""An artefact opened to be served; its signature and licences are checked first."""

from __future__ import annotations

import sys
from pathlib import Path

from undercut.ledger.place import keep_in
from undercut.serving.batcher import Predicts
from undercut.serving.options import ServeOptions
from undercut.serving.schemas import ModelInfo


def check_artefact(folder: Path, options: ServeOptions) -> None:
    """Check signature and licences before anything of an artefact is opened.

    Raises:
        UndercutError: it is not signed with the required key, or plans are to sell what a licence
            forbids to sell.
    """
    if options.require_signature is not None:
        from undercut.store.signature import verify

        verify(folder, options.require_signature)
    if options.plans is not None:
        from undercut.pipeline.selling.licences import licences_of, refuse_selling

        found = licences_of(folder)
        if not options.licences_acknowledged:
            refuse_selling(found)
        for one in found.unknown:
            print(
                f"The licence of the {one.of} ({one.name}) is unknown: {one.note}. See: "
                f"undercut licences {folder}",
                file=sys.stderr,
            )


def open_model(
    folder: Path, name: str | None = None, *, options: ServeOptions
) -> tuple[Predicts, ModelInfo]:
    """Open an artefact, with what is told about it; its signature and licences are checked first.

    Args:
        folder: artefact folder.
        name: what it is served as; its own name when ``None``.
        options: runtime and cores.
    """
    from undercut.predict.predictor import backends_for, load

    check_artefact(folder, options)
    keep_in(options.workspace)
    predictor = load(folder, options.backend, options.threads)
    manifest = predictor.manifest
    able = backends_for(manifest)
    return predictor, ModelInfo(
        name=name or manifest.name,
        version=predictor.hash,
        task=manifest.task,
        labels=manifest.labels,
        architecture=manifest.architecture,
        backend=options.backend or (able[0] if able else ""),
        created_at=manifest.created_at,
    )
