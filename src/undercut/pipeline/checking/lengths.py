"""How long texts are for the base model, which would be cut, and what it does not know."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

import numpy as np

from undercut.core.errors import UndercutError
from undercut.core.types import Examples
from undercut.data.checks import Finding, finding
from undercut.data.rows import LISTED
from undercut.data.shingles import chunks
from undercut.data.table import count
from undercut.pipeline.checking.record import Lengths, Sample

SAMPLE = 50_000
UNKNOWN = 0.05
ESTIMATED = "an estimate"
LIMIT = 256
_WORST = 10


def measure(
    part: Examples, base: str, windows: bool = False
) -> tuple[Lengths | None, list[Finding]]:
    """Count tokens with the base model's tokenizer, or estimate them where there is none.

    Of more than 50,000 rows every so-manieth is counted, and the longest in any case.

    Args:
        part: rows of texts.
        base: alias or folder of the base model.
        windows: long texts are read in windows, so that none is cut.
    """
    if not len(part):
        return None, []
    letters = np.fromiter((len(x) for x in part.inputs), np.int64, len(part))
    step = -(-len(part) // SAMPLE)
    sample = np.arange(0, len(part), step)
    longest = np.argsort(-letters, kind="stable")[: 10 * _WORST] if step > 1 else sample[:0]
    at = np.unique(np.concatenate([sample, longest]))
    texts = part.take(at).inputs
    tokens, unknown, by = _count(texts, base)
    in_sample = np.isin(at, sample)
    order = np.argsort(-tokens, kind="stable")
    cut = tokens > LIMIT
    share = float(cut[in_sample].mean())
    rows = [part.rows[at[i]] for i in order[cut[order]][:LISTED]]
    lengths = Lengths(
        counted_by=by,
        rows=int(in_sample.sum()),
        limit=LIMIT,
        cut=int(cut[in_sample].sum()),
        median=int(np.median(tokens[in_sample])),
        longest=int(tokens.max()),
        unknown_share=unknown,
        worst=[(part.rows[at[i]], int(tokens[i])) for i in order[:_WORST]],
    )
    found = []
    if rows and not windows:
        of = "" if step == 1 else f" of the {lengths.rows:,} counted"
        said = " (estimated)" if by == ESTIMATED else ""
        message = (
            f"{count(lengths.cut, 'text', 'texts')}{of}, {100 * share:.1f} %, longer than the "
            f"{LIMIT} tokens an encoder reads{said}; the longest has {lengths.longest:,} | "
            "The rest is not read: shorten them, raise max_tokens, or trust the linear rung."
        )
        found.append(finding("warning", "cut", message, rows))
    if unknown is not None and unknown > UNKNOWN:
        message = (
            f"{100 * unknown:.1f} % of the tokens are unknown to the base model '{base}' | "
            "It reads little of these texts; the linear rung reads them, or name another --base."
        )
        found.append(finding("warning", "unknown-tokens", message, []))
    return lengths, found


def sampled(lengths: Lengths | None, of: int) -> list[Sample]:
    """Return the record of which rows were counted, when not all of ``of`` were."""
    if lengths is None or lengths.rows == of:
        return []
    how = f"every {-(-of // SAMPLE)}th row, {lengths.rows:,} of {of:,}, and the longest"
    return [Sample(check="lengths", rows=lengths.rows, of=of, how=how)]


def _count(texts: Sequence[str], base: str) -> tuple[np.ndarray, float | None, str]:
    """Return tokens a text with the special ones, the share unknown, and how it was counted."""
    if importlib.util.find_spec("tokenizers") is not None:
        from undercut.models.encoder.base import resolve
        from undercut.models.encoder.frontend import open_tokenizer

        try:
            tokenizer = open_tokenizer(resolve(base).folder / "tokenizer.json")
        except UndercutError:
            return _estimate(texts), None, ESTIMATED
        named = map(tokenizer.token_to_id, ("[UNK]", "<unk>", "<|unk|>"))
        strange = {i for i in named if i is not None}
        tokens = np.zeros(len(texts), np.int64)
        unknown = total = 0
        for begin, some in chunks(texts):
            encoded = tokenizer.encode_batch_fast(list(some))
            for i, e in enumerate(encoded, begin):
                tokens[i] = len(e.ids)
                unknown += sum(t in strange for t in e.ids)
            total += int(tokens[begin : begin + len(encoded)].sum())
        specials = tokenizer.num_special_tokens_to_add(False) * len(texts)
        return tokens, unknown / max(total - specials, 1), f"the tokenizer of '{base}'"
    return _estimate(texts), None, ESTIMATED


def _estimate(texts: Sequence[str]) -> np.ndarray:
    """Guess tokens: 1.3 a word, 1 an ideograph or other letter beyond U+2E7F, 2 special ones."""
    wide = np.fromiter((0 if t.isascii() else sum(c > "\u2e7f" for c in t) for t in texts),
                       np.int64, len(texts))  # fmt: skip
    words = np.fromiter((len(t.split()) for t in texts), np.int64, len(texts))
    return (2 + 1.3 * words + wide).astype(np.int64)
