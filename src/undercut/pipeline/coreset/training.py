"""Which training rows a run learns from when it is told how many: ``--coreset``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core.contracts import Progress
from undercut.core.errors import fail
from undercut.core.types import Dataset, Examples
from undercut.data.coreset import choose_labelled, clusters, distinct
from undercut.data.identity import dataset_hash
from undercut.data.table import count
from undercut.methods.linear.cross import cross_probabilities
from undercut.pipeline.checking.labels import CELLS, MOST
from undercut.pipeline.coreset.vectors import text_vectors
from undercut.pipeline.facts import CoresetFacts
from undercut.pipeline.workspace import Workspace

LARGE_SHARE = 0.4
"""Share of the distinct rows above which choosing them did not beat chance in the benchmarks."""


@dataclass(frozen=True)
class Coreset:
    """The rows chosen, beside all there were.

    Attributes:
        facts: how many, and what was dropped.
        whole: the data before the choice.
        order: chosen rows of ``whole.train``; every beginning is a smaller choice.
    """

    facts: CoresetFacts
    whole: Dataset
    order: np.ndarray


def coreset_step(
    workspace: Workspace,
    data: Dataset,
    task: Any,
    n: int,
    seed: int,
    tick: Callable[[Progress], None],
) -> tuple[Dataset, Coreset]:
    """Return the data with ``n`` of its training rows, in their old order, and what was chosen.

    Validation and test rows stay as they are. Where there are fewer distinct rows than ``n``, all
    of them are taken.

    Raises:
        UndercutError: fewer rows asked for than there are labels.
    """
    train = data.train
    strata = [task.stratum(t) for t in train.targets]
    classes = len(set(strata))
    if n < classes:
        raise fail(
            "coreset-few",
            expected=f"a row for each of the {classes} labels, at least",
            found=str(n),
            where="--coreset",
            fix=f"Give --coreset {classes} or more, a few rows a label if you can.",
        )

    def work(folder: Path) -> dict[str, Any]:
        tick(Progress("coreset", 0, 3, "near copies"))
        kept = distinct(train.inputs, strata, clusters(train.inputs))
        take = min(n, len(kept.rows))
        tick(Progress("coreset", 1, 3, "which labels are believed"))
        belief = _belief(train, task, kept.cluster, seed)
        tick(Progress("coreset", 2, 3, "covering the rows"))
        vectors = text_vectors(train.inputs, seed)
        order = choose_labelled(vectors, strata, kept.rows, take, seed, belief)
        np.save(folder / "order.npy", order)
        facts = CoresetFacts(
            asked=n,
            rows=take,
            rows_before=len(train),
            exact=kept.exact,
            near=kept.near,
            left_out=len(train) - take - kept.exact - kept.near,
        )
        return facts.model_dump(mode="json")

    step = workspace.step("coreset", {"data": data.hash, "rows": n, "seed": seed}, work)
    order = np.load(step.folder / "order.npy", allow_pickle=False)
    chosen = train.take(np.sort(order))
    hashed = dataset_hash(data.task, data.labels, chosen, data.valid, data.test)
    made = Coreset(CoresetFacts.model_validate(step.result), data, order)
    return replace(data, train=chosen, hash=hashed), made


def _belief(train: Examples, task: Any, cluster: np.ndarray, seed: int) -> np.ndarray | None:
    """Return how likely models that did not see a row find its label, ``(n,)``.

    None where there are too many rows for five fits, or rows of one label only.
    """
    labels = task.label_space(train.targets)
    if len(train) > MOST or len(train) * len(labels) > CELLS:
        return None
    y = task.encode(train, labels)
    if len(y) != len(train):  # labels are of parts of a row
        return None
    try:
        p = cross_probabilities(train.inputs, y, len(labels), cluster, seed=seed)
    except ValueError:
        return None
    return np.asarray(p[np.arange(len(y)), y])


def said(facts: CoresetFacts) -> list[str]:
    """Return what was chosen and dropped, and what was not as asked, in sentences."""
    lines = [
        f"coreset: {facts.rows:,} of {count(facts.rows_before, 'training row')}; dropped: "
        f"{count(facts.exact, 'copy', 'copies')}, {count(facts.near, 'near copy', 'near copies')}, "
        f"{count(facts.left_out, 'row')} that the others cover."
    ]
    distinct_rows = facts.rows + facts.left_out
    if facts.rows < distinct_rows and facts.rows > LARGE_SHARE * distinct_rows:
        lines.append(
            f"coreset: of {facts.rows / distinct_rows:.0%} of the distinct rows a random draw was "
            "about as good where it was measured (docs/design/coreset.md)."
        )
    if facts.rows < facts.asked:
        lines.append(
            f"coreset: {facts.asked:,} rows were asked for; only {facts.rows:,} differ, so all of "
            "them are taken."
        )
    return lines
