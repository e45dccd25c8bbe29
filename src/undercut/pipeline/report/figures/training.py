"""How did training go? Loss and validation score by epoch, a line a rung."""

from __future__ import annotations

from undercut.pipeline.facts import RunFacts, TrainingCurve
from undercut.pipeline.report.figures.figure import Figure, Table, columns
from undercut.pipeline.report.format import percent, plural, whole_percent
from undercut.pipeline.report.svg.axes import Axis, around
from undercut.pipeline.report.svg.lines import Series, lines
from undercut.pipeline.report.svg.shapes import Drawing

LOSS = "How did the loss fall?"
SCORE = "How did the validation score rise?"
NONE_TRAINED = "No rung of this run was trained in epochs."
COLOURS = ("accent", "grey", "muted")
MOST_LOSS = 1000.0


def _colour(curves: list[TrainingCurve], i: int) -> str:
    """Return the last rung's line in our colour, the others in greys."""
    return COLOURS[min(len(curves) - 1 - i, len(COLOURS) - 1)]


def _series(curves: list[TrainingCurve], key: str, name: str = "", dash: bool = False) -> list:
    found = []
    for i, curve in enumerate(curves):
        points = [(p["epoch"], p[key]) for p in curve.epochs if key in p]
        if points:
            xs, ys = zip(*points, strict=True)
            label = f"{curve.rung}{name}"
            found.append(
                Series(list(xs), list(ys), label, colour=_colour(curves, i), marks=True, dash=dash)
            )
    return found


def _ends(curves: list[TrainingCurve]) -> tuple[float, float]:
    last = max(p["epoch"] for c in curves for p in c.epochs)
    return (0.0, max(last, 1e-3))


def training_loss(facts: RunFacts) -> Figure:
    """Return the training loss and the validation log loss by epoch."""
    curves = facts.training
    table = Table(
        columns("Rung", ">Epoch", ">Training loss", ">Validation log loss", ">Validation score"),
        tuple(
            (
                c.rung, f"{p['epoch']:g}", f"{p['loss']:.4f}",
                f"{p['log_loss']:.4f}" if "log_loss" in p else "–",
                percent(p["accuracy"]) if "accuracy" in p else "–",
            )
            for c in curves
            for p in c.epochs
        ),
        NONE_TRAINED,
    )  # fmt: skip
    if not curves:
        return Figure("training-loss", LOSS, NONE_TRAINED, None, table)
    drawn = [*_series(curves, "loss"), *_series(curves, "log_loss", ", validation", dash=True)]
    low, high = around([y for s in drawn for y in s.y], 0.0, MOST_LOSS, pad=0.02)
    first, last = curves[-1].epochs[0], curves[-1].epochs[-1]
    answer = (
        f"{curves[-1].rung} went from {first['loss']:.2f} to {last['loss']:.2f} nats on its "
        f"training rows in {plural(len(curves[-1].epochs), 'epoch')}"
    )
    if "log_loss" in last:
        answer += f", and to {last['log_loss']:.2f} on validation"

    def draw(width: float) -> Drawing:
        return lines(
            drawn,
            Axis("Epoch", *_ends(curves), write=lambda v: f"{v:g}"),
            Axis("Loss, nats", low, high, write=lambda v: f"{v:g}"),
            width,
        )

    note = (
        "Training loss is the mean over an epoch while it learns; the validation log loss is after "
        "it, with the temperature fitted. The epoch of the least validation log loss is kept."
    )
    return Figure("training-loss", LOSS, f"{answer}.", draw, table, note)


def training_score(facts: RunFacts) -> Figure:
    """Return the validation score by epoch, as training itself sees it."""
    curves = [c for c in facts.training if any("accuracy" in p for p in c.epochs)]
    table = Table(
        columns("Rung", ">Epoch", ">Validation score"),
        tuple(
            (c.rung, f"{p['epoch']:g}", percent(p["accuracy"]))
            for c in curves
            for p in c.epochs
            if "accuracy" in p
        ),
        NONE_TRAINED,
    )
    if not curves:
        return Figure("training-score", SCORE, NONE_TRAINED, None, table)
    drawn = _series(curves, "accuracy")
    low, high = around([y for s in drawn for y in s.y], 0.0, 1.0)
    best = max(curves[-1].epochs, key=lambda p: p.get("accuracy", 0.0))
    answer = (
        f"{curves[-1].rung} is best after epoch {best['epoch']:g}, with "
        f"{percent(best['accuracy'])} of the validation units right."
    )

    def draw(width: float) -> Drawing:
        return lines(
            drawn,
            Axis("Epoch", *_ends(curves), write=lambda v: f"{v:g}"),
            Axis("Right on validation", low, high, write=whole_percent),
            width,
        )

    note = (
        "Share of units right (texts; words in tagging), of the model alone: before stacking and "
        f"compression. The axis starts at {whole_percent(low)}."
    )
    return Figure("training-score", SCORE, answer, draw, table, note)
