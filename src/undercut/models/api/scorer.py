"""An outside API as a model: asked within a cap, read strictly, silent when there is no answer."""

from __future__ import annotations

import threading
import uuid
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import numpy as np

from undercut.core.contracts import Scored
from undercut.core.errors import UndercutError
from undercut.core.types import Manifest
from undercut.ledger.place import ledger
from undercut.ledger.purse import Purse
from undercut.models.api.address import check
from undercut.models.api.client import RivalClient, Unanswered
from undercut.models.api.messages import messages
from undercut.store.files import content_hash
from undercut.tasks.text_classification.reply import read_label

OVERHEAD_TOKENS = 8
"""Tokens a message takes besides its text, at most."""
NO_LABEL = {"refused": "a refusal", "cut": "cut short", "unparsed": "no label"}
IDENTITY = ("base_url", "model", "instruction", "shots", "body")


def subject(config: Mapping[str, Any]) -> str:
    """Return the ledger subject of what one such model spends."""
    return f"api-tier:{content_hash({k: config[k] for k in IDENTITY})[:16]}:"


def log_probs(said: Sequence[str | None], labels: Sequence[str], precision: float) -> np.ndarray:
    """Return answers as log-probabilities ``float32 (n, K)``, uniform where there is none.

    Args:
        said: labels, or ``None``.
        labels: the label space.
        precision: the probability that a label given is right.
    """
    k, position = len(labels), {label: i for i, label in enumerate(labels)}
    rows = np.full((len(said), k), -np.log(k), np.float32)
    p = min(max(precision, 1 / k), 1 - 1e-6)
    for i, label in enumerate(said):
        if label is not None:
            rows[i] = np.log((1 - p) / max(k - 1, 1))
            rows[i, position[label]] = np.log(p)
    return rows


class ApiScorer:
    """Asks the API each text.

    An answer that is no label, a refusal, a failure after all tries and a spent cap say nothing:
    every label is equally likely, and the tier before answers. They are counted, and the first of
    each kind warns. The key is read from the environment when the model is opened, and kept
    nowhere.

    Args:
        config: address, model, prompt, price in USD per million tokens, ``max_usd``, time-out,
            tries, and ``precision``, the measured probability that an answer is right.
        labels: the label space.

    Attributes:
        silent: why the API said nothing (``cap``, an error's code, ``refused``, ``cut``,
            ``unparsed``), and how often.

    Raises:
        UndercutError: no key in the environment, or an address it may not be sent to.
    """

    def __init__(self, config: Mapping[str, Any], labels: Sequence[str]) -> None:
        self._config, self._labels = config, list(labels)
        address = check(config["base_url"], config["key_env"])
        price = (
            Decimal(config["usd_per_million_input"]),
            Decimal(config["usd_per_million_output"]),
        )
        self._name = subject(config)
        self.purse = Purse(ledger(), self._name, Decimal(config["max_usd"]), price)
        self._concurrency = int(config["concurrency"])
        self._client = RivalClient(
            address,
            {"model": config["model"], **config["body"]},
            timeout_seconds=float(config["timeout_seconds"]),
            retries=int(config["retries"]),
            concurrency=self._concurrency,
        )
        self._shots = [(str(a), str(b)) for a, b in config["shots"]]
        self.silent: Counter[str] = Counter()
        self._lock = threading.Lock()

    def score(self, inputs: Sequence[Any]) -> Scored:
        """Return log-probabilities ``(n, K)``, uniform where there is no answer."""
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="api-tier") as pool:
            said = list(pool.map(self._ask, map(str, inputs)))
        rows = log_probs(said, self._labels, float(self._config["precision"]))
        return Scored(rows, [False] * len(inputs))

    def _ask(self, text: str) -> str | None:
        sent = messages(self._config["instruction"], self._shots, text)
        # A token is a byte at the least, so no request can cost more than this.
        read = sum(len(m["content"].encode("utf-8")) + OVERHEAD_TOKENS for m in sent)
        worst = (read, int(self._config["body"]["max_tokens"]))
        reserved = self.purse.reserve(*worst)
        if reserved is None:
            self._nothing("cap", f"the spending cap of {self.purse.limit:f} USD is reached")
            return None
        billed: tuple[int, int] | None = None
        named, lost = False, 0
        try:
            asked = self._client.ask(sent)
            usage, lost = asked.reply.usage, asked.lost
            named = usage is not None
            billed = usage[:2] if usage else worst
        except UndercutError as e:
            lost = e.lost if isinstance(e, Unanswered) else 0
            self._nothing(e.code, str(e))
            return None
        finally:
            entry = f"{self._name}{uuid.uuid4().hex}"
            self.purse.settle(reserved, entry, billed, named, self._config["model"], lost)
        reply = asked.reply
        label = None if reply.refused else read_label(reply.text, self._labels)
        if label is None:
            kind = "refused" if reply.refused else "cut" if reply.cut else "unparsed"
            self._nothing(kind, f"the answer is {NO_LABEL[kind]}")
        return label

    def _nothing(self, kind: str, reason: str) -> None:
        """Count a text that got no label, and warn of the first of its kind."""
        with self._lock:
            self.silent[kind] += 1
            first = self.silent[kind] == 1
        if first:
            warnings.warn(f"The API says nothing, the tier before answers: {reason}", stacklevel=2)


def make_scorer(manifest: Manifest, children: Mapping[str, Any]) -> ApiScorer:
    """Open the API; it has no children."""
    return ApiScorer(manifest.config, manifest.labels)
