"""Fits BitFit (Ben Zaken et al. 2022, arXiv:2106.10199): all biases, norms' included."""

from __future__ import annotations

from torch import Tensor

from undercut.core.contracts import Estimate, FitJob, Fitted
from undercut.models.adapted.training import AdaptedNetwork
from undercut.models.encoder.module import Body, published
from undercut.training.adapted import Change, estimate_change, fit_change
from undercut.training.job import Work


def fit(job: FitJob) -> Fitted:
    """Write the trained biases, or whole weights, to ``job.out``.

    Raises:
        UndercutError: see :func:`undercut.training.adapted.fit_change`.
    """
    return fit_change(job, change)


def estimate(job: FitJob) -> Estimate:
    """Return the expected cost from a few timed batches of the frozen pass and of training."""
    return estimate_change(job, change)


def change(work: Work, body: Body) -> Change:
    """Change nothing in the body; choose its biases."""

    def mend(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        if not isinstance(work.network, AdaptedNetwork):
            return tensors
        work.network.describe("BITFIT", work.job.base)
        return {published(name): value for name, value in tensors.items()}

    return Change(lambda name: name.endswith(".bias"), mend)
