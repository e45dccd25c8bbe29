from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undercut.store.files import content_hash, sweep, whole_folder, write_json, write_text

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=6))
def test_a_content_hash_does_not_depend_on_key_order(value):
    assert content_hash(value) == content_hash(dict(reversed(value.items())))


@given(json_values, json_values)
def test_different_values_have_different_hashes(a, b):
    same = content_hash(a) == content_hash(b)
    assert same == (a == b and repr(a) == repr(b))


def test_a_folder_appears_only_when_its_block_ends_well(tmp_path):
    target = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt), whole_folder(target) as temporary:
        (temporary / "half").write_text("x")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with whole_folder(target) as temporary:
        (temporary / "all").write_text("x")
        assert not target.exists()
    assert [p.name for p in target.iterdir()] == ["all"]


def test_what_dead_processes_left_is_swept(tmp_path):
    (tmp_path / ".x.1.abc.tmp").mkdir()
    (tmp_path / "kept").mkdir()
    assert sweep(tmp_path) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]


def test_chinese_text_and_line_ends_are_kept(tmp_path):
    write_text(tmp_path / "a.txt", "退款\n到账\n")
    assert (tmp_path / "a.txt").read_bytes() == "退款\n到账\n".encode()


def test_nan_is_refused_in_json(tmp_path):
    with pytest.raises(ValueError, match="Out of range"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert list(tmp_path.iterdir()) == []
