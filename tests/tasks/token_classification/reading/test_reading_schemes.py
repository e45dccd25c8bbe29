"""Entities written in any scheme and read again are the same entities."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.tasks.token_classification.reading.from_tags import gather
from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.reading.tagged import Sentence
from undercut.tasks.token_classification.words import words_of

KINDS = ["LOC", "PER"]


def spelled(n: int, spans: list[tuple[int, int, str]], scheme: str) -> list[str]:
    tags = ["O"] * n
    for i, (a, b, kind) in enumerate(spans):
        touches = i and spans[i - 1][1] == a and spans[i - 1][2] == kind
        for j in range(a, b):
            first, last = j == a, j == b - 1
            letter = {
                "IOB1": "B" if first and touches else "I",
                "IOB2": "B" if first else "I",
                "BIOES": "S" if first and last else "B" if first else "E" if last else "I",
                "BILOU": "U" if first and last else "B" if first else "L" if last else "I",
                "BMES": "S" if first and last else "B" if first else "E" if last else "M",
                "BMEWO": "W" if first and last else "B" if first else "E" if last else "M",
                "IOE": "E" if last else "I",
            }[scheme]
            tags[j] = f"{letter}-{kind}"
    return tags


@st.composite
def sentences(draw):
    made = []
    for _ in range(draw(st.integers(1, 5))):
        n = draw(st.integers(1, 8))
        spans, at = [], 0
        while at < n:
            size = draw(st.integers(0, n - at))
            if size:
                spans.append((at, at + size, draw(st.sampled_from(KINDS))))
            at += max(size, 1)
        made.append((n, spans))
    return made


@pytest.mark.parametrize("scheme", ["IOB1", "IOB2", "BIOES", "BILOU", "BMES", "BMEWO", "IOE"])
@settings(max_examples=60)
@given(sentences())
def test_entities_survive_every_scheme(scheme, sample):
    # One whole entity and one single first, so that the letters of the scheme all occur.
    whole = [(7, [(0, 3, "LOC"), (4, 5, "PER"), (5, 6, "PER")]), *sample]
    to = Gathered("f")
    rows = []
    for i, (n, spans) in enumerate(whole):
        tags = spelled(n, spans, scheme)
        rows.append(Sentence([f"w{j}" for j in range(n)], tags, [i + 1] * n))
    gather(rows, to)
    assert not to.problems
    for (n, spans), value, target in zip(whole, to.inputs, to.targets, strict=True):
        words = words_of(value)
        assert len(words) == n
        assert target == [[words.starts[a], words.ends[b - 1], k] for a, b, k in spans]
