"""Fits bottleneck adapters (Houlsby et al. 2019, arXiv:1902.00751, section 2.1).

A bottleneck follows the attention's and the feed-forward part's last linear layer, before the
residual sum; the layer norms are trained with them.
"""

from __future__ import annotations

from torch import Tensor

from undercut.core.contracts import Estimate, FitJob, Fitted
from undercut.models.adapted.attach import linears
from undercut.models.adapted.layers import Bottleneck
from undercut.models.adapted.training import AdaptedNetwork
from undercut.models.encoder.module import Body, published
from undercut.training.adapted import Change, estimate_change, fit_change
from undercut.training.job import Work

PLACES = ("mix", "narrow")
NORMS = ("mix_norm", "narrow_norm")


def fit(job: FitJob) -> Fitted:
    """Write the bottlenecks, and the norms trained with them, to ``job.out``.

    Raises:
        UndercutError: see :func:`undercut.training.adapted.fit_change`.
    """
    return fit_change(job, change)


def estimate(job: FitJob) -> Estimate:
    """Return the expected cost from a few timed batches of the frozen pass and of training."""
    return estimate_change(job, change)


def change(work: Work, body: Body) -> Change:
    """Put bottlenecks into a body; their ends are zero at first, so it starts as it was."""
    o = work.job.options
    for owner, name, linear, _ in linears(body):
        if name in PLACES:
            setattr(owner, name, Bottleneck(linear, o.size))

    def chosen(name: str) -> bool:
        _, _, rest = name.partition("layers.")
        part = rest.split(".")[1:]
        return bool(part) and (part[1] in ("down", "up") or (o.norms and part[0] in NORMS))

    def mend(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        assert isinstance(work.network, AdaptedNetwork)
        work.network.describe("HOULSBY", work.job.base, size=o.size)
        return {_saved(name): value for name, value in tensors.items()}

    return Change(chosen, mend)


def _saved(name: str) -> str:
    """Return a parameter's name in the file: ``layers.0.mix.down.weight`` is an adapter's."""
    head, end = name.rsplit(".", 1)
    owner, _, side = head.rpartition(".")
    if side not in ("down", "up"):
        return published(name)
    key = published(f"{owner}.weight").removesuffix(".weight")
    return f"{key}.adapter.{side}.{end}"
