"""Shapes in which public sets come, written small: each is read with no options, or asked about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.words import WORDS
from undercut.core.errors import UndercutError
from undercut.data.load import load_examples, load_parts

TASK = "text-classification"


def sentence(i: int, mark: str = " ") -> str:
    return mark.join(WORDS[(i * 7 + k * 5) % len(WORDS)] for k in range(6)) + f" {i}"


def many(line, n: int = 40) -> str:
    return "".join(line(i) + "\n" for i in range(n))


AB = ("late", "lost", "refund")


def ab(i: int) -> str:
    return AB[i % 3]


SHAPES = {
    "spam.txt": many(lambda i: f'{("ham", "spam")[i % 2]}\t{sentence(i)} "{"ok" if i % 9 else ""}'),
    "spam_latin.csv": "v1,v2,,,\n" + many(lambda i: f'{ab(i)},"{sentence(i)}, caf\u00e9",,,'),
    "emotion.txt": many(lambda i: f"i feel {sentence(i)};{ab(i)}"),
    "sentence_at.txt": many(lambda i: f"{sentence(i)} @ home , 3 %@{ab(i)}"),
    "fasttext.txt": many(lambda i: f"__label__{ab(i)} {sentence(i)}"),
    "trec.txt": many(lambda i: f"{('NUM:dist', 'DESC:def', 'HUM:ind')[i % 3]} How {sentence(i)} ?"),
    "toutiao.txt": many(lambda i: f"65516{i}_!_10{i % 3}_!_news_{ab(i)}_!_{sentence(i)}_!_a,b{i}"),
    "sentiment140.csv": many(
        lambda i: (
            f'"{i % 2 * 4}","18{i:04}","Mon Apr 06 22:19:{i:02} PDT 2009","NO_QUERY","u{i}","{sentence(i)}, ok"'
        )
    ),
    "atis.csv": many(lambda i: f"atis_{ab(i)}, i want to {sentence(i)}"),
    "commas_last.csv": many(lambda i: f"Hello, {sentence(i)}, thanks,{ab(i)}"),
    "commas_first.csv": many(lambda i: f"{ab(i)},Hello, {sentence(i)}, thanks"),
    "commas_quotes.csv": many(
        lambda i: f"{ab(i)},{sentence(i)}" + (', it is "fine", no' if i % 4 == 0 else "")
    ),
    "commas_uneven.csv": many(lambda i: f"{sentence(i, ', ' if i % 3 else ' ')},{ab(i)}"),
    "headed_commas.csv": "text,label\n" + many(lambda i: f"Hello, {sentence(i)}, thanks,{ab(i)}"),
    "single_words.csv": many(lambda i: f"please, {WORDS[i % 12]}{i},{ab(i)}"),
    "tabs_uneven.tsv": many(
        lambda i: f"{sentence(i)}\t{'x' * (i % 2)}\t{ab(i)}".replace("\t\t", "\t")
    ),
    "index.csv": ",msg,kind\n" + many(lambda i: f'{i},"{sentence(i)}, ok",{ab(i)}'),
    "kaggle_ag.csv": "Class Index,Title,Description\n"
    + many(
        lambda i: f'{i % 4 + 1},"title {i}","{sentence(i)} {sentence(i + 3)} {sentence(i + 5)}"'
    ),
    "headerless_ag.csv": many(
        lambda i: f'"{i % 4 + 1}","Big title {i}","{sentence(i)} {sentence(i + 3)}"'
    ),
    "yelp.csv": many(lambda i: f'"{i % 2 + 1}","{sentence(i)}, ""really"""'),
    "chnsenti.tsv": "qid\tlabel\ttext_a\n" + many(lambda i: f"{i}\t{i % 2}\t酒店不错第{i}次入住"),
    "rating.csv": "Id,UserId,Score,Time,Summary,Text\n"
    + many(
        lambda i: f'{i},A{i}X,{i % 5 + 1},13{i:08},"well {i}","{sentence(i)} {sentence(i + 1)}"'
    ),
    "tnews.json": many(
        lambda i: json.dumps(
            {"label": f"10{i % 3}", "label_desc": f"news_{ab(i)}", "sentence": sentence(i)}
        )
    ),
    "sarcasm.json": many(
        lambda i: json.dumps(
            {"is_sarcastic": i % 2, "headline": sentence(i), "article_link": f"https://x.org/{i}"}
        )
    ),
    "by_label.json": json.dumps(
        {k: [sentence(i) for i in range(40) if ab(i) == k] for k in AB}, indent=1
    ),
    "pairs.json": json.dumps([[sentence(i), ab(i)] for i in range(40)], indent=1),
    "semi.csv": "Kommentar;Art\n" + many(lambda i: f"{sentence(i)}, ja;{ab(i)}"),
    "zh.csv": "话术,意图\n" + many(lambda i: f"我的快递第{i}次没到,{('催单', '退款')[i % 2]}"),
    "sep.csv": "sep=;\ntext;label\n" + many(lambda i: f"{sentence(i)};{ab(i)}"),
    "bars.txt": many(lambda i: f"{ab(i)} ||| {sentence(i)}"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_common_shape_is_read_without_options(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(SHAPES[name].encode("cp1252" if "latin" in name else "utf-8"))
    found, notes = load_examples([path], TASK)
    assert len(found) == 40, notes
    labels = {t.strip() for t in found.targets}
    assert 2 <= len(labels) <= 5, notes
    assert labels <= {
        *AB, "ham", "spam", "NUM:dist", "DESC:def", "HUM:ind", *(f"news_{k}" for k in AB),
        *"012345", *(f"atis_{k}" for k in AB), "催单", "退款", "100", "101", "102",
    }  # fmt: skip
    shortest = min(len(x) for x in found.inputs)
    assert shortest > (8 if "single" not in name else 5), (shortest, notes)
    assert len(set(found.inputs)) == 40
    assert found.rows[-1].startswith(name + ":")


def test_text_and_label_survive_commas(tmp_path):
    for name, text in {
        "commas_last.csv": f"Hello, {sentence(0)}, thanks",
        "commas_first.csv": f"Hello, {sentence(0)}, thanks",
        "headed_commas.csv": f"Hello, {sentence(0)}, thanks",
        "single_words.csv": f"please, {WORDS[0]}0",
        "sentence_at.txt": f"{sentence(0)} @ home , 3 %",
    }.items():
        path = tmp_path / name
        path.write_text(SHAPES[name], encoding="utf-8")
        found, _ = load_examples([path], TASK)
        assert (found.inputs[0].strip(), found.targets[0]) == (text, "late"), name


def test_fields_that_may_be_a_sentence_or_columns_are_asked_about(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text(many(lambda i: f"please{i},help me {i},{ab(i)}"), encoding="utf-8")
    with pytest.raises(UndercutError) as e:
        load_examples([path], TASK)
    assert "may be one sentence with commas in it, or columns" in str(e.value)
    assert "--text-column 2" in str(e.value)
    found, _ = load_examples([path], TASK, text_column="2")
    assert found.inputs[0] == "help me 0"


def test_a_column_that_names_splits_divides_the_rows(tmp_path):
    path = tmp_path / "massive.jsonl"
    lines = [
        json.dumps(
            {
                "id": str(i),
                "partition": ("train", "train", "train", "dev", "test")[i % 5],
                "intent": ab(i),
                "utt": sentence(i),
                "annot_utt": f"[{sentence(i)}]",
            }
        )
        for i in range(50)
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    parts = load_parts([path], [], [], task=TASK)
    assert (len(parts.train), len(parts.valid), len(parts.test)) == (30, 10, 10)
    assert parts.test.rows[0] == "massive.jsonl:5"
    whole, _ = load_examples([path], TASK)
    assert len(whole) == 50
    held, _ = load_examples([path], TASK, held_out=True)
    assert held.rows == parts.test.rows


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_folders_of_texts_by_label_are_read(tmp_path):
    for part, n in (("train", 6), ("test", 4)):
        for label in ("neg", "pos"):
            for i in range(n):
                put(tmp_path, f"set/{part}/{label}/{i}_7.txt", f"a {label} text\nof {i} {part}\n")
        put(tmp_path, f"set/{part}/urls.txt", "http://x.org\n")
    put(tmp_path, "set/train/unsup/1_0.txt", "no label")
    put(tmp_path, "set/README", "words")
    parts = load_parts([tmp_path / "set"], [], [], task=TASK)
    assert (len(parts.train), len(parts.test), parts.valid) == (12, 8, None)
    assert parts.train.inputs[0] == "a neg text\nof 0 train"
    assert parts.train.targets[0] == "neg"
    assert parts.train.rows[0] == "train/neg/0_7.txt:1"
    single = load_parts([tmp_path / "set" / "train"], [], [], task=TASK)
    assert len(single.train) == 12


def test_a_folder_without_splits_is_its_files_in_name_order(tmp_path):
    for month in ("b", "a", "c"):
        put(
            tmp_path,
            f"x/{month}.csv",
            "text,label\n" + many(lambda i: f"{sentence(i)} {month},{ab(i)}"),
        )
    put(tmp_path, "x/README.txt", "about")
    found, notes = load_examples([tmp_path / "x"], TASK)
    assert [found.rows[i] for i in (0, 40, 80)] == ["a.csv:2", "b.csv:2", "c.csv:2"]
    assert "x: 3 files joined in name order." in notes
    assert "x: not used: README.txt." in notes


def test_given_files_win_over_the_splits_of_a_folder(tmp_path):
    for part in ("train", "dev", "test"):
        put(tmp_path, f"x/{part}.tsv", many(lambda i: f"{sentence(i)} {part}\t{ab(i)}"))
    mine = put(tmp_path, "mine.tsv", many(lambda i: f"{sentence(i)} mine\t{ab(i)}", 9))
    parts = load_parts([tmp_path / "x"], [], [mine], task=TASK)
    assert (len(parts.train), len(parts.valid), len(parts.test)) == (40, 40, 9)
    assert any("own test files not used" in n for n in parts.notes)


@pytest.mark.parametrize("named", ["-00000-of-00002", "-00001-of-00002"])
def test_shards_of_parquet_are_one_set(tmp_path, named):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    (tmp_path / "hub" / "data").mkdir(parents=True)
    meta = {"info": {"features": {"label": {"names": list(AB), "_type": "ClassLabel"}}}}
    for k, shard in enumerate(
        ("train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001")
    ):
        table = pa.table(
            {"text": [f"{sentence(i)} {k}" for i in range(30)], "label": [i % 3 for i in range(30)]}
        ).replace_schema_metadata({"huggingface": json.dumps(meta)})
        pq.write_table(table, tmp_path / "hub" / "data" / f"{shard}.parquet")
    parts = load_parts([tmp_path / "hub"], [], [], task=TASK)
    assert (len(parts.train), len(parts.test)) == (60, 30)
    assert parts.train.targets[:3] == list(AB)
    assert parts.train.rows[30] == "train-00001-of-00002.parquet:1"
