"""Every bad file is one clear error with the lines at fault, and leaves nothing behind."""

from __future__ import annotations

import pytest

from tasks.token_classification.reading.bad_entities import BAD
from undercut.cli.app import main
from undercut.core.errors import UndercutError
from undercut.tasks.token_classification.reading.read import read


def test_there_are_many_and_they_differ():
    assert len(BAD) >= 50
    assert len({(file, content) for file, content, *_ in BAD.values()}) == len(BAD)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_error_that_names_its_lines(tmp_path, name):
    file, content, code, at = BAD[name]
    path = tmp_path / file
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UndercutError) as e:
        read(path, file)
    assert e.value.code == code, str(e.value)
    places = [p.where for p in e.value.problems]
    if at:
        assert places == [f"{file}:{line}" for line in at], str(e.value)
    else:
        assert all(place == file for place in places)
    for p in e.value.problems:
        assert p.expected
        assert p.found
        assert "Traceback" not in str(p)


@pytest.mark.parametrize("name", ["i without b", "nested", "csv without a tag", "studio overlap"])
def test_the_command_line_refuses_with_status_2_and_leaves_nothing(tmp_path, name, capsys):
    file, content, _, at = BAD[name]
    path = tmp_path / file
    path.write_text(content, encoding="utf-8")
    out = tmp_path / "ws"
    with pytest.raises(SystemExit) as e:
        main(["run", str(path), "--task", "token-classification", "--workspace", str(out)])
    assert e.value.code == 2
    said = capsys.readouterr().err
    assert f"{file}:{at[0]}" in said
    assert "Traceback" not in said
    assert not [p for p in (out / "steps").iterdir() if p.name[0] != "."]
    assert not (out / "runs").exists() or not list((out / "runs").iterdir())


def test_rare_slips_are_read_as_the_conll_scorer_reads_them_and_said(tmp_path):
    path = tmp_path / "x.conll"
    path.write_text("Bob B-PER\nLee I-PER\nran O\n\n" * 200 + "in O\nRome I-LOC\n")
    parts, notes = read(path, path.name)
    assert parts["train"].targets[-1] == [[3, 7, "LOC"]]
    assert "1 tag breaks the scheme (line 802)" in " ".join(notes)


def test_the_number_of_a_record_is_said_to_be_one(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(
        '[{"text": "Bob", "entities": [[0, 3, "A"]]}, {"text": "a", "entities": [[0, 9, "A"]]}]'
    )
    with pytest.raises(UndercutError, match=r"x\.json:2 is record 2 of the file"):
        read(path, path.name)
