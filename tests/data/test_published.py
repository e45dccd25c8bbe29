"""Published files as they are, with no options: the right columns are found, or the user is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from undercut.core.errors import UndercutError
from undercut.data.load import load_dataset, load_examples, load_parts

TASK = "text-classification"
# file: rows, labels, number of the row looked at, start of its text, its label
FILES = {
    "banking77/train.csv": (10_003, 77, 0, "I am still waiting on my card?", "card_arrival"),
    "banking77/test.csv": (3_080, 77, 0, "How do I locate my card?", "card_arrival"),
    "sst2/train.tsv": (6_920, 2, 1, "apparently reassembled from the cutting room", "0"),
    "sst2/dev.tsv": (872, 2, 0, "one long string of cliches", "0"),
    "imdb_sample/train.csv": (1_500, 2, 0, "Martin Sheen, Michelle Phillips, Stuart", "1"),
    "financial_phrasebank/Sentences_AllAgree.txt": (2_264, 3, 0, "According to Gran", "neutral"),
    "financial_phrasebank/Sentences_75Agree.txt": (3_453, 3, 0, "According to Gran", "neutral"),
    "gold_news_dated/gold-dataset-sinha-khandait.csv": (
        10_570,
        4,
        0,
        "april gold down 20 cents to settle",
        "negative",
    ),
    "waimai_10k/waimai_10k.csv": (11_987, 2, 0, "很快，好吃，味道足，量大", "1"),
    "thucnews_titles/dev.txt": (10_000, 10, 0, "体验2D巅峰 倚天屠龙记十大创新概览", "8"),
    "ag_news/test.csv": (7_600, 4, 0, "Unions representing workers at Turner", "3"),
    "bank_faqs/BankFAQs.csv": (1_764, 7, 0, "Do I need to enter", "security"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_published_file_is_read_without_options(public_data, name):
    path = (public_data or Path("/nonexistent")) / name
    if not path.is_file():
        pytest.skip("set UNDERCUT_DATA to the folder of public data sets")
    rows, labels, at, text, label = FILES[name]
    found, notes = load_examples([path], TASK)
    assert (len(found), len(set(found.targets))) == (rows, labels)
    assert found.inputs[at].startswith(text)
    assert found.targets[at] == label
    assert any("text is column" in n and "label is column" in n for n in notes)


def test_airline_tweets_ask_which_label_with_the_likeliest_first(public_data):
    path = (public_data or Path("/nonexistent")) / "twitter_us_airline_dated" / "Tweets.csv"
    if not path.is_file():
        pytest.skip("set UNDERCUT_DATA to the folder of public data sets")
    with pytest.raises(UndercutError) as e:
        load_examples([path], TASK)
    said = str(e.value)
    assert e.value.code == "data-columns"
    assert 'the likeliest first: airline_sentiment ("neutral", "positive")' in said
    assert "Add --label-column airline_sentiment or" in said
    assert "--label-column airline " in said
    found, _ = load_examples([path], TASK, label_column="airline_sentiment")
    assert (len(found), set(found.targets)) == (14_640, {"negative", "neutral", "positive"})
    assert found.inputs[0] == "@VirginAmerica What @dhepburn said."


@pytest.mark.parametrize(
    ("folder", "sizes"),
    [
        ("banking77", (10_003, None, 3_080)),
        ("sst2", (6_920, 872, 1_821)),
        ("imdb_sample", (1_500, None, 1_500)),
        ("thucnews_titles", (10_000, None, 10_000)),
    ],
)
def test_a_published_folder_brings_its_own_splits(public_data, folder, sizes):
    path = (public_data or Path("/nonexistent")) / folder
    if not path.is_dir():
        pytest.skip("set UNDERCUT_DATA to the folder of public data sets")
    parts = load_parts([path], [], [], task=TASK)
    found = tuple(None if p is None else len(p) for p in (parts.train, parts.valid, parts.test))
    assert found == sizes
    assert any("own splits" in n for n in parts.notes)
    assert parts.sources.name == folder


def test_a_clinc_like_file_is_divided_as_it_says_and_brings_its_out_of_scope_rows(tmp_path):
    def rows(part, n, labels):
        return [[f"{part} question number {i} please", labels[i % len(labels)]] for i in range(n)]

    intents = ["transfer", "balance", "换卡"]
    whole = {
        "oos_val": rows("oos val", 4, ["oos"]),
        "val": rows("val", 12, intents),
        "train": rows("train", 60, intents),
        "oos_test": rows("oos test", 9, ["oos"]),
        "test": rows("test", 30, intents),
        "oos_train": rows("oos train", 5, ["oos"]),
        "train_small": rows("train", 6, intents),
    }
    path = tmp_path / "data_full.json"
    path.write_text(json.dumps(whole, indent=1), encoding="utf-8")
    data, notes = load_dataset([path], [], [], task=TASK, seed=0)
    assert (len(data.train), len(data.valid), len(data.test)) == (65, 16, 39)
    assert set(data.train.targets) == {*intents, "oos"}
    assert "oos" in data.test.targets
    said = " ".join(notes)
    assert "'oos_train' (5 rows, labels of its own) joins training" in said
    assert "'train_small' (6 rows) is not used" in said
    assert data.train.rows[0].startswith("data_full.json:")
