"""Near duplicates: none below the threshold, planted copies found, no order, any language."""

from __future__ import annotations

import random
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.types import Examples
from undercut.data import near as near_module
from undercut.data.near import THRESHOLD, near
from undercut.data.shingles import WINDOW, WINDOW_CJK, Similarity, letters
from undercut.data.splits import split

WORDS = "refund card top up transfer my the where is lost please cash 退 款 快 递 在 哪 里 好 吃 不"
WORDS = WORDS.split()
sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join)
corpora = st.lists(st.one_of(sentences, st.text(max_size=12)), min_size=1, max_size=40)


def windows(text: str) -> set[str]:
    """The windows of a text, written the slow way."""
    padded = " " + letters(text) + "\0" * WINDOW
    found = set()
    for i in range(len(padded) - WINDOW):
        point = ord(padded[i])
        cjk = 0x3040 <= point < 0xA000 or 0xAC00 <= point < 0xD7B0
        cjk = cjk or 0xF900 <= point < 0xFB00 or 0x20000 <= point < 0x32000
        found.add(padded[i : i + (WINDOW_CJK if cjk else WINDOW)])
    return found


def slow(a: str, b: str) -> float:
    x, y = windows(a), windows(b)
    return len(x & y) / len(x | y)


@given(st.lists(st.text(), min_size=2, max_size=8))
@settings(max_examples=150, deadline=None)
def test_the_similarity_is_the_jaccard_of_the_windows(texts):
    folded = [letters(t) for t in texts]
    a, b = np.arange(len(texts) - 1), np.arange(1, len(texts))
    got = Similarity(folded)(a, b)
    assert got == pytest.approx([slow(folded[i], folded[j]) for i, j in zip(a, b, strict=True)])


@given(corpora)
@settings(max_examples=150, deadline=None)
def test_no_pair_is_below_the_threshold_and_clusters_are_what_pairs_and_copies_join(texts):
    found = near(texts)
    for i, j, s in zip(found.a, found.b, found.similarity, strict=True):
        assert i < j
        assert s >= THRESHOLD
        assert slow(texts[i], texts[j]) == pytest.approx(s)
        assert found.cluster[i] == found.cluster[j]
    parent = list(range(len(texts)))

    def root(i):
        return i if parent[i] == i else root(parent[i])

    first = {}
    for i, text in enumerate(texts):
        parent[root(i)] = root(first.setdefault(letters(text), i))
    for i, j in zip(found.a, found.b, strict=True):
        parent[root(i)] = root(j)
    for i in range(len(texts)):
        for j in range(i):
            assert (root(i) == root(j)) == (found.cluster[i] == found.cluster[j])


@given(corpora, st.randoms())
@settings(max_examples=80, deadline=None)
def test_the_order_of_rows_does_not_change_the_clusters(texts, rng):
    order = list(range(len(texts)))
    rng.shuffle(order)
    here, there = near(texts).cluster, near([texts[i] for i in order]).cluster
    assert np.array_equal(here[order], there)


@given(corpora, st.floats(0.1, 0.45), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_no_cluster_straddles_a_split(texts, share, seed):
    targets = [str(i % 2) for i in range(len(texts))]
    from undercut.core.errors import UndercutError

    try:
        parts = split(Examples(texts, targets, targets), str, share, seed)
    except UndercutError:
        return
    cluster = near(texts).cluster
    assert not set(cluster[parts.train]) & set(cluster[parts.valid])


def _corpus(n: int, chinese: bool) -> list[str]:
    rng = random.Random(5)
    letter = "abcdefghijklmnopqrstuvwxyz"
    if chinese:
        return ["".join(chr(rng.randrange(0x4E00, 0x6E00)) for _ in range(30)) for _ in range(n)]
    vocabulary = ["".join(rng.choices(letter, k=rng.randint(2, 8))) for _ in range(3000)]
    return [" ".join(rng.choices(vocabulary, k=14)) for _ in range(n)]


@pytest.mark.parametrize("chinese", [False, True])
def test_planted_copies_with_small_edits_are_found_and_nothing_else(chinese):
    texts = _corpus(1500, chinese)
    rng = random.Random(1)
    copies = []
    for text in texts[:500]:
        units = list(text) if chinese else text.split()
        at = rng.randrange(len(units))
        glue = "" if chinese else " "
        copies.append(glue.join(units[:at] + units[at + 1 :]).upper() + "!")
    alike = [slow(a, b) for a, b in zip(texts, copies, strict=False)]
    found = near([*texts, *copies])
    joined = found.cluster[:500] == found.cluster[1500:]
    able = np.array(alike) >= THRESHOLD
    assert able.mean() > 0.9
    assert joined[able].mean() > 0.98
    assert not joined[~able].any()
    assert len(set(zip(found.a, found.b, strict=True)) - {(i, 1500 + i) for i in range(500)}) == 0


def test_long_texts_take_the_same_path_when_their_sets_are_not_kept(monkeypatch):
    texts = [" ".join(_corpus(40, False)[i : i + 12]) for i in range(28)]
    texts += [t + " one more thing" for t in texts]
    kept = near(texts)
    monkeypatch.setattr("undercut.data.shingles._KEPT_CHARS", 0)
    monkeypatch.setattr("undercut.data.shingles.CHUNK_CHARS", 3000)
    again = near(texts)
    assert len(kept.a) >= 28
    assert np.array_equal(kept.cluster, again.cluster)
    assert np.allclose(kept.similarity, again.similarity)


def test_case_width_space_and_signs_do_not_count_and_signs_alone_do():
    texts = ["Where is it?", "where  is it", "ＷＨＥＲＥ IS IT！", "???", "!!!", "? ??"]
    c = near(texts).cluster
    assert c[0] == c[1] == c[2]
    assert len({c[0], c[3], c[4], c[5]}) == 4


def test_a_cluster_too_large_is_divided_and_said():
    texts = [f"dear customer number {i:03d} your parcel has left our house" for i in range(300)]
    whole, parted = near(texts), near(texts, largest=50)
    assert np.bincount(whole.cluster).max() > 250
    assert np.bincount(parted.cluster).max() <= 50
    assert parted.loosened > 250
    copies = near(["same text"] * 100 + ["another thing"], largest=50)
    assert np.bincount(copies.cluster).max() == 100


def test_values_that_are_no_text_are_grouped_with_their_equals_only():
    found = near([["a", "b"], ["a", "b"], ["a", "c"], "['a', 'b']"])
    assert found.cluster[0] == found.cluster[1]
    assert len(set(found.cluster.tolist())) == 3


def test_nothing_and_one_row():
    assert len(near([]).cluster) == 0
    assert near(["x"]).cluster.tolist() == [0]
    assert len(near_module.near(["", ""]).a) == 0


def test_letters_keep_every_script():
    assert letters("  Ünï-cödé, ＡＢＣ 退款！") == unicodedata.normalize(
        "NFKC", "ünï cödé abc 退款"
    )
