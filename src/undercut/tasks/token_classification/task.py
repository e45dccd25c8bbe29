"""The token classification task: rows are texts, targets and answers are entities.

The unit is a word, the item a sentence, the thing to be found an entity.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from undercut.core.contracts import Judged, Scored
from undercut.core.errors import Problem, UndercutError, did_you_mean
from undercut.core.explaining import Asked
from undercut.core.types import Examples
from undercut.measures.record import Evaluation
from undercut.tasks.token_classification import scheme
from undercut.tasks.token_classification.align import Batch, Spans, spans_of, words_under
from undercut.tasks.token_classification.asked import asked
from undercut.tasks.token_classification.evaluate import evaluate
from undercut.tasks.token_classification.found import confidence, find
from undercut.tasks.token_classification.judge import codes, judge
from undercut.tasks.token_classification.prediction import Entity, Tagged
from undercut.tasks.token_classification.prompt import rival_answer, rival_prompt
from undercut.tasks.token_classification.pseudo import pseudo_inputs
from undercut.tasks.token_classification.reply import read_entities
from undercut.tasks.token_classification.words import words_of


class TokenClassification:
    """Implements :class:`undercut.core.contracts.Task` for entities that do not overlap."""

    name = "token-classification"
    quality_name = "entity F1"

    def check_target(self, value: str) -> list[list[Any]]:
        """Return the entities of a cell: a JSON list of ``[start, end, type]``.

        Raises:
            ValueError: it is none.
        """
        try:
            found = json.loads(value)
            target = [[int(a), int(b), str(kind)] for a, b, kind in found]
        except (ValueError, TypeError) as e:
            raise ValueError("no JSON list of [start, end, type]") from e
        return sorted(target)

    def label_space(self, targets: Sequence[Any]) -> tuple[str, ...]:
        """Return the tags: ``O``, and ``B-`` and ``I-`` of every type, types sorted."""
        return scheme.tags(kind for target in targets for _, _, kind in target)

    def stratum(self, target: Any) -> str:
        """Return the entity type the input has most of, or ``O``: splits keep its share."""
        counts = Counter(kind for _, _, kind in target)
        return max(sorted(counts), key=counts.__getitem__) if counts else scheme.OUTSIDE

    def class_names(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Return the entity types of the tags."""
        return scheme.type_names(labels)

    def classes(self, target: Any) -> Sequence[str]:
        """Return the type of each entity."""
        return [kind for _, _, kind in target]

    def text(self, value: Any) -> str:
        """Return an input as one text, the one that offsets refer to."""
        return words_of(value).text

    def encode(self, examples: Examples, labels: Sequence[str]) -> np.ndarray:
        """Return the tags of all words as positions in ``labels``, ``int64 (U,)``, well-formed.

        A word that an entity covers in part has its tag whole; of two entities on one word the
        first has it; an entity across the end of a sentence starts anew after it.

        Raises:
            UndercutError: types that are not in the label space, each named once.
        """
        batch, gold = self._read(examples, labels)
        first, last, _ = words_under(batch, gold)
        first = np.maximum(
            first, np.concatenate([[0], np.maximum.accumulate(last)[:-1]])[: len(first)]
        )
        cuts = batch.sentences[1:-1]
        parts = [
            (a, b, kind)
            for f, e, kind in zip(first.tolist(), last.tolist(), gold.kinds.tolist(), strict=True)
            if e > f
            for a, b in _cut(f, e, cuts)
        ]
        begin, end, kinds = np.array(parts, np.int64).reshape(-1, 3).T
        form = scheme.scheme_of(tuple(labels))
        return scheme.write(form, begin, end, kinds, int(batch.firsts[-1]))

    def decode(self, scored: Scored, inputs: Sequence[Any], labels: Sequence[str]) -> list[Tagged]:
        """Return the entities of every input: those of its likeliest well-formed tags.

        Args:
            scored: calibrated log-probabilities of the words ``(U, K)``, and which inputs were cut.
            inputs: the inputs, in order.
            labels: the tags, in the order of the columns.
        """
        batch = Batch.of(inputs)
        found = find(scored.log_probs, batch, labels)
        names = scheme.type_names(labels)
        entities: list[list[Entity]] = [[] for _ in inputs]
        sure = confidence(scored.log_probs, found, batch, labels).tolist()
        for (i, start, end, kind), p in zip(found.spans.keys(), sure, strict=True):
            entities[i].append(
                Entity.model_construct(
                    start=start,
                    end=end,
                    type=names[kind],
                    text=batch.words[i].text[start:end],
                    probability=p,
                )
            )
        cut = scored.truncated if len(scored.truncated) else [False] * len(inputs)
        return [
            Tagged.model_construct(entities=e, truncated=bool(c))
            for e, c in zip(entities, cut, strict=True)
        ]

    def answers(
        self, log_probs: np.ndarray, inputs: Sequence[Any], labels: Sequence[str]
    ) -> np.ndarray:
        """Return a code of the entities of each sentence, ``int64 (s,)``."""
        batch = Batch.of(inputs)
        return codes(find(log_probs, batch, labels).tags, batch.sentences)

    def unlabelled(self, inputs: Sequence[Any], n: int, seed: int) -> list[Any]:
        """Return ``n`` inputs near the data but not in it."""
        return pseudo_inputs(inputs, n, seed)

    def judge(self, log_probs: np.ndarray, examples: Examples, labels: Sequence[str]) -> Judged:
        """Return strict entity F1 with its interval, and which sentences are entirely right."""
        batch, gold = self._read(examples, labels)
        return judge(log_probs, batch, gold, self.class_names(labels), labels)

    def evaluate(
        self,
        log_probs: np.ndarray,
        examples: Examples,
        labels: Sequence[str],
        *,
        split: str,
        truncated: Sequence[bool] = (),
    ) -> Evaluation:
        """Return all figures of one variant on one split."""
        batch, gold = self._read(examples, labels)
        return evaluate(
            log_probs,
            batch,
            gold,
            labels,
            units=self.encode(examples, labels),
            split=split,
            rows=examples.rows,
            truncated=truncated,
        )

    def asked(
        self, log_probs: np.ndarray, value: Any, labels: Sequence[str], against: str | None
    ) -> list[Asked]:
        """Return what can be explained of an answer, each against another."""
        return asked(log_probs, value, labels, against)

    def rival_prompt(self, labels: Sequence[str]) -> str:
        """Return the instruction a language model would be given; the text is the next message."""
        return rival_prompt(self.class_names(labels))

    def rival_answer(self, value: Any, target: Any) -> str:
        """Return the entities as the JSON list the instruction asks for."""
        return rival_answer(self.text(value), target)

    def rival_units(self, reply: str, value: Any, labels: Sequence[str]) -> np.ndarray | None:
        """Return the tags of the entities a reply lists, ``int64 (w,)``; None when it is no list.

        See :func:`undercut.tasks.token_classification.reply.read_entities`.
        """
        found = read_entities(reply, words_of(value), self.class_names(labels))
        return None if found is None else self.encode(Examples([value], [found], [""]), labels)

    def rival_missed(self, value: Any, target: Any, labels: Sequence[str]) -> np.ndarray:
        """Return tags without any entity, ``int64 (w,)``."""
        return np.full(len(words_of(value)), list(labels).index(scheme.OUTSIDE))

    def _read(self, examples: Examples, labels: Sequence[str]) -> tuple[Batch, Spans]:
        """Return the words and the entities of rows, or raise with the types nobody knows."""
        position = {kind: i for i, kind in enumerate(self.class_names(labels))}
        seen = {str(kind) for target in examples.targets for _, _, kind in target}
        unknown = sorted(seen - set(position))
        if unknown:
            raise UndercutError(
                "label-unknown",
                [
                    Problem("a type the model knows", f"'{u}'", fix=did_you_mean(u, position))
                    for u in unknown[:20]
                ],
            )
        return Batch.of(examples.inputs), spans_of(examples.targets, position)


def _cut(first: int, last: int, cuts: np.ndarray) -> list[tuple[int, int]]:
    """Return the words from ``first`` to ``last`` as stretches within sentences."""
    inside = cuts[np.searchsorted(cuts, first, "right") : np.searchsorted(cuts, last, "left")]
    edges = [first, *inside.tolist(), last]
    return list(pairwise(edges))
