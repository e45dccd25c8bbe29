"""Styles that data sets are published in: each is read without options, or the user is asked."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from undercut.core.errors import UndercutError
from undercut.data.load import load_parts

TASK = "text-classification"
GOOD, BAD = "great sound love it works well", "broke refund awful slow cheap waste"


def say(i: int) -> str:
    words = (BAD if i % 2 else GOOD).split()
    return f"{words[i % 6]} {words[(i // 6 + 1) % 6]} number {i}, {words[(i + 2) % 6]} and so on"


def zh(i: int) -> str:
    return f"{'太慢了难吃' if i % 2 else '味道不错很快'}，第{i}次点，{'差' if i % 2 else '好'}"


def lines(made) -> bytes:
    return "".join(f"{line}\n" for line in made).encode()


def table(head, rows, mark=",") -> str:
    return "\n".join(mark.join(map(str, r)) for r in [head, *rows]) + "\n"


N = range(60)
SIDE = ["good", "bad"]
STYLES = {
    "amazon.ft.txt": lines(f"__label__{i % 2 + 1} Title {i}: {say(i)}" for i in N),
    "SMSSpamCollection": lines(f"{['ham', 'spam'][i % 2]}\t{say(i)} \"quote" for i in N),
    "spam.csv": table(["v1", "v2", "", "", ""], [(SIDE[i % 2], f'"{say(i)} \u00a3"', "", "", "") for i in N]).encode("latin-1"),
    "columns.json": json.dumps({"text": [say(i) for i in N], "label": [SIDE[i % 2] for i in N]}).encode(),
    "rows.json": json.dumps({
        "features": [{"feature_idx": 0, "name": "label", "type": {"names": SIDE, "_type": "ClassLabel"}}],
        "rows": [{"row_idx": i, "row": {"text": say(i), "label": i % 2}, "truncated_cells": []} for i in N],
        "num_rows_total": 60,
    }).encode(),
    "doccano.jsonl": lines(json.dumps({"id": i, "data": say(i), "label": [SIDE[i % 2]]}) for i in N),
    "rasa.json": json.dumps({"rasa_nlu_data": {
        "common_examples": [{"text": say(i), "intent": SIDE[i % 2], "entities": []} for i in N],
        "regex_features": [], "entity_synonyms": [],
    }}).encode(),
    "snips.json": json.dumps({side: [
        {"data": [{"text": f"{say(i)} "}, {"text": "jazz", "entity": "genre"}, {"text": " please"}]}
        for i in N if i % 2 == k
    ] for k, side in enumerate(SIDE)}).encode(),
    "unnamed.csv": table(["Unnamed: 0", "tweet", "class", "count"], [(i, f'"{say(i)}"', SIDE[i % 2], 3) for i in N]).encode(),
    "nameless_index.csv": table(["", "statement", "status"], [(i, f'"{say(i)}"', SIDE[i % 2]) for i in N]).encode(),
    "semicolon.csv": table(["Datum", "Kundentext", "Kategorie", "Betrag"], [(f"{i % 28 + 1:02d}.03.2024", f"{say(i)} \u2013 zur\u00fcck", SIDE[i % 2], f"{i * 7},{i + 10}") for i in N], ";").encode("cp1252"),
    "gb.csv": table(["序号", "评论", "标签"], [(i, zh(i), SIDE[i % 2]) for i in N]).encode("gb18030"),
    "sentiment140.csv": table([0, 9, "Mon Apr 06 22:19:45 PDT 2009", "NO_QUERY", "user9", f'"{say(0)}"'], [([0, 4][i % 2], 1467810369 + i, "Mon Apr 06 22:19:45 PDT 2009", "NO_QUERY", f"user{i}", f'"@a {say(i)}"') for i in N]).encode(),
    "trec.label": lines(f"{['DESC:manner', 'NUM:date'][i % 2]} How {say(i).replace(',', '')} ?" for i in N),
    "toutiao.txt": lines(f"65518322{i:06d}_!_{100 + i % 2}_!_{['news_story', 'news_tech'][i % 2]}_!_{zh(i)}_!_词" for i in N),
}  # fmt: skip


@pytest.mark.parametrize("name", STYLES)
def test_a_published_style_is_read_without_options(tmp_path, name):
    (tmp_path / name).write_bytes(STYLES[name])
    found = load_parts([tmp_path / name], [], [], task=TASK).train
    assert len(found) == 60 + (name == "sentiment140.csv")
    assert len(set(found.targets)) == 2 and min(Counter(found.targets).values()) >= 30
    assert all("number" in t or "次" in t for t in found.inputs)
    assert not any("__label__" in x for x in [*found.inputs, *found.targets])


def test_labels_that_are_numbers_take_the_names_that_come_with_them(tmp_path):
    (tmp_path / "rows.json").write_bytes(STYLES["rows.json"])
    assert set(load_parts([tmp_path / "rows.json"], [], [], task=TASK).train.targets) == set(SIDE)


def test_segments_are_joined_to_the_text_they_were(tmp_path):
    (tmp_path / "snips.json").write_bytes(STYLES["snips.json"])
    found = load_parts([tmp_path / "snips.json"], [], [], task=TASK).train
    assert found.inputs[0] == f"{say(0)} jazz please" and found.targets[0] == "good"


def test_a_file_for_each_intent(tmp_path):
    for side, rows in json.loads(STYLES["snips.json"]).items():
        (tmp_path / f"train_{side}.json").write_text(json.dumps({side: rows}))
    assert Counter(load_parts([tmp_path], [], [], task=TASK).train.targets) == dict.fromkeys(
        SIDE, 30
    )


def test_lists_of_texts_by_label_are_not_taken_for_columns(tmp_path):
    both = {"good": [say(i) for i in N if not i % 2], "bad": [say(i) for i in N if i % 2]}
    (tmp_path / "by_label.json").write_text(json.dumps(both))
    assert Counter(load_parts([tmp_path / "by_label.json"], [], [], task=TASK).train.targets) == {
        "good": 30,
        "bad": 30,
    }


def test_newsgroups_in_folders_with_splits(tmp_path):
    for part, n in (("20news-bydate-train", 40), ("20news-bydate-test", 12)):
        for label in ("rec.autos", "sci.space"):
            place = tmp_path / part / label
            place.mkdir(parents=True)
            for i in range(n):
                head = f"From: a{i}@x.edu (Jos\u00e9)\nSubject: {label} {i}\n\n{say(i)}\n"
                (place / f"{10000 + i}").write_bytes(head.encode("latin-1"))
    found = load_parts([tmp_path], [], [], task=TASK)
    assert (len(found.train), len(found.test)) == (80, 24)
    assert set(found.test.targets) == {"rec.autos", "sci.space"}


ASKED = {
    "toxic.csv": (table(
        ["id", "comment_text", "toxic", "obscene", "threat"],
        [(f"{i:016x}", f'"{say(i)}"', int(i % 3 == 0), int(i % 4 == 0), int(i % 5 == 0)) for i in N],
    ).encode(), ["--label-column toxic or --label-column obscene", "a model for each"]),
    "several.txt": (lines(
        f"__label__{SIDE[i % 2]} {'__label__extra ' if i == 7 else ''}{say(i)}" for i in N
    ), ["several.txt:8", "one label a line", "'__label__extra'"]),
    "several.jsonl": (lines(
        json.dumps({"text": say(i), "labels": [SIDE[i % 2]] if i != 7 else SIDE}) for i in N
    ), ["several.jsonl:8", "one label", "'labels'"]),
    "reviews.json": (lines(
        {"reviewerID": f"A{i}", "reviewText": say(i), "overall": 1.0 + i % 5} for i in N
    ), ["Python's dictionaries, not JSON", "ast.literal_eval"]),
    "positive.txt": (lines(say(i).replace(",", "") for i in N), ["a folder of its name"]),
    "yelp.json": (lines(
        json.dumps({"business_id": f"b{i % 7}", "stars": 1.0 + i % 5, "text": say(i)}) for i in N
    ), ["the likeliest first: stars", "--label-column stars"]),
    "snli.tsv": (table(
        ["sentence1", "sentence2", "gold_label"], [(say(i), say(i + 1), SIDE[i % 2]) for i in N], "\t"
    ).encode(), ["--text-column sentence1 or --text-column sentence2"]),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_a_style_that_can_be_taken_two_ways_is_asked_about(tmp_path, name):
    content, wanted = ASKED[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UndercutError) as e:
        load_parts([tmp_path / name], [], [], task=TASK)
    assert all(words in str(e.value) for words in wanted), str(e.value)
