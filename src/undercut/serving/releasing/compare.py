"""Is a candidate worse than what is served? A paired test on the requests both have answered."""

from __future__ import annotations

from typing import Literal

import numpy as np
import sqlalchemy as sa
from pydantic import Field

from undercut.core.types import Record
from undercut.measures.paired import drop_bound, paired_test
from undercut.measures.record import PairedTest
from undercut.measures.words import count, percent
from undercut.serving.feedback import FeedbackStore
from undercut.serving.releasing.record import Release
from undercut.serving.tables import pairs

MAX_DROP = 0.01
"""Drop of accuracy that a candidate must be shown to stay within, as a share."""


class Comparison(Record):
    """What a trial has shown so far."""

    verdict: Literal["no-worse", "worse", "unproven"]
    reason: str
    pairs: int = Field(description="inputs both variants have answered")
    alike: int = Field(description="of them answered alike")
    corrected: int = Field(description="of them with a correction from a caller")
    test: PairedTest | None = Field(
        None, description="McNemar's exact test on those: a is what is served, b the candidate"
    )
    drop_upper: float = Field(
        description="95 % upper bound of the drop in accuracy: by the corrections where they prove "
        "more, else as if every input answered differently were a right answer lost"
    )
    max_drop: float


def compare(release: Release, feedback: FeedbackStore, max_drop: float = MAX_DROP) -> Comparison:
    """Compare the candidate of a trial with what is served.

    Where callers have corrected answers, McNemar's exact test on the corrected inputs says whether
    the candidate is worse (p below 5 %), and the one-sided 95 % bound of the paired drop whether it
    is proven not to be. Without corrections the inputs that both answered alike bound the drop: at
    worst each of the others was right before (:func:`undercut.measures.paired.drop_bound`).

    Args:
        release: a state with a candidate.
        feedback: what callers corrected.
        max_drop: drop that the candidate must stay within, as a share.
    """
    columns = (pairs.c.request_id, pairs.c.position, pairs.c.live, pairs.c.candidate, pairs.c.alike)
    mine = pairs.c.trial == release.trial
    with feedback.database.connect() as db:
        rows = db.execute(sa.select(*columns).where(mine)).all()
    targets = feedback.targets(sa.select(pairs.c.request_id).where(mine))
    alike = sum(row.alike for row in rows)
    told = [
        (row.live == target, row.candidate == target)
        for row in rows
        if row.live is not None or row.candidate is not None
        if (target := targets.get((row.request_id, row.position))) is not None
    ]
    by_answers = float(drop_bound(len(rows) - alike, 0, len(rows)))
    test, upper, worse = None, by_answers, False
    if told:
        before, after = np.array(told, bool).T
        test = paired_test(before, after)
        upper = min(upper, float(drop_bound(test.only_a, test.only_b, test.n)))
        worse = test.only_a > test.only_b and test.p_value < 0.05
    verdict: Literal["no-worse", "worse", "unproven"] = "unproven"
    if worse:
        verdict = "worse"
    elif rows and upper <= max_drop:
        verdict = "no-worse"
    return Comparison(
        verdict=verdict,
        reason=_reason(verdict, len(rows), alike, test, upper, max_drop),
        pairs=len(rows),
        alike=alike,
        corrected=len(told),
        test=test,
        drop_upper=upper,
        max_drop=max_drop,
    )


def _reason(
    verdict: str, n: int, alike: int, test: PairedTest | None, upper: float, max_drop: float
) -> str:
    if not n:
        return "No request has been answered by both variants."
    found = f"{count(n)} inputs answered by both, {percent(alike / n, 2)} alike"
    if test is not None:
        found += (
            f"; of {count(test.n)} corrected ones {test.only_a} only what is served had right and "
            f"{test.only_b} only the candidate (McNemar p = {test.p_value:.3g})"
        )
    if verdict == "worse":
        return f"{found}: the candidate is worse."
    word = "is" if verdict == "no-worse" else "may be"
    return (
        f"{found}: the drop {word} {'at most' if word == 'is' else 'as much as'} "
        f"{percent(upper, 2)} (95 %), where {percent(max_drop, 2)} is allowed."
    )
