"""A table of rules is read strictly: every mistake at once, by file and row."""

from __future__ import annotations

import pytest

from undercut.core.errors import UndercutError
from undercut.models.rules.table import read_rules

LABELS = ("refund", "delivery", "退款")


def write(path, text, encoding="utf-8"):
    path.write_text(text, encoding=encoding)
    return path


def test_a_csv_of_words_literals_and_a_lexicon(tmp_path):
    write(tmp_path / "late.txt", "late parcel\n# remark\n快递慢\n")
    path = write(
        tmp_path / "rules.csv",
        'pattern,label,kind\nmoney back,refund,\n"退,钱",退款,literal\nlate.txt,delivery,lexicon\n',
    )
    found = read_rules(path, LABELS)
    assert [(r.pattern, r.label, r.kind) for r in found] == [
        ("money back", "refund", "word"),
        ("退,钱", "退款", "literal"),
        ("late.txt", "delivery", "lexicon"),
    ]
    assert found[2].terms == ("late parcel", "快递慢")
    assert found[1].where == f"{path}:3"


def test_a_toml_and_a_table_in_gb18030(tmp_path):
    path = write(
        tmp_path / "r.toml",
        '[[rule]]\npattern = "refund"\nlabel = "refund"\n'
        '[[rule]]\nterms = ["late", "slow"]\nlabel = "delivery"\n',
    )
    assert [r.kind for r in read_rules(path, LABELS)] == ["word", "lexicon"]
    rows = "pattern,label\n" + "".join(f"我要退款的原因是第{i}个,退款\n" for i in range(20))
    assert len(read_rules(write(tmp_path / "g.csv", rows, "gb18030"), LABELS)) == 20


def test_every_mistake_is_named_with_its_row(tmp_path):
    path = write(
        tmp_path / "rules.csv",
        "pattern,label,kind\nx,refnd,\n,refund,\ny,refund,wrod\nz,refund\nw,refund,\nW ,refund,\n"
        "../../etc/passwd,refund,lexicon\n",
    )
    with pytest.raises(UndercutError) as caught:
        read_rules(path, LABELS)
    said = str(caught.value)
    assert caught.value.code == "rules-table"
    for row, words in (
        (2, "Did you mean 'refund'"),
        (3, "an empty one"),
        (4, "Did you mean 'word'"),
        (5, "2 cells"),
        (7, "each pattern once"),
        (8, "beside the table"),
    ):
        line = next(x for x in said.splitlines() if x.startswith(f"{path}:{row}:"))
        assert words in line


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "text,label\nx,refund\n", "columns pattern, label"),
        ("a.csv", "pattern,label\n", "at least one rule"),
        ("a.toml", "[[rule]\n", "a TOML file"),
        ("a.toml", 'rules = "x"\n', r"\[\[rule\]\] tables"),
        ("a.toml", '[[rule]]\npattern = 3\nlabel = "refund"\n', "as text"),
        ("a.toml", '[[rule]]\npatern = "x"\nlabel = "refund"\n', "Did you mean 'pattern'"),
    ],
)
def test_what_is_no_table_is_one_clear_error(tmp_path, name, text, words):
    with pytest.raises(UndercutError, match=words):
        read_rules(write(tmp_path / name, text), LABELS)


def test_a_missing_file_is_one_clear_error(tmp_path):
    with pytest.raises(UndercutError, match=r"none\.csv: expected a file of rules"):
        read_rules(tmp_path / "none.csv", LABELS)


@pytest.mark.parametrize("pattern", ["(a", r"(a)\1", "(?=a)b", ".*", "a{2000}"])
def test_a_bad_expression_is_refused_by_row(tmp_path, pattern):
    pytest.importorskip("re2")
    path = write(tmp_path / "r.csv", f'pattern,label,kind\n"{pattern}",refund,regex\n')
    with pytest.raises(UndercutError, match=rf"{path.name}:2: expected"):
        read_rules(path, LABELS)
