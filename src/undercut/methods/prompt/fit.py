"""Fits prompt tuning (Lester et al. 2021, arXiv:2104.08691): word vectors before every text.

They start as the vectors of words drawn from the vocabulary, which the paper finds better than
noise (section 3.2); peft draws them.
"""

from __future__ import annotations

from undercut.core.contracts import Estimate, FitJob, Fitted
from undercut.models.encoder.module import Body
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
    """Put trained word vectors before every text."""
    from peft import PromptEmbedding, PromptTuningConfig, PromptTuningInit

    config = PromptTuningConfig(
        **shape(work, body), prompt_tuning_init=PromptTuningInit.SAMPLE_VOCAB
    )
    rows = PromptEmbedding(config, body.words).embedding.weight.detach()
    return virtual_change(work, body, "prompt", config, rows)
