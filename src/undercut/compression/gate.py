"""The quality gate: a compressed variant passes only when held-out rows prove it no worse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from undercut.core.contracts import Judged
from undercut.core.errors import Problem, UndercutError
from undercut.core.types import GateResult
from undercut.measures.paired import drop_bound, rows_to_prove
from undercut.measures.scores import fault
from undercut.measures.words import count, percent, rows

SAME = 1e-3
"""A change of a probability below which answers are the same but for the order of sums."""
CLASS_ROWS = 20
"""Classes with fewer held-out rows are not tested on their own."""


@dataclass(frozen=True)
class Bounds:
    """What a candidate must keep to, as shares."""

    max_drop: float
    confidence: float
    min_agreement: float
    max_class_drop: float
    max_confidence_shift: float


def gate(
    labelled: tuple[np.ndarray, np.ndarray],
    unlabelled: tuple[np.ndarray | None, np.ndarray | None],
    *,
    judge: Callable[[np.ndarray], Judged],
    answers: Callable[[np.ndarray], np.ndarray],
    max_drop: float = 0.01,
    confidence: float = 0.95,
    min_agreement: float = 0.98,
    max_class_drop: float = 0.05,
    max_confidence_shift: float = 0.05,
    max_flips: float = 0.02,
    company: tuple[np.ndarray, np.ndarray] | None = None,
    labels_reference: Sequence[str],
    labels_candidate: Sequence[str],
    reference_hash: str,
) -> GateResult:
    """Judge a candidate against the variant it was made from.

    Refused: other labels or another order; scores that are not log-probabilities; answers that
    agree with the reference's on too few labelled or unlabelled rows; another confidence than the
    reference's on average, as a lost temperature gives; a measured accuracy drop of
    ``max_drop`` or more; labels that change with the texts answered beside them; a class with at
    least 20 rows whose recall has dropped by surely more than ``max_class_drop`` (one-sided,
    Bonferroni over the classes tested, so that small classes do not refuse by chance). Passed:
    none of these, and the one-sided upper confidence bound of the paired drop is at most
    ``max_drop`` (:func:`undercut.measures.paired.drop_bound`). In between, ``needs-rows`` with the
    rows that could prove it. A test of non-inferiority: an insignificant drop on few rows proves
    nothing and does not pass.

    Args:
        labelled: log-probabilities ``(U, K)`` of reference and candidate on held-out rows.
        unlabelled: log-probabilities of both on rows without labels, or ``None`` for both.
        judge: sets scores of the held-out rows against their targets.
        answers: returns the answers that scores of the unlabelled rows give.
        max_drop: largest accuracy drop allowed, as a share.
        confidence: one-sided confidence level.
        min_agreement: smallest share of rows answered alike, labelled and unlabelled apart.
        max_class_drop: largest drop of one class's recall, as a share.
        max_confidence_shift: largest difference of the mean probability of the answer, as a share.
        max_flips: largest share of labels that may be others when a text is answered alone.
        company: the candidate's log-probabilities of some inputs answered together, and of the
            same answered one by one.
        labels_reference: the reference's labels, in order.
        labels_candidate: the candidate's.
        reference_hash: artefact hash of the reference.

    Returns:
        The verdict, with its figures and every reason in plain words; bad scores are refused and
        never raise.

    Raises:
        UndercutError: a bound that is not a share.
    """
    bounds = _checked(
        Bounds(max_drop, confidence, min_agreement, max_class_drop, max_confidence_shift)
    )
    faults = _faults(labelled, unlabelled, (labels_reference, labels_candidate))
    if faults:
        return GateResult(
            verdict="refused",
            reason=_told(faults),
            reference=reference_hash,
            max_drop=max_drop,
            drop=None,
            drop_upper=None,
            rows_needed=None,
        )
    before, after = (judge(np.asarray(scores)) for scores in labelled)
    n = len(before.right)
    b, c = int((before.right & ~after.right).sum()), int((after.right & ~before.right).sum())
    alike = _agreement(before.answers, after.answers)
    free = [np.zeros(0) if x is None else answers(np.asarray(x)) for x in unlabelled]
    alike_free = _agreement(free[0], free[1])
    drop = (b - c) / n if n else None
    shift, flips = _in_company(company)
    upper = float(drop_bound(b, c, n, confidence))
    reasons = [
        *_disagreements(bounds, alike, n, "labelled"),
        *_disagreements(bounds, alike_free, len(free[0]), "unlabelled"),
        *_shifts(bounds, labelled, "labelled"),
        *_shifts(bounds, unlabelled, "unlabelled"),
        *_drops(bounds, b, c, n),
        *_classes_hurt(bounds, before, after),
        *_flips(flips, max_flips),
    ]
    needed = None
    if reasons:
        verdict = "refused"
    elif upper <= max_drop:
        verdict = "passed"
        reasons = [_passed(bounds, drop or 0.0, upper, n)]
    else:
        verdict = "needs-rows"
        needed = rows_to_prove(b, c, n, max_drop, confidence)
        reasons = [_unproven(bounds, b, c, n, upper, needed)]
    if alike_free is None:
        reasons.append("no unlabelled rows were compared")
    if shift is not None and shift > SAME:
        reasons.append(
            f"answered alone, a text's probabilities change by up to {shift:.2g} and "
            f"{percent(flips or 0.0, 1)} of labels are others"
        )
    return GateResult(
        verdict=verdict,
        reason=_told(reasons),
        reference=reference_hash,
        max_drop=max_drop,
        drop=drop,
        drop_upper=upper,
        agreement_labelled=alike,
        agreement_unlabelled=alike_free,
        rows=n,
        batch_shift=shift,
        batch_flips=flips,
        rows_needed=needed,
    )


def _checked(bounds: Bounds) -> Bounds:
    """Return the bounds, or raise with every one that makes no sense."""
    rules = {
        "max_drop": 0 < bounds.max_drop < 1,
        "confidence": 0.5 <= bounds.confidence < 1,
        "min_agreement": 0 <= bounds.min_agreement <= 1,
        "max_class_drop": 0 < bounds.max_class_drop <= 1,
        "max_confidence_shift": 0 < bounds.max_confidence_shift <= 1,
    }
    problems = [
        Problem("a share within its range", repr(getattr(bounds, name)), where=name)
        for name, good in rules.items()
        if not good
    ]
    if problems:
        raise UndercutError("gate-bounds", problems)
    return bounds


def _faults(
    valid: tuple[object, object],
    unlabelled: tuple[object, object],
    labels: tuple[Sequence[str], Sequence[str]],
) -> list[str]:
    """Return what makes a comparison impossible."""
    if tuple(labels[0]) != tuple(labels[1]):
        same = sorted(labels[0]) == sorted(labels[1])
        return ["the labels are in another order" if same else "the labels are not the same"]
    k = len(labels[0])
    pairs = {"labelled": valid}
    if any(scores is not None for scores in unlabelled):
        pairs["unlabelled"] = unlabelled
    found = []
    for kind, pair in pairs.items():
        wrong = {
            f"the {who}'s {kind} scores have {bad}"
            for who, scores in zip(("reference", "candidate"), pair, strict=True)
            if (bad := fault(scores, k))
        }
        if not wrong and _rows(pair[0]) != _rows(pair[1]):
            wrong = {f"{_rows(pair[0])} and {_rows(pair[1])} {kind} rows were scored"}
        found += sorted(wrong, reverse=True)
    return found


def _rows(scores: object) -> int:
    """Return the number of rows; 0 for ``None``."""
    return 0 if scores is None else len(np.asarray(scores))


def _agreement(before: np.ndarray, after: np.ndarray) -> float | None:
    """Return the share of rows answered alike, or ``None`` without rows."""
    return float((before == after).mean()) if len(before) else None


def _disagreements(bounds: Bounds, agreement: float | None, n: int, kind: str) -> list[str]:
    if agreement is None or agreement >= bounds.min_agreement:
        return []
    return [
        f"it answers {percent(agreement, 2)} of {count(n)} {kind} rows as its reference does, "
        f"below {percent(bounds.min_agreement, 2)}"
    ]


def _shifts(bounds: Bounds, pair: tuple[object, object], kind: str) -> list[str]:
    """Return whether the mean probability of the answer moved; a lost temperature moves it."""
    if any(scores is None or not _rows(scores) for scores in pair):
        return []
    before, after = (float(np.exp(np.asarray(x, np.float64).max(axis=1)).mean()) for x in pair)
    if abs(after - before) <= bounds.max_confidence_shift:
        return []
    return [
        f"its mean confidence on {kind} rows is {percent(after)}, its reference's "
        f"{percent(before)}; a shift of {percent(bounds.max_confidence_shift)} is allowed"
    ]


def _in_company(
    company: tuple[np.ndarray, np.ndarray] | None,
) -> tuple[float | None, float | None]:
    """Return the largest change of a probability, and the share of labels that change."""
    if company is None or not len(company[0]):
        return None, None
    beside, alone = (np.exp(np.asarray(x, np.float64)) for x in company)
    return float(np.abs(beside - alone).max()), float(
        (beside.argmax(axis=1) != alone.argmax(axis=1)).mean()
    )


def _flips(flips: float | None, most: float) -> list[str]:
    if flips is None or flips <= most:
        return []
    return [
        f"{percent(flips, 1)} of labels depend on which texts are answered beside them, where "
        f"{percent(most, 1)} may"
    ]


def _drops(bounds: Bounds, lost: int, gained: int, n: int) -> list[str]:
    if not n or (lost - gained) / n < bounds.max_drop:
        return []
    return [
        f"accuracy dropped by {percent((lost - gained) / n, 2)} on {rows(n)} "
        f"({lost} lost, {gained} gained), where less than {percent(bounds.max_drop, 2)} is allowed"
    ]


def _classes_hurt(bounds: Bounds, before: Judged, after: Judged) -> list[str]:
    """Return the classes whose recall dropped by surely more than the bound."""
    k = len(before.names)
    support = np.bincount(before.classes, minlength=k)
    tested = np.flatnonzero(support >= CLASS_ROWS)
    if not len(tested):
        return []
    hits = (before.found & ~after.found, after.found & ~before.found)
    b, c = (np.bincount(before.classes[hit], minlength=k)[tested] for hit in hits)
    n = support[tested]
    level = 1 - (1 - bounds.confidence) / len(tested)
    surely = -drop_bound(c, b, n, level)  # lower bound of the drop
    return [
        f"'{before.names[tested[i]]}' lost {b[i]} and gained {c[i]} of its {rows(int(n[i]))}, "
        f"surely more than {percent(bounds.max_class_drop, 2)}"
        for i in np.flatnonzero(surely > bounds.max_class_drop)
    ]


def _passed(bounds: Bounds, drop: float, upper: float, n: int) -> str:
    return (
        f"measured drop {percent(drop, 2)} on {rows(n)}, at most {percent(upper, 2)} at "
        f"{percent(bounds.confidence, 0)}, where {percent(bounds.max_drop, 2)} is allowed"
    )


def _unproven(
    bounds: Bounds, lost: int, gained: int, n: int, upper: float, needed: int | None
) -> str:
    more = f"about {count(needed)} rows could" if needed else "no affordable number of rows could"
    return (
        f"{rows(n)} ({lost} lost, {gained} gained) cannot rule out a drop of {percent(upper, 2)}, "
        f"where {percent(bounds.max_drop, 2)} is allowed; {more}"
    )


def _told(reasons: Sequence[str]) -> str:
    """Join reasons into one sentence."""
    text = "; ".join(reasons)
    return f"{text[0].upper()}{text[1:]}."
