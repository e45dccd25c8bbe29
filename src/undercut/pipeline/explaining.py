"""The verb ``explain``: open an artefact, or the reference it was made from, and ask it why."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import Field

from undercut.core import plugins
from undercut.core.errors import fail
from undercut.core.explaining import Explainer
from undercut.core.specs_models import ExplainSpec
from undercut.core.types import Manifest, Record
from undercut.evaluation.explanation import Explanation, explain_input
from undercut.pipeline.places import find_artefact
from undercut.pipeline.references import References
from undercut.pipeline.run import Listener
from undercut.predict.predictor import load
from undercut.store import artefacts


class TermFacts(Record):
    """An n-gram that pulls towards a label."""

    term: str = Field(description="as it is read: folded; _ is the edge of a word")
    kind: str = Field(description="word, or piece of a word")
    pull: float = Field(description="mean pull where it occurs, log-odds against the average label")
    rows: int = Field(description="texts it occurs in")


class Explained(Record):
    """The result of ``explain``."""

    model: str
    name: str
    method: str = Field(description="how the shares were computed")
    explanations: list[Explanation] = Field(default_factory=list)
    terms: dict[str, list[TermFacts]] = Field(default_factory=dict, description="label -> terms")
    texts: int = Field(0, description="texts the terms were read from")
    most: int = 8
    page: str = ""


def explain(spec: ExplainSpec, listener: Listener | None = None) -> Explained:
    """Explain answers word by word, or the terms of a whole model.

    Raises:
        UndercutError: no artefact, no text, an unknown label, an architecture that explains
            nothing, or a compressed artefact whose reference is not at hand.
    """
    folder = find_artefact(spec.workspace, spec.artefact)
    found = _terms(spec, folder) if spec.global_ else _texts(spec, folder)
    if spec.page is None:
        return found
    from undercut.pipeline.report.explained import write_page

    found = found.model_copy(update={"page": str(spec.page)})
    write_page(found, spec.page)
    return found


def open_explainer(folder: Path, manifest: Manifest, references: References) -> Explainer:
    """Open what explains an artefact: itself, its children, or the form it was made from.

    Raises:
        UndercutError: code ``explain-none`` or ``explain-reference``.
        MissingExtra: the reference's own runtime is not installed.
    """
    info = plugins.get("model", manifest.architecture)
    if not info.explain:
        raise fail(
            "explain-none",
            expected="an architecture that can say why",
            found=f"'{manifest.architecture}'",
            where=str(folder),
        )
    if manifest.children:
        children = {}
        for child in manifest.children:
            part = artefacts.read_manifest(folder / child.folder, verify=False)
            children[child.name] = open_explainer(folder / child.folder, part, references)
        explainer: Explainer = plugins.attr(info.explain[manifest.format])(manifest, children)
        return explainer
    if manifest.format not in info.explain:
        folder, manifest = references.of(folder, manifest)
    for name in plugins.names("backend"):
        runtime = plugins.get("backend", name)
        if manifest.format in runtime.formats:
            plugins.require(runtime)
    explainer = plugins.attr(info.explain[manifest.format])(folder, manifest)
    return explainer


def _texts(spec: ExplainSpec, folder: Path) -> Explained:
    if not spec.inputs:
        raise fail(
            "explain-text",
            expected="a text to explain, or --global",
            found="none",
            fix='undercut explain MODEL "some text"',
        )
    predictor = load(folder)
    references = References(folder, spec.workspace, spec.reference)
    explainer = open_explainer(folder, predictor.manifest, references)
    return Explained(
        model=predictor.hash,
        name=predictor.manifest.name,
        method=explainer.method,
        explanations=[
            one
            for text in spec.inputs
            for one in explain_input(text, predictor, explainer, spec.against)
        ],
        most=spec.most,
    )


def _terms(spec: ExplainSpec, folder: Path) -> Explained:
    whole = artefacts.read_manifest(folder)
    parts = [(folder / c.folder, c.name) for c in whole.children] or [(folder, "")]
    for place, name in parts:
        manifest = artefacts.read_manifest(place)
        info = plugins.get("model", manifest.architecture)
        if not info.terms:
            continue
        texts = _rows(spec, whole)
        terms = plugins.attr(info.terms)(place, manifest, texts, spec.most)
        of = f" of the part '{name}'" if name else ""
        return Explained(
            model=artefacts.hash_of(whole),
            name=whole.name,
            method=f"n-grams{of}, by mean pull times the root of how many of {len(texts):,} "
            "texts hold them",
            terms={
                label: [
                    TermFacts(
                        term=t.text,
                        kind="piece" if t.piece else "word",
                        pull=t.effect,
                        rows=t.rows,
                    )
                    for t in found
                ]
                for label, found in terms.items()
            },
            texts=len(texts),
            most=spec.most,
        )
    raise fail(
        "explain-global",
        expected="a linear model, or a stack with one",
        found=f"'{whole.architecture}'",
        where=str(folder),
        fix='Explain single texts instead: undercut explain MODEL "some text".',
    )


def _rows(spec: ExplainSpec, manifest: Manifest) -> list[str]:
    """Return the texts of the files given, or those the model was trained on."""
    if spec.data:
        from undercut.data.inputs import load_inputs

        return [text for path in spec.data for text in load_inputs(path, spec.text_column)]
    for path in spec.workspace.glob("steps/data-*/result.json"):
        try:
            same = json.loads(path.read_text(encoding="utf-8"))["hash"] == manifest.dataset
        except (OSError, ValueError, KeyError):
            continue
        if same:
            from undercut.data.stored import open_dataset

            data = open_dataset(path.parent / "data")
            return [*data.train.inputs, *data.valid.inputs]
    raise fail(
        "explain-rows",
        expected="the rows the model was trained on",
        found=f"none of them in {spec.workspace}",
        fix="Give texts to read: --data FILE.",
    )
