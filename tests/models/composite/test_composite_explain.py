"""A stack's shares are its children's, weighted so that log-odds come out exactly."""

from __future__ import annotations

import numpy as np
import pytest

from undercut.core.explaining import Attribution
from undercut.models.composite.explain import StackExplainer
from undercut.models.composite.stack import log_softmax, pool


class Fixed:
    """A child whose shares are random numbers."""

    method = "made up"

    def __init__(self, seed: int, steps: int) -> None:
        rng = np.random.default_rng(seed)
        self.shares, self.start, self.steps = rng.normal(size=(5, 4)), rng.normal(size=4), steps
        self.around = rng.normal(size=4)

    @property
    def scores(self):
        return self.start + self.shares.sum(axis=0) + self.around

    def attribute(self, value, classes, unit=0):
        at = list(classes)
        beside = {"around": self.around[at]}
        return Attribution(
            self.shares[:, at], self.start[at], self.scores[at], steps=self.steps, beside=beside
        )


@pytest.mark.parametrize("seed", range(20))
def test_log_odds_are_those_of_the_pool(seed):
    rng = np.random.default_rng(seed)
    w = float(rng.uniform(0, 1))
    config = {
        "weights": {"probe": w, "linear": 1 - w},
        "temperatures": {"probe": float(rng.uniform(0.3, 3)), "linear": float(rng.uniform(0.3, 3))},
        "temperature": float(rng.uniform(0.3, 3)),
    }
    children = {"probe": Fixed(seed, 16), "linear": Fixed(seed + 99, 0)}
    pooled = pool(
        [log_softmax(c.scores[None]) for c in children.values()],
        [config["weights"][n] for n in children],
        [config["temperatures"][n] for n in children],
        config["temperature"],
    )[0]
    found = StackExplainer(children, config).attribute("abcde", [3, 1])
    assert found.scores[0] - found.scores[1] == pytest.approx(
        float(pooled[3] - pooled[1]), abs=1e-5
    )
    assert np.abs(found.gap).max() < 1e-12
    assert found.steps == 16
