"""The static model's file and answers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from undercut.backends.numpy import session
from undercut.core.errors import IntegrityError, UndercutError
from undercut.models.linear.files import quantise
from undercut.models.static import files

pytest.importorskip("tokenizers")
from tokenizers import Tokenizer, models, pre_tokenizers

from undercut.models.static.frontend import open_frontend

WORDS = {"[UNK]": 0, "card": 1, "lost": 2, "退": 3, "款": 4}
RNG = np.random.default_rng(0)
TABLE = quantise(RNG.normal(size=(len(WORDS), 3)), RNG.normal(size=3))
TEXTS = ["card lost", "退 款 card", "", "what card", "card " * 300]
IDS = [[1, 2], [3, 4, 1], [], [0, 1], [1] * 300]


@pytest.fixture
def saved(tmp_path):
    tokenizer = Tokenizer(models.WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    files.write(tmp_path, TABLE)
    manifest = SimpleNamespace(format="static", labels=("a", "b", "c"), config={"temperature": 0.5})
    return SimpleNamespace(folder=tmp_path, manifest=manifest)


def test_margins_are_sums_of_table_rows_over_the_root_of_their_number(saved):
    frontend = open_frontend(saved.folder, saved.manifest)
    runtime = session.load(saved.folder, saved.manifest, 1)
    prepared = frontend.prepare(TEXTS)
    found = runtime.run(frontend.collate(prepared, range(len(TEXTS))))
    for row, ids in zip(found, IDS, strict=True):
        sums = TABLE.weight[ids].astype(np.int64).sum(axis=0)
        expected = sums * TABLE.scale / np.sqrt(max(len(ids), 1)) + TABLE.bias
        np.testing.assert_allclose(row, expected, rtol=1e-5, atol=1e-6)
    other = runtime.run(frontend.collate(prepared, [3, 0, 2]))
    np.testing.assert_array_equal(other, found[[3, 0, 2]])
    p = np.exp(frontend.finish(found, prepared, range(len(TEXTS))))
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    with pytest.raises(UndercutError, match="input 1"):
        frontend.prepare(["a", 3])


@pytest.mark.parametrize("harm", ["torn", "shape", "kind", "gone"])
def test_a_file_that_is_not_what_the_manifest_says_is_refused(saved, harm):
    path = saved.folder / files.FILE
    if harm == "torn":
        path.write_bytes(path.read_bytes()[:-5])
    elif harm == "gone":
        path.unlink()
    else:
        tensors = load_file(path)
        weight = tensors["weight"]
        tensors["weight"] = weight[:, :-1] if harm == "shape" else weight.astype(np.int16)
        save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, path)
    with pytest.raises(IntegrityError) as error:
        session.load(saved.folder, saved.manifest, 1)
    assert error.value.code == "static-file"
