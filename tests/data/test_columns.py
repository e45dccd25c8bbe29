"""The columns are found by name, by content, or the user is asked with the flag to type."""

from __future__ import annotations

from pathlib import Path

import pytest

from undercut.core.errors import UndercutError
from undercut.data.load import load_examples

TASK = "text-classification"


def table(tmp_path: Path, heading: str, rows: list[str], name: str = "f.csv") -> Path:
    path = tmp_path / name
    lines = ([heading] if heading else []) + rows
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def two(order: str = "xy", n: int = 40) -> list[str]:
    """Return rows of a text that varies and a label of two values."""
    pair = {"x": "where is my order number {i}", "y": "{l}"}
    return [
        ",".join(pair[c].format(i=i, l=("late", "lost")[i % 2]) for c in order) for i in range(n)
    ]


def chosen(path: Path, **columns: str):
    found, notes = load_examples([path], TASK, **columns)
    return found, " ".join(notes)


@pytest.mark.parametrize(
    "heading",
    [
        "text,label",
        "Sentence,Category",
        "utterance,intent",
        "review,class",
        "content,sentiment",
        "query,target",
        "title,label",
        "Question,airlineSentiment",
        "文本,标签",
        "评论内容,类别",
        " text ,LABEL",
    ],
)
def test_columns_are_known_by_name(tmp_path, heading):
    found, notes = chosen(table(tmp_path, heading, two()))
    assert found.inputs[0] == "where is my order number 0"
    assert found.targets[:2] == ["late", "lost"]
    assert found.rows[0] == "f.csv:2"
    assert notes.count("by its name") == 2


@pytest.mark.parametrize("heading", ["label,text", "foo,bar", ""])
def test_the_order_of_columns_does_not_matter(tmp_path, heading):
    found, _ = chosen(table(tmp_path, heading, two("yx")))
    assert len(found) == 40
    assert found.targets[0] == "late"
    assert found.inputs[0].startswith("where")


def test_a_file_without_a_heading_keeps_its_first_row(tmp_path):
    found, notes = chosen(table(tmp_path, "", two()))
    assert found.rows[0] == "f.csv:1"
    assert "column number '2'" in notes
    assert "few different values: 2 different in 40 rows" in notes


def test_a_label_called_question_is_not_a_heading(tmp_path):
    rows = [f"is this thing number {i} on,question\nthis thing is {i},statement" for i in range(9)]
    found, _ = chosen(table(tmp_path, "", ["what is it,question", *rows]))
    assert len(found) == 19


def test_numbers_and_near_empty_columns_are_passed_over(tmp_path):
    rows = [
        f"{i},0.{i:03},{('up', 'down')[i % 2]},{'gold' if i == 3 else ''},news of the day {i}"
        for i in range(60)
    ]
    path = table(tmp_path, "id,sentiment_confidence,airline_sentiment,sentiment_gold,body", rows)
    found, _ = chosen(path)
    assert set(found.targets) == {"up", "down"}


def test_two_equal_columns_are_listed_with_samples_and_the_flag(tmp_path):
    rows = [f"late,we are sorry for it {i},我们很抱歉第{i}次" for i in range(30)]
    rows += [f"lost,we will look for it {i},我们会找一下{i}" for i in range(30)]
    path = table(tmp_path, "intent,answer one,answer_zh", rows)
    with pytest.raises(UndercutError) as e:
        chosen(path)
    assert e.value.code == "data-columns"
    said = str(e.value)
    assert "f.csv: expected one text column; found 2 that are equally likely" in said
    assert '"we are sorry for it 0"' in said
    assert "--text-column 'answer one' or --text-column answer_zh" in said
    found, notes = chosen(path, text_column="answer_zh")
    assert found.inputs[0] == "我们很抱歉第0次"
    assert "'answer_zh' (as you said)" in notes


def test_both_unclear_columns_are_asked_for_at_once(tmp_path):
    rows = [f"one text of {i},another text {i},{i % 2},{i % 3}" for i in range(60)]
    with pytest.raises(UndercutError) as e:
        chosen(table(tmp_path, "a,b,c,d", rows))
    assert len(e.value.problems) == 2
    assert "--label-column d or --label-column c" in str(e.value)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"text_column": "txet"}, "Did you mean 'text'?"),
        ({"label_column": "9"}, "no '9'"),
        ({"text_column": "text", "label_column": "text"}, "two different columns"),
    ],
)
def test_a_wrong_flag_is_answered(tmp_path, columns, said):
    with pytest.raises(UndercutError) as e:
        chosen(table(tmp_path, "text,label", two()), **columns)
    assert said in str(e.value)


def test_columns_without_names_are_named_by_number(tmp_path):
    rows = [f"{i % 4},the title of {i},the story of number {i}" for i in range(40)]
    path = table(tmp_path, "", rows)
    found, _ = chosen(path, text_column="3")
    assert len(found) == 40
    assert found.inputs[0] == "the story of number 0"
    with pytest.raises(UndercutError, match="give a number, 1 to 3"):
        chosen(path, text_column="body")


def test_a_test_file_follows_the_columns_of_the_training_file(tmp_path):
    first = table(tmp_path, "intent,answer_en,answer_zh", [], "a.csv")
    first.write_text("label,title,note\n" + "\n".join(f"{i % 2},t {i},n {i}" for i in range(40)))
    second = table(tmp_path, "label,title,note", ["1,t 1,n 1", "7,t 2,n 2"], "b.csv")
    found, notes = load_examples([first, second], TASK)
    assert found.inputs[-1] == "t 2"
    assert found.targets[-2:] == ["1", "7"]
    assert sum("by its name" in n for n in notes) == 1


def test_a_short_second_file_is_read_with_the_heading_of_the_first(tmp_path):
    first = table(tmp_path, "foo,bar", [f"{row},{i}" for i, row in enumerate(two())], "a.csv")
    first.write_text(first.read_text().replace("foo,bar", "foo,bar,nr"))
    second = table(tmp_path, "nr,bar,foo,more", ["1,late,where is it,z"], "b.csv")
    found, _ = load_examples([first, second], TASK)
    assert len(found) == 41
    assert (found.inputs[-1], found.targets[-1]) == ("where is it", "late")


def test_a_few_rows_below_unknown_names_keep_their_heading(tmp_path):
    rows = ["hello there,greet", "bye now,leave", "hi you,greet"]
    assert len(chosen(table(tmp_path, "msg,kind", rows))[0]) == 3
    assert len(chosen(table(tmp_path, "", ["hello,greet", *rows]))[0]) == 4


def test_the_delimiter_that_gives_a_label_wins_over_one_that_stands_in_every_text(tmp_path):
    rows = [f"{('late', 'lost')[i % 2]}|where is order {i}, please" for i in range(20)]
    found, _ = chosen(table(tmp_path, "", rows, "f.txt"))
    assert (found.inputs[0], found.targets[0]) == ("where is order 0, please", "late")
