"""Steps: addressed by content, whole or absent, recorded once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undercut.pipeline.workspace import open_workspace

material = st.dictionaries(
    st.text(min_size=1, max_size=5), st.one_of(st.integers(), st.text(max_size=5)), max_size=4
)


@given(material, material)
def test_the_key_is_the_material(tmp_path_factory, a, b):
    calls = []
    with open_workspace(tmp_path_factory.mktemp("w"), lambda _: None) as place:
        for value in (a, b, dict(reversed(list(a.items())))):
            place.step("made", value, lambda _, v=value: calls.append(v) or {"value": len(calls)})
    assert len(calls) == (1 if a == b else 2)


def test_a_step_that_fails_is_not_there(tmp_path):
    with open_workspace(tmp_path, lambda _: None) as place:

        def half(folder):
            (folder / "half.txt").write_text("half")
            raise RuntimeError("stop")

        with pytest.raises(RuntimeError):
            place.step("half", {}, half)
        assert list((tmp_path / "steps").iterdir()) == []
        done = place.step("half", {}, lambda folder: {"ok": 1})
        assert not done.cached
        assert place.step("half", {}, half).cached
        assert place.book.attempts(done.subject) == ["failed", "done"]
