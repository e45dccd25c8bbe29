"""``undercut compress``: find the full model, read rows, search, choose, write the chart."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

from undercut.core.errors import fail
from undercut.core.limits import usable_cores
from undercut.core.processor import instructions, processor
from undercut.core.specs_models import CompressSpec
from undercut.pipeline.compressing.page import write_page
from undercut.pipeline.compressing.plan import check_only
from undercut.pipeline.compressing.record import CompressFacts
from undercut.pipeline.compressing.rows import read_rows
from undercut.pipeline.compressing.search import Search, decide, folder_of
from undercut.pipeline.compressing.trial import Lab
from undercut.pipeline.forms import Material
from undercut.pipeline.places import find_artefact
from undercut.pipeline.pricing import price_date, rates_of
from undercut.pipeline.references import References
from undercut.pipeline.run import Listener, Silent
from undercut.pipeline.spending import usd_of, with_cost
from undercut.pipeline.workspace import open_workspace
from undercut.predict.measure import busy_note
from undercut.store import artefacts
from undercut.store.files import whole_folder, write_json


def compress(spec: CompressSpec, listener: Listener | None = None) -> CompressFacts:
    """Search for the cheapest form that keeps the quality; every step is kept and can be resumed.

    Raises:
        UndercutError: no artefact, no labelled rows, labels it does not know, or nothing that can
            shrink it.
    """
    listener = listener or Silent()
    check_only(spec.only)
    given = find_artefact(spec.workspace, spec.artefact)
    root = full_model(given, spec)
    manifest = artefacts.read_manifest(root)
    rows = read_rows(spec, manifest, [root, given])
    rates, when = rates_of(spec), price_date(None)
    threads = spec.threads or usable_cores()
    with open_workspace(spec.workspace, listener.announce) as workspace:
        material = Material(
            rows=rows.train,
            valid=rows.valid,
            unlabelled=rows.unlabelled,
            teacher=root,
            cache=workspace.root / "cache",
            seed=spec.seed,
            threads=threads,
            tick=with_cost(listener.tick, rates, when),
        )
        lab = Lab(workspace, root, manifest, rows, spec, material, threads)
        search = Search(lab, spec, rates, when, listener.say)
        with closing(lab):
            forms = decide(search.run(), spec.optimise)
        if len(forms) == 1:
            raise fail(
                "compress-nothing",
                expected="an architecture some compressor can shrink",
                found=f"'{manifest.architecture}'"
                + (f", and only {', '.join(spec.only)} asked for" if spec.only else ""),
                where=str(root),
            )
        chosen = next(f for f in forms if f.status == "chosen")
        out = ""
        if chosen.steps:
            target = spec.out or given.parent / f"{given.name}-compressed"
            with whole_folder(target) as temporary:
                shutil.copytree(folder_of(chosen), temporary, dirs_exist_ok=True)
            out = str(target)
        cpu = search.spent()
        timed = [f.measured for f in forms if f.measured]
        first = forms[0].usd_per_1k
        facts = CompressFacts(
            artefact=str(given),
            name=manifest.name,
            task=manifest.task,
            quality_name=rows.task.quality_name,
            optimise=spec.optimise,
            max_drop=spec.max_drop / 100,
            rows=len(rows.held),
            rows_learned=len(rows.train or ()) + len(rows.valid or ()),
            notes=[n for n in (*rows.notes, busy_note(timed)) if n],
            forms=forms,
            chosen=chosen.name,
            out=out,
            times_cheaper=first / chosen.usd_per_1k if first and chosen.usd_per_1k else None,
            cpu_seconds=cpu,
            usd=usd_of(cpu, rates, when),
            processor=processor(),
            instructions=list(instructions()),
            did_work=any(not s.cached for s in workspace.steps),
        )
        return _written(facts, workspace.root / "compressed" / _slug(given), listener)


def full_model(given: Path, spec: CompressSpec) -> Path:
    """Return the full model that an exported or quantised artefact was made from; else itself."""
    artefacts.read_manifest(given)
    if spec.reference is not None:
        return find_artefact(spec.workspace, spec.reference)
    return References(given, spec.workspace).root(given) or given


def _slug(given: Path) -> str:
    return given.parent.name if given.name == "model" else given.name


def _written(facts: CompressFacts, folder: Path, listener: Listener) -> CompressFacts:
    """Write the facts, the page and the chart."""
    folder.mkdir(parents=True, exist_ok=True)
    done = write_page(facts, folder, listener.say)
    write_json(folder / "compressed.json", done.model_dump(mode="json"))
    return done
