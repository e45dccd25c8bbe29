"""Which rows are asked, which are shown as examples, and which of our models is fair to compare."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from undercut.core.errors import fail
from undercut.core.specs_rival import RivalSpec
from undercut.core.types import Dataset, Examples
from undercut.data.load import load_examples
from undercut.data.normal import same_key
from undercut.data.splits import quotas
from undercut.data.stored import open_dataset
from undercut.pipeline.facts import RunFacts, VariantFacts
from undercut.pipeline.rival.prompt import sendable
from undercut.pipeline.workspace import RESULT


@dataclass(frozen=True)
class Sample:
    """The rows of a comparison.

    Attributes:
        rows: in the order they are asked, which is random, so that any first part is fair.
        split: ``test``, ``validation``, or the names of the files.
        model: folder of the artefact to compare with; it has not seen these rows.
        notes: what was decided.
        texts: what is sent for each row.
    """

    rows: Examples
    split: str
    model: Path
    notes: list[str]
    texts: list[str]


def stratified(examples: Examples, strata: Sequence[str], n: int, seed: int) -> Examples:
    """Draw ``n`` rows, each stratum in proportion, in random order; all of them when fewer.

    The order depends on the seed and the rows alone, and a larger ``n`` draws, up to rounding, a
    superset: rows paid for are used again.
    """
    members: dict[str, list[tuple[bytes, int]]] = defaultdict(list)
    for i, (text, stratum) in enumerate(zip(examples.inputs, strata, strict=True)):
        name = f"{seed}\0{stratum}\0{text}\0{examples.rows[i]}".encode("utf-8", "surrogatepass")
        members[stratum].append((hashlib.sha256(name).digest(), i))
    quota = quotas(Counter(strata), min(n, len(examples)))
    drawn = [row for name, ranked in members.items() for row in sorted(ranked)[: quota[name]]]
    return examples.take([i for _, i in sorted(drawn)])


def stored_dataset(workspace: Path, facts: RunFacts) -> Dataset:
    """Return the data set a run was made from, as its first step kept it.

    Raises:
        UndercutError: the step is gone.
    """
    for path in sorted((workspace / "steps").glob(f"data-*/{RESULT}")):
        if json.loads(path.read_text(encoding="utf-8")).get("hash") == facts.data.hash:
            return open_dataset(path.parent / "data")
    raise fail(
        "rival-rows",
        expected="the rows the run was made from",
        found="no step in the workspace that holds them",
        where=str(workspace / "steps"),
        fix="Run again with the same options; finished steps are not done again.",
    )


def draw(
    spec: RivalSpec, task: Any, facts: RunFacts, data: Dataset, promoted: VariantFacts, model: Path
) -> Sample:
    """Draw the rows to ask: from the files given, else the run's test rows, else validation.

    On validation rows the model fitted without them is compared, not the one refitted on them.
    Rows whose text the model has learnt are left out wherever they are: they would flatter it.

    Args:
        spec: the verb's spec.
        task: the task of the run.
        facts: of the run.
        data: its rows.
        promoted: its promoted variant.
        model: folder of the promoted artefact.

    Raises:
        UndercutError: unreadable files, labels the model does not know, or no row to ask.
    """
    notes: list[str] = []
    learnt = [*data.train.inputs, *data.valid.inputs]
    if spec.data:
        pool, notes = load_examples(spec.data, task, spec.text_column, spec.label_column)
        task.encode(pool, data.labels)
        split = ", ".join(p.name for p in spec.data)
    elif data.test is not None and len(data.test):
        pool, split = data.test, "test"
    else:
        pool, split, model = data.valid, "validation", _before_refit(promoted, model)
        learnt = list(data.train.inputs)
        notes.append("The run has no test rows, so validation rows are asked; they flatter ours.")
    pool = _unseen(pool, learnt, notes)
    strata = [task.stratum(t) for t in pool.targets]
    rows = stratified(pool, strata, spec.rows, spec.seed)
    if not len(rows):
        raise fail("rival-rows", expected="a labelled row to ask", found="none", where=split)
    if len(rows) < spec.rows:
        notes.append(f"Only {len(rows):,} rows are there to ask.")
    texts = [sendable(task.text(value)) for value in rows.inputs]
    return Sample(rows, split, model, notes, texts)


def _unseen(pool: Examples, learnt: Sequence[Any], notes: list[str]) -> Examples:
    """Drop rows our model was trained on: answering them shows nothing."""
    seen = {same_key(text) for text in learnt}
    kept = [i for i, text in enumerate(pool.inputs) if same_key(text) not in seen]
    if gone := len(pool) - len(kept):
        notes.append(f"{gone:,} rows of {len(pool):,} were left out: the model has learnt them.")
    return pool.take(kept)


def _before_refit(promoted: VariantFacts, model: Path) -> Path:
    refitted = "refitted on" in promoted.note
    if not refitted:
        return model
    folder = Path(promoted.chosen_folder)
    if promoted.chosen_folder and folder.is_dir():
        return folder
    raise fail(
        "rival-rows",
        expected="the model fitted without the validation rows",
        found="no such folder" if promoted.chosen_folder else "none named by the run",
        where=promoted.chosen_folder,
        fix="Run again with the same options, or name held-out rows with --data FILE.",
    )


def draw_examples(task: Any, data: Dataset, sample: Sample, n: int, seed: int) -> Examples:
    """Draw training rows to show, each label in proportion; never the text of a row asked.

    Raises:
        UndercutError: fewer training rows than that.
    """
    asked = {same_key(text) for text in sample.rows.inputs}
    kept = [i for i, text in enumerate(data.train.inputs) if same_key(text) not in asked]
    pool = data.train.take(kept)
    if n > len(pool):
        raise fail(
            "rival-examples",
            expected=f"at most {len(pool)} examples, one a training row",
            found=str(n),
            where="--examples",
        )
    return stratified(pool, [task.stratum(t) for t in pool.targets], n, seed)
