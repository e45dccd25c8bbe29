"""Compiled loops and numpy give the same bits, whatever the text, the n-grams and the batch."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba")

from conformance.samples import ODD_TEXTS
from undercut.backends.numba import kernel
from undercut.backends.numba.session import NumbaSession
from undercut.backends.numpy.hashed import HashedSession
from undercut.models.hashed.frontend import HashedFrontend
from undercut.models.linear.files import quantise
from undercut.models.linear.ngrams import NgramSpec

FRONTEND = HashedFrontend(1.0)
SPECS = [
    NgramSpec(bits=10),
    NgramSpec(words=3, char_max=0, bits=9),
    NgramSpec(words=0, char_min=2, char_max=5, bits=12),
    NgramSpec(words=1, char_min=5, char_max=8, pairs=False, bits=8),
]
ODD = [*ODD_TEXTS, "a\0b", "\ud800 half", "İstanbul ΣΑΣ", "x " * 4000, "\u3000全角　空白", "￿"]
LETTERS = st.sampled_from("ab _9.,!Ａé́ßΣ我要退款ガ😀🏳️\u200d\0\t\n\ud83d\uffff")
TEXT = st.one_of(st.text(st.characters(codec=None), max_size=60), st.text(LETTERS, max_size=60))


def pair(spec, classes, seed=0):
    rng = np.random.default_rng(seed)
    table = quantise(rng.normal(size=(spec.buckets, classes)), rng.normal(size=classes))
    return HashedSession(spec, table), NumbaSession(spec, table)


PAIRS = [pair(spec, classes) for spec, classes in zip(SPECS, (2, 17, 16, 77), strict=True)]


def both(sessions, texts):
    prepared = FRONTEND.prepare(texts)
    arrays = FRONTEND.collate(prepared, np.arange(len(texts)))
    return [s.run(arrays) for s in sessions]


@settings(max_examples=300)
@given(st.lists(TEXT, max_size=5), st.sampled_from(range(len(SPECS))))
def test_the_same_bits_for_any_text(texts, which):
    plain, compiled = both(PAIRS[which], texts)
    assert compiled.dtype == np.float32
    np.testing.assert_array_equal(plain, compiled)


@pytest.mark.parametrize("which", range(len(SPECS)))
def test_the_same_bits_for_odd_texts_in_any_order(which):
    plain, compiled = both(PAIRS[which], ODD)
    np.testing.assert_array_equal(plain, compiled)
    order = np.random.default_rng(1).permutation(len(ODD))
    arrays = FRONTEND.collate(FRONTEND.prepare(ODD), order)
    np.testing.assert_array_equal(PAIRS[which][1].run(arrays), compiled[order])


def test_importing_compiles_nothing():
    code = (
        "from undercut.backends.numba import kernel\n"
        "assert not kernel.margins.signatures, kernel.margins.signatures"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_where_nothing_can_be_kept_it_compiles_all_the_same(monkeypatch):
    def no_place(*_, **options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(kernel, "njit", no_place)
    assert kernel.compiled(len) is len
