"""Multinomial logistic regression by L-BFGS in float32, on one core.

The loss is scikit-learn's: ``C * sum of cross-entropies + |W|^2 / 2``, here divided by ``C n``.
scikit-learn itself would take a second to import, a tenth of the whole fit.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

ITERATIONS = 150
SLOPE = 1e-5
"""Largest slope left, in nats; a tighter one does not change accuracy or log loss."""


def fit_logistic(
    x: Tensor, y: Tensor, classes: int, c: float, iterations: int = ITERATIONS
) -> tuple[Tensor, Tensor, int]:
    """Return the head with the least penalised loss, and how often the loss was evaluated.

    Args:
        x: ``float32 (n, D)``.
        y: ``int64 (n,)`` in ``range(classes)``, each class at least once.
        classes: K.
        c: inverse strength of the penalty on the weights; the bias is free.
        iterations: of L-BFGS (Liu and Nocedal 1989), at most.

    Returns:
        Weights ``float32 (K, D)``, bias ``float32 (K,)``, and the number of evaluations.
    """
    n, width = x.shape
    weight, bias = torch.zeros(classes, width), torch.zeros(classes)
    solver = torch.optim.LBFGS(
        [weight, bias],
        max_iter=iterations,
        tolerance_grad=SLOPE,
        tolerance_change=1e-8,
        line_search_fn="strong_wolfe",
    )
    evaluations = 0

    def loss() -> float:
        nonlocal evaluations
        evaluations += 1
        log_p = torch.addmm(bias, x, weight.T).log_softmax(1)  # (n, K)
        value = F.nll_loss(log_p, y) + weight.square().sum() / (2 * c * n)
        g = log_p.exp_()  # (n, K): softmax, then minus the one-hot target
        g[torch.arange(n), y] -= 1
        weight.grad = (g.T @ x) / n + weight / (c * n)
        bias.grad = g.mean(0)
        return float(value)

    with torch.no_grad():
        solver.step(loss)
    return weight, bias, evaluations
