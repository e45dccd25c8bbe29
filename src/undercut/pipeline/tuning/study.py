"""The search's memory: an Optuna study in a journal file that any moment's kill leaves whole."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from undercut.core.errors import fail
from undercut.pipeline.tuning.record import COMPLETE, FAILED, LEFT_OUT, PRUNED

STARTUP_TRIALS = 8
"""Trials drawn at random before the sampler trusts what it has seen."""
PRUNE_AFTER = 4
"""Complete trials before any is pruned."""
NAME = "undercut"


class FileLock:
    """A lock that the system takes back when its holder dies, unlike Optuna's own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def acquire(self) -> bool:
        """Wait for the lock."""
        import fcntl

        self._file = self.path.open("a")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        return True

    def release(self) -> None:
        """Give the lock back."""
        self._file.close()


def open_study(path: Path, methods: Sequence[str], prune: bool) -> Any:
    """Open the study in a journal file, made when it is not there.

    Every method's defaults are tried first, in the order of ``methods``.

    Raises:
        UndercutError: the file is not a journal, or is damaged.
    """
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("optuna").propagate = False
    path.parent.mkdir(parents=True, exist_ok=True)
    _mend(path)
    pruner = (
        optuna.pruners.MedianPruner(n_startup_trials=PRUNE_AFTER)
        if prune
        else optuna.pruners.NopPruner()
    )
    try:
        backend = JournalFileBackend(str(path), lock_obj=_lock(path))
        study = optuna.create_study(
            storage=JournalStorage(backend),
            study_name=NAME,
            direction="maximize",
            pruner=pruner,
            load_if_exists=True,
        )
        _defaults_first(study, methods)
    except (ValueError, KeyError, TypeError) as e:
        raise fail(
            "tune-journal",
            expected="a search's journal as Optuna writes it",
            found=f"{type(e).__name__}: {e}",
            where=str(path),
            fix="Delete it to begin the search anew; fits that were done are not done again.",
        ) from None
    return study


def _lock(path: Path) -> Any:
    try:
        import fcntl  # noqa: F401
    except ImportError:  # Windows: Optuna's own lock, which a dead holder keeps for 30 seconds
        from optuna.storages.journal import JournalFileOpenLock

        return JournalFileOpenLock(str(path))
    return FileLock(path.with_name(f"{path.name}.lock"))


def _mend(path: Path) -> None:
    """Cut off a last line that was torn while it was written."""
    if not path.is_file():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)


def _defaults_first(study: Any, methods: Sequence[str]) -> None:
    """Put every method's defaults in the queue, unless they are there or were tried."""
    known = {
        t.user_attrs.get("default")
        for t in study.get_trials(deepcopy=False)
        if not t.user_attrs.get("left_out")
    }
    for method in methods:
        if method not in known:
            study.enqueue_trial({"method": method}, user_attrs={"default": method})


def ask(study: Any, seed: int) -> Any:
    """Return the next trial: one that a killed search has begun, or a new one.

    The sampler's seed is drawn from the trial's number, so that a search that was killed goes on
    as if it had not been.
    """
    import optuna
    from optuna.trial import Trial, TrialState

    trials = study.get_trials(deepcopy=False)
    study.sampler = optuna.samplers.TPESampler(
        n_startup_trials=STARTUP_TRIALS, seed=(seed * 1_000_003 + len(trials)) % 2**32
    )
    begun = [t for t in trials if t.state == TrialState.RUNNING]
    if begun:
        return Trial(study, begun[0]._trial_id)
    return study.ask()


def state_of(trial: Any) -> str:
    """Return a trial's state in our words."""
    if trial.user_attrs.get("left_out"):
        return LEFT_OUT
    name = trial.state.name
    return {"COMPLETE": COMPLETE, "PRUNED": PRUNED, "FAIL": FAILED}.get(name, name.lower())


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna's notes on what is experimental from the user."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
