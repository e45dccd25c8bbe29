"""Files that a task reads itself: told from the head, divided by name, checked, split, stored."""

from __future__ import annotations

import json

import pytest

from undercut.core.errors import UndercutError
from undercut.core.specs_data import CheckSpec, NewSpec, RelabelSpec
from undercut.data.load import load_dataset, load_examples, load_parts
from undercut.data.sources import resolve
from undercut.data.stored import open_dataset, save_dataset
from undercut.data.task_files import task_for
from undercut.pipeline.checking.check import check
from undercut.pipeline.checking.relabel import open_walk
from undercut.pipeline.run import Silent
from undercut.pipeline.scaffold import new
from undercut.tasks.token_classification.checks import check as check_rows

TASK = "token-classification"
NAMES = ["Ann", "Bob", "Cat", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jim", "Kay", "Leo"]


def conll(n: int, seed: int = 0) -> str:
    """Return sentences that differ, a person in each and a place in every other."""
    made = []
    for i in range(n):
        name = NAMES[(i + seed) % len(NAMES)]
        place = f"in O\nT{i}own{seed} B-LOC\n" if i % 2 else ""
        made.append(f"{name} B-PER\nsaw O\nthing{i * 7 + seed} O\nnumber{i * 13} O\n{place}. O\n")
    return "\n".join(made) + "\n"


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "set"
    place.mkdir()
    for name, n, seed in (("eng.train", 30, 0), ("eng.testa", 8, 500), ("eng.testb", 6, 900)):
        (place / name).write_text(conll(n, seed))
    (place / "README.md").write_text("about")
    return place


def test_a_folder_of_conll_files_has_its_splits(folder):
    parts = load_parts([folder], [], [], task=task_for("auto", [folder])[0])
    assert [len(p) for p in (parts.train, parts.valid, parts.test)] == [30, 8, 6]
    assert "a set with its own splits" in " ".join(parts.notes)


def test_files_named_together_are_sorted_by_their_suffixes(folder):
    sources = resolve([folder / "eng.testb", folder / "eng.train", folder / "eng.testa"])
    assert [p.name for p in sources.train] == ["eng.train"]
    assert [p.name for p in sources.valid] == ["eng.testa"]
    assert [p.name for p in sources.test] == ["eng.testb"]
    assert "files by their suffixes" in sources.notes[0]
    chosen = resolve([folder / "eng.train"], [folder / "eng.testb"])
    assert [p.name for p in chosen.valid] == ["eng.testb"]


@pytest.mark.parametrize("names", [("train.bmes", "dev.bmes"), ("train.char.bmes", "dev.char.bmes"),
                                   ("train", "dev"), ("x.train", "x.dev"),
                                   ("train.jsonl", "dev.jsonl")])  # fmt: skip
def test_parts_are_told_from_many_names(tmp_path, names):
    for name, n in zip(names, (30, 8), strict=True):
        text = conll(n)
        if name.endswith("jsonl"):
            text = json.dumps({"text": "Bob ran", "entities": [[0, 3, "PER"]]}) + "\n"
        (tmp_path / name).write_text(text)
    sources = resolve([tmp_path])
    assert [p.name for p in sources.train] == [names[0]]
    assert [p.name for p in sources.valid] == [names[1]]
    assert task_for("auto", [tmp_path])[0] == TASK


def test_the_task_is_told_and_can_be_given(folder, tmp_path):
    name, notes = task_for("auto", [folder])
    assert name == TASK
    assert "columns of tokens and tags" in notes[0]
    assert task_for("text-classification", [folder]) == ("text-classification", [])
    texts = tmp_path / "x.csv"
    texts.write_text("text,label\na,b\n")
    assert task_for("auto", [texts]) == ("text-classification", [])
    with pytest.raises(UndercutError, match="token-classification"):
        task_for("token-classificatoin", [folder])


def test_validation_rows_are_carved_out_and_the_set_is_stored_as_it_is(tmp_path):
    path = tmp_path / "x.conll"
    path.write_text(conll(60))
    data, notes = load_dataset([path], [], [], task=TASK, seed=0)
    assert len(data.train) + len(data.valid) == 60
    assert len(data.valid) == 6
    assert data.labels == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
    save_dataset(tmp_path / "kept", data)
    back = open_dataset(tmp_path / "kept")
    assert back.hash == data.hash
    assert list(back.train.inputs) == list(data.train.inputs)
    assert list(back.train.targets) == list(data.train.targets)


def test_one_type_is_enough_to_learn(tmp_path):
    path = tmp_path / "x.jsonl"
    rows = [{"text": f"{n} ran {i} miles", "entities": [[0, len(n), "PER"]]}
            for i, n in enumerate(NAMES * 3)]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, rows)))
    data, _ = load_dataset([path], [], [], task=TASK, seed=0)
    assert data.labels == ("O", "B-PER", "I-PER")


def test_a_type_of_validation_only_is_named_with_its_row(tmp_path):
    train, valid = tmp_path / "a.conll", tmp_path / "b.conll"
    train.write_text(conll(20))
    valid.write_text("Rome B-LOCATION\nfell O\n")
    with pytest.raises(UndercutError) as e:
        load_dataset([train], [], [valid], task=TASK, seed=0)
    assert e.value.code == "data-labels"
    assert e.value.problems[0].where == "b.conll:1"


def test_bad_rows_of_all_files_come_together(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.conll").write_text("Bob B-PER\nRome I-LOC\n")
    with pytest.raises(UndercutError) as e:
        load_examples([tmp_path / "a.conll", tmp_path / "b.conll"], TASK)
    assert [p.where for p in e.value.problems] == ["a.conll:2", "b.conll:2"]


def test_check_finds_copies_leaks_and_contradictions(tmp_path):
    train, test = tmp_path / "a.conll", tmp_path / "b.conll"
    twice = "Zed B-PER\nleft O\nParis B-LOC\n\n"
    train.write_text(conll(40) + "\n" + twice + twice + twice.replace("B-LOC", "B-ORG"))
    test.write_text("Zed B-PER\nleft O\nParis B-LOC\n\nRome B-GPE\nfell O\n")
    found = check(CheckSpec(train=[train], test=[test], workspace=tmp_path / "ws"))
    kinds = {f.code for f in found.findings}
    assert {"duplicates", "conflicts", "shared", "few-rows", "unseen-labels"} <= kinds
    assert found.errors == 1
    assert found.labels == ["LOC", "ORG", "PER"]
    assert {c.label: c.rows for c in found.classes} == {"PER": 43, "LOC": 22, "ORG": 1}
    assert any("label errors are not looked for" in n for n in found.notes)


def test_check_lists_bad_lines_as_findings_and_cannot_mend_them(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("Bob B-PER\nRome I-LOC\nx\n")
    found = check(CheckSpec(train=[path], task=TASK, workspace=tmp_path / "ws"))
    assert found.errors == 1
    assert found.findings[0].rows == ["a.conll:2", "a.conll:3"]
    path.write_text(conll(20))
    with pytest.raises(UndercutError, match="a table of texts and labels"):
        check(CheckSpec(train=[path], fix=True, workspace=tmp_path / "ws"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.conll"]


def test_a_set_without_entities_is_an_error(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("a O\nb O\n\nc O\n")
    rows, _ = load_examples([path], TASK)
    assert [f.code for f in check_rows(rows, None) if f.severity == "error"] == ["classes"]


def test_relabel_says_no_and_new_writes_a_file(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text(conll(20))
    with pytest.raises(UndercutError) as e:
        open_walk(RelabelSpec(train=[path]), Silent())
    assert e.value.code == "relabel-task"
    made = new(NewSpec(train=[path], out=tmp_path / "undercut.toml"))
    assert made.labels == {"PER": 20, "LOC": 10}


def test_the_public_sets_have_their_published_counts(public_data):
    if public_data is None:
        pytest.skip("set UNDERCUT_DATA to the folder of public data sets")
    rows, notes = load_examples([public_data / "conll2003" / "eng.testb"], TASK)
    counts: dict[str, int] = {}
    for target in rows.targets:
        for *_, kind in target:
            counts[kind] = counts.get(kind, 0) + 1
    assert counts == {"LOC": 1668, "ORG": 1661, "PER": 1617, "MISC": 702}
    assert "IOB1" in " ".join(notes)
    assert "231 documents, 3,453 sentences" in " ".join(notes)
    rows, notes = load_examples([public_data / "resume_ner_zh" / "dev.char.bmes"], TASK)
    assert len(rows) == 463
    assert all(isinstance(x, str) for x in rows.inputs)
