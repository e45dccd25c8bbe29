"""Fits prefix tuning (Li and Liang 2021, arXiv:2101.00190): keys and values before every text.

They start as those that the base computes for words drawn from the training texts; the paper
finds that better than noise (section 7.5). They are trained themselves, without the paper's
network in between.
"""

from __future__ import annotations

import torch
from torch import Tensor

from undercut.core.contracts import Estimate, FitJob, Fitted
from undercut.models.encoder.module import Body, Layer
from undercut.training.adapted import Change, estimate_change, fit_change
from undercut.training.job import Work
from undercut.training.virtual import shape, virtual_change


def fit(job: FitJob) -> Fitted:
    """Write a folder that ``peft`` opens to ``job.out``.

    Raises:
        UndercutError: see :func:`undercut.training.adapted.fit_change`; or no room is left for
            the text.
    """
    return fit_change(job, change)


def estimate(job: FitJob) -> Estimate:
    """Return the expected cost from a few timed batches of the frozen pass and of training."""
    return estimate_change(job, change)


def change(work: Work, body: Body) -> Change:
    """Put trained keys and values before those of every text."""
    from peft import PrefixEncoder, PrefixTuningConfig

    config = PrefixTuningConfig(**shape(work, body), encoder_hidden_size=work.base.width)
    encoder = PrefixEncoder(config)
    encoder.load_prompt_embeddings(words_seen(work, body, config.num_virtual_tokens))
    return virtual_change(work, body, "prefix", config, encoder.embedding.weight.detach())


def words_seen(work: Work, body: Body, count: int) -> Tensor:
    """Return keys and values of ``count`` words of the training texts, ``(count, L * 2 * D)``."""
    texts = work.frontend.prepare(work.job.train.inputs[:500])
    ids = torch.tensor(sorted({i for row in work.network.token_ids(texts) for i in row}))
    drawn = ids[torch.randint(len(ids), (count,))][None]  # (1, P)
    mask = torch.ones_like(drawn, dtype=torch.bool)
    rows = []
    with torch.no_grad():
        x = body.embed(drawn)
        for i, layer in enumerate(body.layers):
            assert isinstance(layer, Layer)
            rows += [layer.key(x)[0], layer.value(x)[0]]  # (P, D)
            x = body.climb(x, mask, i, i + 1)
    return torch.cat(rows, 1)
