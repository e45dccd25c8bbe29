"""The verb ``predict``, of a model here or of one that a server has."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import undercut
from undercut.core import plugins
from undercut.core.contracts import Task
from undercut.core.errors import Problem, UndercutError, did_you_mean
from undercut.core.specs_models import PredictSpec
from undercut.pipeline import predicting
from undercut.pipeline.predicting import Answered, check_out, inputs_of
from undercut.pipeline.run import Listener, Silent
from undercut.predict.file import CHUNK_ROWS, score_file
from undercut.serving.schemas import ModelInfo
from undercut.store.files import content_hash
from undercut.store.journal import Journal

if TYPE_CHECKING:
    from undercut.serving.client import Client


class Remote:
    """A model on a server, asked like one that was loaded.

    Args:
        client: the server.
        info: what it tells of the model.
        top: labels whose probabilities are sent back.
    """

    def __init__(self, client: Client, info: ModelInfo, top: int | str) -> None:
        self._client, self._info, self._top = client, info, top
        self.hash, self.labels = info.version, info.labels
        self.task: Task = plugins.attr(plugins.get("task", info.task).load)()

    def predict(self, inputs: Sequence[Any]) -> list[Any]:
        """Return one prediction an input."""
        return self._client.predict(list(map(self.task.text, inputs)), self._top, self.hash)


def predict_file(spec: PredictSpec, listener: Listener | None = None) -> Answered:
    """Answer texts given directly or in a file, in input order, here or by a server.

    See :func:`undercut.pipeline.predicting.predict_file`. A server measures and bills its own
    time, so that there are no figures of it here.

    Raises:
        UndercutError: as there; a server that refuses or cannot be reached.
    """
    if spec.url is None:
        return predicting.predict_file(spec, listener)
    from undercut.serving.client import Client

    _check(spec)
    listener = listener or Silent()
    with Client(spec.url, os.environ.get(spec.api_key_env)) as client:
        model = Remote(client, _pick(client.models(), spec.model), 1 if spec.out else "all")
        inputs, by_task = inputs_of(spec, model.task.name, listener)
        if spec.out is None:
            values, places = zip(*inputs, strict=True)
            return Answered(
                model=model.hash,
                rows=len(values),
                task=model.task.name,
                predictions=model.predict(values),
                texts=[model.task.text(value) for value in values] if by_task else [],
                places=list(places) if by_task else [],
            )
        told = {"undercut": undercut.__version__, "inputs": inputs.identity, "asked": model.hash}
        with Journal(spec.out, content_hash(told | {"chunk": CHUNK_ROWS})) as journal:
            kept = journal.rows
            if kept:
                listener.say(f"{kept:,} rows are there already; going on after them.")
            rows, seconds = score_file(model, inputs, inputs.rows, journal, listener.tick)
        return Answered(
            model=model.hash,
            rows=rows,
            task=model.task.name,
            predictions=[],
            out=str(spec.out),
            resumed_rows=kept,
            rows_per_second=(rows - kept) / seconds if seconds > 0 else None,
        )


def _check(spec: PredictSpec) -> None:
    """Refuse what only a model here has.

    Raises:
        UndercutError: every such option.
    """
    given = {"a model": spec.artefact, "--backend": spec.backend, "--threads": spec.threads}
    problems = [
        Problem(f"no {name} beside --url", str(value), fix="Choose on the server, or with --model.")
        for name, value in given.items()
        if value is not None
    ]
    if problems:
        raise UndercutError("predict-model", problems)
    check_out(spec)


def _pick(infos: Sequence[ModelInfo], name: str | None) -> ModelInfo:
    if infos and name is None:
        return infos[0]
    for info in infos:
        if name in (info.name, info.version):
            return info
    names = [info.name for info in infos]
    expected = f"a model of the server: {', '.join(names[:10]) or 'it has none for this key'}"
    hint = did_you_mean(name, names) if name else ""
    raise UndercutError("model-unknown", Problem(expected, str(name), "--model", hint))
